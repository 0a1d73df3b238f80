"""Doors of the acts on a case: take, hand over, close, merge, judge."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from app import web
from app.web import TextForm
from verify import beside, cases, doors, forms, judgements, merging, nearby
from verify.doors import AssignerDep, CaseDep, VerifierDep

router = APIRouter(prefix="/ban-lam-viec/vu-viec/{case_id:int}")


@router.post("/nhan")
def take(session: web.SessionDep, person: VerifierDep, case: CaseDep) -> Response:
    """Take the case."""
    with doors.on_case(session, case):
        cases.take(session, case, by=person, at=web.now())
    return doors.done(case.id, "nhan")


@router.post("/tra-lai")
def release(session: web.SessionDep, person: VerifierDep, case: CaseDep) -> Response:
    """Give the case back to the queue."""
    with doors.on_case(session, case):
        cases.release(session, case, by=person, at=web.now())
    return doors.done(case.id, "tra-lai")


@router.post("/phan-cong")
def assign(session: web.SessionDep, person: AssignerDep, case: CaseDep, to: TextForm = "") -> Response:
    """Give the case to another verifier."""
    with doors.on_case(session, case, {"to": to}):
        cases.assign(session, case, to=forms.number(to, field="to"), by=person, at=web.now())
    return doors.done(case.id, "phan-cong")


@router.post("/dong")
def close(
    session: web.SessionDep,
    person: VerifierDep,
    case: CaseDep,
    closed_reason: TextForm = "",
    closed_note: TextForm = "",
) -> Response:
    """Close the case with a public reason."""
    with doors.on_case(session, case, {"closed_reason": closed_reason, "closed_note": closed_note}):
        reason = forms.closed_reason(closed_reason)
        cases.close(session, case, reason=reason, note=closed_note, by=person, at=web.now())
    return doors.done(case.id, "dong")


@router.post("/mo-lai")
def reopen(session: web.SessionDep, person: VerifierDep, case: CaseDep) -> Response:
    """Open the closed case again."""
    with doors.on_case(session, case):
        cases.reopen(session, case, by=person, at=web.now())
    return doors.done(case.id, "mo-lai")


@router.post("/cho-sang-loc")
def take_in(session: web.SessionDep, person: VerifierDep, case: CaseDep, arrival: TextForm = "") -> Response:
    """Take a held report that resembles the case into it."""
    with doors.on_case(session, case):
        held = forms.number(arrival, field="arrival")
        nearby.take_in(session, case, held, by=person, at=web.now())
    return doors.done(case.id, "dua-vao")


@router.post("/khan")
def mark_urgent(
    session: web.SessionDep, person: AssignerDep, case: CaseDep, urgent: TextForm = ""
) -> Response:
    """Mark the case urgent, or no longer."""
    with doors.on_case(session, case):
        cases.mark_urgent(session, case, urgent=urgent == "1", by=person, at=web.now())
    return doors.done(case.id, "khan" if urgent == "1" else "khong-khan")


@router.post("/noi-dung")
def reword(
    session: web.SessionDep,
    person: VerifierDep,
    case: CaseDep,
    statement: TextForm = "",
    seen: TextForm = "",
) -> Response:
    """State in neutral words what is to be verified."""
    with doors.on_case(session, case, {"statement": statement}):
        cases.reword(session, case, statement=statement, seen=seen, by=person, at=web.now())
    return doors.done(case.id, "noi-dung")


@router.post("/ghi-chu")
def note(session: web.SessionDep, person: AssignerDep, case: CaseDep, note: TextForm = "") -> Response:
    """Write a note into the diary."""
    with doors.on_case(session, case, {"note": note}):
        cases.note(session, case, text=note, by=person, at=web.now())
    return doors.done(case.id, "ghi-chu", at="nhat-ky")


@router.post("/gop")
def merge(session: web.SessionDep, person: VerifierDep, case: CaseDep, into: TextForm = "") -> Response:
    """Merge the case into the one whose number was typed."""
    with doors.on_case(session, case, {"into": into}):
        target = cases.numbered(session, into)
        merging.merge(session, case, into=target, by=person, at=web.now())
    return doors.done(case.id, "gop")


@router.post("/bo-gop")
def undo_merge(session: web.SessionDep, person: VerifierDep, case: CaseDep) -> Response:
    """Undo the merge of this case."""
    with doors.on_case(session, case):
        merging.undo_merge(session, case, by=person, at=web.now())
    return doors.done(case.id, "bo-gop")


@router.post("/tach")
def split(
    session: web.SessionDep,
    person: VerifierDep,
    case: CaseDep,
    split_statement: TextForm = "",
    arrivals: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Move the ticked reports into a case of their own."""
    with doors.on_case(session, case, {"split_statement": split_statement}):
        chosen = [forms.number(one, field="arrivals") for one in arrivals or []]
        made = merging.split(
            session, case, arrivals=chosen, statement=split_statement, by=person, at=web.now()
        )
    return doors.done(made.id, "tach", about=case.id)


@router.post("/doi-chieu")
def attach(session: web.SessionDep, person: VerifierDep, case: CaseDep, claim: TextForm = "") -> Response:
    """Put a claim found by hand beside the case."""
    with doors.on_case(session, case):
        wanted = forms.number(claim, field="claim")
        made = judgements.attach(session, case, claim_id=wanted, by=person, at=web.now())
    return doors.done(case.id, "xac-nhan", about=made.id, at="doi-chieu")


@router.post("/doi-chieu/{match_id:int}/xac-nhan")
def confirm_match(session: web.SessionDep, person: VerifierDep, case: CaseDep, match_id: int) -> Response:
    """Say yes to a match."""
    found = judgements.match(session, match_id, of=case)
    with doors.on_case(session, case):
        judgements.confirm(session, found, by=person, at=web.now())
    return doors.done(case.id, "xac-nhan", about=found.id, at="doi-chieu")


@router.post("/doi-chieu/{match_id:int}/bac")
def reject_match(session: web.SessionDep, person: VerifierDep, case: CaseDep, match_id: int) -> Response:
    """Say no to a match."""
    found = judgements.match(session, match_id, of=case)
    with doors.on_case(session, case):
        judgements.reject(session, found, by=person, at=web.now())
    return doors.done(case.id, "bac", about=found.id, at="doi-chieu")


@router.post("/doi-chieu/{match_id:int}/hoan-tac")
def undo_match(session: web.SessionDep, person: VerifierDep, case: CaseDep, match_id: int) -> Response:
    """Take back what was said of a match."""
    found = judgements.match(session, match_id, of=case)
    with doors.on_case(session, case):
        judgements.undo(session, found, by=person, at=web.now())
    return doors.done(case.id, "hoan-tac", at="doi-chieu")


@router.post("/doi-chieu/{match_id:int}/chep")
def note_match(session: web.SessionDep, person: VerifierDep, case: CaseDep, match_id: int) -> Response:
    """Copy the reasons of a match into the diary."""
    with doors.on_case(session, case):
        beside.note(session, case, match_id, by=person, at=web.now())
    return doors.done(case.id, "chep", at="nhat-ky")


@router.post("/trung/{twin_id:int}/xac-nhan")
def confirm_twin(session: web.SessionDep, person: VerifierDep, case: CaseDep, twin_id: int) -> Response:
    """Say that two cases are one story; the newer is merged into the older."""
    found = judgements.twin(session, twin_id, of=case)
    with doors.on_case(session, case):
        judgements.confirm_twin(session, found, by=person, at=web.now())
    return doors.done(case.id, "gop", about=found.id)


@router.post("/trung/{twin_id:int}/bac")
def reject_twin(session: web.SessionDep, person: VerifierDep, case: CaseDep, twin_id: int) -> Response:
    """Say that two cases are two stories."""
    found = judgements.twin(session, twin_id, of=case)
    with doors.on_case(session, case):
        judgements.reject_twin(session, found, by=person, at=web.now())
    return doors.done(case.id, "bac-trung", about=found.id, at="trung")


@router.post("/trung/{twin_id:int}/hoan-tac")
def undo_twin(session: web.SessionDep, person: VerifierDep, case: CaseDep, twin_id: int) -> Response:
    """Take back what was said of two cases."""
    found = judgements.twin(session, twin_id, of=case)
    with doors.on_case(session, case):
        judgements.undo_twin(session, found, by=person, at=web.now())
    return doors.done(case.id, "hoan-tac", at="trung")
