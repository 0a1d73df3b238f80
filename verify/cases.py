"""The verbs on a case. Each is one conditional UPDATE with its audit entry: exactly one winner.

Locks are taken in one order everywhere, so that nobody waits in a circle: verdict, case (by id),
arrivals, and the audit log last.
"""

import hashlib
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, any_, exists, func, literal, or_, select, update
from sqlalchemy import case as when
from sqlalchemy.orm import Session

from models import (
    Case,
    CaseState,
    ClosedReason,
    Conflict,
    Correction,
    Invalid,
    NotFound,
    Officer,
    Role,
    audit,
)
from verify import wording

STATEMENT_LIMIT: Final = 1_000  # characters; a statement longer than that is two
NOTE_LIMIT: Final = 2_000  # characters of a diary note
PUBLIC_NOTE_LIMIT: Final = 600  # characters the citizen reads under the tracking code
LARGEST_ID: Final = 2**63 - 1  # what a bigint column can be asked for


class AlreadyTaken(Conflict):
    """Another officer has the case. Says who, and since when."""

    code = "already-taken"

    def __init__(self, holder: str, since: datetime | None) -> None:
        super().__init__(f"taken by {holder}")
        self.holder = holder
        self.since = since


def get(session: Session, case_id: int) -> Case:
    """Return the case. Raises NotFound, also for a number no column could hold."""
    found = session.get(Case, case_id) if case_id <= LARGEST_ID else None
    if found is None:
        raise NotFound
    return found


def numbered(session: Session, number: str) -> Case:
    """Return the case with the number that an officer typed. Raises Invalid (`missing`, `no-such-case`)."""
    typed = wording.needed(number, field="into", limit=40)
    found = session.scalar(select(Case).where(Case.number == typed.upper()))
    if found is None:
        raise Invalid(code="no-such-case", field="into")
    return found


def take(session: Session, case: Case, *, by: Officer, at: datetime) -> None:
    """Take an open case to verify it. Raises AlreadyTaken, or Conflict where it is no longer open."""
    moved = change(
        session, case, Case.state == CaseState.OPEN, state=CaseState.VERIFYING, taken_by_id=by.id, taken_at=at
    )
    if not moved:
        raise refusal(session, case, by)
    audit.record(session, "case.taken", subject=("case", case.id), by=by, at=at)


def release(session: Session, case: Case, *, by: Officer, at: datetime) -> None:
    """Give a case back to the queue, or give up a new version of a published one.

    Only who has it may. Raises AlreadyTaken, Conflict.
    """
    moved = change(
        session,
        case,
        Case.state == CaseState.VERIFYING,
        Case.taken_by_id == by.id,
        state=_where_it_came_from(),
        taken_by_id=None,
        taken_at=None,
    )
    if not moved:
        raise refusal(session, case, by)
    audit.record(session, "case.released", subject=("case", case.id), by=by, at=at)


def assign(session: Session, case: Case, *, to: int, by: Officer, at: datetime) -> None:
    """Give a case to another verifier: an open one, one's own, or as an approver anybody's.

    `to` is an officer's id. Raises Invalid (`not-a-verifier`), AlreadyTaken, Conflict.
    """
    receiver = session.get(Officer, to) if 0 < to <= LARGEST_ID else None
    if receiver is None or not receiver.may(Role.VERIFIER):
        raise Invalid(code="not-a-verifier", field="to")
    mine = Case.taken_by_id == (Case.taken_by_id if by.may(Role.APPROVER) else by.id)
    moved = change(
        session,
        case,
        or_(Case.state == CaseState.OPEN, Case.state.in_((CaseState.VERIFYING, CaseState.PROPOSED)) & mine),
        Case.taken_by_id.is_distinct_from(receiver.id),
        _active_verifier(receiver.id),
        state=_open_becomes_verifying(),
        taken_by_id=receiver.id,
        taken_at=at,
    )
    if not moved:
        raise refusal(session, case, by)
    detail = {"to": receiver.id, "name": receiver.display_name}
    audit.record(session, "case.assigned", subject=("case", case.id), by=by, at=at, detail=detail)


def close(
    session: Session, case: Case, *, reason: ClosedReason, note: str = "", by: Officer, at: datetime
) -> None:
    """Close a case without a verdict, with a reason that the public reads.

    `note` is a polite sentence added to the reason's own words. An open case, or one that `by` has;
    never one with a published correction. Raises Invalid (`too-long`), AlreadyTaken, Conflict.
    """
    said = wording.optional(note, field="closed_note", limit=PUBLIC_NOTE_LIMIT)
    moved = change(
        session,
        case,
        in_hand(by),
        ~published(),
        state=CaseState.CLOSED,
        closed_reason=reason,
        closed_note=said,
        closed_at=at,
        closed_by_id=by.id,
    )
    if not moved:
        raise refusal(session, case, by)
    detail = {"reason": reason.value, "note": said}
    audit.record(session, "case.closed", subject=("case", case.id), by=by, at=at, detail=detail)


def reopen(session: Session, case: Case, *, by: Officer, at: datetime) -> None:
    """Open a closed case again; also the undo of closing. Raises Conflict."""
    moved = change(
        session,
        case,
        Case.state == CaseState.CLOSED,
        state=CaseState.OPEN,
        closed_reason=None,
        closed_note="",
        closed_at=None,
        closed_by_id=None,
        taken_by_id=None,
        taken_at=None,
    )
    if not moved:
        raise refusal(session, case, by)
    audit.record(session, "case.reopened", subject=("case", case.id), by=by, at=at)


def mark_urgent(session: Session, case: Case, *, urgent: bool, by: Officer, at: datetime) -> None:
    """Mark a case urgent, or no longer. Doing it twice is one change. Raises Conflict when it is over."""
    alive = Case.state.not_in((CaseState.CLOSED, CaseState.MERGED, CaseState.PUBLISHED))
    if change(session, case, alive, Case.urgent != urgent, urgent=urgent):
        action = "case.urgent" if urgent else "case.not-urgent"
        audit.record(session, action, subject=("case", case.id), by=by, at=at)
    elif case.urgent != urgent:
        raise refusal(session, case, by)


def reword(session: Session, case: Case, *, statement: str, seen: str, by: Officer, at: datetime) -> None:
    """State what is to be verified in neutral words.

    `seen` is `digest()` of the statement that the officer had before them: a stale one raises Conflict
    (`content-changed`). Raises Invalid (`missing`, `too-long`) too.
    """
    words = wording.needed(statement, field="statement", limit=STATEMENT_LIMIT)
    before = case.statement
    moved = change(
        session,
        case,
        Case.state.not_in((CaseState.CLOSED, CaseState.MERGED)),
        func.md5(Case.statement) == seen,
        statement=words,
    )
    if not moved:
        if case.state in {CaseState.CLOSED, CaseState.MERGED}:
            raise refusal(session, case, by)
        raise Conflict(code="content-changed", field="statement")
    detail = {"before": before, "after": words}
    audit.record(session, "case.reworded", subject=("case", case.id), by=by, at=at, detail=detail)


def note(session: Session, case: Case, *, text: str, by: Officer, at: datetime) -> None:
    """Write a note into the case's diary. Raises Invalid (`missing`, `too-long`)."""
    said = wording.needed(text, field="note", limit=NOTE_LIMIT)
    audit.record(session, "case.noted", subject=("case", case.id), by=by, at=at, detail={"note": said})


def digest(statement: str) -> str:
    """Return the mark by which a form shows which statement its officer had before them."""
    return hashlib.md5(statement.encode(), usedforsecurity=False).hexdigest()


# --- for the other verbs of this room ------------------------------------------------------------


def change(session: Session, case: Case, *conditions: ColumnElement[bool], **values: Any) -> bool:  # noqa: ANN401
    """Update `case` if every condition holds now, and return whether it did. `case` is fresh afterwards."""
    found = session.scalar(
        update(Case)
        .where(Case.id == case.id, *conditions)
        .values(**values)
        .returning(Case)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if found is None:
        session.refresh(case)
    return found is not None


def in_hand(by: Officer) -> ColumnElement[bool]:
    """Return the condition that the case is open, or being verified by `by`."""
    return or_(
        Case.state == CaseState.OPEN, (Case.state == CaseState.VERIFYING) & (Case.taken_by_id == by.id)
    )


def published() -> ColumnElement[bool]:
    """Return the condition that the case has a published correction."""
    return exists().where(Correction.case_id == Case.id)


def refusal(session: Session, case: Case, by: Officer) -> Conflict:
    """Return why nothing was changed, in the state that `case` is in now."""
    if case.state is CaseState.CLOSED:
        return Conflict(code="case-closed")
    if case.state is CaseState.MERGED:
        return Conflict(code="case-merged")
    if case.taken_by_id is not None and case.taken_by_id != by.id:
        holder = session.get_one(Officer, case.taken_by_id)
        return AlreadyTaken(holder.display_name, case.taken_at)
    return Conflict(f"case is {case.state}", code="case-moved")


def _active_verifier(officer_id: int) -> ColumnElement[bool]:
    role = literal(Role.VERIFIER.value)
    return exists(
        select(Officer.id).where(Officer.id == officer_id, Officer.active, role == any_(Officer.roles))
    )


def _where_it_came_from() -> Any:  # noqa: ANN401  a SQL expression
    return when((published(), CaseState.PUBLISHED.value), else_=CaseState.OPEN.value)


def _open_becomes_verifying() -> Any:  # noqa: ANN401  a SQL expression
    return when(
        (Case.state == CaseState.OPEN, literal(CaseState.VERIFYING, Case.state.type)), else_=Case.state
    )
