"""Where arrivals come from: the officer who took one down, the partner, the pieces sent along."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models import Arrival, Case, Letter, Officer, Partner


@dataclass(frozen=True)
class Sibling:
    """Another piece of the same report, and the case it went to."""

    arrival_id: int
    number: int  # its place among the pieces; the first is 1
    case_id: int | None
    case_number: str | None  # none: not yet with a case


@dataclass(frozen=True)
class Origin:
    """What an officer may know of an arrival's way in. Officers and organisations only."""

    taken_by: str | None
    read_back_at: datetime | None
    partner: str | None
    left_out: int  # files of a letter that were not taken over
    siblings: Sequence[Sibling] = ()


def of(session: Session, arrivals: Iterable[Arrival]) -> Mapping[int, Origin]:
    """Return the origin of each of `arrivals` by its id. Two queries, however many there are."""
    shown = list(arrivals)
    siblings = _siblings(session, shown)
    rows = session.execute(
        select(
            Arrival.id,
            Officer.display_name,
            Arrival.read_back_at,
            Partner.name,
            func.coalesce(Letter.left_out, 0),
        )
        .outerjoin(Officer, Officer.id == Arrival.taken_by_id)
        .outerjoin(Partner, Partner.id == Arrival.partner_id)
        .outerjoin(Letter, Letter.arrival_id == Arrival.id)
        .where(Arrival.id.in_(one.id for one in shown))
    ).all()
    parcels = {one.id: one.piece_of or one.id for one in shown}
    return {
        row[0]: Origin(
            row[1],
            row[2],
            row[3],
            row[4],
            [other for other in siblings.get(parcels[row[0]], ()) if other.arrival_id != row[0]],
        )
        for row in rows
    }


def _siblings(session: Session, arrivals: Iterable[Arrival]) -> Mapping[int, Sequence[Sibling]]:
    parcels = {one.piece_of or one.id for one in arrivals}
    rows = session.execute(
        select(Arrival.id, Arrival.piece_of, Arrival.piece_no, Case.id, Case.number)
        .outerjoin(Case, Case.id == Arrival.case_id)
        .where(or_(Arrival.id.in_(parcels), Arrival.piece_of.in_(parcels)))
        .order_by(Arrival.id)
    )
    found: dict[int, list[Sibling]] = {}
    for arrival_id, first, number, case_id, case_number in rows:
        found.setdefault(first or arrival_id, []).append(
            Sibling(arrival_id, number or 1, case_id, case_number)
        )
    return found
