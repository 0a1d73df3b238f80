"""The held lane: what waits at the door, by families of near-identical texts. Its acts: verify/letting.py.

What has no family yet is only counted; the worker gives it one within seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Subquery, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from models import Arrival, ArrivalState, Family, HeldWhy, NotFound
from verify import nearby
from verify.cases import LARGEST_ID

PAGE: Final = 25  # families
MEMBERS: Final = 50  # arrivals of one family on a page
PAGES: Final = 200
_LATELY: Final = timedelta(minutes=30)
_FLOOD: Final = 20  # held within that time: the queue says so


@dataclass(frozen=True)
class Sign:
    """One family of the list. `text`, `url` and `pictures` are those of its most telling arrival here."""

    family_id: int
    arrival_id: int
    text: str
    url: str | None
    pictures: int
    count: int
    first_at: datetime
    last_at: datetime
    telling: int  # 0..100, of that arrival
    near: int  # how many are shown with the case that they resemble
    why: Sequence[HeldWhy]
    proven: int


@dataclass(frozen=True)
class Page:
    """One page of the list."""

    signs: Sequence[Sign]
    families: int
    page: int
    pages: int
    counts: Mapping[HeldWhy, int]  # of all arrivals in this state, by why; not only of this page
    unsifted: int  # that have no family yet

    @property
    def total(self) -> int:
        """Return how many arrivals are in this state."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Members:
    """One page of a family's arrivals."""

    family: Family
    rows: Sequence[Arrival]
    counts: Mapping[ArrivalState, int]  # of the whole family
    page: int
    pages: int


def ask(
    session: Session,
    *,
    state: ArrivalState,
    why: HeldWhy | None = None,
    near: int | None = None,
    largest: bool = False,
    page: int = 1,
) -> Page:
    """Return a page of families held (or discarded), the most telling first, or the largest first.

    A family all of which is shown with cases comes last: there is no news in it. `near`: only what
    resembles that case. Three queries, whatever the size of the list.
    """
    counts = session.execute(
        select(Arrival.held_why, func.count(), func.count().filter(Arrival.family_id.is_(None)))
        .where(Arrival.state == state)
        .group_by(Arrival.held_why)
    ).all()
    families = _families(state, why, near)
    size = session.scalar(select(func.count()).select_from(families)) or 0
    pages = max(1, min(-(-size // PAGE), PAGES))
    page = min(max(page, 1), pages)
    news = families.c.near < families.c.count
    order = (families.c.count.desc(), families.c.telling.desc())
    if not largest:
        order = (news.desc(), families.c.telling.desc())
    rows = session.execute(
        select(families, Arrival.text, Arrival.url, Arrival.pictures)
        .join(Arrival, Arrival.id == families.c.arrival_id)
        .order_by(*order, families.c.count.desc(), families.c.family_id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    signs = [Sign(**row._asdict()) for row in rows]
    by_why = {HeldWhy(which): count for which, count, _ in counts if which is not None}
    return Page(signs, size, page, pages, by_why, sum(unsifted for *_, unsifted in counts))


def members(session: Session, family_id: int, *, state: ArrivalState, page: int = 1) -> Members:
    """Return a page of the arrivals of a family in `state`, the most telling first. Raises NotFound."""
    family = session.get(Family, family_id) if family_id <= LARGEST_ID else None
    if family is None:
        raise NotFound
    counted = select(Arrival.state, func.count().label("size")).group_by(Arrival.state)
    found = counted.where(Arrival.family_id == family_id)
    counts = {row.state: row.size for row in session.execute(found)}
    pages = max(1, min(-(-counts.get(state, 0) // MEMBERS), PAGES))
    page = min(max(page, 1), pages)
    rows = session.scalars(
        select(Arrival)
        .where(Arrival.family_id == family_id, Arrival.state == state)
        .order_by(Arrival.telling.desc(), Arrival.id)
        .limit(MEMBERS)
        .offset((page - 1) * MEMBERS)
    ).all()
    return Members(family, rows, counts, page, pages)


def flood(session: Session, *, now: datetime) -> int:
    """Return how many arrivals wait while a flood is on: when twenty were held lately. Else 0."""
    lately = (
        select(Arrival.id)
        .where(Arrival.state == ArrivalState.HELD, Arrival.received_at > now - _LATELY)
        .limit(_FLOOD)
    )
    if (session.scalar(select(func.count()).select_from(lately.subquery())) or 0) < _FLOOD:
        return 0
    held = select(func.count()).select_from(Arrival).where(Arrival.state == ArrivalState.HELD)
    return session.scalar(held) or 0


def _families(state: ArrivalState, why: HeldWhy | None, near: int | None) -> Subquery:
    where: list[ColumnElement[bool]] = [Arrival.state == state, Arrival.family_id.is_not(None)]
    if why is not None:
        where.append(Arrival.held_why == why)
    if near is not None:
        where.append(nearby.resembles(near))
    known = Arrival.near_case_id.is_not(None)
    best = func.array_agg(aggregate_order_by(Arrival.id, known, Arrival.telling.desc(), Arrival.id))
    points = func.coalesce(func.max(Arrival.telling).filter(~known), func.max(Arrival.telling), 0)
    return (
        select(
            Arrival.family_id,
            func.count().label("count"),
            func.min(Arrival.received_at).label("first_at"),
            func.max(Arrival.received_at).label("last_at"),
            points.label("telling"),
            func.count().filter(known).label("near"),
            func.array_agg(Arrival.held_why.distinct()).label("why"),
            func.count().filter(Arrival.proven).label("proven"),
            best[1].label("arrival_id"),
        )
        .where(*where)
        .group_by(Arrival.family_id)
        .subquery()
    )
