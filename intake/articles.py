"""Read the pages of seen items. The row is the job; what is read waits for `intake.arriving` to judge it."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from intake import apart, fetch, items, polite, warc
from intake.feedreading import is_same_site
from intake.fetch import Fetched
from models import Dropped, ItemState, SeenItem, Source, SourceHost, SourceState
from models.evidence import COPY_LIMIT

log = logging.getLogger(__name__)
ATTEMPTS: Final = 4
_WAIT: Final = (10, 60, 360)  # minutes after the first, second, third failed attempt
_GONE: Final = frozenset({400, 401, 402, 403, 404, 405, 406, 410, 451})  # another try brings the same


@dataclass(frozen=True)
class Order:
    """What reading one page needs to know."""

    item_id: int
    url: str
    host: str
    home: str


@dataclass(frozen=True)
class Brought:
    """What came of it: a page that was read, or why not; without a reason it is tried again."""

    page: dict[str, Any] | None = None
    answer: Fetched | None = None
    reason: Dropped | None = None
    error: str = ""
    records: bytes = b""  # of the whole way to the page


def run_one(sessions: sessionmaker[Session], way: polite.Way, *, at: datetime) -> bool:
    """Read the page of one item whose machine is free; return whether there was one.

    The attempt is counted before the page is asked for. Among machines the one that rested longest comes
    first, so that a source with many items takes nothing away from the others. A calm way
    leaves out machines that are new or did not answer in time at last.
    """
    watch, way = polite.Stopwatch(at), way.once()
    with sessions.begin() as session:
        order = _take(session, at=at, calm=way.calm)
    if order is None:
        return False
    brought = _look(sessions, way, order, at=at)
    with sessions.begin() as session:
        settle(session, way, order, brought, at=watch.now())
    return True


def _take(session: Session, *, at: datetime, calm: bool) -> Order | None:
    due = (
        select(SeenItem, Source.home)
        .join(Source, Source.id == SeenItem.source_id)
        .join(SourceHost, SourceHost.host == SeenItem.host)
        .where(
            SeenItem.state == ItemState.WAITING,
            SeenItem.next_try_at <= at,
            Source.state == SourceState.WATCHED,
            SourceHost.free_at <= at,
        )
        .order_by(SourceHost.free_at, SeenItem.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=(SeenItem, SourceHost))
    )
    found = session.execute(due.where(polite.steady()) if calm else due).one_or_none()
    if found is None:
        return None
    item, home = found
    item.attempts += 1
    # Should this process die, another tries after the time that the machine is held.
    item.next_try_at = at + polite.HOLD
    polite.hold(session, item.host, at=at)
    return Order(item.id, item.url, item.host, home)


def _look(sessions: sessionmaker[Session], way: polite.Way, order: Order, *, at: datetime) -> Brought:
    try:
        return _looked(sessions, way, order, at)
    except polite.Closed:
        return Brought(reason=Dropped.ROBOTS)
    except fetch.Refused as refused:
        return Brought(reason=Dropped.REFUSED, error=str(refused)[:300])
    except fetch.Unreached as unreached:
        return Brought(error=str(unreached)[:300])
    except apart.Refused as broken:
        return Brought(reason=Dropped.NO_TEXT, error=str(broken)[:300])
    except Exception as unexpected:
        log.exception("reading an article failed in an unexpected way")
        return Brought(error=type(unexpected).__name__)


def _looked(sessions: sessionmaker[Session], way: polite.Way, order: Order, at: datetime) -> Brought:
    answer = polite.ask(sessions, way, order.url, at=at)
    if answer.status != 200:  # noqa: PLR2004  OK
        reason = Dropped.GONE if answer.status in _GONE else None
        return Brought(answer=answer, reason=reason, error=f"status {answer.status}")
    if not is_same_site(answer.url, order.url) and not is_same_site(answer.url, order.home):
        return Brought(answer=answer, reason=Dropped.OTHER_SITE, error=answer.url[:300])
    if order.url.startswith("https:") and not answer.url.startswith("https:"):
        return Brought(answer=answer, reason=Dropped.REFUSED, error="insecure")
    page = way.read("intake.extraction:read", answer.content, answer.url, at.isoformat())
    if page is None or len(answer.content) > COPY_LIMIT:
        return Brought(answer=answer, reason=Dropped.NO_TEXT)
    return Brought(page=dict(page), answer=answer, records=warc.write(answer, at=at))


def settle(session: Session, way: polite.Way, order: Order, brought: Brought, *, at: datetime) -> None:
    """Write down what came of reading a page; nothing where the item was settled elsewhere meanwhile."""
    answer = brought.answer
    wish = polite.wish(answer, order.host)
    # The item before its machine, as when taking it: else two workers may wait for each other for good.
    item = session.get_one(SeenItem, order.item_id, with_for_update=True, populate_existing=True)
    polite.release(session, order.host, at=at, wait=wish, slow=way.slow)
    if item.state is not ItemState.WAITING:
        return
    if brought.reason is not None:
        items.drop(session, item.id, brought.reason, zone=way.zone, error=brought.error)
    elif brought.page is None or answer is None:
        item.last_error = brought.error
        if item.attempts >= ATTEMPTS:
            items.drop(session, item.id, Dropped.UNREACHABLE, zone=way.zone, error=brought.error)
        else:
            wait = max(60 * _WAIT[min(item.attempts, len(_WAIT)) - 1], wish)
            item.next_try_at = at + timedelta(seconds=wait)
    elif not items.claim_keys(session, item.id, sorted(_own_keys(answer, brought.page))):
        items.drop(session, item.id, Dropped.KNOWN, zone=way.zone)
    else:
        marks = {"etag": answer.etag[:300], "last_modified": answer.last_modified[:100]}
        item.state, item.attempts, item.next_try_at, item.last_error = ItemState.READ, 0, at, ""
        about = {"url": answer.url, "media_type": answer.media_type, "read_at": at.isoformat()}
        item.page = {**brought.page, **marks, **about}
        item.content, item.records = answer.content, brought.records


def _own_keys(answer: Fetched, page: dict[str, Any]) -> set[bytes]:
    """Return the digests of the addresses of one article: where we ended, and what it calls its own."""
    return {items.link_key(answer.url), items.link_key(page["canonical"])}
