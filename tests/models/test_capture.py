from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from models import ArrivalKind, Capture, CaptureState
from tests import factories as make
from tests.factories import AT


def orders(session: Session) -> list[tuple[str, str]]:
    rows = session.execute(select(Capture.url, Capture.state).order_by(Capture.id))
    return [(url, state.value) for url, state in rows]


def test_a_report_in_a_case_orders_a_copy_once_a_day(session: Session) -> None:
    case = make.case(session)
    for days in (0, 0, 0, 1):
        make.arrival(
            session, case_id=case.id, url="https://example.org/a", received_at=AT + timedelta(days=days)
        )
    make.arrival(session, case_id=case.id, url="https://example.org/b")
    assert [url[-1] for url, _ in orders(session)] == ["a", "a", "b"]


def test_a_report_orders_its_copy_when_it_becomes_part_of_a_case(session: Session) -> None:
    held = make.arrival(session, url="https://example.org/a")
    assert orders(session) == []
    held.case_id, held.state, held.joined = make.case(session).id, "triaged", "opened"  # type: ignore[assignment]
    session.flush()
    assert orders(session) == [("https://example.org/a", "waiting")]


@pytest.mark.parametrize(
    "values",
    [{"url": None}, {"demo": True}, {"kind": ArrivalKind.ARTICLE, "channel": "feed", "code_digest": None}],
)
def test_what_orders_no_copy(session: Session, values: dict[str, object]) -> None:
    case = make.case(session)
    make.arrival(session, **{"case_id": case.id, "url": "https://example.org/a", **values})
    assert orders(session) == []


def test_a_citation_has_one_order(session: Session) -> None:
    by = make.officer(session)
    cited = make.evidence(session, make.case(session), by, url="https://example.org/a")
    make.capture(session, cited)
    with pytest.raises(DBAPIError, match="uq_captures_evidence_id"):
        make.capture(session, cited)


def test_a_reported_address_has_one_order_a_day(session: Session) -> None:
    make.capture(session)
    with pytest.raises(DBAPIError, match="uq_captures_reported_digest"):
        make.capture(session)


@pytest.mark.parametrize(
    "change", ["state = 'waiting', copy_id = NULL", "copy_id = warc_id", "url = 'https://x.org'"]
)
def test_a_finished_capture_changes_no_more(session: Session, change: str) -> None:
    kept = make.capture(session)
    with pytest.raises(DBAPIError, match="capture-over"):
        session.execute(text(f"UPDATE captures SET {change} WHERE id = {kept.id}"))


def test_a_failed_capture_only_starts_anew(session: Session) -> None:
    failed = make.capture(session, state="failed", failure="gone")
    with pytest.raises(DBAPIError, match="capture-over"), session.begin_nested():
        session.execute(text(f"UPDATE captures SET http_status = 200 WHERE id = {failed.id}"))
    session.execute(text(f"UPDATE captures SET state = 'waiting' WHERE id = {failed.id}"))
    session.refresh(failed)
    assert failed.state is CaptureState.WAITING


@pytest.mark.parametrize(
    "values",
    [
        {"state": "done", "copy_id": None},
        {"state": "failed"},
        {"state": "waiting", "reported_digest": None, "reported_on": None},
        {"state": "waiting", "reported_on": None},
        {"state": "waiting", "reported_digest": b"x" * 32},
    ],
)
def test_half_a_capture_is_refused(session: Session, values: dict[str, object]) -> None:
    with pytest.raises(DBAPIError, match="ck_captures_"):
        make.capture(session, **values)


def test_readable_copies_stay_as_made(session: Session) -> None:
    make.capture(session)
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        session.execute(text("UPDATE readable_copies SET text = 'x'"))
