"""How many cases an hour of a flood may open, and for whom. Counted from the cases themselves.

In calm times nothing here holds anything. Under pressure each share has its own number of cases, so that
honest reports do not wait for those that programs send; beyond it an arrival is held, never lost.
"""

import enum
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Subquery, and_, func, or_, select
from sqlalchemy.orm import Session

from models import Arrival, ArrivalKind, Case, Channel, HeldWhy, Joined
from verify import telling

CASES: Final = 50  # opened by reports from the open doors in an hour of a flood
WINDOW: Final = timedelta(minutes=10)
HOUR: Final = timedelta(hours=1)
CROWD: Final = 30  # reports within `WINDOW` that nobody held: more than the centre has on a busy day
RUSH: Final = 10  # cases opened within `WINDOW`
OF_FAMILY: Final = 3  # cases that one family of near-identical texts may open in an hour of a flood
KEPT_FOR_NEW: Final = 0.2  # of a share: for matters that have no case yet
OPEN_DOORS: Final = (Channel.WEB, Channel.API, Channel.EMAIL)


class Share(enum.StrEnum):
    """For whom cases are kept free."""

    TELLING = "telling"  # with proof of work, looks like a report on the province
    UNPROVEN = "unproven"  # looks like one, without proof: a browser without script, a program
    LETTER = "letter"  # came by e-mail
    PLAIN = "plain"  # with proof, looks like nothing in particular
    REST = "rest"


# Of fifty; what was opened before the pressure was noticed counts too.
SHARES: Final[Mapping[Share, int]] = {
    Share.TELLING: 38,
    Share.UNPROVEN: 2,
    Share.LETTER: 2,
    Share.PLAIN: 2,
    Share.REST: 1,
}


def _from_open_doors() -> ColumnElement[bool]:
    return and_(Arrival.kind == ArrivalKind.REPORT, Arrival.channel.in_(OPEN_DOORS), ~Arrival.demo)


def limited() -> ColumnElement[bool]:
    """Return which arrivals the budget concerns: reports from open doors that nobody let in."""
    return and_(_from_open_doors(), Arrival.held_why.is_(None))


def concerns(arrival: Arrival) -> bool:
    """Return whether the budget concerns `arrival`; as `limited`."""
    open_door = arrival.kind is ArrivalKind.REPORT and arrival.channel in OPEN_DOORS
    return open_door and arrival.held_why is None and not arrival.demo


def share_of(arrival: Arrival) -> Share:
    """Return the share from which a case for `arrival` is taken. What was not sifted is not telling."""
    return _share(arrival.channel, arrival.telling, proven=arrival.proven)


def _share(channel: Channel, points: int | None, *, proven: bool) -> Share:
    if channel is Channel.EMAIL:
        return Share.LETTER
    if (points or 0) >= telling.HIGH:
        return Share.TELLING if proven else Share.UNPROVEN
    return Share.PLAIN if proven else Share.REST


@dataclass(frozen=True)
class Spent:
    """What the last hour opened."""

    by: Mapping[Share, int]
    families: Mapping[int, int]  # cases by family
    cases: int = CASES

    def left(self, share: Share, *, retold: bool = False) -> int:
        """Return how many cases `share` may still open; fewer for a matter that has a case, `retold`."""
        own = max(1, round(SHARES[share] * self.cases / CASES))
        if retold:
            own -= round(own * KEPT_FOR_NEW)
        return max(0, min(own - self.by.get(share, 0), self.cases - sum(self.by.values())))


def under_pressure(session: Session, *, at: datetime) -> bool:
    """Return whether so much comes in that not everything can open a case. Two short queries."""
    waved = or_(Arrival.held_why.is_(None), Arrival.held_why == HeldWhy.WAVE)
    came = select(Arrival.id).where(Arrival.received_at > at - WINDOW, _from_open_doors(), waved).limit(CROWD)
    if (session.scalar(select(func.count()).select_from(came.subquery())) or 0) >= CROWD:
        return True
    opened = _opened(at - HOUR)
    counted = select(func.count(), func.count().filter(opened.c.opened_at > at - WINDOW)).select_from(opened)
    hour, lately = session.execute(counted).one()
    return lately >= RUSH or hour >= sum(SHARES.values())


def spent(session: Session, *, at: datetime, cases: int = CASES) -> Spent:
    """Return what the hour before `at` opened. Under the lock of opening it is exact."""
    opened = _opened(at - HOUR)
    by: Counter[Share] = Counter()
    families: Counter[int] = Counter()
    for row in session.execute(select(opened)):
        by[_share(row.channel, row.telling, proven=row.proven)] += 1
        if row.family_id is not None:
            families[row.family_id] += 1
    return Spent(by, families, cases)


def _opened(since: datetime) -> Subquery:
    return (
        select(Case.opened_at, Arrival.channel, Arrival.telling, Arrival.proven, Arrival.family_id)
        .join(Arrival, Arrival.case_id == Case.id)
        .where(Case.opened_at > since, Arrival.joined == Joined.OPENED, limited())
        .subquery()
    )
