"""Doors for administrators: partners, and the keys of their portals."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app import web
from intake import partners
from models import Conflict, Invalid, Officer, PartnerKey, Role, Scope

router = APIRouter(prefix="/ban-lam-viec/don-vi-phoi-hop")
PAGE = "intake/partners.html"


def admin(person: web.OfficerDep) -> Officer:
    """Return the officer if they administer. Raises Forbidden."""
    web.need(person, Role.ADMIN)
    return person


AdminDep = Annotated[Officer, Depends(admin)]
TextForm = Annotated[str, Form()]


def _values(session: Session, **more: Any) -> dict[str, Any]:  # noqa: ANN401  page values
    return {
        "kept": partners.all_of(session),
        "scopes": list(Scope),
        "overlaps": partners.OVERLAPS,
        "usual": partners.USUAL_A_MINUTE,
        "typed": {},
        "done": "",
        **more,
    }


def _again(session: Session, refusal: Invalid | Conflict, typed: dict[str, Any]) -> web.Refill:
    values = _values(session, typed=typed)
    session.expunge_all()  # what was read stays readable after the rollback
    return web.Refill(PAGE, values, [refusal])


def _shown_once(request: Request, made: PartnerKey, token: str) -> Response:
    context = {"made": made, "partner": made.partner, "token": token}
    return web.not_kept(web.page(request, "intake/partner_key.html", context, status=201))


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 6 else 0  # noqa: PLR2004


@router.get("")
def partners_page(request: Request, session: web.SessionDep, _person: AdminDep, da: str = "") -> Response:
    """Show every partner with its keys."""
    return web.not_kept(web.page(request, PAGE, _values(session, done=da)))


@router.post("")
def add_partner(session: web.SessionDep, person: AdminDep, name: TextForm = "") -> Response:
    """Add a partner."""
    try:
        partners.add(session, name, by=person, at=web.now())
    except (Invalid, Conflict) as refusal:
        raise _again(session, refusal, {"name": name[:200]}) from refusal
    return RedirectResponse(f"{router.prefix}?da=them", status_code=303)


@router.post("/{partner_id:int}/khoa", status_code=201)
def issue_key(
    request: Request,
    session: web.SessionDep,
    person: AdminDep,
    partner_id: int,
    scopes: Annotated[list[str] | None, Form()] = None,
    per_minute: TextForm = "",
) -> Response:
    """Make a key and show it, once."""
    partner = partners.get(session, partner_id)
    typed = {"partner": partner_id, "scopes": scopes or [], "per_minute": per_minute[:10]}
    try:
        made, token = partners.issue(
            session,
            partner,
            scopes=scopes or [],
            per_minute=_number(per_minute),
            by=person,
            secret=web.house(request).code_key,
            at=web.now(),
        )
    except Invalid as refusal:
        raise _again(session, refusal, typed) from refusal
    return _shown_once(request, made, token)


@router.post("/khoa/{key_id:int}/doi", status_code=201)
def rotate_key(
    request: Request, session: web.SessionDep, person: AdminDep, key_id: int, overlap: TextForm = ""
) -> Response:
    """Make a key's successor and show it, once; the old one opens for the overlap."""
    old = partners.key(session, key_id)
    secret = web.house(request).code_key
    try:
        made, token = partners.rotate(
            session, old, overlap_days=_number(overlap), by=person, secret=secret, at=web.now()
        )
    except (Invalid, Conflict) as refusal:
        raise _again(session, refusal, {}) from refusal
    return _shown_once(request, made, token)


@router.post("/khoa/{key_id:int}/thu-hoi")
def revoke_key(session: web.SessionDep, person: AdminDep, key_id: int) -> Response:
    """Close a key at once."""
    try:
        partners.revoke(session, partners.key(session, key_id), by=person, at=web.now())
    except Conflict as refusal:
        raise _again(session, refusal, {}) from refusal
    return RedirectResponse(f"{router.prefix}?da=thu-hoi", status_code=303)
