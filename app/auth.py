"""Sign in, sign out, and the sessions of officers."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app import web
from models import Invalid, Officer, OfficerSession, audit

PASSWORD_MIN = 12
PASSWORD_MAX = 128  # longer input never reaches the hash, which costs 64 MiB a call
DESK = "/ban-lam-viec"
_USERNAME = re.compile(r"[a-z0-9._-]{3,40}")
_GUESSES = RateLimitItemPerMinute(5, 5)  # per user name, five guesses in five minutes

router = APIRouter()


@cache
def hasher() -> PasswordHash:
    """Return the password hash of the house: Argon2id, 64 MiB (OWASP ASVS 5, 11.4.2)."""
    return PasswordHash((Argon2Hasher(time_cost=3, memory_cost=65_536, parallelism=2),))


@cache
def _nobody() -> str:
    return hasher().hash(secrets.token_urlsafe(24))


class Throttle:
    """Slows guessing per user name, in memory. The right password always gets in within minutes."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def allows(self, username: str) -> bool:
        """Return whether one more wrong guess for `username` would still be answered."""
        return self._limiter.test(_GUESSES, username)

    def missed(self, username: str) -> None:
        """Count a wrong guess."""
        self._limiter.hit(_GUESSES, username)


def create(
    session: Session,
    username: str,
    *,
    display_name: str,
    password: str,
    roles: list[str],
    at: datetime,
    demo: bool = False,
) -> Officer:
    """Add an officer. Raises Invalid for a password outside 12 to 128 characters."""
    person = Officer(
        username=username,
        display_name=display_name.strip(),
        password_hash=_hashed(password),
        roles=sorted(set(roles)),
        created_at=at,
        demo=demo,
    )
    session.add(person)
    session.flush()  # the audit entry needs the id
    audit.record(
        session,
        "officer.created",
        subject=("officer", person.id),
        by=None,
        at=at,
        detail={"username": person.username, "roles": person.roles},
    )
    return person


def renew(session: Session, person: Officer, *, password: str, by: Officer | None, at: datetime) -> None:
    """Give `person` a new password and end their open sessions. Raises Invalid as `create` does."""
    person.password_hash = _hashed(password)
    session.execute(delete(OfficerSession).where(OfficerSession.officer_id == person.id))
    audit.record(session, "officer.password-changed", subject=("officer", person.id), by=by, at=at)


def _hashed(password: str) -> str:
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise Invalid(code="password-length", field="password")
    return hasher().hash(password)


def authenticate(session: Session, username: str, password: str) -> Officer | None:
    """Return the active officer with this name and password, or None.

    An unknown name costs one hash as well, so that the time taken does not tell names apart.
    """
    if len(password) > PASSWORD_MAX:
        return None
    person = session.scalar(select(Officer).where(Officer.username == username))
    good = hasher().verify(password, _nobody() if person is None else person.password_hash)
    return person if good and person is not None and person.active else None


def open_session(session: Session, person: Officer, *, at: datetime, hours: int) -> str:
    """Open a session for `person` and return its token; only a digest of it is stored."""
    token = secrets.token_urlsafe(32)
    session.execute(delete(OfficerSession).where(OfficerSession.expires_at <= at))
    session.add(
        OfficerSession(
            token_digest=web.token_digest(token),
            officer_id=person.id,
            form_token=secrets.token_urlsafe(32),
            created_at=at,
            seen_at=at,
            expires_at=at + timedelta(hours=hours),
        )
    )
    audit.record(session, "officer.signed-in", subject=("officer", person.id), by=person, at=at)
    return token


def disable(session: Session, person: Officer, *, by: Officer | None, at: datetime) -> None:
    """Close an account: it may not sign in again and its open sessions end at once."""
    session.execute(update(Officer).where(Officer.id == person.id).values(active=False))
    session.execute(delete(OfficerSession).where(OfficerSession.officer_id == person.id))
    audit.record(session, "officer.disabled", subject=("officer", person.id), by=by, at=at)


def _throttle(request: Request) -> Throttle:
    found: Throttle = request.app.state.throttle
    return found


def _next(target: str) -> str:
    """Only ever lead to a page of the desk, never to another site."""
    return target if target.startswith(DESK) and "\\" not in target and "\n" not in target else DESK


@router.get("/dang-nhap")
def sign_in_page(request: Request, session: web.SessionDep, tiep: str = DESK, het: str = "") -> Response:
    """Show the sign-in form, and with `het` that a form was not stored; who is signed in goes to the desk."""
    if web.signed_in(request, session) is not None:
        return RedirectResponse(_next(tiep), status_code=303)
    return web.not_kept(
        web.page(request, "sign_in.html", {"next": _next(tiep), "username": "", "lost": bool(het)})
    )


@router.post("/dang-nhap")
def sign_in(
    request: Request,
    session: web.SessionDep,
    throttle: Annotated[Throttle, Depends(_throttle)],
    username: web.TextForm = "",
    password: Annotated[str, Form()] = "",
    tiep: Annotated[str, Form()] = DESK,
) -> Response:
    """Open a session, or show the form again without saying which part was wrong."""
    name = username.strip().lower()[:100]
    form: Mapping[str, Any] = {"next": _next(tiep), "username": name}
    if not throttle.allows(name):
        raise web.Refill("sign_in.html", form, [Invalid(code="too-many-guesses")])
    person = authenticate(session, name, password)
    if person is None:
        throttle.missed(name)
        raise web.Refill("sign_in.html", form, [Invalid(code="wrong-password")])
    token = open_session(session, person, at=web.now(), hours=request.app.state.session_hours)
    answer = RedirectResponse(_next(tiep), status_code=303)
    answer.set_cookie(
        web.SESSION_COOKIE,
        token,
        httponly=True,
        samesite="strict",
        secure=web.house(request).secure_cookies,
        path="/",
    )
    return web.not_kept(answer)


@router.post("/dang-xuat", dependencies=[Depends(web.guard)])
def sign_out(session: web.SessionDep, found: web.SignedIn) -> Response:
    """End this session everywhere it may have been copied to."""
    if found is not None:
        session.delete(found)
    answer = RedirectResponse("/dang-nhap", status_code=303)
    answer.delete_cookie(web.SESSION_COOKIE, path="/")
    return answer
