"""What the desk shows of watched sources, each page in a fixed number of queries. Reads only."""

import enum
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from corpus.places import collation
from corpus.text import fold
from intake import sources, tallies
from models import (
    ItemState,
    Officer,
    SeenItem,
    Source,
    SourceAddress,
    SourceState,
    SourceTally,
    SourceTrial,
    SourceVisit,
    TrialState,
)

PAGE: Final = 25
WEEK: Final = 7
DAYS: Final = 14  # of the chart
LATEST: Final = 20  # visits and items on a source's page
_LONG_AGO: Final = datetime.min.replace(tzinfo=ZoneInfo("UTC"))


class Tab(enum.StrEnum):
    """Which sources are listed."""

    ALL = "tat-ca"
    WATCHED = "dang"
    TROUBLE = "loi"  # quarantined, or an address fails
    PAUSED = "dung"
    OFF = "tat"


class Sort(enum.StrEnum):
    """In which order."""

    NAME = "ten"
    TROUBLE = "loi"
    READ = "doc"
    ITEMS = "bai"


@dataclass(frozen=True)
class Question:
    """What an officer asked for; `text` is compared without marks."""

    tab: Tab = Tab.ALL
    text: str = ""
    sort: Sort = Sort.NAME
    page: int = 1


@dataclass(frozen=True)
class Health:
    """How the addresses of a source do."""

    addresses: int = 0
    failing: int = 0
    last_success_at: datetime | None = None
    next_visit_at: datetime | None = None
    error: str = ""  # of one that fails


@dataclass(frozen=True)
class Row:
    """One source of the list. Counts are those of the last seven days."""

    source: Source
    health: Health
    seen: int
    arrived: int
    days: int = 1  # of these, since it brought something for the first time

    @property
    def daily(self) -> float:
        """Items a day, over the days since it began."""
        return self.seen / max(1, self.days)

    @property
    def troubled(self) -> bool:
        """Whether somebody should look."""
        watched = self.source.state is SourceState.WATCHED
        return self.source.state is SourceState.QUARANTINED or (watched and self.health.failing > 0)


@dataclass(frozen=True)
class Listed:
    """A page of the list, and how many sources each tab holds."""

    rows: Sequence[Row]
    total: int
    page: int
    pages: int
    counts: Mapping[Tab, int]


@dataclass(frozen=True)
class Dossier:
    """The page of one source."""

    source: Source
    health: Health
    changed_by: str | None
    left: int  # items that it may still bring today
    days: Sequence[tuple[date, int]]  # items seen, oldest day first, none left out
    outcomes: Sequence[tuple[str, int]]  # of these days, most frequent first
    waiting: int  # seen and not settled yet
    visits: Sequence[tuple[SourceVisit, str]]  # with the address
    items: Sequence[SeenItem]
    trials: Sequence[SourceTrial]

    @property
    def trying(self) -> bool:
        """Whether an answer to a trial is still to come."""
        return any(one.state is TrialState.WAITING for one in self.trials)


def ask(session: Session, question: Question, *, today: date) -> Listed:
    """Return the sources that `question` asks for. They are dozens, and sorted here, in Vietnamese."""
    found = session.scalars(select(Source)).all()
    health = _health(session)
    counts, days = _week(session, today)
    rows = [
        Row(
            source=one,
            health=health.get(one.id, Health()),
            seen=counts[one.id, tallies.SEEN],
            arrived=counts[one.id, tallies.ARRIVED],
            days=days.get(one.id, 1),
        )
        for one in found
    ]
    words = fold(question.text).split()
    rows = [row for row in rows if all(word in _searched(row.source) for word in words)]
    tabs = {tab: [row for row in rows if _in_tab(row, tab)] for tab in Tab}
    chosen = sorted(tabs[question.tab], key=lambda row: collation(row.source.name))
    if question.sort is Sort.TROUBLE:
        chosen.sort(key=lambda row: (not row.troubled, -row.health.failing))
    elif question.sort is Sort.READ:
        chosen.sort(key=lambda row: row.health.last_success_at or _LONG_AGO, reverse=True)
    elif question.sort is Sort.ITEMS:
        chosen.sort(key=lambda row: row.seen, reverse=True)
    pages = max(1, -(-len(chosen) // PAGE))
    page = min(max(question.page, 1), pages)
    return Listed(
        rows=chosen[(page - 1) * PAGE : page * PAGE],
        total=len(chosen),
        page=page,
        pages=pages,
        counts={tab: len(one) for tab, one in tabs.items()},
    )


def _searched(source: Source) -> str:
    return f"{fold(source.name)} {source.home.lower()} {source.key or ''}"


def _in_tab(row: Row, tab: Tab) -> bool:
    state = row.source.state
    return {
        Tab.ALL: True,
        Tab.WATCHED: state is SourceState.WATCHED,
        Tab.TROUBLE: row.troubled,
        Tab.PAUSED: state is SourceState.PAUSED,
        Tab.OFF: state is SourceState.OFF,
    }[tab]


def _health(session: Session, source_id: int | None = None) -> dict[int, Health]:
    failing = SourceAddress.failures > 0
    query = select(
        SourceAddress.source_id,
        func.count(),
        func.count().filter(failing),
        func.max(SourceAddress.last_success_at),
        func.min(SourceAddress.next_visit_at),
        func.max(SourceAddress.last_error).filter(failing),
    ).group_by(SourceAddress.source_id)
    if source_id is not None:
        query = query.where(SourceAddress.source_id == source_id)
    return {row[0]: Health(row[1], row[2], row[3], row[4], row[5] or "") for row in session.execute(query)}


def _week(session: Session, today: date) -> tuple[defaultdict[tuple[int, str], int], dict[int, int]]:
    """Return the sums of the last seven days by source and outcome, and how many of these each was read."""
    recent = SourceTally.day > today - timedelta(days=WEEK)
    total = func.coalesce(func.sum(SourceTally.count).filter(recent), 0)
    rows = session.execute(
        select(SourceTally.source_id, SourceTally.outcome, total, func.min(SourceTally.day))
        .where(SourceTally.outcome.in_((tallies.SEEN, tallies.ARRIVED)))
        .group_by(SourceTally.source_id, SourceTally.outcome)
    ).all()
    sums = defaultdict(int, {(row[0], row[1]): int(row[2]) for row in rows})
    days = {row[0]: min(WEEK, (today - row[3]).days + 1) for row in rows if row[1] == tallies.SEEN}
    return sums, days


def dossier(session: Session, source_id: int, *, today: date) -> Dossier:
    """Return everything that the page of a source shows. Raises NotFound."""
    source = sources.get(session, source_id)
    since = today - timedelta(days=DAYS - 1)
    rows = session.execute(
        select(SourceTally.day, SourceTally.outcome, SourceTally.count)
        .where(SourceTally.source_id == source.id, SourceTally.day >= since)
        .order_by(SourceTally.day)
    ).all()
    seen = {day: count for day, outcome, count in rows if outcome == tallies.SEEN}
    ended: defaultdict[str, int] = defaultdict(int)
    for _day, outcome, count in rows:
        ended[outcome] += count
    ended.pop(tallies.SEEN, None)
    pending = select(func.count()).where(
        SeenItem.source_id == source.id, SeenItem.state.in_((ItemState.WAITING, ItemState.READ))
    )
    by = select(Officer.display_name).where(Officer.id == source.changed_by_id)
    return Dossier(
        source=source,
        health=_health(session, source.id).get(source.id, Health()),
        changed_by=session.scalar(by),
        left=max(0, tallies.DAILY - seen.get(today, 0)),
        days=[(day, seen.get(day, 0)) for day in (since + timedelta(days=n) for n in range(DAYS))],
        outcomes=sorted(ended.items(), key=lambda pair: -pair[1]),
        waiting=session.scalar(pending) or 0,
        visits=_visits(session, source.id),
        items=_items(session, source.id),
        trials=session.scalars(
            select(SourceTrial).where(SourceTrial.source_id == source.id).order_by(SourceTrial.id)
        ).all(),
    )


def _visits(session: Session, source_id: int) -> Sequence[tuple[SourceVisit, str]]:
    rows = session.execute(
        select(SourceVisit, SourceAddress.url)
        .join(SourceAddress, SourceAddress.id == SourceVisit.address_id)
        .where(SourceVisit.source_id == source_id)
        .order_by(SourceVisit.at.desc(), SourceVisit.id.desc())
        .limit(LATEST)
    )
    return [(visit, url) for visit, url in rows]


def _items(session: Session, source_id: int) -> Sequence[SeenItem]:
    return session.scalars(
        select(SeenItem).where(SeenItem.source_id == source_id).order_by(SeenItem.id.desc()).limit(LATEST)
    ).all()
