"""Keep copies of cited and reported pages. The row is the job: it waits, is tried, is done or given up.

A capture keeps the bytes (addressed by their SHA-256), WARC records of the whole way to them, and their words
as plain text. All of it is written in one transaction, by the one attempt that still holds the order.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from intake import apart, fetch, warc
from intake.fetch import Fetched
from models import Capture, CaptureFailure, CaptureState, Evidence, ReadableCopy, StoredCopy, audit

log = logging.getLogger(__name__)
ATTEMPTS: Final = 5
_WAIT: Final = (2, 10, 60, 360)  # minutes after the first, second, ... failed attempt
_WHOLE: Final = frozenset({200, 203})  # anything else is not the cited page
# How often an answer is asked for again before it is believed. Others are trouble that passes.
_BELIEVED: Final[Mapping[int, int]] = {404: 2, 410: 1, 401: 1, 402: 1, 403: 2, 405: 1, 406: 1, 414: 1, 451: 1}
_GONE: Final = frozenset({404, 410})
_PASSING: Final = frozenset({408, 425, 429})  # the server asks to come another time

Fetch = Callable[[str], Fetched]
Look = Callable[[str], bytes | None]  # address to the picture of its page, as PNG


@dataclass(frozen=True)
class Order:
    """One attempt at a capture."""

    capture_id: int
    url: str
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
    with sessions.begin() as session:
        due = session.scalar(
            select(Capture)
            .where(Capture.state == CaptureState.WAITING, Capture.next_try_at <= at)
            .order_by(Capture.evidence_id.is_(None), Capture.next_try_at, Capture.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if due is None:
            return False
        if due.attempts >= ATTEMPTS:  # every attempt was interrupted before its end
            _given_up(session, due, due.failure or CaptureFailure.UNREACHED, at=at)
            return True
        due.attempts += 1
        due.next_try_at = at + timedelta(minutes=_WAIT[min(due.attempts, len(_WAIT)) - 1])
        order = Order(due.id, due.url, due.attempts)
    brought = _brought(order.url, get, look, at=at)
    with sessions.begin() as session:
        capture = session.get(Capture, order.capture_id, with_for_update=True)
        if capture is None or (capture.state, capture.attempts) != (CaptureState.WAITING, order.attempt):
            return True  # settled, or tried again elsewhere meanwhile
        if brought.page is not None:
            capture.http_status, capture.final_url = brought.page.status, brought.page.url
        if brought.failure is None:
            _keep(session, capture, brought, at=at)
        else:
            capture.failure, capture.last_error = brought.failure, brought.error
            if capture.attempts >= brought.tries:
                _given_up(session, capture, brought.failure, at=at)
    return True


def store(session: Session, content: bytes, media_type: str, *, at: datetime) -> StoredCopy:
    """Return the stored copy of `content` (1 byte to 10 MB); the same bytes are stored once."""
    digest = hashlib.sha256(content).digest()
    session.execute(
        insert(StoredCopy)
        .values(sha256=digest, media_type=media_type, content=content, size=len(content), stored_at=at)
        .on_conflict_do_nothing(index_elements=[StoredCopy.sha256])
    )
    return session.scalars(select(StoredCopy).where(StoredCopy.sha256 == digest)).one()


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
    copy = store(session, page.content, page.media_type, at=at)
    if brought.words is not None:
        _keep_words(session, copy, brought.words, at=at)
    capture.warc_id = store(session, brought.records, warc.MEDIA_TYPE, at=at).id
    if brought.picture is not None:
        capture.screenshot_id = store(session, brought.picture, "image/png", at=at).id
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


def _keep_words(session: Session, copy: StoredCopy, words: Mapping[str, Any], *, at: datetime) -> None:
    published = words["published"]
    session.execute(
        insert(ReadableCopy)
        .values(
            copy_id=copy.id,
            title=words["title"],
            text=words["text"],
            language=words["language"],
            published_at=None if published is None else datetime.fromisoformat(published),
            canonical_url=words["canonical"],
            outlet=words["outlet"],
            made_at=at,
        )
        .on_conflict_do_nothing(index_elements=[ReadableCopy.copy_id])
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
