"""Held reports that resemble a case: shown with it, taken into it by a person."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from models import (
    Arrival,
    ArrivalState,
    AuditEntry,
    Case,
    CaseState,
    ClosedReason,
    Conflict,
    Joined,
    Officer,
    Role,
)
from tests import factories as make
from tests.factories import AT
from verify import cases, nearby

DAM = "Nghe nói đập Nậm Pung vỡ từ đêm qua, có ai ở Bát Xát biết không"


def hold(session: Session, case: Case, text: str = DAM, **values: object) -> int:
    given = {"state": "held", "held_why": "wave", "near_case_id": case.id, **values}
    return make.arrival(session, text, **given).id


def test_they_are_shown_the_most_telling_first_and_counted(session: Session) -> None:
    case, other = make.case(session), make.case(session)
    ids = [hold(session, case, telling=points) for points in range(0, 80, 10)]
    hold(session, other)
    found = nearby.of(session, case)
    assert found.count == len(ids)
    assert [one.id for one in found.rows] == ids[::-1][: nearby.SHOWN]
    assert nearby.of(session, make.case(session)) == nearby.Nearby([], 0)


def test_what_resembles_a_merged_case_is_shown_with_the_one_that_stands(session: Session) -> None:
    case, older = make.case(session), make.case(session)
    held = hold(session, older)
    older.state, older.merged_into_id = CaseState.MERGED, case.id
    session.flush()
    assert [one.id for one in nearby.of(session, case).rows] == [held]
    nearby.take_in(session, case, held, by=make.officer(session), at=AT)
    assert nearby.of(session, case).count == 0


def test_an_officer_takes_one_in(session: Session) -> None:
    case, by = make.case(session), make.officer(session, roles={Role.VERIFIER})
    before = case.arrivals
    held = hold(session, case, received_at=AT + timedelta(minutes=1))
    nearby.take_in(session, case, held, by=by, at=AT)
    session.expire_all()
    arrival = session.get_one(Arrival, held)
    assert (arrival.state, arrival.case_id, arrival.joined) == (ArrivalState.TRIAGED, case.id, Joined.OFFICER)
    assert (case.arrivals, case.last_arrival_at) == (before + 1, AT + timedelta(minutes=1))
    done = session.execute(
        select(AuditEntry.action, AuditEntry.subject_kind).order_by(AuditEntry.seq.desc()).limit(2)
    ).all()
    assert {tuple(row) for row in done} == {("arrival.let-in", "arrival"), ("case.joined", "case")}


@pytest.mark.parametrize("what", ["of another case", "let in before", "not there", "beyond all ids"])
def test_only_what_is_held_and_resembles_it(session: Session, what: str) -> None:
    case, by = make.case(session), make.officer(session)
    held = hold(session, make.case(session) if what == "of another case" else case)
    if what == "let in before":
        nearby.take_in(session, case, held, by=by, at=AT)
    wanted = {"not there": held + 1_000, "beyond all ids": 10**30}.get(what, held)
    with pytest.raises(Conflict) as refused:
        nearby.take_in(session, case, wanted, by=by, at=AT)
    assert refused.value.code == "not-held"


def test_nothing_is_taken_into_a_closed_case(session: Session) -> None:
    by = make.officer(session)
    case = make.case(session)
    cases.close(session, case, reason=ClosedReason.OPINION, note="", by=by, at=AT)
    held = hold(session, case)
    with pytest.raises(Conflict) as refused:
        nearby.take_in(session, case, held, by=by, at=AT)
    assert refused.value.code == "target-over"


def test_of_two_officers_at_once_one_takes_it_in(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        case_id = make.case(session).id
        by = [make.officer(session).id, make.officer(session).id]
        held = hold(session, session.get_one(Case, case_id))
        before = session.get_one(Case, case_id).arrivals

    def take(officer_id: int) -> str:
        try:
            with sessions.begin() as session:
                case, officer = session.get_one(Case, case_id), session.get_one(Officer, officer_id)
                nearby.take_in(session, case, held, by=officer, at=AT)
        except Conflict as late:
            return late.code
        return "taken"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(take, by)) == ["not-held", "taken"]
    with sessions() as session:
        assert session.get_one(Case, case_id).arrivals == before + 1


def test_what_was_never_held_is_shown_with_no_case(session: Session) -> None:
    with pytest.raises(DBAPIError, match="ck_arrivals_near_case"), session.begin_nested():
        hold(session, make.case(session), state="received", held_why=None)
