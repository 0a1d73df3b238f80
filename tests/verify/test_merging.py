from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Arrival, Case, CaseState, Joined, Officer, Passage, Refusal
from tests import factories as make
from tests.factories import AT
from verify import merging

Diary = Callable[[int], list[tuple[str, dict[str, Any]]]]


def arrivals_of(session: Session, case: Case) -> dict[int, Joined | None]:
    rows = select(Arrival.id, Arrival.joined).where(Arrival.case_id == case.id)
    return dict(session.execute(rows).all())


def refused(verb: Callable[..., Any], *args: Any, **named: Any) -> str:
    with pytest.raises(Refusal) as caught:
        verb(*args, **named)
    return caught.value.code


@pytest.fixture
def pair(session: Session) -> tuple[Case, Case]:
    """Two open cases with two reports and one."""
    older, newer = make.case(session, arrivals=2), make.case(session)
    make.arrival(session, case_id=older.id)
    make.arrival(session, "Đập vỡ", case_id=older.id, joined=Joined.NEAR)
    make.arrival(session, "Vỡ đập", case_id=newer.id)
    return older, newer


def test_merging_moves_the_reports_and_undoing_brings_them_back(
    session: Session, pair: tuple[Case, Case], hoa: Officer, diary: Diary
) -> None:
    older, newer = pair
    before = arrivals_of(session, newer)
    merging.merge(session, newer, into=older, by=hoa, at=AT)
    assert (newer.state, newer.merged_into_id, newer.arrivals, older.arrivals) == (
        CaseState.MERGED,
        older.id,
        0,
        3,
    )
    assert {arrivals_of(session, older)[key] for key in before} == {Joined.OFFICER}
    later = make.arrival(session, "Đến sau", case_id=older.id)
    merging.undo_merge(session, newer, by=hoa, at=AT)
    assert (newer.state, newer.merged_into_id, newer.arrivals, older.arrivals) == (
        CaseState.OPEN,
        None,
        1,
        2,
    )
    assert arrivals_of(session, newer) == before
    assert later.id in arrivals_of(session, older)
    assert [action for action, _ in diary(newer.id)] == ["case.merged", "case.unmerged"]
    assert [action for action, _ in diary(older.id)] == ["case.received", "case.unmerged"]


def test_what_cannot_be_merged(session: Session, pair: tuple[Case, Case], hoa: Officer, pao: Officer) -> None:
    older, newer = pair
    assert refused(merging.merge, session, newer, into=newer, by=hoa, at=AT) == "same-case"
    taken = make.taken_case(session, pao)
    assert refused(merging.merge, session, taken, into=older, by=hoa, at=AT) == "already-taken"
    merging.merge(session, newer, into=older, by=hoa, at=AT)
    assert refused(merging.merge, session, older, into=newer, by=hoa, at=AT) == "target-over"
    assert refused(merging.merge, session, newer, into=taken, by=hoa, at=AT) == "case-merged"
    assert refused(merging.undo_merge, session, older, by=hoa, at=AT) == "case-moved"


def test_splitting_makes_a_case_that_its_copies_will_find(
    session: Session, pair: tuple[Case, Case], hoa: Officer, diary: Diary
) -> None:
    older, _ = pair
    odd = next(key for key, how in arrivals_of(session, older).items() if how is Joined.NEAR)
    made = merging.split(session, older, arrivals=[odd], statement="Đập vỡ", by=hoa, at=AT)
    assert (made.state, made.arrivals, older.arrivals) == (CaseState.OPEN, 1, 1)
    assert arrivals_of(session, made) == {odd: Joined.OFFICER}
    entry = session.scalars(select(Passage).where(Passage.case_id == made.id)).one()
    assert entry.fingerprint == made.fingerprint
    assert diary(made.id)[0][0] == diary(older.id)[0][0] == "case.split"


def test_a_split_keeps_at_least_one_report(
    session: Session, pair: tuple[Case, Case], hoa: Officer, pao: Officer
) -> None:
    older, newer = pair
    wanted = {"statement": "Chuyện khác", "by": hoa, "at": AT}
    every = arrivals_of(session, older)
    assert refused(merging.split, session, older, arrivals=every, **wanted) == "split-all"
    foreign = arrivals_of(session, newer)
    assert refused(merging.split, session, older, arrivals=foreign, **wanted) == "split-none"
    taken = make.taken_case(session, pao, arrivals=2)
    assert refused(merging.split, session, taken, arrivals=[1], **wanted) == "already-taken"


def test_two_splits_of_the_same_words_do_not_collide(
    session: Session, pair: tuple[Case, Case], hoa: Officer
) -> None:
    older, _ = pair
    session.get_one(Case, older.id).arrivals = 4
    first, second = (make.arrival(session, "Giống hệt", case_id=older.id) for _ in range(2))
    made = [
        merging.split(session, older, arrivals=[one.id], statement="Tách", by=hoa, at=AT)
        for one in (first, second)
    ]
    assert made[0].fingerprint != made[1].fingerprint
