"""Doors of evidence and verdicts: cite, download, propose, approve, return."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from app import web
from app.web import TextForm
from verify import doors, evidence, forms, routes_copies, verdicts
from verify.doors import ApproverDep, CaseDep, ReaderDep, VerifierDep

router = APIRouter(prefix="/ban-lam-viec/vu-viec/{case_id:int}")


@router.post("/tai-lieu")
def cite(
    session: web.SessionDep,
    person: VerifierDep,
    case: CaseDep,
    form: Annotated[forms.CiteForm, Depends()],
) -> Response:
    """Cite a source, with its copy."""
    with doors.on_case(session, case, form.shown()):
        evidence.cite(session, case, form.citation(), by=person, at=web.now())
    return doors.done(case.id, "tai-lieu", at="tai-lieu")


@router.post("/tai-lieu/{evidence_id:int}/bo")
def remove(session: web.SessionDep, person: VerifierDep, case: CaseDep, evidence_id: int) -> Response:
    """Take a source out of the case."""
    found = evidence.get(session, evidence_id, of=case)
    with doors.on_case(session, case):
        evidence.remove(session, found, by=person, at=web.now())
    return doors.done(case.id, "bo-tai-lieu", at="tai-lieu")


@router.get("/tai-lieu/{evidence_id:int}/ban-luu")
def download(session: web.SessionDep, _person: ReaderDep, case: CaseDep, evidence_id: int) -> Response:
    """Hand out a stored copy: always as a file to save, under a name of our own, never as a page."""
    copy = evidence.stored(session, evidence.get(session, evidence_id, of=case))
    return routes_copies.file(copy, evidence.ending(copy.media_type))


@router.post("/ket-luan")
def propose(
    session: web.SessionDep,
    person: VerifierDep,
    case: CaseDep,
    form: Annotated[forms.VerdictForm, Depends()],
) -> Response:
    """Propose a verdict, or mend one's own."""
    with doors.on_case(session, case, form.shown()):
        verdicts.propose(session, case, form.finding(), by=person, at=web.now())
    return doors.done(case.id, "trinh", at="ket-luan")


@router.post("/ket-luan/rut")
def withdraw(session: web.SessionDep, person: VerifierDep, case: CaseDep) -> Response:
    """Take one's own proposal back."""
    with doors.on_case(session, case):
        verdicts.withdraw(session, case, by=person, at=web.now())
    return doors.done(case.id, "rut", at="ket-luan")


@router.post("/ket-luan/duyet")
def approve(
    session: web.SessionDep,
    person: ApproverDep,
    case: CaseDep,
    verdict: TextForm = "",
    content_hash: TextForm = "",
) -> Response:
    """Approve exactly the content that was shown."""
    with doors.on_case(session, case):
        found = verdicts.get(session, forms.number(verdict, field="verdict"), of=case)
        verdicts.approve(session, found, by=person, content_hash=content_hash, at=web.now())
    return doors.done(case.id, "duyet", at="ket-luan")


@router.post("/ket-luan/tra-lai")
def send_back(
    session: web.SessionDep,
    person: ApproverDep,
    case: CaseDep,
    verdict: TextForm = "",
    return_note: TextForm = "",
) -> Response:
    """Return the verdict to its author with a note."""
    with doors.on_case(session, case, {"return_note": return_note}):
        found = verdicts.get(session, forms.number(verdict, field="verdict"), of=case)
        verdicts.send_back(session, found, note=return_note, by=person, at=web.now())
    return doors.done(case.id, "tra-ket-luan", at="ket-luan")


@router.post("/ban-moi")
def prepare_new_version(session: web.SessionDep, person: VerifierDep, case: CaseDep) -> Response:
    """Take a published case up again."""
    with doors.on_case(session, case):
        verdicts.prepare_new_version(session, case, by=person, at=web.now())
    return doors.done(case.id, "ban-moi", at="ket-luan")
