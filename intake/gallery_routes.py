"""Doors of officers to the pictures of reports: a page each, the redrawn image, words, the original."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app import web
from app.web import TextForm
from intake import gallery
from models import Conflict, Forbidden, Invalid, Officer, Refusal, Role, ViewSize
from models.picture import WORDS_LIMIT

router = APIRouter(prefix="/ban-lam-viec/anh")
PAGE: Final = "intake/picture.html"
_READERS: Final = (Role.VERIFIER, Role.APPROVER, Role.PUBLISHER, Role.AUDITOR)
_BARE: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def _reader(person: web.OfficerDep) -> Officer:
    if not any(person.may(role) for role in _READERS):
        raise Forbidden(code="role-missing")
    return person


def _verifier(person: web.OfficerDep) -> Officer:
    web.need(person, Role.VERIFIER)
    return person


ReaderDep = Annotated[Officer, Depends(_reader)]
VerifierDep = Annotated[Officer, Depends(_verifier)]


@router.get("/{picture_id:int}")
def picture_page(
    request: Request, session: web.SessionDep, _person: ReaderDep, picture_id: int, da: str = ""
) -> Response:
    """Show one picture as it was redrawn, with its words."""
    return web.not_kept(web.page(request, PAGE, {**_page(session, picture_id), "done": da}))


@router.get("/{picture_id:int}/{which}.webp")
def image(session: web.SessionDep, _person: ReaderDep, picture_id: int, which: ViewSize) -> Response:
    """Show the redrawn image itself: pixels of ours, never the bytes that were sent."""
    found = gallery.view(session, picture_id, which)
    return web.not_kept(Response(found.content, media_type=found.media_type, headers=_BARE))


@router.post("/{picture_id:int}/chu")
def mend_words(
    session: web.SessionDep,
    person: VerifierDep,
    picture_id: int,
    words: TextForm = "",
    seen: TextForm = "",
) -> Response:
    """Mend what was read in the picture."""
    found = gallery.get(session, picture_id)
    try:
        gallery.mend_words(session, found, words=words, seen=seen, by=person, at=web.now())
    except (Invalid, Conflict) as refusal:
        raise _again(session, picture_id, words, refusal) from refusal
    return RedirectResponse(f"/ban-lam-viec/anh/{picture_id}?da=chu", status_code=303)


@router.post("/{picture_id:int}/anh-goc")
def original(request: Request, session: web.SessionDep, person: VerifierDep, picture_id: int) -> Response:
    """Hand out the bytes as they were sent: only as a file to save, under our own name, and logged."""
    found = gallery.get(session, picture_id)
    content = gallery.original(session, found, key=web.house(request).contact_key, by=person, at=web.now())
    name = f"anh-goc-{found.sha256.hex()[:12]}.{gallery.ENDINGS[found.media_type]}"
    headers = {**_BARE, "Content-Disposition": f'attachment; filename="{name}"'}
    return web.not_kept(Response(content, media_type="application/octet-stream", headers=headers))


def _page(session: Session, picture_id: int) -> dict[str, object]:
    shown = gallery.load(session, picture_id)
    return {
        "shown": shown,
        "seen": gallery.mark(session, shown.picture),
        "words": shown.picture.said,
        "limit": WORDS_LIMIT,
        "done": "",
    }


def _again(session: Session, picture_id: int, words: str, refusal: Refusal) -> web.Refill:
    page = _page(session, picture_id) | {"words": words}
    session.expunge_all()  # what was read stays readable after the rollback
    return web.Refill(PAGE, page, [refusal])
