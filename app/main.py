"""The web application: wiring, doors with their guards, refusals turned into answers."""

import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Engine, exists, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import sessionmaker
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

import intake.api
import intake.api_pictures
import intake.api_proofs
import intake.desk
import intake.gallery_routes
import intake.mail_desk
import intake.partner_desk
import intake.partners
import intake.reception
import intake.routes
import intake.sharing
import intake.sourcedesk
import publish.api
import publish.desk
import publish.routes
import verify.routes
from app import auth, web
from app.bodies import Bodies
from app.i18n import words
from app.shield import Shield
from models import Case, Conflict, Forbidden, Invalid, NotFound, Refusal

log = logging.getLogger(__name__)
_HERE: Final = Path(__file__).parent
_ROOMS: Final = ("app", "intake", "verify", "publish")
BODY_LIMIT: Final = 12 * 1024 * 1024  # bytes: one uploaded copy of evidence and its form
STATUS: Final[Mapping[type[Refusal], int]] = {NotFound: 404, Forbidden: 403, Conflict: 409, Invalid: 422}
HTTP_CODES: Final[Mapping[int, str]] = {
    401: "key-unknown", 404: "not-found", 405: "method", 413: "too-large", 429: "too-many-requests"
}  # fmt: skip
_WITH_FORMS: Final = re.compile(r"/ban-lam-viec/(?:vu-viec|cong-bo|nguon|anh)/\d+|/ban-lam-viec/tiep-nhan")
KINDS: Final[Mapping[str, type[Refusal]]] = {"KT403": Forbidden, "KT409": Conflict, "KT422": Invalid}


def pages(static_digests: Mapping[str, str]) -> Environment:
    """Return the one template environment: every room's folder, escaping on, undefined names raise."""
    root = _HERE.parent
    env = Environment(
        loader=ChoiceLoader([FileSystemLoader(root / room / "templates") for room in _ROOMS]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(web.FILTERS)
    env.globals["static"] = lambda path: f"/static/{path}?v={static_digests.get(path, '0')}"
    return env


def static_digests() -> dict[str, str]:
    """Return a short content digest per static file, so that browsers may keep files for a year."""
    folder = _HERE / "static"
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def wants_json(request: Request) -> bool:
    """Return whether the caller is a program: the API, or who asks for JSON first."""
    return request.url.path.startswith("/api/") or request.headers.get("accept", "").startswith(
        "application/json"
    )


def answer(request: Request, refusal: Refusal, status: int) -> Response:
    """Turn a refusal into a page for people or problem+json (RFC 9457) for programs."""
    lang = web.language(request)
    sentence = words(lang, f"refusal.{refusal.code}")
    if wants_json(request):
        problem: dict[str, Any] = {
            "type": "about:blank",
            "status": status,
            "code": refusal.code,
            "detail": sentence,
        }
        if refusal.field:
            problem["field"] = refusal.field
        return JSONResponse(problem, status, media_type="application/problem+json")
    return web.page(
        request, "error.html", {"status": status, "sentence": sentence, "code": refusal.code}, status=status
    )


def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101  registered for this class only
    status = next(status for kind, status in STATUS.items() if isinstance(refusal, kind))
    return answer(request, refusal, status)


def _refill(request: Request, refill: Exception) -> Response:
    assert isinstance(refill, web.Refill)  # noqa: S101
    status = refill.status or next(
        (s for kind, s in STATUS.items() if refill.errors and isinstance(refill.errors[0], kind)), 422
    )
    context = {**refill.context, "errors": refill.errors}
    return web.not_kept(web.page(request, refill.template, context, status=status, headers=refill.headers))


def _sign_in_needed(request: Request, _exc: Exception) -> Response:
    """Lead to the sign-in page, and from there to the page, or to that on which the lost form stood."""
    if wants_json(request):
        return answer(request, Forbidden(code="sign-in-needed"), 401)
    if request.method == "GET":
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/dang-nhap?tiep={quote(here)}", status_code=303)
    stood = _WITH_FORMS.match(request.url.path)
    here = stood[0] if stood else auth.DESK
    return RedirectResponse(f"/dang-nhap?{urlencode({'tiep': here, 'het': '1'})}", status_code=303)


def _unreadable(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)  # noqa: S101
    first = exc.errors()[0] if exc.errors() else {}
    where = [str(part) for part in first.get("loc", ()) if part not in {"body", "query", "path"}]
    kind = str(first.get("type", ""))
    code = (
        "unprintable"
        if "unprintable" in str(first.get("msg", ""))
        else f"input-{kind.rsplit('_', maxsplit=1)[-1]}"
    )
    if words("vi", f"refusal.{code}") == f"refusal.{code}":
        code = "input"
    return answer(request, Invalid(code=code, field=".".join(where) or None), 422)


def _http(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)  # noqa: S101
    if isinstance(exc.__cause__, Refusal):  # raised while the framework read the body
        return _refused(request, exc.__cause__)
    code = HTTP_CODES.get(exc.status_code, "input")
    made = answer(request, Invalid(code=code), exc.status_code)
    made.headers.update(exc.headers or {})
    return made


def _database(request: Request, exc: Exception) -> Response:
    """Answer when the database refused (a rule, a unique key, a value it cannot hold) or is not there."""
    assert isinstance(exc, DBAPIError)  # noqa: S101
    state = getattr(exc.orig, "sqlstate", None) or ""
    if state in KINDS:
        code = str(exc.orig).splitlines()[0].strip()
        return _refused(request, KINDS[state](code=code))
    if state == "23505":
        return answer(request, Conflict(), 409)
    if state[:2] in {"22", "23"}:
        return answer(request, Invalid(), 422)
    log.error("database", exc_info=exc)
    if (
        isinstance(exc, OperationalError)
        or state[:2] in {"08", "53", "57", "40", "55"}
        or exc.connection_invalidated
    ):
        made = answer(request, Refusal(code="unavailable"), 503)
        made.headers["Retry-After"] = "5"
        return made
    return answer(request, Refusal(code="broken"), 500)


def _unencodable(request: Request, _exc: Exception) -> Response:
    return answer(request, Invalid(code="unprintable"), 422)


def _broken(request: Request, exc: Exception) -> Response:
    log.error("unexpected", exc_info=exc)
    return answer(request, Refusal(code="broken"), 500)


HANDLERS: Final[dict[int | type[Exception], Callable[[Request, Any], Any]]] = {
    Refusal: _refused,
    web.Refill: _refill,
    web.SignInNeeded: _sign_in_needed,
    RequestValidationError: _unreadable,
    HTTPException: _http,
    DBAPIError: _database,
    UnicodeEncodeError: _unencodable,
    Exception: _broken,
}


def _hang_doors(app: FastAPI) -> None:
    desk = [Depends(web.guard)]
    app.include_router(auth.router, include_in_schema=False)
    app.include_router(intake.routes.router, include_in_schema=False)
    app.include_router(intake.sharing.router, include_in_schema=False)
    app.include_router(intake.api.router)
    app.include_router(intake.api_pictures.router)
    app.include_router(intake.api_proofs.router)
    app.include_router(publish.routes.router, include_in_schema=False)
    app.include_router(publish.api.router)
    app.include_router(verify.routes.router, dependencies=desk, include_in_schema=False)
    app.include_router(intake.desk.router, dependencies=desk, include_in_schema=False)
    app.include_router(intake.mail_desk.router, dependencies=desk, include_in_schema=False)
    app.include_router(intake.partner_desk.router, dependencies=desk, include_in_schema=False)
    app.include_router(intake.gallery_routes.router, dependencies=desk, include_in_schema=False)
    app.include_router(intake.sourcedesk.router, dependencies=desk, include_in_schema=False)
    app.include_router(publish.desk.router, dependencies=desk, include_in_schema=False)


def _hang_health(app: FastAPI) -> None:
    def healthz() -> dict[str, str]:
        """Alive; asks nobody."""
        return {"status": "ok"}

    def readyz(session: web.SessionDep) -> dict[str, str]:
        """Ready: the database answers and is migrated."""
        return {
            "status": "ok",
            "schema": str(session.scalar(text("SELECT version_num FROM alembic_version"))),
        }

    def version_() -> dict[str, str]:
        """Return the version of the software."""
        return {"version": version("kiem-tin")}

    def docs() -> Response:
        """Show the API's documentation, from files of our own."""
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Kiểm Tin API",
            swagger_js_url="/static/vendor/swagger-ui-bundle.js",
            swagger_css_url="/static/vendor/swagger-ui.css",
            swagger_favicon_url="/static/favicon.svg",
        )

    def style(request: Request) -> Response:
        """Show every component on one page; only in development."""
        if not web.house(request).development:
            raise NotFound
        return web.page(request, "style.html")

    doors: dict[str, Callable[..., Any]] = {
        "/healthz": healthz,
        "/readyz": readyz,
        "/version": version_,
        "/docs": docs,
        "/_kieu-dang": style,
    }
    for path, door in doors.items():
        app.add_api_route(path, door, methods=["GET"], include_in_schema=False)


class Building(FastAPI):
    """The application with our words around the framework's own limits of bodies."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return everything a request goes through."""
        house: web.House = self.state.house

        def dress(inner: ASGIApp) -> ASGIApp:
            return Shield(inner, secure=house.secure_cookies, public_url=house.public_url)

        return Bodies(super().build_middleware_stack(), answer, dress)


def create_app(
    engine: Engine,
    *,
    code_key: bytes,
    contact_key: bytes,
    agency: web.Agency,
    public_url: str,
    timezone: str = "Asia/Ho_Chi_Minh",
    development: bool = False,
    session_idle_minutes: int = 30,
    session_hours: int = 8,
) -> FastAPI:
    """Return the web application over `engine`. Reads no environment, loads no encoder."""
    app = Building(
        title="Kiểm Tin",
        version=version("kiem-tin"),
        docs_url=None,
        redoc_url=None,
        max_body_size=BODY_LIMIT,
        exception_handlers=HANDLERS,
    )
    digests = static_digests()
    secure = public_url.startswith("https://")
    app.state.house = web.House(
        sessions=sessionmaker(engine, expire_on_commit=False),
        pages=pages(digests),
        agency=agency,
        zone=ZoneInfo(timezone),
        public_url=public_url.rstrip("/"),
        code_key=code_key,
        contact_key=contact_key,
        development=development,
        session_idle_minutes=session_idle_minutes,
        secure_cookies=secure,
        static_digests=digests,
    )
    app.state.throttle = auth.Throttle()
    app.state.meter = intake.partners.Meter()
    app.state.porter = intake.reception.porter()
    app.state.session_hours = session_hours
    app.state.demo = holds_demo(engine)
    app.add_middleware(Shield, secure=secure, public_url=public_url)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    _hang_doors(app)
    _hang_health(app)
    return app


def holds_demo(engine: Engine) -> bool:
    """Return whether the database holds demonstration cases; False where it cannot be asked yet."""
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(select(exists().where(Case.demo))))
    except DBAPIError:
        return False
