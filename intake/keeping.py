"""Keep copies: bytes under their SHA-256, WARC records, words; and note what was kept without an order."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from intake import items, warc
from models import Capture, CaptureState, ReadableCopy, StoredCopy, audit


def store(session: Session, content: bytes, media_type: str, *, at: datetime) -> StoredCopy:
    """Return the stored copy of `content` (1 byte to 10 MB); the same bytes are stored once."""
    digest = hashlib.sha256(content).digest()
    session.execute(
        insert(StoredCopy)
        .values(sha256=digest, media_type=media_type, content=content, size=len(content), stored_at=at)
        .on_conflict_do_nothing(index_elements=[StoredCopy.sha256])
    )
    return session.scalars(select(StoredCopy).where(StoredCopy.sha256 == digest)).one()


def store_records(session: Session, records: bytes | None, *, at: datetime) -> StoredCopy | None:
    """Return the stored copy of WARC records; None for none (read before records were kept)."""
    return store(session, records, warc.MEDIA_TYPE, at=at) if records else None


def store_words(session: Session, copy: StoredCopy, words: Mapping[str, Any], *, at: datetime) -> None:
    """Keep what a stored page says (`intake.readable.Words`), unless that was done before."""
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


def kept(
    session: Session,
    url: str | None,
    page: Mapping[str, Any],
    copy: StoredCopy,
    records: StoredCopy | None,
    *,
    at: datetime,
) -> None:
    """Note that the page of an article, reported as `url`, was kept already: nobody need fetch it again.

    `page` is what was read (`intake.extraction.Page`) with "url", "read_at". An order of the same day that
    waits is done with it; one that is done stays as it is. Where the page stood elsewhere, a copy is ordered.
    """
    if url is None:
        return
    digest = hashlib.sha256(url.encode()).digest()
    of_today = {"reported_digest": digest, "reported_on": at.astimezone(UTC).date()}
    order = insert(Capture).values(url=url, next_try_at=at, **of_today)
    if items.link_key(url) != items.link_key(page["url"]):
        # The page calls another address its own. That it is the same page is its word alone: look there too.
        session.execute(order.on_conflict_do_nothing(index_elements=list(of_today)))
        return
    outlet = (urlsplit(page["url"]).hostname or "").removeprefix("www.")
    store_words(session, copy, {**page, "outlet": outlet}, at=at)
    done = {
        "state": CaptureState.DONE,
        "copy_id": copy.id,
        "warc_id": None if records is None else records.id,
        "http_status": 200,
        "final_url": page["url"],
        "failure": None,
        "last_error": "",
        "finished_at": datetime.fromisoformat(page.get("read_at", at.isoformat())),
    }
    made = session.scalar(
        order.values(attempts=1, **done)
        .on_conflict_do_update(
            index_elements=list(of_today), set_=done, where=Capture.state == CaptureState.WAITING
        )
        .returning(Capture.id)
    )
    if made is not None:
        detail = {"url": page["url"], "sha256": copy.sha256.hex()}
        audit.record(session, "capture.kept", subject=("capture", made), by=None, at=at, detail=detail)
