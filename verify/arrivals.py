"""Reports that triage gave up on: a person looks at them and lets them try again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import Arrival, ArrivalState, Conflict, NotFound, Officer, audit
from verify.cases import LARGEST_ID

PAGE: Final = 50


def set_aside(session: Session, *, page: int = 1) -> tuple[Sequence[Arrival], int]:
    """Return a page of the reports set aside, the oldest first, and how many there are in all."""
    where = Arrival.state == ArrivalState.SET_ASIDE
    total = session.scalar(select(func.count()).select_from(Arrival).where(where)) or 0
    found = session.scalars(
        select(Arrival).where(where).order_by(Arrival.id).limit(PAGE).offset((max(page, 1) - 1) * PAGE)
    ).all()
    return found, total


def get(session: Session, arrival_id: int) -> Arrival:
    """Return an arrival. Raises NotFound."""
    found = session.get(Arrival, arrival_id) if arrival_id <= LARGEST_ID else None
    if found is None:
        raise NotFound
    return found


def retry(session: Session, arrival: Arrival, *, by: Officer, at: datetime) -> None:
    """Send a report that was set aside through triage again. Raises Conflict (`not-set-aside`)."""
    moved = session.scalar(
        update(Arrival)
        .where(Arrival.id == arrival.id, Arrival.state == ArrivalState.SET_ASIDE)
        .values(state=ArrivalState.RECEIVED, attempts=0, next_try_at=at, last_error="")
        .returning(Arrival.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        raise Conflict(code="not-set-aside")
    session.execute(select(func.pg_notify("arrivals", "")))
    audit.record(session, "arrival.retried", subject=("arrival", arrival.id), by=by, at=at)
