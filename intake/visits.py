"""Visit the addresses of watched sources. The row is the job; any number of workers share the rounds."""

import logging
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from intake import alarms, apart, feedreading, fetch, items, polite, sitemaps, tallies
from intake.feedreading import Reading
from intake.fetch import Fetched
from models import (
    Alarm,
    Source,
    SourceAddress,
    SourceHost,
    SourceKind,
    SourceState,
    SourceVisit,
    VisitOutcome,
    audit,
)

log = logging.getLogger(__name__)
PACE: Final = {SourceKind.FEED: 900, SourceKind.SITEMAP: 1800, SourceKind.LISTING: 1800}  # seconds
_QUICKEST, _SLOWEST = 0.5, 8  # times the pace of the kind; news sites settle low, quiet offices high
_BACK_OFF: Final = 300  # seconds after the first failure, doubled with each further one
_LONGEST_BACK_OFF: Final = 86_400
_STRANGE: Final = 3  # answers in a row that are no feed any more, after which a person should look
_MEAN: Final = 0.3  # weight of the latest visit in the running mean
_NOT_MODIFIED: Final = 304


@dataclass(frozen=True)
class Order:
    """What one visit needs to know."""

    address_id: int
    source_id: int
    url: str
    host: str
    kind: SourceKind
    marks: tuple[str, str]
    is_part: bool  # an index of sitemaps names it


@dataclass(frozen=True)
class Brought:
    """What came of asking: a reading, or nothing new (neither reading nor error), or an error's code."""

    error: str = ""
    detail: str = ""
    answer: Fetched | None = None
    reading: Reading | None = None


def run_one(sessions: sessionmaker[Session], way: polite.Way, *, at: datetime) -> bool:
    """Visit one address that is due and whose machine is free; return whether there was one.

    A calm way passes over machines that are new, or did not answer in time at last, so that slow and
    broken ones cannot keep every worker waiting. A bad answer never raises.
    """
    watch, way = polite.Stopwatch(at), way.once()
    with sessions.begin() as session:
        order = _take(session, at=at, calm=way.calm)
    if order is None:
        return False
    brought = look(sessions, way, order.url, order.kind, marks=order.marks, is_part=order.is_part, at=at)
    with sessions.begin() as session:
        _settle(session, way, order, brought, at=watch.now())
    return True


def look(
    sessions: sessionmaker[Session],
    way: polite.Way,
    url: str,
    kind: SourceKind,
    *,
    marks: tuple[str, str] = ("", ""),
    is_part: bool = False,
    at: datetime,
) -> Brought:
    """Ask `url`, whose machine the caller holds, and read the answer. Never raises for a bad one.

    An index of sitemaps is read as such; where one may not be (`is_part`: an index names it), it is an error.
    """
    try:
        brought = _looked(sessions, way, url, kind, marks, at)
        nested = is_part and brought.reading is not None and brought.reading["form"] == sitemaps.INDEX
        return Brought("sitemap-index", "", brought.answer) if nested else brought
    except polite.Closed:
        return Brought("robots")
    except fetch.Refused as refused:
        return Brought("refused", str(refused))
    except fetch.Unreached as unreached:
        return Brought("unreached", str(unreached))
    except apart.Refused as broken:
        return Brought("unreadable", str(broken))
    except Exception as unexpected:
        log.exception("visiting a source failed in an unexpected way")
        return Brought("unexpected", type(unexpected).__name__)


def _looked(
    sessions: sessionmaker[Session],
    way: polite.Way,
    url: str,
    kind: SourceKind,
    marks: tuple[str, str],
    at: datetime,
) -> Brought:
    answer = polite.ask(sessions, way, url, at=at, marks=marks)
    if answer.status == _NOT_MODIFIED:
        return Brought(answer=answer)
    if answer.status != 200:  # noqa: PLR2004  OK
        return Brought("status", str(answer.status), answer)
    if url.startswith("https:") and not answer.url.startswith("https:"):
        return Brought("insecure", answer.url, answer)
    reading = way.read(
        "intake.feedreading:read", answer.content, answer.url, answer.media_type, kind.value, at.isoformat()
    )
    if not reading["form"] or (kind is SourceKind.LISTING and not reading["items"]):
        return Brought("no-feed", answer.media_type, answer)
    return Brought(answer=answer, reading=reading)


def _take(session: Session, *, at: datetime, calm: bool) -> Order | None:
    due = (
        select(SourceAddress, Source.kind)
        .join(Source, Source.id == SourceAddress.source_id)
        .join(SourceHost, SourceHost.host == SourceAddress.host)
        .where(
            Source.state == SourceState.WATCHED, SourceAddress.next_visit_at <= at, SourceHost.free_at <= at
        )
        .order_by(SourceAddress.next_visit_at, SourceAddress.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=(SourceAddress, SourceHost))
    )
    found = session.execute(due.where(polite.steady()) if calm else due).one_or_none()
    if found is None:
        return None
    address, kind = found
    # Should this process die, the address is due again after the time that its machine is held.
    address.next_visit_at = at + polite.HOLD
    polite.hold(session, address.host, at=at)
    marks = (address.etag, address.last_modified)
    part = address.index_id is not None
    return Order(address.id, address.source_id, address.url, address.host, kind, marks, part)


def _settle(session: Session, way: polite.Way, order: Order, brought: Brought, *, at: datetime) -> None:
    """Write down how a visit ended, and when the next one is."""
    answer = brought.answer
    source = session.get_one(Source, order.source_id, with_for_update=True)
    address = session.get(SourceAddress, order.address_id, with_for_update=True)
    polite.release(session, order.host, at=at, wait=polite.wish(answer, order.host), slow=way.slow)
    if source.state is not SourceState.WATCHED or address is None:  # paused or forgotten meanwhile
        return
    visit = SourceVisit(
        source_id=source.id,
        address_id=address.id,
        at=at,
        outcome=VisitOutcome.SAME,
        http_status=None if answer is None else answer.status,
    )
    session.add(visit)
    if brought.error:
        _failed(session, source, address, visit, brought, at=at)
    else:
        _answered(session, way, source, address, visit, brought, at=at)
    address.last_visit_at = at


def _failed(
    session: Session,
    source: Source,
    address: SourceAddress,
    visit: SourceVisit,
    brought: Brought,
    *,
    at: datetime,
) -> None:
    visit.outcome = VisitOutcome.FAILED
    visit.error = address.last_error = f"{brought.error}: {brought.detail}".removesuffix(": ")[:300]
    address.failures += 1
    wait = min(_BACK_OFF * 2 ** min(address.failures - 1, 20), _LONGEST_BACK_OFF)
    wait = max(wait, polite.wish(brought.answer, address.host))
    address.next_visit_at = at + _jittered(wait, address, at)
    if brought.error == "no-feed" and address.visits and address.failures >= _STRANGE:
        _quarantine(session, source, Alarm.CONTENT_TYPE, f"{address.usual_form} → {brought.detail}", at=at)
        visit.outcome = VisitOutcome.QUARANTINED


def _answered(
    session: Session,
    way: polite.Way,
    source: Source,
    address: SourceAddress,
    visit: SourceVisit,
    brought: Brought,
    *,
    at: datetime,
) -> None:
    answer, reading = brought.answer, brought.reading
    fresh = over = 0
    if answer is not None and reading is not None:
        index = reading["form"] == sitemaps.INDEX
        listed = [] if index else reading["items"]
        new = items.unknown(session, listed, answer.url, source.home)
        hours = (
            0.0 if address.last_success_at is None else (at - address.last_success_at).total_seconds() / 3600
        )
        usual = alarms.Baseline(
            address.visits,
            address.usual_items,
            address.usual_language,
            address.usual_form,
            address.usual_host,
        )
        alarm = alarms.sudden(
            usual, reading, answered_by=answer.url, home=source.home, fresh=len(new), hours=hours
        )
        visit.found = reading["found"]
        if alarm is not None:
            visit.outcome = VisitOutcome.QUARANTINED
            _quarantine(session, source, *alarm, at=at)
            return
        if index:
            sitemaps.follow(session, address, reading, answer.url, pace=PACE[source.kind], at=at)
        noted = items.note(session, source, answer.url, listed, at=at, zone=way.zone)
        fresh, over = noted.fresh, noted.over
        visit.fresh = fresh
        visit.over = over if index else over + reading["found"] - len(listed)
        visit.outcome = VisitOutcome.FRESH if fresh else VisitOutcome.SAME
        _learn(address, reading, answer, rate=fresh / max(hours, 1 / 60) if hours else None)
    address.failures, address.last_error, address.last_success_at = 0, "", at
    base = PACE[source.kind]
    quiet = not fresh and address.usual_form != sitemaps.INDEX  # tomorrow's sitemap must not wait for hours
    pace = address.pace * (1.25 if quiet else 0.75)
    address.pace = int(min(max(pace, base * _QUICKEST), base * _SLOWEST))
    address.next_visit_at = at + _jittered(address.pace, address, at)
    if over:  # the day's quota is used up: the rest is asked for again tomorrow, if it still stands there
        address.etag = address.last_modified = ""
        address.next_visit_at = max(address.next_visit_at, tallies.day_end(at, way.zone))


def _learn(address: SourceAddress, reading: Reading, answer: Fetched, *, rate: float | None) -> None:
    """Let an ordinary visit shape what is ordinary."""
    address.etag = answer.etag[:300]
    address.last_modified = answer.last_modified[:100]
    if rate is not None:
        address.usual_items = (
            rate if address.visits <= 1 else (1 - _MEAN) * address.usual_items + _MEAN * rate
        )
    address.visits += 1
    address.usual_language = reading["language"] or address.usual_language
    address.usual_form = reading["form"]
    address.usual_host = feedreading.site(answer.url)


def _quarantine(session: Session, source: Source, alarm: Alarm, detail: str, *, at: datetime) -> None:
    source.state, source.state_since = SourceState.QUARANTINED, at
    source.alarm, source.alarm_detail = alarm, detail[:300]
    about = {"alarm": alarm.value, "detail": source.alarm_detail, "name": source.name}
    audit.record(session, "source.quarantined", subject=("source", source.id), by=None, at=at, detail=about)


def _jittered(seconds: float, address: SourceAddress, at: datetime) -> timedelta:
    """Return `seconds`, a tenth more or less, so that sources do not fall into step."""
    part = zlib.crc32(f"{address.id} {at.timestamp()}".encode()) / 2**32
    return timedelta(seconds=seconds * (0.9 + 0.2 * part))
