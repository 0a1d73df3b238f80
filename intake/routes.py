"""Doors for citizens: the form, sending, similar conclusions, tracking, privacy, places.

A tracking code is only ever read from a form body, and every page that shows one may not be kept.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from app import web
from corpus import places
from intake import codes, forms, pictures, reception, reports, similar, stamps, tracking
from intake.reception import Posted
from models import Arrival, Channel, Conflict, Field, Invalid, NotFound, SeenWhere
from models.arrival import CONTACT_LIMIT, DOUBT_LIMIT, TEXT_LIMIT, URL_LIMIT
from models.picture import BYTES_LIMIT, PICTURES_LIMIT

router = APIRouter()

FORM = "intake/form.html"
TRACK = "intake/track.html"
LIMITS = {
    "text": TEXT_LIMIT,
    "url": URL_LIMIT,
    "doubt": DOUBT_LIMIT,
    "contact": CONTACT_LIMIT,
    "place": forms.PLACE_LIMIT,
    "pictures": PICTURES_LIMIT,
    "picture_bytes": BYTES_LIMIT,
}
_PLACES = 10  # suggestions at most
TYPED_CODE = 100  # characters of a mistyped code that are shown again

# Beyond what people choose by mistake: that is refused on the form, with everything typed kept.
FORM_LIMITS: Final[Any] = {"max_files": 100, "max_fields": 100}
TypedForm = Annotated[Posted, Form()]
CodeForm = Annotated[str, Form()]


def _keys(request: Request) -> reports.Keys:
    house = web.house(request)
    return reports.Keys(code=house.code_key, contact=house.contact_key)


def form_values(typed: dict[str, Any], **extra: Any) -> dict[str, Any]:  # noqa: ANN401  page values
    """Return what the form's page shows for `typed`."""
    return {
        "typed": {"website": "", "served": "", **typed},
        "shared": False,
        "code": codes.grouped(typed["code"]),
        "limits": LIMITS,
        "fields": list(Field),
        "seen_places": list(SeenWhere),
        "kept_days": reports.CONTACT_KEPT.days,
        "found": None,
        **offered(typed["place"], typed["place_code"]),
        **extra,
    }


def offered(words: str, chosen: str = "") -> dict[str, Any]:
    """Return the communes that `words` may mean, with the one that would be taken for meant."""
    words = words[: forms.PLACE_LIMIT]
    meant = places.find(words)
    if not chosen and meant is not None:
        chosen = meant.code
    return {"places": places.suggest(words, _PLACES), "chosen": chosen, "no_commune": forms.NO_COMMUNE}


def _usable(code: str) -> str:
    """Return the bare `code`, or a fresh one where it cannot be used."""
    try:
        return codes.normalise(code)
    except Invalid:
        return codes.new()


def _again(typed: Posted, errors: Sequence[Invalid | Conflict]) -> web.Refill:
    """Return the form to show again with everything typed. A used or broken code is replaced."""
    taken = any(error.code == "code-taken" for error in errors)
    kept = typed.shown(code=codes.new() if taken else _usable(typed.code))
    return web.Refill(FORM, form_values(kept), list(errors))


def _later(typed: Posted, wait: int) -> web.Refill:
    """Return the form with everything typed, to be sent in `wait` seconds."""
    again = _again(typed, [Invalid(code="too-many-requests")])
    again.status, again.headers = 429, {"Retry-After": str(wait)}
    return again


def _stored(
    request: Request, session: Session, report: forms.Report, weighed: reception.Weighed, *, at: datetime
) -> Arrival:
    held_why, proven = weighed.held_why, weighed.proven
    keys = _keys(request)
    return reports.receive(
        session, report, channel=Channel.WEB, keys=keys, at=at, held_why=held_why, proven=proven
    )


@router.get("/")
def form_page(request: Request) -> Response:
    """Show what the centre does, and the form with a fresh tracking code."""
    served = stamps.stamp(web.house(request).code_key, at=web.now())
    blank = Posted(code=codes.new(), served=served)
    return web.not_kept(web.page(request, FORM, form_values(blank.shown())))


@router.get("/phan-anh")
@router.get("/phan-anh/tuong-tu")
@router.get("/tra-cuu/xoa-lien-he")
def back_to_start(request: Request) -> Response:
    """Lead a reader who came by address, or changed the language of an answer, to a page of its own."""
    start = "/tra-cuu" if request.url.path.startswith("/tra-cuu") else "/"
    lang = {"lang": web.language(request)} if "lang" in request.query_params else {}
    return RedirectResponse(f"{start}?{urlencode(lang)}" if lang else start, status_code=303)


@router.post("/phan-anh", status_code=201, max_body_size=pictures.BODY_LIMIT, form_limits=FORM_LIMITS)
def submit_report(
    request: Request,
    session: web.SessionDep,
    typed: TypedForm,
    lang: web.Language,
    uploads: pictures.Uploads,
) -> Response:
    """Receive the report and answer with its receipt; sent twice, it is stored once."""
    at = web.now()
    today = at.astimezone(web.house(request).zone).date()
    try:
        with pictures.at_hand(uploads) as seen:
            report = forms.check(typed, today=today, language=lang, seen=seen)
            weighed = reception.weigh(request, session, typed, at=at)
            arrival = _stored(request, session, report, weighed, at=at)
    except forms.Refused as refused:
        raise _again(typed, refused.errors) from refused
    except Conflict as taken:
        raise _again(typed, [taken]) from taken
    except reception.TooMany as many:
        raise _later(typed, many.wait) from many
    receipt = {"code": codes.grouped(report.code), "status": tracking.status(session, arrival)}
    return web.not_kept(web.page(request, "intake/receipt.html", receipt, status=201))


@router.post("/phan-anh/tuong-tu")
def similar_page(request: Request, session: web.SessionDep, typed: TypedForm) -> Response:
    """Show published conclusions like the typed text: a fragment for script, else the form again."""
    kept = typed.shown(code=_usable(typed.code))
    found = similar.conclusions(session, kept["text"])
    if request.headers.get("hx-request") == "true":
        return web.not_kept(web.page(request, "intake/_similar.html", {"found": found, "asked": False}))
    return web.not_kept(web.page(request, FORM, form_values(kept, found=found)))


@router.get("/dia-ban")
def suggested_places(request: Request, place: str = "") -> Response:
    """Offer the communes of today for what is typed; old names of communes and districts are understood."""
    return web.page(request, "intake/_places.html", offered(place))


@router.get("/tra-cuu")
def tracking_page(request: Request) -> Response:
    """Show the form that asks for a tracking code."""
    return web.page(request, TRACK, {"code": "", "status": None, "forgotten": None})


@router.post("/tra-cuu")
def show_status(request: Request, session: web.SessionDep, code: CodeForm = "") -> Response:
    """Show how far the report under `code` has come."""
    arrival = _tracked(request, session, code)
    return _status_page(request, session, arrival, code)


@router.post("/tra-cuu/xoa-lien-he")
def forget_contact(request: Request, session: web.SessionDep, code: CodeForm = "") -> Response:
    """Erase the contact data kept with the report under `code`; doing it twice changes nothing."""
    arrival = _tracked(request, session, code)
    erased = reports.forget_contact(session, arrival, at=web.now())
    return _status_page(request, session, arrival, code, forgotten=erased)


@router.get("/rieng-tu")
def privacy_page(request: Request) -> Response:
    """Say what is kept, for how long, and what a person may ask for."""
    kept_days, original_days = reports.CONTACT_KEPT.days, pictures.ORIGINAL_KEPT.days
    return web.page(request, "intake/privacy.html", {"kept_days": kept_days, "original_days": original_days})


def _tracked(request: Request, session: Session, code: str) -> Arrival:
    try:
        return tracking.find(session, code, key=web.house(request).code_key)
    except NotFound as unknown:
        typed: str = forms.Typed(code=code[:TYPED_CODE]).shown()["code"]
        raise web.Refill(TRACK, {"code": typed, "status": None, "forgotten": None}, [unknown]) from unknown


def _status_page(
    request: Request, session: Session, arrival: Arrival, code: str, *, forgotten: bool | None = None
) -> Response:
    shown = {
        "code": codes.grouped(codes.normalise(code)),
        "status": tracking.status(session, arrival),
        "forgotten": forgotten,
    }
    return web.not_kept(web.page(request, TRACK, shown))
