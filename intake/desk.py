"""Doors for officers who take down what somebody tells them: write, read back, save, hand over the code.

Nothing lies half done in the database: between the steps the words travel in the form.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from app import web
from intake import codes, entries, forms, reports, routes
from models import Channel, Conflict, Field, Invalid, Officer, Role, SeenWhere

router = APIRouter(prefix="/ban-lam-viec/tiep-nhan")
FORM = "intake/take_down.html"
READ_BACK = "intake/read_back.html"


class Entry(forms.Typed):
    """The officer's form as it was typed."""

    channel: str = ""
    read_back: str = ""


EntryForm = Annotated[Entry, Form()]


def verifier(person: web.OfficerDep) -> Officer:
    """Return the officer if they verify: they answer the telephone. Raises Forbidden."""
    web.need(person, Role.VERIFIER)
    return person


VerifierDep = Annotated[Officer, Depends(verifier)]


def _values(typed: Entry) -> dict[str, Any]:
    shown = typed.shown()
    return {
        "typed": shown,
        "code": codes.grouped(shown["code"]),
        "limits": routes.LIMITS,
        "fields": list(Field),
        "seen_places": list(SeenWhere),
        "channels": entries.SPOKEN,
        "kept_days": reports.CONTACT_KEPT.days,
        **routes.offered(shown["place"], shown["place_code"]),
    }


def _again(typed: Entry, errors: Sequence[Invalid | Conflict]) -> web.Refill:
    """Return the form to show again; a code that cannot be used is replaced."""
    taken = any(error.field == "code" for error in errors)
    kept = typed.model_copy(update={"code": codes.new()}) if taken else typed
    return web.Refill(FORM, _values(kept), [error for error in errors if error.code != "code-missing"])


def _checked(request: Request, typed: Entry) -> tuple[forms.Report, Channel]:
    """Return what was typed as a report. Raises Refill."""
    errors: list[Invalid] = []
    report = None
    try:
        channel = entries.channel(typed.channel)
    except Invalid as refusal:
        errors.append(refusal)
    try:
        report = forms.check(typed, today=web.now().astimezone(web.house(request).zone).date())
    except forms.Refused as refused:
        errors += refused.errors
    if report is None or errors:
        raise _again(typed, errors)
    return report, channel


@router.get("")
def entry_page(request: Request, _person: VerifierDep) -> Response:
    """Show the form for somebody on the telephone or at the counter."""
    return web.not_kept(web.page(request, FORM, _values(Entry(code=codes.new()))))


@router.get("/doc-lai")
@router.get("/luu")
def back_to_form(_person: VerifierDep) -> Response:
    """Lead who came by address, or signed in again, to the form; its words wait in the browser's tab."""
    return RedirectResponse(router.prefix, status_code=303)


@router.post("/doc-lai")
def read_back_page(request: Request, _person: VerifierDep, typed: EntryForm) -> Response:
    """Show what was taken down, to be read to the caller before it is saved."""
    report, channel = _checked(request, typed)
    context = {**_values(typed), "report": report, "channel": channel}
    return web.not_kept(web.page(request, READ_BACK, context))


@router.post("")
def mend_page(request: Request, _person: VerifierDep, typed: EntryForm) -> Response:
    """Show the form again with everything typed: the caller wants something changed."""
    return web.not_kept(web.page(request, FORM, _values(typed)))


@router.post("/luu", status_code=201)
def save(request: Request, session: web.SessionDep, person: VerifierDep, typed: EntryForm) -> Response:
    """Store the report and show the slip with the code, to be read out or printed."""
    report, channel = _checked(request, typed)
    house = web.house(request)
    keys = reports.Keys(code=house.code_key, contact=house.contact_key)
    try:
        heard = entries.read_back(typed.read_back)
        entries.take_down(session, report, channel=channel, heard=heard, by=person, keys=keys, at=web.now())
    except Invalid as refusal:
        context = {**_values(typed), "report": report, "channel": channel}
        raise web.Refill(READ_BACK, context, [refusal]) from refusal
    except Conflict as refusal:
        raise _again(typed, [refusal]) from refusal
    slip = {"code": codes.grouped(report.code), "bare": report.code, "channel": channel, "heard": heard}
    slip |= {"pieces": 1 + len(report.more)}
    return web.not_kept(web.page(request, "intake/slip.html", slip, status=201))
