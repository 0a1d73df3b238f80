"""Doors of this room: the pages. The acts have their own modules."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app import web
from corpus import places
from models import Field
from verify import (
    arrivals,
    casefile,
    channels,
    clock,
    doors,
    forms,
    lane,
    library,
    queue,
    routes_case,
    routes_copies,
    routes_lane,
    routes_verdict,
    routes_versions,
)
from verify.doors import ReaderDep, VerifierDep

router = APIRouter()


@router.get("/ban-lam-viec")
def queue_page(request: Request, session: web.SessionDep, person: web.OfficerDep) -> Response:
    """Show the queue."""
    query = dict(request.query_params)
    question = forms.question(query)
    found = queue.ask(session, question, by=person, now=web.now())
    context: dict[str, Any] = {
        "found": found,
        "question": question,
        "fields": list(Field),
        "sorts": list(queue.Sort),
        "tabs": list(queue.Tab),
        "communes": places.communes(),
        "place": places.by_code,
        "link": _links("/ban-lam-viec", forms.address(question)),
        "flood": lane.flood(session, now=web.now()),
        "targets": (clock.FIRST_RESPONSE, clock.VERDICT),
    }
    return web.not_kept(web.page(request, "verify/queue.html", context))


@router.get("/ban-lam-viec/kenh")
def channels_page(request: Request, session: web.SessionDep, _person: web.OfficerDep) -> Response:
    """Show what came through which door, week by week."""
    table = channels.weekly(session, now=web.now(), zone=web.house(request).zone)
    return web.not_kept(web.page(request, "verify/channels.html", {"table": table}))


@router.get("/ban-lam-viec/moi")
def arrived(request: Request, session: web.SessionDep, _person: web.OfficerDep, sau: str = "0") -> Response:
    """Say how many cases were opened since the page was made (asked every half minute)."""
    after = int(sau) if sau.isascii() and sau.isdigit() and len(sau) <= 18 else 0  # noqa: PLR2004  fits a bigint
    count = queue.arrived(session, after=after)
    return web.not_kept(web.page(request, "verify/arrived.html", {"count": count, "after": after}))


@router.get("/ban-lam-viec/vu-viec/{case_id:int}")
def case_page(
    request: Request,
    session: web.SessionDep,
    _person: ReaderDep,
    case_id: int,
) -> Response:
    """Show everything about one case."""
    query = request.query_params
    context = doors.page_of(session, doors.case(case_id, session).id, page=_number(query.get("trang", "1")))
    context |= {"done": query.get("da", ""), "about": _number(query.get("so", "0"))}
    return web.not_kept(web.page(request, doors.CASE_PAGE, context))


@router.get("/ban-lam-viec/cho-duyet")
def waiting_page(request: Request, session: web.SessionDep, _person: ReaderDep) -> Response:
    """Show the verdicts that wait for another person's approval."""
    context = {"waiting": casefile.waiting(session)}
    return web.not_kept(web.page(request, "verify/waiting.html", context))


@router.get("/ban-lam-viec/gac-lai")
def set_aside_page(request: Request, session: web.SessionDep, _person: ReaderDep) -> Response:
    """Show the reports that triage gave up on."""
    page = _number(request.query_params.get("trang", "1"))
    found, total = arrivals.set_aside(session, page=page)
    context = {
        "found": found,
        "total": total,
        "page": page,
        "pages": max(1, -(-total // arrivals.PAGE)),
        "done": request.query_params.get("da", ""),
    }
    return web.not_kept(web.page(request, "verify/set_aside.html", context))


@router.post("/ban-lam-viec/gac-lai/{arrival_id:int}/thu-lai")
def retry(session: web.SessionDep, person: VerifierDep, arrival_id: int) -> Response:
    """Send a report through triage again."""
    arrivals.retry(session, arrivals.get(session, arrival_id), by=person, at=web.now())
    return RedirectResponse("/ban-lam-viec/gac-lai?da=thu-lai", status_code=303)


@router.get("/ban-lam-viec/kho")
def library_page(request: Request, session: web.SessionDep, _person: ReaderDep) -> Response:
    """Search the confirmed claims; with a case in the address, offer to put one beside it."""
    query = request.query_params
    asked = forms.searched(query.get("q", ""))
    wanted = _number(query.get("vu-viec", "0"))
    case = doors.case(wanted, session) if wanted else None
    shelf = library.search(session, asked, page=_number(query.get("trang", "1")))
    kept = {"q": asked, **({"vu-viec": str(wanted)} if wanted else {})}
    context = {"shelf": shelf, "asked": asked, "case": case, "link": _links("/ban-lam-viec/kho", kept)}
    return web.not_kept(web.page(request, "verify/library.html", context))


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else 0  # noqa: PLR2004


def _links(path: str, kept: dict[str, str]) -> Callable[..., str]:
    """Return a function that makes an address of this list with some parts changed."""

    def link(**changes: object) -> str:
        parts = {**kept, **{name.replace("_", "-"): str(value) for name, value in changes.items()}}
        return f"{path}?{urlencode({name: value for name, value in parts.items() if value})}"

    return link


router.include_router(routes_case.router)
router.include_router(routes_verdict.router)
router.include_router(routes_copies.router)
router.include_router(routes_versions.router)
router.include_router(routes_lane.router)
