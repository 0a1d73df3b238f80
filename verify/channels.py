"""How much came through which door, week by week. Reports and articles are counted, never people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import cast, func, select
from sqlalchemy.orm import Session
from sqlalchemy.types import Date

from models import Arrival, Channel

WEEKS: Final = 12


@dataclass(frozen=True)
class Week:
    """A week from Monday to Sunday at the centre."""

    monday: date
    by: Mapping[Channel, int]  # reports and articles; what was sent together counts once
    pieces: int  # single statements in them, further pieces included

    @property
    def total(self) -> int:
        """Return how many reports and articles came in this week."""
        return sum(self.by.values())


@dataclass(frozen=True)
class Table:
    """The weeks, the present one first, and the doors that were used in them."""

    weeks: Sequence[Week]
    used: Sequence[Channel]

    def sum(self, channel: Channel) -> int:
        """Return what came through `channel` in all the weeks."""
        return sum(week.by.get(channel, 0) for week in self.weeks)


def weekly(session: Session, *, now: datetime, zone: ZoneInfo) -> Table:
    """Return the last twelve weeks, this one included. Demonstration data are left out. One query."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    oldest = monday - timedelta(weeks=WEEKS - 1)
    begins = datetime(oldest.year, oldest.month, oldest.day, tzinfo=zone)
    week = cast(func.date_trunc("week", func.timezone(zone.key, Arrival.received_at)), Date)
    rows = session.execute(
        select(week, Arrival.channel, func.count().filter(Arrival.piece_of.is_(None)), func.count())
        .where(Arrival.received_at >= begins, ~Arrival.demo)
        .group_by(week, Arrival.channel)
    ).all()
    mondays = [monday - timedelta(weeks=back) for back in range(WEEKS)]
    weeks = [
        Week(
            day,
            {channel: whole for at, channel, whole, _ in rows if at == day},
            sum(pieces for at, *_, pieces in rows if at == day),
        )
        for day in mondays
    ]
    return Table(weeks, [channel for channel in Channel if any(channel in one.by for one in weeks)])
