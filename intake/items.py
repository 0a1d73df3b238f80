"""Remember what was seen, each article once: also across sources, and when a feed brings it again."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from corpus.keys import canonical_url
from corpus.text import fold
from intake import polite, tallies
from intake.feedreading import Item, is_same_site
from models import Dropped, ItemKey, ItemState, SeenItem, Source

FRESH: Final = timedelta(days=7)  # older articles are not news when a source is first read


@dataclass(frozen=True)
class Noted:
    """How many items were new, and how many of them fell to the day's quota."""

    fresh: int
    over: int


def keys_of(item: Item, feed_url: str, home: str) -> list[bytes]:
    """Return the digests by which `item` is known again, the decisive one first.

    A name given by the publisher counts only together with its machine and the title: names repeat in some
    feeds, and one name for all items must not hide all but the first. What leads to another site is known
    for this feed alone, so that nobody can use up somebody else's articles.
    """
    if not is_same_site(item["url"], home) and not is_same_site(item["url"], feed_url):
        return [_digest("foreign", polite.host_of(feed_url), canonical_url(item["url"]) or item["url"])]
    keys = [link_key(item["url"])]
    if item["guid"] and item["title"]:
        keys.append(_digest("guid", polite.host_of(feed_url), item["guid"], fold(item["title"])))
    return keys


def link_key(url: str) -> bytes:
    """Return the digest of an article's address, without scheme, trackers and mobile host."""
    return _digest("url", canonical_url(url) or url)


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).digest()


def unknown(session: Session, items: Sequence[Item], feed_url: str, home: str) -> list[Item]:
    """Return those of `items` that no source has brought before, each once."""
    keys = {digest for item in items for digest in keys_of(item, feed_url, home)}
    known = set(session.scalars(select(ItemKey.digest).where(ItemKey.digest.in_(keys)))) if keys else set()
    found = []
    for item in items:
        own = keys_of(item, feed_url, home)
        if known.isdisjoint(own):
            found.append(item)
        known.update(own)
    return found


def note(
    session: Session, source: Source, feed_url: str, items: Sequence[Item], *, at: datetime, zone: ZoneInfo
) -> Noted:
    """Remember the new ones of `items` (from the answer of `feed_url`) as articles to read.

    The caller holds the row of `source` locked, so that the day's quota is counted by one at a time.
    """
    day = tallies.day_of(at, zone)
    left = tallies.left(session, source.id, day)
    fresh = unknown(session, items, feed_url, source.home)
    taken = 0
    # Always in one order, so that two sources with the same articles wait for each other and not in a ring.
    for host in sorted({polite.host_of(item["url"]) for item in fresh[:left]}):
        polite.know(session, f"https://{host}/", at=at)
    for item in sorted(fresh[:left], key=lambda item: link_key(item["url"])):
        taken += _remember(session, source, feed_url, item, at=at, zone=zone)
    tallies.count(session, source.id, day, tallies.SEEN, taken)
    return Noted(fresh=taken, over=max(0, len(fresh) - left))


def _remember(
    session: Session, source: Source, feed_url: str, item: Item, *, at: datetime, zone: ZoneInfo
) -> bool:
    """Store `item` and its keys; False when another source has brought it a moment ago."""
    url = item["url"]
    if feed_url.startswith("https:"):  # who serves its feed under TLS serves its articles so
        url = url.replace("http://", "https://", 1) if url.startswith("http://") else url
    published = datetime.fromisoformat(item["published"]) if item["published"] else None
    seen = SeenItem(
        source_id=source.id, host=polite.know(session, url, at=at), url=url, title=item["title"],
        published_at=published, seen_at=at, next_try_at=at,
    )  # fmt: skip
    session.add(seen)
    session.flush()
    decisive, *others = keys_of(item, feed_url, source.home)
    if not claim_keys(session, seen.id, [decisive]):
        session.execute(delete(SeenItem).where(SeenItem.id == seen.id))
        session.expunge(seen)
        return False
    claim_keys(session, seen.id, others)
    if not is_same_site(url, source.home) and not is_same_site(url, feed_url):
        drop(session, seen.id, Dropped.OTHER_SITE, zone=zone)
    elif published is not None and published < at - FRESH:
        drop(session, seen.id, Dropped.OLD, zone=zone)
    return True


def claim_keys(session: Session, item_id: int, keys: Iterable[bytes]) -> bool:
    """Make `keys` those of an item; False when one of them is another item's."""
    free = True
    for digest in keys:
        made = session.scalar(
            insert(ItemKey)
            .values(digest=digest, item_id=item_id)
            .on_conflict_do_nothing(index_elements=["digest"])
            .returning(ItemKey.digest)
        )
        if made is None:
            owner = session.scalar(select(ItemKey.item_id).where(ItemKey.digest == digest))
            free = free and owner == item_id
    return free


def drop(session: Session, item_id: int, reason: Dropped, *, zone: ZoneInfo, error: str = "") -> bool:
    """End the way of an item that is not settled yet, and count it; False when it is settled already."""
    row = session.execute(
        update(SeenItem)
        .where(SeenItem.id == item_id, SeenItem.state.in_((ItemState.WAITING, ItemState.READ)))
        .values(
            state=ItemState.DROPPED,
            reason=reason,
            page=None,
            content=None,
            records=None,
            last_error=error,
        )
        .returning(SeenItem.source_id, SeenItem.seen_at)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        return False
    tallies.count(session, row.source_id, tallies.day_of(row.seen_at, zone), reason.value)
    return True
