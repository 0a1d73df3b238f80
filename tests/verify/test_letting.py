"""Letting in, discarding and bringing back: once, audited, whole families at once, two officers at once."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from models import (
    Arrival,
    ArrivalState,
    AuditEntry,
    Conflict,
    Family,
    HeldWhy,
    Joined,
    NotFound,
    Officer,
)
from tests import factories as make
from tests.factories import AT
from verify import letting

LATER = AT + timedelta(hours=1)
ACTS: list[Callable[..., int]] = [letting.let_in_family, letting.discard_family]


def hold(session: Session, **values: object) -> Arrival:
    return make.arrival(session, state=ArrivalState.HELD, held_why=HeldWhy.WAVE, **values)


def family(session: Session, of: Arrival) -> int:
    made = Family(first_id=of.id, marks=b"", since=AT)
    session.add(made)
    session.flush()
    of.family_id = made.id
    session.flush()
    return made.id


def test_one_is_let_in_once(session: Session, hoa: Officer) -> None:
    held = hold(session, attempts=2)
    letting.let_in(session, held.id, by=hoa, at=LATER)
    session.refresh(held)
    assert (held.state, held.attempts, held.next_try_at) == (ArrivalState.RECEIVED, 0, LATER)
    with pytest.raises(Conflict, match="not-held"):
        letting.discard(session, held.id, by=hoa, at=LATER)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "arrival")).one()
    assert (entry.action, entry.subject_id, entry.actor_id) == ("arrival.let-in", held.id, hoa.id)


def test_discarding_can_be_undone(session: Session, hoa: Officer) -> None:
    held = hold(session)
    with pytest.raises(Conflict, match="not-discarded"):
        letting.bring_back(session, held.id, by=hoa, at=LATER)
    letting.discard(session, held.id, by=hoa, at=LATER)
    letting.bring_back(session, held.id, by=hoa, at=LATER)
    session.refresh(held)
    assert held.state is ArrivalState.HELD


def test_no_such_arrival_or_family(session: Session, hoa: Officer) -> None:
    for number in (0, 2**63):
        with pytest.raises(NotFound):
            letting.let_in(session, number, by=hoa, at=LATER)
        with pytest.raises(NotFound):
            letting.discard_family(session, number, by=hoa, at=LATER)


def test_a_family_moves_at_once_and_leaves_what_is_not_held(session: Session, hoa: Officer) -> None:
    first = hold(session)
    which = family(session, first)
    hold(session, family_id=which)
    waiting = make.arrival(session, family_id=which)
    assert letting.discard_family(session, which, by=hoa, at=LATER) == 2
    with pytest.raises(Conflict):
        letting.discard_family(session, which, by=hoa, at=LATER)
    assert letting.bring_back_family(session, which, by=hoa, at=LATER) == 2
    assert letting.let_in_family(session, which, by=hoa, at=LATER) == 2
    session.refresh(waiting)
    assert waiting.next_try_at == AT
    acts = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "family"))
    assert list(acts) == ["family.discarded", "family.brought-back", "family.let-in"]


def test_a_family_goes_to_triage_one_after_another(session: Session, hoa: Officer) -> None:
    first = hold(session)
    which = family(session, first)
    second = hold(session, family_id=which)
    letting.let_in_family(session, which, by=hoa, at=LATER)
    for one in (first, second):
        session.refresh(one)
    assert first.next_try_at == LATER < second.next_try_at < LATER + timedelta(seconds=1)


def test_a_quiet_hour_lets_the_most_telling_in_few_at_a_time(session: Session) -> None:
    held = [hold(session, telling=points) for points in (10, 50, 30, 40, 20)]
    bait = make.arrival(session, state=ArrivalState.HELD, held_why=HeldWhy.BAIT, telling=100)
    assert letting.let_some_in(session, at=AT + timedelta(minutes=59)) == 0
    assert letting.let_some_in(session, at=LATER) == letting.A_MINUTE == 3
    session.expire_all()
    assert [one.state is ArrivalState.RECEIVED for one in held] == [False, True, True, True, False]
    assert bait.state is ArrivalState.HELD
    assert letting.let_some_in(session, at=LATER) == 0, "triage has not settled the first ones"
    acts = session.execute(select(AuditEntry.action, AuditEntry.actor_id)).all()
    assert set(acts) == {("arrival.let-in", None)}


def test_nothing_is_let_in_while_a_flood_goes_on_or_the_desk_has_its_share(session: Session) -> None:
    hold(session)
    late = hold(session, received_at=LATER)
    assert letting.let_some_in(session, at=LATER + timedelta(minutes=30)) == 0
    after = LATER + letting.QUIET
    for _ in range(letting.AN_HOUR):
        case = make.case(session, opened_at=after)
        of = hold(session, received_at=AT)
        letting.let_in(session, of.id, by=None, at=after)
        session.execute(
            update(Arrival)
            .where(Arrival.id == of.id)
            .values(state=ArrivalState.TRIAGED, case_id=case.id, joined=Joined.OPENED)
        )
    assert letting.let_some_in(session, at=after) == 0
    assert letting.let_some_in(session, at=after + timedelta(hours=1, minutes=1)) == 2
    session.refresh(late)
    assert late.state is ArrivalState.RECEIVED


def test_two_officers_at_once_do_it_once(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        which = family(session, hold(session))
        hold(session, family_id=which)
        people = [make.officer(session), make.officer(session)]

    def act(number: int) -> int:
        with sessions.begin() as session:
            return ACTS[number](session, which, by=people[number], at=LATER)

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(act, number) for number in (0, 1)]
    assert sorted(one.exception() is None for one in done) == [False, True]
    with sessions() as session:
        states = session.scalars(select(Arrival.state).distinct()).all()
        assert len(states) == 1
        assert session.scalar(select(func.count(AuditEntry.seq))) == 1


def test_ten_thousand_move_while_a_person_waits(session: Session, hoa: Officer) -> None:
    first = hold(session)
    which = family(session, first)
    copied = [one.name for one in Arrival.__table__.c if one.name not in {"id", "code_digest"}]
    given = ", ".join(copied)
    session.execute(
        text(
            f"INSERT INTO arrivals ({given}, code_digest) "
            f"SELECT {given}, sha256(('copy ' || n)::bytea) "
            "FROM arrivals, generate_series(1, 9999) n WHERE id = :id"
        ),
        {"id": first.id},
    )
    for act, state in ((letting.discard_family, "discarded"), (letting.bring_back_family, "held")):
        began = time.perf_counter()
        assert act(session, which, by=hoa, at=LATER) == 10_000
        assert time.perf_counter() - began < 10, state  # one by one it were minutes
    began = time.perf_counter()
    assert letting.let_in_family(session, which, by=hoa, at=LATER) == 10_000
    assert time.perf_counter() - began < 10
