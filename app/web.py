"""The counter: what rooms may use of the front hall. Session, signed-in officer, pages, input text."""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Form, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from pydantic import AfterValidator
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app.i18n import DEFAULT, LANGUAGES, Formats, catalogue
from models import Arrival, ArrivalState, Forbidden, Officer, OfficerSession, Refusal, Role

SESSION_COOKIE = "kiemtin"
LANGUAGE_COOKIE = "kiemtin_lang"


@dataclass(frozen=True)
class Agency:
    """How the centre that runs this installation names itself. Nothing is shipped; all are settings."""

    name: str
    parent: str = ""
    hotline: str = ""
    email: str = ""
    address: str = ""
    licence: str = ""
    emblem_url: str = ""


@dataclass(frozen=True)
class House:
    """What the wiring hands to the rooms; it hangs on `app.state.house`."""

    sessions: sessionmaker[Session]
    pages: Environment
    agency: Agency
    zone: ZoneInfo
    public_url: str
    code_key: bytes
    contact_key: bytes
    development: bool = False
    session_idle_minutes: int = 30
    secure_cookies: bool = False
    static_digests: Mapping[str, str] = field(default_factory=dict)
    trusts_language: frozenset[str] = frozenset(LANGUAGES)


@dataclass(frozen=True)
class Visitor:
    """What a page shows of the signed-in officer. Plain values: they outlive a rolled-back session."""

    id: int
    display_name: str
    roles: frozenset[str]
    form_token: str
    held: int = 0  # arrivals that wait in the held lane; counted up to a thousand


class SignInNeeded(Exception):  # noqa: N818  an answer, not a fault
    """The page is for officers; the visitor is shown the way to the sign-in page."""


class Refill(Exception):  # noqa: N818  an answer, not a fault
    """Show a form again with everything that was typed and what is wrong with it.

    Raised out of a route, so that the transaction is rolled back before the answer is made.
    """

    def __init__(
        self,
        template: str,
        context: Mapping[str, Any],
        errors: list[Refusal],
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(template)
        self.status, self.headers = status, headers  # status: None as the first of `errors` says
        self.template = template
        self.context = dict(context)
        self.errors = errors


def house(request: Request) -> House:
    """Return the house that serves `request`."""
    found: House = request.app.state.house
    return found


def now() -> datetime:
    """Return the current moment, aware, in UTC. Tests set the clock below this."""
    return datetime.now(UTC)


# --- input ---------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Return `text` in NFC with line ends as newlines.

    Raises ValueError for NUL, lone surrogates and other control characters: they have no place in
    words, and PostgreSQL would refuse the first two later and less clearly.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    for char in text:
        if unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t":
            raise ValueError("unprintable")
    return text


# Characters that turn the order of letters.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_STACKED = 4  # marks on one letter; no script of ours, Thai or Arabic needs more


def legible(text: str) -> str:
    """Return foreign `text` as it may stand in a list or heading beside others' words.

    Marks piled upon a letter would paint over the lines around it, and marks of direction would show another
    order than was sent. The text itself stays as it is; this is for showing it.
    """
    kept, stacked = [], 0
    for char in text:
        stacked = stacked + 1 if unicodedata.combining(char) else 0
        if stacked <= _STACKED and char not in _TURNING:
            kept.append(char)
    return "".join(kept)


Text = Annotated[str, AfterValidator(plain)]
TextForm = Annotated[Text, Form()]

# --- session and officer -------------------------------------------------------------------------


def _session(request: Request) -> Iterator[Session]:
    with house(request).sessions.begin() as session:
        yield session


# "function" scope: the commit happens before the answer leaves, so that nobody is told 201 for a
# row that was not stored. FastAPI's default would send first (pinned by tests/app/test_web.py).
SessionDep = Annotated[Session, Depends(_session, scope="function")]


def token_digest(token: str) -> bytes:
    """Return the digest under which a session token is stored."""
    return hashlib.sha256(token.encode()).digest()


def signed_in(request: Request, session: SessionDep) -> OfficerSession | None:
    """Return the open session of the browser, or None. Idle, expired and disabled ones do not count."""
    token = request.cookies.get(SESSION_COOKIE)
    if not token or len(token) > 100 or not token.isascii():  # noqa: PLR2004  ours are 43 characters
        return None
    at = now()
    found = session.scalar(select(OfficerSession).where(OfficerSession.token_digest == token_digest(token)))
    if found is None or found.expires_at <= at or not found.officer.active:
        return None
    idle = (at - found.seen_at).total_seconds()
    if idle > house(request).session_idle_minutes * 60:
        return None
    if idle > 60:  # noqa: PLR2004  one write a minute is enough to know that somebody is there
        found.seen_at = at
    person = found.officer
    request.state.visitor = Visitor(
        person.id, person.display_name, frozenset(person.roles), found.form_token, _held(session)
    )
    return found


def _held(session: Session) -> int:
    """Return how many arrivals wait in the held lane: one walk through a small index, at most 1,000 steps."""
    some = select(Arrival.id).where(Arrival.state == ArrivalState.HELD).limit(1_000)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


SignedIn = Annotated[OfficerSession | None, Depends(signed_in)]


def officer(found: SignedIn) -> Officer:
    """Return the signed-in officer. Raises SignInNeeded."""
    if found is None:
        raise SignInNeeded
    return found.officer


OfficerDep = Annotated[Officer, Depends(officer)]


def guard(request: Request, found: SignedIn, form_token: Annotated[str, Form()] = "") -> None:
    """Close a router of the desk: an officer must be signed in, and a change needs the form's token.

    Hung where a router is included, so that a new route is closed by default. Forms send
    `form_token`; htmx may send it as the header `X-Form-Token`. Raises SignInNeeded, Forbidden.
    """
    if found is None:
        raise SignInNeeded
    if request.method in {"GET", "HEAD"}:
        return
    sent = form_token or request.headers.get("x-form-token", "")
    if not hmac.compare_digest(sent.encode(), found.form_token.encode()):
        raise Forbidden(code="form-expired")


def need(person: Officer, role: Role) -> None:
    """Raise Forbidden unless `person` holds `role`. The database checks the decisive ones again."""
    if not person.may(role):
        raise Forbidden(code="role-missing")


# --- pages ---------------------------------------------------------------------------------------


def language(request: Request) -> str:
    """Return the language of the page: `?lang=`, else the cookie, else Vietnamese."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE) or DEFAULT
    return asked if asked in LANGUAGES else DEFAULT


Language = Annotated[str, Depends(language)]


def page(
    request: Request,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return `template` rendered in the visitor's language, with what every page needs."""
    here = house(request)
    lang = language(request)
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    values: dict[str, Any] = {
        "request": request,
        "path": request.url.path,
        "lang": lang,
        "languages": LANGUAGES,
        "agency": here.agency,
        "public_url": here.public_url,
        "development": here.development,
        "officer": visitor,
        "csrf": "" if visitor is None else visitor.form_token,
        "demo": getattr(request.app.state, "demo", False),
        "now": now(),
        "errors": [],
        "_": catalogue(lang).gettext,
        "ngettext": catalogue(lang).ngettext,
        "formats": Formats(lang, here.zone),
    }
    html = here.pages.get_template(template).render({**values, **(context or {})})
    answer = HTMLResponse(html, status_code=status, headers=dict(headers or {}))
    if request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE, lang, max_age=31_536_000, samesite="lax", secure=here.secure_cookies
        )
    return answer


@pass_context
def _date(context: Context, value: Any, form: str = "long") -> str:  # noqa: ANN401
    formats: Formats = context["formats"]
    return formats.date(value, form)


@pass_context
def _datetime(context: Context, value: Any, form: str = "medium") -> str:  # noqa: ANN401
    formats: Formats = context["formats"]
    return formats.datetime(value, form)


@pass_context
def _ago(context: Context, value: Any) -> str:  # noqa: ANN401
    formats: Formats = context["formats"]
    return formats.ago(value, context["now"])


@pass_context
def _number(context: Context, value: float) -> str:
    formats: Formats = context["formats"]
    return formats.number(value)


def _paragraphs(value: str) -> Markup:
    parts = (part.strip() for part in value.split("\n"))
    return Markup("").join(Markup("<p>{}</p>").format(part) for part in parts if part)


FILTERS = {
    "date": _date,
    "datetime": _datetime,
    "ago": _ago,
    "number": _number,
    "paragraphs": _paragraphs,
    "legible": legible,
}


def not_kept(answer: Response) -> Response:
    """Mark `answer` as nothing to keep in any cache: it shows something only this reader may see."""
    answer.headers["Cache-Control"] = "no-store"
    return answer
