"""Doors of copies of pages: read one, download one, order one again."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app import web
from models import StoredCopy
from verify import copies, doors, evidence
from verify.doors import CaseDep, ReaderDep, VerifierDep

router = APIRouter(prefix="/ban-lam-viec/vu-viec/{case_id:int}/ban-luu/{capture_id:int}")
_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@router.get("")
def read(
    request: Request, session: web.SessionDep, _person: ReaderDep, case: CaseDep, capture_id: int
) -> Response:
    """Show what a kept page says, as plain text."""
    reading = copies.read(session, copies.get(session, capture_id, of=case))
    return web.not_kept(web.page(request, "verify/copy.html", {"case": case, "reading": reading}))


@router.get("/tep")
def page(session: web.SessionDep, _person: ReaderDep, case: CaseDep, capture_id: int) -> Response:
    """Hand out the bytes of the page: as a file to save, never as a page."""
    copy = copies.stored(session, copies.get(session, capture_id, of=case), "page")
    return file(copy, evidence.ending(copy.media_type))


@router.get("/warc")
def records(session: web.SessionDep, _person: ReaderDep, case: CaseDep, capture_id: int) -> Response:
    """Hand out the WARC records of the page."""
    return file(copies.stored(session, copies.get(session, capture_id, of=case), "records"), "warc.gz")


@router.get("/anh")
def picture(session: web.SessionDep, _person: ReaderDep, case: CaseDep, capture_id: int) -> Response:
    """Hand out the picture of the page."""
    return file(copies.stored(session, copies.get(session, capture_id, of=case), "picture"), "png")


@router.post("/lai")
def order_again(session: web.SessionDep, person: VerifierDep, case: CaseDep, capture_id: int) -> Response:
    """Have a page that could not be kept tried again."""
    found = copies.get(session, capture_id, of=case)
    with doors.on_case(session, case):
        copies.order_again(session, case, found, by=person, at=web.now())
    return doors.done(case.id, "luu-lai")


def file(copy: StoredCopy, ending: str) -> Response:
    """Hand out a stored copy: always as a file to save, under a name of our own, never as a page."""
    headers = {
        "Content-Disposition": f'attachment; filename="ban-luu-{copy.sha256.hex()[:12]}.{ending}"',
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    return web.not_kept(Response(copy.content, media_type="application/octet-stream", headers=headers))
