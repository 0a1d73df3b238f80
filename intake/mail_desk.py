"""The door to the inbox's health, for whoever works at the desk."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app import web
from intake import mailbag

router = APIRouter()


@router.get("/ban-lam-viec/hop-thu")
def inbox_page(request: Request, session: web.SessionDep, _person: web.OfficerDep) -> Response:
    """Show when the inbox was read last, what came of the letters, and what is wrong, in words."""
    context = {"boxes": mailbag.health(session, at=web.now()), "days": mailbag.SPAN.days}
    return web.not_kept(web.page(request, "intake/inbox.html", context))
