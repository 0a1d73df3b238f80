"""Held reports that resemble a case: shown with it, and taken into it by a person.

Triage compared them with this case before the budget held them (verify/sieve.py), or they were compared
while they were held (verify/resembling.py). That is a suggestion: they join by the hand of an officer, or
go the way of the held lane.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from models import Arrival, ArrivalState, Case, CaseState, Conflict, Joined, Officer, audit
from verify import cases, letting, pictured

SHOWN: Final = 5


@dataclass(frozen=True)
class Nearby:
    """The most telling of them, and how many there are."""

    rows: Sequence[Arrival]
    count: int


def of(session: Session, case: Case) -> Nearby:
    """Return what is held and resembles `case`, or a case merged into it. One query, two if there is more."""
    where = _held_near(case)
    rows = session.scalars(
        select(Arrival).where(*where).order_by(Arrival.telling.desc(), Arrival.id).limit(SHOWN + 1)
    ).all()
    if len(rows) <= SHOWN:
        return Nearby(rows, len(rows))
    count = session.scalar(select(func.count()).select_from(Arrival).where(*where))
    return Nearby(rows[:SHOWN], count or 0)


def take_in(session: Session, case: Case, arrival_id: int, *, by: Officer, at: datetime) -> None:
    """Let a held report in and put it into `case`, which it resembles.

    Raises NotFound, Conflict (`not-held` where a colleague was first or it resembles another case;
    `target-over` for a case that is closed or merged).
    """
    session.refresh(case, with_for_update={"key_share": True})
    if case.state in {CaseState.MERGED, CaseState.CLOSED}:
        raise Conflict(code="target-over")
    if arrival_id > cases.LARGEST_ID:
        raise Conflict(code="not-held")
    arrival = session.scalar(select(Arrival).where(Arrival.id == arrival_id, *_held_near(case)))
    if arrival is None:
        raise Conflict(code="not-held")
    letting.let_in(session, arrival.id, by=by, at=at)
    arrival.state, arrival.case_id, arrival.joined = ArrivalState.TRIAGED, case.id, Joined.OFFICER
    session.flush()
    latest = func.greatest(Case.last_arrival_at, arrival.received_at)
    cases.change(session, case, arrivals=Case.arrivals + 1, last_arrival_at=latest)
    pictured.read_again(session, arrival, at=at)
    detail = {"arrival": arrival.id, "how": Joined.OFFICER.value}
    audit.record(session, "case.joined", subject=("case", case.id), by=by, at=at, detail=detail)


def resembles(case_id: int) -> ColumnElement[bool]:
    """Return the condition that an arrival resembles a case, or one that was merged into it."""
    merged = select(Case.id).where(Case.merged_into_id == case_id)
    return or_(Arrival.near_case_id == case_id, Arrival.near_case_id.in_(merged))


def _held_near(case: Case) -> Sequence[ColumnElement[bool]]:
    return Arrival.state == ArrivalState.HELD, resembles(case.id)
