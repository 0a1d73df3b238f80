"""Keep copies of cited and reported pages. The row is the job: it waits, is tried, is done or given up.

A capture keeps the bytes (addressed by their SHA-256), WARC records of the whole way to them, and their words
as plain text. All of it is written in one transaction, by the one attempt that still holds the order.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, sessionmaker

from intake import apart, fetch, keeping, polite, warc
from intake.fetch import Fetched
from models import (
    Capture,
    CaptureFailure,
    CaptureState,
    Evidence,
    SourceHost,
    audit,
)

log = logging.getLogger(__name__)
ATTEMPTS: Final = 5
_WAIT: Final = (2, 10, 60, 360)  # minutes after the first, second, ... failed attempt
_WHOLE: Final = frozenset({200, 203})  # anything else is not the cited page
# How often an answer is asked for again before it is believed. Others are trouble that passes.
_BELIEVED: Final[Mapping[int, int]] = {404: 2, 410: 1, 401: 1, 402: 1, 403: 2, 405: 1, 406: 1, 414: 1, 451: 1}
_REST: Final = 3600  # seconds at most that a reported page may silence its whole machine
_GONE: Final = frozenset({404, 410})
_PASSING: Final = frozenset({408, 425, 429})  # the server asks to come another time

Fetch = Callable[[str], Fetched]
Look = Callable[[str], bytes | None]  # address to the picture of its page, as PNG


@dataclass(frozen=True)
class Order:
    """One attempt at a capture."""

    capture_id: int
    url: str
    host: str
    attempt: int


@dataclass(frozen=True)
class Brought:
    """What an attempt brought: a whole page with what was made of it, or a failure."""

    page: Fetched | None = None
    records: bytes = b""
    words: dict[str, Any] | None = None
    picture: bytes | None = None
    failure: CaptureFailure | None = None
    error: str = ""
    tries: int = ATTEMPTS  # after how many attempts this failure is believed


def run_one(
    sessions: sessionmaker[Session], *, at: datetime, get: Fetch = fetch.get, look: Look | None = None
) -> bool:
    """Try one capture that is due; return whether there was one. A bad page never raises.

    The attempt is counted and the next one set before the page is asked for, so that a page which
    kills the process is not asked for ever. `get` fetches; tests open loopback ports with it. `look`
    takes a picture of the page, where that is switched on.
    """
    watch = polite.Stopwatch(at)
    with sessions.begin() as session:
        waiting = session.scalar(due(at))
        if waiting is None:
            return False
        order = _take(session, waiting, at=at)
    if order is None:
        return True
    brought = _brought(order.url, get, look, at=at)
    with sessions.begin() as session:
        _settle(session, order, brought, at=watch.now())
    return True


def due(at: datetime) -> Select[Capture]:
    """Return the question for a capture whose time has come and whose machine is free; cited pages first."""
    # "Not taken" rather than "free": so that the planner walks ix_captures_turn instead of sorting them all.
    taken = exists().where(SourceHost.host == Capture.host, SourceHost.free_at > at)
    return (
        select(Capture)
        .where(Capture.state == CaptureState.WAITING, Capture.next_try_at <= at, ~taken)
        .order_by(Capture.evidence_id.is_(None), Capture.next_try_at, Capture.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Capture)
    )


def _take(session: Session, due: Capture, *, at: datetime) -> Order | None:
    """Count an attempt and take the machine; None where there is nothing to ask, or somebody else asks."""
    if due.attempts >= ATTEMPTS:  # every attempt was interrupted before its end
        _given_up(session, due, due.failure or CaptureFailure.UNREACHED, at=at)
        return None
    if not polite.claim(session, due.host, at=at):
        return None
    due.attempts += 1
    due.next_try_at = at + timedelta(minutes=_WAIT[min(due.attempts, len(_WAIT)) - 1])
    return Order(due.id, due.url, due.host, due.attempts)


def _settle(session: Session, order: Order, brought: Brought, *, at: datetime) -> None:
    """Write down what an attempt brought, and let the machine rest."""
    page = brought.page
    wish = polite.wish(page, order.host)
    capture = session.get(Capture, order.capture_id, with_for_update=True)
    polite.release(session, order.host, at=at, wait=min(wish, _REST))
    if capture is None or (capture.state, capture.attempts) != (CaptureState.WAITING, order.attempt):
        return  # settled, or tried again elsewhere meanwhile
    if page is not None:
        capture.http_status, capture.final_url = page.status, page.url
    if brought.failure is None:
        _keep(session, capture, brought, at=at)
        return
    capture.failure, capture.last_error = brought.failure, brought.error
    capture.next_try_at = max(capture.next_try_at, at + timedelta(seconds=wish))
    if capture.attempts >= brought.tries:
        _given_up(session, capture, brought.failure, at=at)


def _brought(url: str, get: Fetch, look: Look | None, *, at: datetime) -> Brought:
    try:
        page = get(url)
    except fetch.Refused as refused:
        return Brought(failure=CaptureFailure.REFUSED, error=f"refused: {refused}", tries=1)
    except fetch.Unreached as unreached:
        return Brought(failure=CaptureFailure.UNREACHED, error=f"unreached: {unreached}")
    except Exception as unexpected:
        log.exception("fetching failed in an unexpected way")
        return Brought(failure=CaptureFailure.UNREACHED, error=f"unexpected: {type(unexpected).__name__}")
    if page.status not in _WHOLE:
        return _answered_badly(page)
    if not page.content:
        return Brought(page, failure=CaptureFailure.REFUSED, error="empty page", tries=1)
    try:
        words = apart.run("intake.readable:read", page.content, page.url, page.media_type, at.isoformat())
    except apart.Refused:  # the log says why; the bytes are kept all the same
        words = None
    return Brought(page, warc.write(page, at=at), words, _picture(page, look))


def _picture(page: Fetched, look: Look | None) -> bytes | None:
    if look is None or not page.media_type.startswith("text/html"):
        return None
    try:
        return look(page.url)
    except Exception:
        log.exception("taking a picture failed in an unexpected way")
        return None


def _answered_badly(page: Fetched) -> Brought:
    if page.status in _GONE:
        failure = CaptureFailure.GONE
    elif 400 <= page.status < 500 and page.status not in _PASSING:  # noqa: PLR2004  HTTP: the asker's fault
        failure = CaptureFailure.CLOSED
    else:
        failure = CaptureFailure.UNREACHED
    tries = _BELIEVED.get(page.status, ATTEMPTS)
    return Brought(page, failure=failure, error=f"status {page.status}", tries=tries)


def _keep(session: Session, capture: Capture, brought: Brought, *, at: datetime) -> None:
    """Store what was fetched and tie it to its citation, unless that has a copy by now."""
    page = brought.page
    assert page is not None  # noqa: S101  without a page there is a failure
    copy = keeping.store(session, page.content, page.media_type, at=at)
    if brought.words is not None:
        keeping.store_words(session, copy, brought.words, at=at)
    capture.warc_id = keeping.store(session, brought.records, warc.MEDIA_TYPE, at=at).id
    if brought.picture is not None:
        capture.screenshot_id = keeping.store(session, brought.picture, "image/png", at=at).id
    capture.copy_id, capture.state, capture.finished_at = copy.id, CaptureState.DONE, at
    capture.failure, capture.last_error = None, ""
    detail = {"url": page.url, "sha256": copy.sha256.hex()}
    if capture.evidence_id is None:
        session.flush()  # before the audit entry, whose lock must come last
        audit.record(session, "capture.kept", subject=("capture", capture.id), by=None, at=at, detail=detail)
        return
    evidence = session.get_one(Evidence, capture.evidence_id, with_for_update=True)
    if evidence.copy_id is None:
        evidence.copy_id = copy.id
    session.flush()
    audit.record(
        session,
        "evidence.captured",
        subject=("case", evidence.case_id),
        by=None,
        at=at,
        detail={"evidence": evidence.id, **detail},
    )


def _given_up(session: Session, capture: Capture, failure: CaptureFailure, *, at: datetime) -> None:
    capture.failure, capture.last_error = failure, capture.last_error or "interrupted"
    capture.state, capture.finished_at = CaptureState.FAILED, at
    if capture.evidence_id is None:
        return
    evidence = session.get_one(Evidence, capture.evidence_id)
    session.flush()
    detail = {"evidence": evidence.id, "url": capture.url, "failure": failure.value}
    audit.record(
        session, "evidence.capture-failed", subject=("case", evidence.case_id), by=None, at=at, detail=detail
    )
