"""Keep copies of cited pages. The row is the job: a capture waits, is tried, is done or given up."""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from intake import fetch
from intake.fetch import Fetched
from models import Capture, CaptureState, Evidence, StoredCopy, audit

log = logging.getLogger(__name__)
ATTEMPTS: Final = 5
_WAIT: Final = (1, 5, 30, 120)  # minutes after the first, second, ... failed attempt
_GONE: Final = frozenset({400, 401, 402, 403, 404, 405, 406, 410, 414, 451})  # another try brings the same

Fetch = Callable[[str], Fetched]


def run_one(sessions: sessionmaker[Session], *, at: datetime, get: Fetch = fetch.get) -> bool:
    """Try one capture that is due; return whether there was one. A bad page never raises.

    The attempt is counted and the next one set before the page is asked for, so that a page which
    kills the process is not asked for ever. `get` fetches; tests open a loopback port with it.
    """
    with sessions.begin() as session:
        due = session.scalar(
            select(Capture)
            .where(Capture.state == CaptureState.WAITING, Capture.next_try_at <= at)
            .order_by(Capture.next_try_at, Capture.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if due is None:
            return False
        if due.attempts >= ATTEMPTS:  # every attempt was interrupted before its end
            _fail(due, due.last_error or "interrupted", at=at, for_good=True)
            return True
        due.attempts += 1
        due.next_try_at = at + timedelta(minutes=_WAIT[min(due.attempts, len(_WAIT)) - 1])
        capture_id, url = due.id, due.url
    page, error, for_good = _page(url, get)
    with sessions.begin() as session:
        capture = session.get(Capture, capture_id, with_for_update=True)
        if capture is None or capture.state is not CaptureState.WAITING:  # settled elsewhere meanwhile
            return True
        if page is not None:
            capture.http_status, capture.final_url = page.status, page.url
        if page is None or error:
            _fail(capture, error, at=at, for_good=for_good)
        else:
            keep(session, capture, page, at=at)
    return True


def keep(session: Session, capture: Capture, page: Fetched, *, at: datetime) -> StoredCopy:
    """Store what was fetched and tie it to the citation, unless that has a copy by now."""
    copy = store(session, page.content, page.media_type, at=at)
    capture.state, capture.copy_id, capture.finished_at, capture.last_error = (
        CaptureState.DONE,
        copy.id,
        at,
        "",
    )
    evidence = session.get_one(Evidence, capture.evidence_id, with_for_update=True)
    if evidence.copy_id is None:
        evidence.copy_id = copy.id
    detail = {"evidence": evidence.id, "url": page.url, "sha256": copy.sha256.hex()}
    audit.record(
        session, "evidence.captured", subject=("case", evidence.case_id), by=None, at=at, detail=detail
    )
    return copy


def store(session: Session, content: bytes, media_type: str, *, at: datetime) -> StoredCopy:
    """Return the stored copy of `content` (1 byte to 10 MB); the same bytes are stored once."""
    digest = hashlib.sha256(content).digest()
    session.execute(
        insert(StoredCopy)
        .values(sha256=digest, media_type=media_type, content=content, size=len(content), stored_at=at)
        .on_conflict_do_nothing(index_elements=[StoredCopy.sha256])
    )
    return session.scalars(select(StoredCopy).where(StoredCopy.sha256 == digest)).one()


def _page(url: str, get: Fetch) -> tuple[Fetched | None, str, bool]:
    """Return the page, else what was wrong, and whether another try is pointless."""
    try:
        page = get(url)
    except fetch.Refused as refused:
        return None, f"refused: {refused}", True
    except fetch.Unreached as unreached:
        return None, f"unreached: {unreached}", False
    except Exception as unexpected:
        log.exception("fetching failed in an unexpected way")
        return None, f"unexpected: {type(unexpected).__name__}", False
    if page.status != 200:  # noqa: PLR2004  OK; anything else is not the cited page
        return page, f"status {page.status}", page.status in _GONE
    return page, "" if page.content else "empty page", True


def _fail(capture: Capture, error: str, *, at: datetime, for_good: bool) -> None:
    capture.last_error = error
    if for_good or capture.attempts >= ATTEMPTS:
        capture.state, capture.finished_at = CaptureState.FAILED, at
