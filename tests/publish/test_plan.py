"""The plan's register, its log and its clock."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import AgencySuccessor, Arrival, Case, Forbidden, Invalid, Joined, NotFound, PlanEntry, PlanTask
from publish import corrections, plan
from tests import factories as make
from tests.publish.conftest import AT, approved, issued


def test_loading_twice_changes_nothing(planned: Session) -> None:
    rows = planned.scalar(select(func.count()).select_from(AgencySuccessor))
    assert plan.load(planned) == 35
    assert planned.scalar(select(func.count()).select_from(PlanTask)) == 35
    assert planned.scalar(select(func.count()).select_from(AgencySuccessor)) == rows


def test_what_an_administrator_wrote_stays(planned: Session) -> None:
    row = planned.scalars(select(AgencySuccessor).where(AgencySuccessor.printed == "Sở Du lịch")).one()
    row.successor = "Sở Văn hóa mới"
    plan.load(planned)
    found = planned.scalars(select(AgencySuccessor.successor).where(AgencySuccessor.printed == "Sở Du lịch"))
    assert found.all() == ["Sở Văn hóa mới"]


def test_each_event_once(planned: Session) -> None:
    case, person = approved(planned), make.officer(planned, "publisher")
    assert len(plan.log(planned, case, ["handled", "video"], by=person, at=AT)) == 2
    assert [entry.event for entry in plan.log(planned, case, ["handled", "referred"], by=person, at=AT)] == [
        "referred"
    ]
    assert plan.log(planned, case, [], by=person, at=AT) == []


def test_unknown_events_are_refused(planned: Session) -> None:
    with pytest.raises(Invalid, match="plan-event"):
        plan.log(planned, approved(planned), ["handled", "x"], by=make.officer(planned), at=AT)


@pytest.mark.parametrize("joined", [Joined.EXACT, Joined.NEAR, Joined.SIMILAR])
def test_what_machines_joined_counts_as_digital_detection(planned: Session, joined: Joined) -> None:
    case = approved(planned)
    make.arrival(planned, case_id=case.id, joined=joined)
    done = corrections.issue(planned, case, by=make.officer(planned, "publisher"), at=AT)
    assert plan.DETECTED in plan.logged(planned, done.case_id)


def test_translations_count(planned: Session) -> None:
    done = issued(planned, translations={"en": {"claim": "a", "truth": "b"}})
    assert plan.TRANSLATED in plan.logged(planned, done.case_id)


def test_events_after_publication(planned: Session) -> None:
    done = issued(planned)
    case, person = planned.get_one(Case, done.case_id), make.officer(planned, "publisher")
    made = plan.add(planned, case, ["portal_posting"], by=person, at=AT)
    assert [(entry.task_number, entry.correction_id) for entry in made] == [("5.8", done.id)]
    assert plan.add(planned, case, ["portal_posting"], by=person, at=AT) == []
    with pytest.raises(Invalid):
        plan.add(planned, case, ["handled"], by=person, at=AT)
    with pytest.raises(Forbidden):
        plan.add(planned, case, ["video"], by=make.officer(planned, "admin"), at=AT)
    with pytest.raises(NotFound):
        plan.add(planned, approved(planned), ["video"], by=person, at=AT)


def test_cases_are_counted_by_task_and_year_of_vietnam(planned: Session) -> None:
    issued(planned, at=datetime(2026, 12, 31, 16, 59, tzinfo=UTC))
    done = issued(planned, at=datetime(2026, 12, 31, 17, 0, tzinfo=UTC))
    case = planned.get_one(Case, done.case_id)
    plan.add(
        planned,
        case,
        ["press_source", "press_digest"],
        by=make.officer(planned, "publisher"),
        at=done.issued_at,
    )
    counts = plan.counts(planned)
    assert counts["4.5"] == {2026: 1, 2027: 1}
    assert counts["4.1"] == {2027: 1}
    assert "2.4" not in counts


@pytest.mark.parametrize(
    ("moment", "days", "year"),
    [
        (datetime(2026, 11, 23, 0, 0, tzinfo=UTC), 21, 2026),
        (datetime(2026, 12, 13, 16, 59, tzinfo=UTC), 1, 2026),
        (datetime(2026, 12, 13, 17, 0, tzinfo=UTC), 0, 2026),
        (datetime(2026, 12, 14, 16, 59, tzinfo=UTC), 0, 2026),
        (datetime(2026, 12, 14, 17, 0, tzinfo=UTC), 364, 2027),
        (datetime(2027, 12, 14, 17, 0, tzinfo=UTC), 365, 2028),
    ],
)
def test_days_left_to_the_end_of_14_december(moment: datetime, days: int, year: int) -> None:
    assert plan.days_left(moment) == plan.Countdown(days, date(year, 12, 14))


def test_successors_are_changed_by_administrators_with_a_trace(planned: Session) -> None:
    admin, row = make.officer(planned, "admin"), plan.successors(planned)[0]
    values = {"successor": "Cơ quan mới", "valid_from": date(2027, 1, 1), "valid_to": None}
    assert plan.change_successor(planned, row, values, by=admin, at=AT).successor == "Cơ quan mới"
    with pytest.raises(Forbidden):
        plan.change_successor(planned, row, values, by=make.officer(planned, "publisher"), at=AT)
    with pytest.raises(Invalid, match="dates-reversed"):
        plan.change_successor(planned, row, values | {"valid_to": date(2026, 1, 1)}, by=admin, at=AT)
    with pytest.raises(Invalid, match="successor-empty"):
        plan.change_successor(planned, row, values | {"successor": " "}, by=admin, at=AT)


def test_public_entries_carry_a_correction(planned: Session) -> None:
    done = issued(planned)
    planned.add(PlanEntry(task_number="4.5", event="noise", case_id=approved(planned).id, logged_at=AT))
    planned.flush()
    assert [found.number for _entry, found in plan.entries(planned, "4.5")] == [done.number]
    assert planned.scalar(select(func.count()).select_from(Arrival)) == 2
