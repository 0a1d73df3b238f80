"""What a person does with what is held: let it in, discard it, bring it back. One, or a whole family.

Conditional updates: of two officers at once one does it, and the other is told what it is by now. Only a
person discards; what is discarded stays stored, with its contact data until their date, so that it can come
back whole.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from models import (
    Arrival,
    ArrivalState,
    Case,
    Conflict,
    Family,
    HeldWhy,
    Joined,
    NotFound,
    Officer,
    audit,
)
from verify.cases import LARGEST_ID

QUIET: Final = timedelta(hours=1)  # without anything newly held
A_MINUTE: Final = 3  # let in at a time
AN_HOUR: Final = 10  # cases that may come of it; the desk has other work
_FOR_A_PERSON: Final = (HeldWhy.BAIT, HeldWhy.TOO_FAST)
_PACE: Final = timedelta(milliseconds=50)  # about what triage takes for one
_LET_IN: Final = "let-in"
_DISCARDED: Final = "discarded"
_BACK: Final = "brought-back"


def let_in(session: Session, arrival_id: int, *, by: Officer | None, at: datetime) -> None:
    """Send one held arrival to triage, which will not hold it again. Raises NotFound, Conflict (`not-held`).

    `by` is None where a quiet hour lets it in.
    """
    _one(session, arrival_id, ArrivalState.HELD, ArrivalState.RECEIVED, _LET_IN, by=by, at=at)


def discard(session: Session, arrival_id: int, *, by: Officer, at: datetime) -> None:
    """Take one held arrival out as junk. Raises NotFound, Conflict (`not-held`)."""
    _one(session, arrival_id, ArrivalState.HELD, ArrivalState.DISCARDED, _DISCARDED, by=by, at=at)


def bring_back(session: Session, arrival_id: int, *, by: Officer, at: datetime) -> None:
    """Hold one discarded arrival again. Raises NotFound, Conflict (`not-discarded`)."""
    _one(session, arrival_id, ArrivalState.DISCARDED, ArrivalState.HELD, _BACK, by=by, at=at)


def let_in_family(session: Session, family_id: int, *, by: Officer, at: datetime) -> int:
    """Send all held arrivals of a family to triage; return how many. Raises as `let_in` does."""
    return _all(session, family_id, ArrivalState.HELD, ArrivalState.RECEIVED, _LET_IN, by=by, at=at)


def discard_family(session: Session, family_id: int, *, by: Officer, at: datetime) -> int:
    """Take all held arrivals of a family out; return how many. What comes later is held anew."""
    return _all(session, family_id, ArrivalState.HELD, ArrivalState.DISCARDED, _DISCARDED, by=by, at=at)


def bring_back_family(session: Session, family_id: int, *, by: Officer, at: datetime) -> int:
    """Hold all discarded arrivals of a family again; return how many. Raises Conflict (`not-discarded`)."""
    return _all(session, family_id, ArrivalState.DISCARDED, ArrivalState.HELD, _BACK, by=by, at=at)


def let_some_in(session: Session, *, at: datetime) -> int:
    """Let a few of the most telling in when it has been quiet for an hour; return how many.

    Never bait and what was sent too fast: those wait for a person. No more than a handful of cases come of it
    in an hour; letting in stops until triage has settled what was let in before.
    """
    if not _quiet(session, at):
        return 0
    due = session.scalars(
        select(Arrival.id)
        .where(
            Arrival.state == ArrivalState.HELD,
            Arrival.held_why.not_in(_FOR_A_PERSON),
            Arrival.received_at <= at - QUIET,
        )
        .order_by(Arrival.telling.desc().nulls_last(), Arrival.id)
        .limit(A_MINUTE)
        .with_for_update(skip_locked=True)
    ).all()
    for arrival_id in due:
        let_in(session, arrival_id, by=None, at=at)
    return len(due)


def _quiet(session: Session, at: datetime) -> bool:
    """Return whether nothing was held for an hour, and triage is done with what was let in before."""
    lately = and_(
        Arrival.state == ArrivalState.HELD,
        Arrival.received_at > at - QUIET,
        Arrival.held_why.not_in(_FOR_A_PERSON),  # a program that tries every hour is no flood
    )
    on_its_way = and_(Arrival.state == ArrivalState.RECEIVED, Arrival.held_why.is_not(None))
    if session.scalar(select(exists().where(or_(lately, on_its_way)))):
        return False
    opened = (
        select(func.count())
        .select_from(Case)
        .join(Arrival, Arrival.case_id == Case.id)
        .where(Case.opened_at > at - QUIET, Arrival.joined == Joined.OPENED, Arrival.held_why.is_not(None))
    )
    return (session.scalar(opened) or 0) < AN_HOUR


def _one(
    session: Session,
    arrival_id: int,
    before: ArrivalState,
    after: ArrivalState,
    act: str,
    *,
    by: Officer | None,
    at: datetime,
) -> None:
    if arrival_id > LARGEST_ID or session.get(Arrival, arrival_id) is None:
        raise NotFound
    if not _move(session, Arrival.id == arrival_id, before, after, at=at):
        raise Conflict(code=f"not-{before.value}")
    audit.record(session, f"arrival.{act}", subject=("arrival", arrival_id), by=by, at=at)


def _all(
    session: Session,
    family_id: int,
    before: ArrivalState,
    after: ArrivalState,
    act: str,
    *,
    by: Officer,
    at: datetime,
) -> int:
    if family_id > LARGEST_ID or session.get(Family, family_id) is None:
        raise NotFound
    moved = _move(session, Arrival.family_id == family_id, before, after, at=at)
    if not moved:
        raise Conflict(code=f"not-{before.value}")
    audit.record(
        session, f"family.{act}", subject=("family", family_id), by=by, at=at, detail={"arrivals": moved}
    )
    return moved


def _move(
    session: Session,
    which: ColumnElement[bool],
    before: ArrivalState,
    after: ArrivalState,
    *,
    at: datetime,
) -> int:
    """Move what is still in the state `before`; return how many. Rows are locked in the order of ids."""
    rows = select(Arrival.id).where(which, Arrival.state == before).order_by(Arrival.id).with_for_update()
    locked = rows.cte("locked")
    turn = select(locked.c.id, func.row_number().over(order_by=locked.c.id).label("number")).cte("turn")
    values: dict[str, object] = {"state": after}
    if after is ArrivalState.RECEIVED:
        # One after another: a large family that is let in must not keep a new report waiting.
        values |= {"attempts": 0, "next_try_at": at + (turn.c.number - 1) * _PACE, "last_error": ""}
    moved = session.scalars(
        update(Arrival)
        .where(Arrival.id == turn.c.id, Arrival.state == before)
        .values(**values)
        .returning(Arrival.id)
        .execution_options(synchronize_session=False)
    ).all()
    if moved and after is ArrivalState.RECEIVED:
        session.execute(select(func.pg_notify("arrivals", "")))
    return len(moved)
