"""Answer an officer's "what would I get now?": look at an address, show what it holds, take nothing in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from corpus import mention
from intake import items, polite, sitemaps, visits
from models import Source, SourceAddress, SourceHost, SourceKind, SourceTrial, TrialState

SHOWN: Final = 30  # items of one address
KEPT: Final = timedelta(days=1)
ATTEMPTS: Final = 3


@dataclass(frozen=True)
class Order:
    """What one trial needs to know."""

    trial_id: int
    url: str
    host: str
    kind: SourceKind
    home: str
    is_part: bool  # of an index of sitemaps, whose own trial ordered this one


def run_one(sessions: sessionmaker[Session], way: polite.Way, *, at: datetime) -> bool:
    """Do one trial whose machine is free; return whether there was one. A bad answer never raises."""
    watch, way = polite.Stopwatch(at), way.once()
    with sessions.begin() as session:
        order = _take(session, at=at)
    if order is None:
        return False
    brought = visits.look(sessions, way, order.url, order.kind, is_part=order.is_part, at=at)
    with sessions.begin() as session:
        _settle(session, way, order, brought, at=watch.now())
    return True


def forget(session: Session, *, at: datetime) -> None:
    """Delete the trials of more than a day ago."""
    session.execute(delete(SourceTrial).where(SourceTrial.asked_at < at - KEPT))


def _take(session: Session, *, at: datetime) -> Order | None:
    found = session.execute(
        select(SourceTrial, Source.kind, Source.home)
        .join(Source, Source.id == SourceTrial.source_id)
        .join(SourceHost, SourceHost.host == SourceTrial.host)
        .where(
            SourceTrial.state == TrialState.WAITING, SourceTrial.next_try_at <= at, SourceHost.free_at <= at
        )
        .order_by(SourceTrial.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=(SourceTrial, SourceHost))
    ).one_or_none()
    if found is None:
        return None
    trial, kind, home = found
    typed = select(SourceAddress.id).where(SourceAddress.url == trial.url, SourceAddress.index_id.is_(None))
    is_part = session.scalar(typed) is None
    trial.attempts += 1
    trial.next_try_at = at + polite.HOLD
    if trial.attempts > ATTEMPTS:  # every attempt was interrupted before its end
        trial.state, trial.error = TrialState.FAILED, "unexpected"
    polite.hold(session, trial.host, at=at)
    return Order(trial.id, trial.url, trial.host, kind, home, is_part)


def _settle(
    session: Session, way: polite.Way, order: Order, brought: visits.Brought, *, at: datetime
) -> None:
    answer = brought.answer
    trial = session.get(SourceTrial, order.trial_id, with_for_update=True)
    polite.release(session, order.host, at=at, wait=polite.wish(answer, order.host), slow=way.slow)
    if trial is None:  # a later trial took its place
        return
    reading = brought.reading
    asked = order.url if answer is None else answer.url
    index = reading is not None and reading["form"] == sitemaps.INDEX
    shown = [] if reading is None or index else reading["items"][:SHOWN]
    if reading is not None and index:
        _order_parts(session, trial, sitemaps.newest(reading, order.url, asked), at=at)
    new = {item["url"] for item in items.unknown(session, shown, asked, order.home)}
    trial.items = [
        {
            "title": item["title"],
            "url": item["url"],
            "published": item["published"],
            "known": item["url"] not in new,
            "named": mention.of_province(item["title"]).shown(),
        }
        for item in shown
    ]
    trial.form = "" if reading is None else reading["form"]
    trial.error = f"{brought.error}: {brought.detail}".removesuffix(": ")[:300]
    trial.state = TrialState.FAILED if brought.error else TrialState.DONE


def _order_parts(session: Session, index: SourceTrial, urls: list[str], *, at: datetime) -> None:
    """Order trials of the sitemaps that an index names, as the officer asked about what stands there."""
    session.add_all(
        SourceTrial(
            source_id=index.source_id,
            url=url,
            host=polite.know(session, url, at=at),
            allows_http=index.allows_http,
            asked_by_id=index.asked_by_id,
            asked_at=index.asked_at,
            next_try_at=at,
        )
        for url in urls
    )
