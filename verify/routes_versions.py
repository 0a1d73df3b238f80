"""Doors of the states in which an article's page was seen: download the page, or its records."""

from fastapi import APIRouter
from fastapi.responses import Response

from app import web
from verify import evidence, published
from verify.doors import CaseDep, ReaderDep
from verify.routes_copies import file

router = APIRouter(prefix="/ban-lam-viec/vu-viec/{case_id:int}/ban-bai/{version_id:int}")


@router.get("/tep")
def page(session: web.SessionDep, _person: ReaderDep, case: CaseDep, version_id: int) -> Response:
    """Hand out the bytes of the page: as a file to save, never as a page."""
    copy = published.stored(session, version_id, "page", of=case)
    return file(copy, evidence.ending(copy.media_type))


@router.get("/warc")
def records(session: web.SessionDep, _person: ReaderDep, case: CaseDep, version_id: int) -> Response:
    """Hand out the WARC records of the answer, also of one that says that the page is gone."""
    return file(published.stored(session, version_id, "records", of=case), "warc.gz")
