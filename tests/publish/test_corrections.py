"""Issuing: one version at a time, exactly what was approved, all of it in one transaction."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from models import (
    AuditEntry,
    Case,
    Conflict,
    Correction,
    CorrectionKind,
    Forbidden,
    PlanEntry,
    Refusal,
    Verdict,
)
from publish import corrections, plan
from tests import factories as make
from tests.publish.conftest import AT, amended, approved, issued


def test_number_slug_and_content(planned: Session) -> None:
    done = issued(planned, claim="Đập thủy điện Nậm Pung đã vỡ!")
    assert done.number.startswith("2026-")
    assert done.slug == f"dap-thuy-dien-nam-pung-da-vo-{done.number}"
    assert (done.version, done.kind, done.truth) == (
        1,
        CorrectionKind.FIRST,
        "Đập Nậm Pung an toàn và vận hành bình thường.",
    )
    assert done.sources[0]["issuer"] == "UBND xã Bát Xát"
    assert planned.get_one(Case, done.case_id).state == "published"
    assert planned.get_one(Verdict, done.verdict_id).state == "published"


def test_the_year_of_the_number_is_that_of_vietnam(planned: Session) -> None:
    assert issued(planned, at=datetime(2026, 12, 31, 18, 0, tzinfo=UTC)).number.startswith("2027-")


@pytest.mark.parametrize(("claim", "words"), [("红河上游放水", ""), ("a" * 90, ""), ("Vỡ đập", "vo-dap-")])
def test_slugs_are_plain_ascii(claim: str, words: str) -> None:
    assert corrections.slug_of(claim, "2026-0001") == f"{words}2026-0001"


def test_a_later_version_keeps_number_and_address(planned: Session) -> None:
    first = issued(planned)
    second = amended(planned, first, claim="Câu khác hẳn.", truth="Sự thật khác.")
    assert (second.number, second.slug, second.version) == (first.number, first.slug, 2)
    assert second.kind is CorrectionKind.UPDATE
    assert second.change_note == "Sửa số liệu."


def test_a_withdrawal_is_a_version_too(planned: Session) -> None:
    assert amended(planned, issued(planned), withdraws=True).kind is CorrectionKind.VOID


def test_the_publisher_must_have_seen_what_is_approved(planned: Session) -> None:
    case = approved(planned)
    with pytest.raises(Conflict, match="content-changed"):
        corrections.issue(planned, case, by=make.officer(planned, "publisher"), at=AT, content_hash="0" * 64)


def test_not_twice(planned: Session) -> None:
    done = issued(planned)
    case = planned.get_one(Case, done.case_id)
    with pytest.raises(Conflict, match="already-published"):
        corrections.issue(planned, case, by=make.officer(planned, "publisher"), at=AT)


def test_the_role_is_needed(planned: Session) -> None:
    case = approved(planned)
    with pytest.raises(Forbidden, match="role-missing"):
        corrections.issue(planned, case, by=make.officer(planned, "approver", "admin"), at=AT)


def test_diary_and_plan_share_the_transaction(planned: Session) -> None:
    done = issued(planned)
    entry = planned.scalars(select(AuditEntry).where(AuditEntry.action == "correction.issued")).one()
    assert (entry.subject_kind, entry.subject_id) == ("case", done.case_id)
    logged = planned.scalars(select(PlanEntry.event).where(PlanEntry.case_id == done.case_id))
    assert set(logged) == {plan.HANDLED, plan.ENTERED}


def test_a_failing_diary_leaves_no_correction(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    with sessions.begin() as session:
        plan.load(session)
        case = approved(session)

    def fail(*_args: object, **_values: object) -> int:
        raise RuntimeError

    monkeypatch.setattr("models.audit.record", fail)

    def press() -> None:
        with sessions.begin() as session:
            found, person = session.get_one(Case, case.id), make.officer(session, "publisher")
            corrections.issue(session, found, by=person, at=AT)

    with pytest.raises(RuntimeError):
        press()
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Correction)) == 0
        assert session.get_one(Case, case.id).state == "approved"


def test_appearances_name_no_person(planned: Session) -> None:
    case = approved(planned)
    url = "https://www.facebook.com/nguyen.van.a/posts/1"
    make.arrival(planned, "khác", case_id=case.id, url=url, seen_where="facebook")
    done = corrections.issue(planned, case, by=make.officer(planned, "publisher"), at=AT)
    assert (done.arrivals, done.appearances) == (2, [{"kind": "facebook", "count": 1}])


def test_preview_is_what_will_be_issued_and_costs_no_number(planned: Session) -> None:
    case = approved(planned)
    draft, verdict, _given = corrections.preview(planned, case, at=AT)
    assert (draft.number, draft.claim, draft.sources[0]["issuer"]) == ("", verdict.claim, "UBND xã Bát Xát")
    assert draft not in planned
    done = corrections.issue(planned, case, by=make.officer(planned, "publisher"), at=AT)
    assert (done.claim, done.sources, done.appearances) == (draft.claim, draft.sources, draft.appearances)


def test_two_publishers_at_once_make_one_version(database: Engine) -> None:
    sessions = sessionmaker(database, expire_on_commit=False)
    with sessions.begin() as session:
        plan.load(session)
        case = approved(session)
        people = [make.officer(session, "publisher") for _ in range(6)]
    start, results = threading.Barrier(len(people)), []

    def press(number: int) -> None:
        start.wait()
        try:
            with sessions.begin() as session:
                corrections.issue(session, session.get_one(Case, case.id), by=people[number], at=AT)
            results.append("issued")
        except Refusal as refusal:
            results.append(refusal.code)

    threads = [threading.Thread(target=press, args=(number,)) for number in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["already-published"] * 5 + ["issued"]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Correction)) == 1
