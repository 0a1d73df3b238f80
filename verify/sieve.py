"""What a flood meets before the encoder: copies join at once, the least telling wait.

Only under pressure (verify/budget.py); in calm times nothing is touched. The sieve may hold, never close or
decide; what it joins, it joins by the rules of triage. Why so: docs/decisions/0011-floods.md.
"""

import logging
import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session, sessionmaker

from models import Arrival, ArrivalState, Case, HeldWhy, Joined
from verify import budget, joining, pictured, resembling, sifting, telling
from verify.families import Known

log = logging.getLogger(__name__)
BATCH: Final = 256  # arrivals of one transaction
PATIENCE: Final = 200  # arrivals that may wait for the encoder, some ten seconds of it; beyond, they are held
_MANY: Final = 10  # arrivals of a case that is being copied
_AGAIN: Final = 6.0  # points that each doubling of a family's unjoined members costs the next one


class Sieve:
    """The sieve of one worker process. `cases`: of an hour of a flood; 0 switches it off."""

    def __init__(self, cases: int = budget.CASES) -> None:
        self.cases = cases
        self.known = Known()

    def run(self, sessions: sessionmaker[Session], *, at: datetime) -> bool:
        """Sift what is held; under pressure what waits for triage too. Returns whether there was anything."""
        try:
            return self._sift_held(sessions, at) | self._press(sessions, at)
        except Exception:  # triage goes on without a sieve rather than not at all
            log.exception("the sieve failed")
            return False

    def _sift_held(self, sessions: sessionmaker[Session], at: datetime) -> bool:
        with sessions.begin() as session:
            held, normal = sifting.held_some(session, self.known, at=at)
            resembling.attach(session, held, normal)
        return bool(held)

    def _press(self, sessions: sessionmaker[Session], at: datetime) -> bool:
        if not self.cases:
            return False
        with sessions.begin() as session:
            if not budget.under_pressure(session, at=at):
                return False
            waiting = _waiting(session, at)
            if waiting:
                self._pass(session, waiting, at)
            return bool(waiting) | bool(_shorten(session, at))

    def _pass(self, session: Session, waiting: Sequence[Arrival], at: datetime) -> None:
        """Sift `waiting`, join copies, hold what cannot open a case and is not telling."""
        normal = sifting.sift(session, waiting, self.known, at=at)
        left = [one for one in waiting if one.state is ArrivalState.RECEIVED]  # some opened a case before
        left = joining.copies(session, left, normal)
        spent = budget.spent(session, at=at, cases=self.cases)
        ranked = _repeated(session, left)
        hopeless = [one for one in ranked if _hopeless(one, spent)]
        hold_all(session, hopeless)
        resembling.attach(session, hopeless, normal)

    def holds(
        self, session: Session, arrival: Arrival, like: Sequence[joining.Like], *, at: datetime
    ) -> bool:
        """Return whether `arrival`, which joins nothing, has to wait. Asked under the lock of opening.

        `like`: the known cases nearest to it, best first.
        """
        if not self.cases or not budget.concerns(arrival) or not budget.under_pressure(session, at=at):
            return False
        spent = budget.spent(session, at=at, cases=self.cases)
        if not spent.left(budget.share_of(arrival), retold=joining.resembled(like) is not None):
            return True
        return _of_full_family(arrival, like, spent)


def hold_all(session: Session, arrivals: Sequence[Arrival], near: Case | None = None) -> int:
    """Hold those of `arrivals` that still wait; return how many. They are shown with the case `near`."""
    if not arrivals:
        return 0
    held = session.scalars(
        update(Arrival)
        .where(
            Arrival.id.in_([one.id for one in arrivals]),
            Arrival.state == ArrivalState.RECEIVED,
            budget.limited(),
        )
        .values(
            state=ArrivalState.HELD, held_why=HeldWhy.WAVE, near_case_id=None if near is None else near.id
        )
        .returning(Arrival.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(held)


def _waiting(session: Session, at: datetime) -> Sequence[Arrival]:
    """Lock a batch of what was not sifted: what waits for triage, and what lately opened cases."""
    opened = and_(Arrival.joined == Joined.OPENED, Arrival.received_at > at - budget.HOUR)
    due = and_(Arrival.state == ArrivalState.RECEIVED, Arrival.next_try_at <= at, ~pictured.waiting())
    return session.scalars(
        select(Arrival)
        .where(or_(due, opened), Arrival.telling.is_(None), budget.limited())
        .order_by(Arrival.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()


def _repeated(session: Session, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
    """Take points from each that repeats others of its family, so that every family sends its first ahead."""
    seen: Counter[int] = Counter()
    if arrivals:
        counted = select(Arrival.family_id, func.count().label("size")).group_by(Arrival.family_id)
        families = {one.family_id for one in arrivals}
        mine = [one.id for one in arrivals]
        where = (
            Arrival.family_id.in_(families),
            Arrival.state.in_((ArrivalState.RECEIVED, ArrivalState.HELD)),
            Arrival.id.not_in(mine),
        )
        seen.update({row.family_id: row.size for row in session.execute(counted.where(*where))})
    for one in sorted(arrivals, key=lambda one: -(one.telling or 0)):
        before = seen[one.family_id or 0]
        seen[one.family_id or 0] += 1
        if before:
            one.telling = max(0, (one.telling or 0) - round(_AGAIN * math.log2(1 + before)))
    session.flush()
    return arrivals


def _hopeless(arrival: Arrival, spent: budget.Spent) -> bool:
    """Whether an arrival need not wait for the encoder: its share is spent, and it tells little."""
    little = (arrival.telling or 0) < telling.HIGH and not arrival.pictures
    return little and not spent.left(budget.share_of(arrival))


def _shorten(session: Session, at: datetime) -> int:
    """Hold the least telling of a line that has become too long for the encoder; return how many."""
    line = (
        select(Arrival)
        .where(
            Arrival.state == ArrivalState.RECEIVED,
            Arrival.next_try_at <= at,
            Arrival.telling.is_not(None),
            budget.limited(),
        )
        .order_by(Arrival.telling.desc(), Arrival.id)
        .offset(PATIENCE)
        .with_for_update(skip_locked=True)
    )
    late = session.scalars(line).all()
    resembling.attach(session, late if hold_all(session, late) else (), {})
    return len(late)


def _of_full_family(arrival: Arrival, like: Sequence[joining.Like], spent: budget.Spent) -> bool:
    """Whether `arrival` may be one more copy: its family, or a case near to it that many joined, says so.

    A text that names another place on the map than every case near to it is a statement of its own; a copy
    may be nearer to the other dam than to its own.
    """
    nearest = like[0] if like else None
    near = [one for one in like if one is nearest or one.near]
    elsewhere = bool(near) and all(one.elsewhere for one in near)
    crowded = nearest is not None and nearest.near and nearest.case.arrivals >= _MANY
    opened = spent.families.get(arrival.family_id or 0, 0)
    return opened >= budget.OF_FAMILY or ((crowded or opened > 0) and not elsewhere)
