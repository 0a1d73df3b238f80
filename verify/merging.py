"""Two cases that are one, one case that is two. Every step can be undone; nothing is deleted."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from corpus import passages, text
from models import (
    Arrival,
    AuditDetail,
    AuditEntry,
    Case,
    CaseState,
    Conflict,
    Invalid,
    Joined,
    Officer,
    Passage,
    audit,
)
from models.case import CASE_NUMBERS
from verify import cases, pictured, wording

SPLIT_LIMIT: Final = 500  # arrivals moved by one click


def merge(session: Session, case: Case, *, into: Case, by: Officer, at: datetime) -> None:
    """Move all arrivals of `case` to `into`, and mark it merged. Written into both diaries.

    `case` is open or in the hand of `by`, and nothing of it is published; `into` is any standing case.
    Raises Invalid (`same-case`), AlreadyTaken, Conflict (`case-merged`, `case-closed` for either).
    """
    if case.id == into.id:
        raise Invalid(code="same-case", field="into")
    _lock(session, case, into)
    if into.state in {CaseState.MERGED, CaseState.CLOSED}:
        raise Conflict(code="target-over", field="into")
    moved = cases.change(
        session,
        case,
        cases.in_hand(by),
        ~cases.published(),
        state=CaseState.MERGED,
        merged_into_id=into.id,
        taken_by_id=None,
        taken_at=None,
    )
    if not moved:
        raise cases.refusal(session, case, by)
    before = dict(session.execute(select(Arrival.id, Arrival.joined).where(Arrival.case_id == case.id)).all())
    _move(session, before, from_=case, to=into, joined=Joined.OFFICER)
    detail = {"into": into.id, "number": into.number, "joined": {str(k): v for k, v in before.items()}}
    audit.record(session, "case.merged", subject=("case", case.id), by=by, at=at, detail=detail)
    detail = {"from": case.id, "number": case.number, "arrivals": len(before)}
    audit.record(session, "case.received", subject=("case", into.id), by=by, at=at, detail=detail)


def undo_merge(session: Session, case: Case, *, by: Officer, at: datetime) -> None:
    """Take the arrivals of a merged case back, and open it again. Raises Conflict.

    Which arrivals they were stands in the audit entry of the merge; later ones stay where they are.
    """
    if case.merged_into_id is None:
        raise cases.refusal(session, case, by)
    into = session.get_one(Case, case.merged_into_id)
    _lock(session, case, into)
    moved = cases.change(
        session,
        case,
        Case.state == CaseState.MERGED,
        Case.merged_into_id == into.id,
        state=CaseState.OPEN,
        merged_into_id=None,
    )
    if not moved:
        raise Conflict(code="case-moved")
    before = {int(key): Joined(how) for key, how in _last_merge(session, case).items()}
    back = set(
        session.scalars(select(Arrival.id).where(Arrival.id.in_(before), Arrival.case_id == into.id)).all()
    )
    for how in sorted(set(before.values())):
        _move(session, {key for key in back if before[key] == how}, from_=into, to=case, joined=how)
    for subject, other in ((case, into), (into, case)):
        detail = {"other": other.id, "number": other.number, "arrivals": len(back)}
        audit.record(session, "case.unmerged", subject=("case", subject.id), by=by, at=at, detail=detail)


def split(
    session: Session, case: Case, *, arrivals: Collection[int], statement: str, by: Officer, at: datetime
) -> Case:
    """Move some arrivals of `case` into a new case about `statement`, and return it.

    Not all of them: a case keeps at least one. Raises Invalid (`missing`, `too-long`, `split-none`,
    `split-all`), AlreadyTaken, Conflict.
    """
    words = wording.needed(statement, field="split_statement", limit=cases.STATEMENT_LIMIT)
    _lock(session, case)
    if case.state not in {CaseState.OPEN, CaseState.VERIFYING} or case.taken_by_id not in {None, by.id}:
        raise cases.refusal(session, case, by)
    chosen = session.scalars(
        select(Arrival)
        .where(Arrival.case_id == case.id, Arrival.id.in_(sorted(arrivals)[:SPLIT_LIMIT]))
        .order_by(Arrival.received_at, Arrival.id)
    ).all()
    if not chosen:
        raise Invalid(code="split-none", field="arrivals")
    if len(chosen) >= case.arrivals:
        raise Invalid(code="split-all", field="arrivals")
    made = _open_beside(session, case, chosen[0], words, at)
    _move(session, {one.id for one in chosen}, from_=case, to=made, joined=Joined.OFFICER)
    session.refresh(made)
    shown = next((one for one in chosen if one.pictures), None)
    if shown is not None:
        pictured.read_again(session, shown, at=at)
    for subject, other in ((case, made), (made, case)):
        detail = {"other": other.id, "number": other.number, "arrivals": len(chosen)}
        audit.record(session, "case.split", subject=("case", subject.id), by=by, at=at, detail=detail)
    return made


def _lock(session: Session, *found: Case) -> None:
    """Lock the cases in the order of their ids, so that two merges never wait for each other."""
    for one in sorted(found, key=lambda one: one.id):
        session.refresh(one, with_for_update={"key_share": True})


def _move(session: Session, arrivals: Collection[int], *, from_: Case, to: Case, joined: Joined) -> None:
    if not arrivals:
        return
    session.execute(
        update(Arrival)
        .where(Arrival.id.in_(arrivals), Arrival.case_id == from_.id)
        .values(case_id=to.id, joined=joined)
        .execution_options(synchronize_session=False)
    )
    latest = select(func.max(Arrival.received_at)).where(Arrival.id.in_(arrivals)).scalar_subquery()
    cases.change(session, from_, arrivals=Case.arrivals - len(arrivals))
    cases.change(
        session,
        to,
        arrivals=Case.arrivals + len(arrivals),
        last_arrival_at=func.greatest(Case.last_arrival_at, latest),
    )


def _last_merge(session: Session, case: Case) -> dict[str, str]:
    detail = session.scalar(
        select(AuditDetail.detail)
        .join(AuditEntry, AuditEntry.seq == AuditDetail.seq)
        .where(
            AuditEntry.subject_kind == "case",
            AuditEntry.subject_id == case.id,
            AuditEntry.action == "case.merged",
        )
        .order_by(AuditEntry.seq.desc())
        .limit(1)
    )
    if detail is None:  # its detail was erased: what moved is no longer known
        raise Conflict(code="cannot-undo")
    joined: dict[str, str] = json.loads(detail)["joined"]
    return joined


def _open_beside(session: Session, case: Case, first: Arrival, statement: str, at: datetime) -> Case:
    normal = text.normalise(first.text or first.url or "")
    known = session.scalar(select(Case.id).where(Case.fingerprint == normal.fingerprint))
    serial = session.scalar(select(CASE_NUMBERS.next_value()))
    made = Case(
        number=f"VV-{at.year}-{serial:06d}",
        statement=statement,
        # Copies of this text shall join the new case; where the old one holds the words, they stay there.
        fingerprint=normal.fingerprint if known is None else f"split:{first.id}:{serial}",
        place_code=first.place_code or case.place_code,
        field=first.field or case.field,
        arrivals=0,
        opened_at=first.received_at,
        last_arrival_at=first.received_at,
        demo=case.demo,
    )
    session.add(made)
    session.flush()  # the arrivals need its id
    session.add(Passage(case_id=made.id, **passages.values(normal)))
    return made
