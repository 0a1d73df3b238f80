"""Doors of the held lane: the list, a family, and what may be done with both."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app import web
from models import ArrivalState, HeldWhy
from verify import lane, letting
from verify.doors import DESK, ReaderDep, VerifierDep

router = APIRouter(prefix="/ban-lam-viec/cho-sang-loc")
_HERE = f"{DESK}/cho-sang-loc"


@router.get("")
def lane_page(request: Request, session: web.SessionDep, _person: ReaderDep) -> Response:
    """Show what is held, or what was discarded, by families."""
    query = request.query_params
    state, why = _state(query.get("muc", "")), _why(query.get("vi-sao", ""))
    largest = query.get("xep") == "nhieu"
    near = _number(query.get("vu-viec", "")) or None
    page = _number(query.get("trang", "1"))
    found = lane.ask(session, state=state, why=why, near=near, largest=largest, page=page)
    kept = {
        "muc": _word(state),
        "vi-sao": "" if why is None else why.value,
        "xep": "nhieu" if largest else "",
        "vu-viec": str(near or ""),
    }
    context = {
        "found": found,
        "discarded": state is ArrivalState.DISCARDED,
        "why": why,
        "near": near,
        "largest": largest,
        "here": f"{_HERE}?{urlencode({name: value for name, value in kept.items() if value})}",
        "done": query.get("da", ""),
        "count": _number(query.get("so", "0")),
        "family": _number(query.get("nhom", "0")),
    }
    return web.not_kept(web.page(request, "verify/lane.html", context))


@router.get("/nhom/{family_id:int}")
def family_page(request: Request, session: web.SessionDep, _person: ReaderDep, family_id: int) -> Response:
    """Show the arrivals of one family."""
    query = request.query_params
    state = _state(query.get("muc", ""))
    found = lane.members(session, family_id, state=state, page=_number(query.get("trang", "1")))
    context = {
        "found": found,
        "discarded": state is ArrivalState.DISCARDED,
        "done": query.get("da", ""),
        "about": _number(query.get("so", "0")),
    }
    return web.not_kept(web.page(request, "verify/lane_family.html", context))


@router.post("/nhom/{family_id:int}/cho-vao")
def let_family_in(session: web.SessionDep, person: VerifierDep, family_id: int) -> Response:
    """Let a whole family in."""
    count = letting.let_in_family(session, family_id, by=person, at=web.now())
    return _to_list("cho-vao", family_id, count)


@router.post("/nhom/{family_id:int}/loai")
def discard_family(session: web.SessionDep, person: VerifierDep, family_id: int) -> Response:
    """Discard a whole family."""
    count = letting.discard_family(session, family_id, by=person, at=web.now())
    return _to_list("loai", family_id, count)


@router.post("/nhom/{family_id:int}/lay-lai")
def bring_family_back(session: web.SessionDep, person: VerifierDep, family_id: int) -> Response:
    """Hold a discarded family again."""
    count = letting.bring_back_family(session, family_id, by=person, at=web.now())
    return _to_list("lay-lai", family_id, count)


@router.post("/nhom/{family_id:int}/tin/{arrival_id:int}/cho-vao")
def let_one_in(session: web.SessionDep, person: VerifierDep, family_id: int, arrival_id: int) -> Response:
    """Let one arrival in."""
    letting.let_in(session, arrival_id, by=person, at=web.now())
    return _to_family(family_id, "cho-vao", arrival_id)


@router.post("/nhom/{family_id:int}/tin/{arrival_id:int}/loai")
def discard_one(session: web.SessionDep, person: VerifierDep, family_id: int, arrival_id: int) -> Response:
    """Discard one arrival."""
    letting.discard(session, arrival_id, by=person, at=web.now())
    return _to_family(family_id, "loai", arrival_id)


@router.post("/nhom/{family_id:int}/tin/{arrival_id:int}/lay-lai")
def bring_one_back(session: web.SessionDep, person: VerifierDep, family_id: int, arrival_id: int) -> Response:
    """Hold one discarded arrival again."""
    letting.bring_back(session, arrival_id, by=person, at=web.now())
    return _to_family(family_id, "lay-lai", arrival_id)


def _to_list(what: str, family_id: int, count: int) -> Response:
    """Lead back to the list; `what` is a code whose words (and undo) the page knows."""
    return RedirectResponse(f"{_HERE}?da={what}&nhom={family_id}&so={count}", status_code=303)


def _to_family(family_id: int, what: str, arrival_id: int) -> Response:
    return RedirectResponse(f"{_HERE}/nhom/{family_id}?da={what}&so={arrival_id}", status_code=303)


def _state(word: str) -> ArrivalState:
    return ArrivalState.DISCARDED if word == "da-loai" else ArrivalState.HELD


def _word(state: ArrivalState) -> str:
    return "da-loai" if state is ArrivalState.DISCARDED else ""


def _why(word: str) -> HeldWhy | None:
    return HeldWhy(word) if word in set(HeldWhy) else None


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else 0  # noqa: PLR2004
