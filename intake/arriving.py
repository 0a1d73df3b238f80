"""Which articles concern the centre: they become arrivals, by the same door as reports; the rest is counted.

Runs where the encoder is. Nothing here decides what is true: a cue of denial is a hint with its words.
"""

import hashlib
import logging
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from corpus import mention, search
from corpus.encoder import Encoder
from corpus.text import normalise
from intake import items, keeping, refuting, revisits, tallies
from models import (
    Arrival,
    ArrivalKind,
    ArrivalState,
    Article,
    Band,
    Channel,
    Dropped,
    ItemState,
    SeenItem,
    SeenWhere,
    Source,
    SourceOwner,
    SourceScope,
    SourceTakes,
)
from models.arrival import URL_LIMIT

log = logging.getLogger(__name__)
ATTEMPTS: Final = 3
_LEASE: Final = timedelta(seconds=60)  # longer than any text takes; then another worker may try
_ENOUGH: Final = frozenset(
    {Band.STRONG, Band.LIKELY}
)  # a weaker likeness to a known claim is no reason to come in
_PRESS: Final = frozenset({SourceOwner.PRESS_LOCAL, SourceOwner.PRESS_NATIONAL, SourceOwner.PRESS_NEIGHBOUR})


def run_one(sessions: sessionmaker[Session], encoder: Encoder, *, at: datetime, zone: ZoneInfo) -> bool:
    """Judge one article that was read; return whether there was one. A bad text never raises.

    The attempt is committed before anything touches the text, so that one that kills the process is
    dropped after a few tries.
    """
    with sessions.begin() as session:
        taken = _take(session, at=at)
    if taken is None:
        return False
    item_id, attempts = taken
    try:
        with sessions.begin() as session:
            if attempts > ATTEMPTS:
                items.drop(session, item_id, Dropped.NO_TEXT, zone=zone, error="judging it failed")
            else:
                judge(session, item_id, encoder, at=at, zone=zone)
    except Exception as error:  # any failure belongs to this article alone
        log.exception("judging item %s failed (attempt %s)", item_id, attempts)
        with sessions.begin() as session:
            known = update(SeenItem).where(SeenItem.id == item_id)
            session.execute(known.values(last_error=f"{type(error).__name__}: {error}"[:300]))
    return True


def _take(session: Session, *, at: datetime) -> tuple[int, int] | None:
    due = (
        select(SeenItem.id)
        .where(SeenItem.state == ItemState.READ, SeenItem.next_try_at <= at)
        .order_by(SeenItem.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = session.execute(
        update(SeenItem)
        .where(SeenItem.id == due)
        .values(attempts=SeenItem.attempts + 1, next_try_at=at + _LEASE)
        .returning(SeenItem.id, SeenItem.attempts)
    ).one_or_none()
    return None if row is None else (row.id, row.attempts)


def judge(
    session: Session, item_id: int, encoder: Encoder, *, at: datetime, zone: ZoneInfo
) -> Arrival | None:
    """Let the article of an item arrive, or drop it; None where it is dropped or settled elsewhere."""
    item = session.get_one(SeenItem, item_id, with_for_update=True, populate_existing=True)
    if item.state is not ItemState.READ or item.page is None or item.content is None:
        return None
    source = session.get_one(Source, item.source_id)
    page = item.page
    named = mention.of_province(f"{page['title']}\n{page['text']}")
    wanted = source.takes is SourceTakes.MENTION and _concerns(named, source)
    hit = _resembles(session, page["lead"], encoder)
    if not wanted and hit is None:
        items.drop(session, item_id, Dropped.OFF_TOPIC, zone=zone)
        return None
    arrival = _arrive(session, item, source, named, at=at)
    article = Article(
        arrival_id=arrival.id,
        source_id=source.id,
        host=item.host,
        url=arrival.url,
        title=page["title"] or item.title,
        outlet=source.name,
        published_at=_moment(page["published"]) or item.published_at,
        places=named.shown(),
        claim_id=None if hit is None else hit.owner_id,
        cue=refuting.cue(f"{page['title']}\n{page['text']}"),
        etag=page["etag"],
        last_modified=page["last_modified"],
        next_visit_at=revisits.first(at),
    )
    session.add(article)
    session.flush()
    copy = keeping.store(session, item.content, page["media_type"], at=at)
    records = keeping.store_records(session, item.records, at=at)
    revisits.begin(session, article, page["text"], copy, records, at=at)
    item.state, item.arrival_id = ItemState.ARRIVED, arrival.id
    item.page = item.content = item.records = None
    tallies.count(session, source.id, tallies.day_of(item.seen_at, zone), tallies.ARRIVED)
    keeping.kept(session, arrival.url, page, copy, records, at=at)
    return arrival


def _concerns(named: mention.Mention, source: Source) -> bool:
    """Whether the names mean our province: a local source need not say so, another must be plain."""
    return named.certain or (bool(named.names) and source.scope is SourceScope.PROVINCE)


def _resembles(session: Session, lead: str, encoder: Encoder) -> search.Hit | None:
    """Return the known claim that the article's lead resembles enough, or None."""
    normal = normalise(lead)
    if not normal.informative:
        return None
    hits = search.claims(session, search.Query.of(normal, encoder), limit=1)
    return hits[0] if hits and hits[0].band in _ENOUGH else None


def _arrive(
    session: Session, item: SeenItem, source: Source, named: mention.Mention, *, at: datetime
) -> Arrival:
    """Store the arrival: title and lead are what is compared, the whole text stands in the stored copy."""
    page: dict[str, Any] = item.page or {}
    url = page["canonical"] if len(page["canonical"]) <= URL_LIMIT else page["url"]
    published = _moment(page["published"]) or item.published_at
    found: Arrival = session.scalars(
        insert(Arrival)
        .values(
            kind=ArrivalKind.ARTICLE,
            channel=Channel.FEED,
            content_digest=hashlib.sha256(f"{url}\n{page['text']}".encode()).digest(),
            text=page["lead"],
            url=url,
            seen_where=SeenWhere.PRESS if source.owner in _PRESS else SeenWhere.WEBSITE,
            seen_on=None if published is None else published.date(),
            place_code=named.codes[0] if len(named.codes) == 1 else None,
            place_text=named.shown()[:200],
            doubt="",
            language=page["language"],
            received_at=at,
            state=ArrivalState.RECEIVED,
            next_try_at=at,
        )
        .returning(Arrival)
    ).one()
    return found


def _moment(stated: str | None) -> datetime | None:
    return None if stated is None else datetime.fromisoformat(stated)
