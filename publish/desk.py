"""Doors of the publisher: what waits, the preview, the button, what is logged for the plan."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app import web
from app.i18n import words
from models import AgencySuccessor, Case, Correction, NotFound, Role
from models.base import Json
from publish import corrections, forms, plan, register, waiting
from publish.routes import context_of

router = APIRouter(prefix="/ban-lam-viec")
DESK = "/ban-lam-viec/cong-bo"
Ticked = Annotated[list[web.Text], Form()]
SuccessorDep = Annotated[Json, Depends(forms.successor)]


def _case(session: Session, case_id: web.Text) -> Case:
    """Return the case that an address names. Raises NotFound, for numbers beyond any row too."""
    digits = case_id.isascii() and case_id.isdigit() and len(case_id) <= 18  # noqa: PLR2004  fits a bigint
    found = session.get(Case, int(case_id)) if digits else None
    if found is None:
        raise NotFound
    return found


@router.get("/cong-bo")
def publisher_list(request: Request, session: web.SessionDep) -> Response:
    """Show approved cases that wait, and what was published last."""
    context = {"waiting": waiting.approved(session), "recent": register.latest(session, size=20).items}
    return web.not_kept(web.page(request, "publish/desk_list.html", context))


def _preview(request: Request, session: Session, case: Case) -> dict[str, Any]:
    draft, verdict, approval = corrections.preview(session, case, at=web.now())
    before = corrections.newest_of(session, case)
    versions: list[Correction] = [] if before is None else list(register.versions(session, before.number))
    return {
        **context_of(request, session, draft, versions),
        "case": case,
        "verdict": verdict,
        "approval": approval,
        "people": waiting.people(session, verdict, approval),
        "events": plan.events(),
        "automatic": plan.automatic(session, case, draft),
        "logged": plan.logged(session, case.id),
        "ticked": [],
        "preview": True,
        "latest": draft,
    }


@router.get("/cong-bo/{case_id}")
def publisher_case(request: Request, session: web.SessionDep, case_id: web.Text) -> Response:
    """Show what would be published and on whose word; or, once published, what came of it."""
    case = _case(session, case_id)
    if case.state == "approved":
        context = _preview(request, session, case)
        return web.not_kept(web.page(request, "publish/desk_case.html", context))
    issued = corrections.newest_of(session, case)
    if issued is None:
        return web.not_kept(web.page(request, "publish/desk_none.html", {"case": case}))
    context = {
        "case": case,
        "c": issued,
        "versions": register.versions(session, issued.number),
        "events": plan.events(),
        "entries": plan.of_case(session, case.id),
        "logged": plan.logged(session, case.id),
    }
    return web.not_kept(web.page(request, "publish/desk_issued.html", context))


@router.get("/cong-bo/{case_id}/xem-truoc")
def preview_page(request: Request, session: web.SessionDep, case_id: web.Text) -> Response:
    """Show the page exactly as the public will see it."""
    context = _preview(request, session, _case(session, case_id))
    return web.not_kept(web.page(request, "publish/correction.html", context))


@router.post("/cong-bo/{case_id}")
def publish(
    session: web.SessionDep,
    case_id: web.Text,
    person: web.OfficerDep,
    content_hash: web.TextForm = "",
    events: Ticked = [],  # noqa: B006  FastAPI copies it
) -> Response:
    """Publish exactly what the form showed."""
    case = _case(session, case_id)
    corrections.issue(session, case, by=person, at=web.now(), content_hash=content_hash, events=events)
    return RedirectResponse(f"{DESK}/{case.id}", status_code=303)


@router.post("/cong-bo/{case_id}/ke-hoach")
def log_events(
    session: web.SessionDep,
    case_id: web.Text,
    person: web.OfficerDep,
    events: Ticked = [],  # noqa: B006  FastAPI copies it
) -> Response:
    """Log what happened after publication."""
    plan.add(session, _case(session, case_id), events, by=person, at=web.now())
    return RedirectResponse(f"{DESK}/{int(case_id)}#ke-hoach", status_code=303)


@router.get("/ke-hoach")
def successors_page(
    request: Request, session: web.SessionDep, person: web.OfficerDep, sua: web.Text = ""
) -> Response:
    """Show who does today the work of the agencies that the plan prints; `sua` names the row to edit."""
    rows, printed = plan.successors(session), plan.register()["agencies_as_printed"]
    context = {
        "rows": rows,
        "printed": [(name, name) for name in printed],
        "may_change": person.may(Role.ADMIN),
        "editing": next((row for row in rows if str(row.id) == sua), None),
        "certainties": [(value, words("vi", f"certainty.{value}")) for value in forms.CERTAINTIES],
    }
    return web.not_kept(web.page(request, "publish/desk_plan.html", context))


@router.post("/ke-hoach")
def add_successor(
    session: web.SessionDep, person: web.OfficerDep, values: SuccessorDep, printed: web.TextForm = ""
) -> Response:
    """Add a successor to a printed agency."""
    if printed not in plan.register()["agencies_as_printed"]:
        raise NotFound
    plan.change_successor(session, AgencySuccessor(printed=printed), values, by=person, at=web.now())
    return RedirectResponse("/ban-lam-viec/ke-hoach", status_code=303)


@router.post("/ke-hoach/{row_id}")
def change_successor(
    session: web.SessionDep, person: web.OfficerDep, values: SuccessorDep, row_id: web.Text
) -> Response:
    """Change a successor; the row stays, its audit entry keeps what it said before."""
    digits = row_id.isascii() and row_id.isdigit() and len(row_id) <= 18  # noqa: PLR2004  fits a bigint
    row = session.get(AgencySuccessor, int(row_id)) if digits else None
    if row is None:
        raise NotFound
    plan.change_successor(session, row, values, by=person, at=web.now())
    return RedirectResponse("/ban-lam-viec/ke-hoach", status_code=303)
