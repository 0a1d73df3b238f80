from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import CaseState, ClosedReason, Conflict, Invalid, NotFound, Officer, Refusal, audit
from publish import corrections
from tests import factories as make
from tests.factories import AT
from verify import cases, verdicts

Diary = Callable[[int], list[tuple[str, dict[str, Any]]]]


def refused(verb: Callable[..., Any], *args: Any, **named: Any) -> str:
    """Run a verb that must refuse, and return the code."""
    with pytest.raises(Refusal) as caught:
        verb(*args, **named)
    return caught.value.code


def test_taking_and_the_second_who_comes_is_told_who_has_it(
    session: Session, hoa: Officer, pao: Officer, diary: Diary
) -> None:
    case = make.case(session)
    cases.take(session, case, by=hoa, at=AT)
    assert (case.state, case.taken_by_id) == (CaseState.VERIFYING, hoa.id)
    with pytest.raises(cases.AlreadyTaken) as caught:
        cases.take(session, case, by=pao, at=AT + timedelta(minutes=1))
    assert (caught.value.code, caught.value.holder, caught.value.since) == (
        "already-taken",
        "Nguyễn Thị Hoa",
        AT,
    )
    assert [action for action, _ in diary(case.id)] == ["case.taken"]


def test_only_the_holder_releases(session: Session, hoa: Officer, pao: Officer) -> None:
    case = make.taken_case(session, hoa)
    assert refused(cases.release, session, case, by=pao, at=AT) == "already-taken"
    cases.release(session, case, by=hoa, at=AT)
    assert (case.state, case.taken_by_id, case.taken_at) == (CaseState.OPEN, None, None)
    assert refused(cases.release, session, case, by=hoa, at=AT) == "case-moved"


def test_a_new_version_begun_can_be_given_up(session: Session) -> None:
    case, verdict, _given = make.approved_case(session)
    corrections.issue(session, case, by=make.officer(session, "publisher"), at=AT)
    session.refresh(case)
    author = session.get_one(Officer, verdict.author_id)
    verdicts.prepare_new_version(session, case, by=author, at=AT)
    session.refresh(case)
    cases.release(session, case, by=author, at=AT)
    session.refresh(case)
    assert (case.state, case.taken_by_id) == (CaseState.PUBLISHED, None)


def test_handing_over(session: Session, hoa: Officer, pao: Officer, lan: Officer) -> None:
    case = make.taken_case(session, hoa)
    assert refused(cases.assign, session, case, to=pao.id, by=pao, at=AT) == "already-taken"
    assert refused(cases.assign, session, case, to=lan.id, by=hoa, at=AT) == "not-a-verifier"
    assert refused(cases.assign, session, case, to=2**70, by=hoa, at=AT) == "not-a-verifier"
    cases.assign(session, case, to=pao.id, by=hoa, at=AT)
    assert (case.taken_by_id, case.state) == (pao.id, CaseState.VERIFYING)
    cases.assign(session, case, to=hoa.id, by=lan, at=AT)  # an approver may, when somebody is ill
    assert case.taken_by_id == hoa.id


def test_assigning_an_open_case_takes_it(session: Session, hoa: Officer, pao: Officer) -> None:
    case = make.case(session)
    cases.assign(session, case, to=pao.id, by=hoa, at=AT)
    assert (case.state, case.taken_by_id) == (CaseState.VERIFYING, pao.id)


def test_closing_says_why_and_reopening_undoes_it(session: Session, hoa: Officer, diary: Diary) -> None:
    case = make.case(session)
    cases.close(session, case, reason=ClosedReason.OPINION, note=" Xin cảm ơn ông/bà. ", by=hoa, at=AT)
    assert (case.state, case.closed_reason, case.closed_note) == (
        CaseState.CLOSED,
        ClosedReason.OPINION,
        "Xin cảm ơn ông/bà.",
    )
    assert refused(cases.take, session, case, by=hoa, at=AT) == "case-closed"
    cases.reopen(session, case, by=hoa, at=AT)
    assert (case.state, case.closed_reason, case.closed_note) == (CaseState.OPEN, None, "")
    assert refused(cases.reopen, session, case, by=hoa, at=AT) == "case-moved"
    assert [action for action, _ in diary(case.id)] == ["case.closed", "case.reopened"]


def test_nobody_closes_a_case_that_somebody_else_verifies(
    session: Session, hoa: Officer, pao: Officer
) -> None:
    case = make.taken_case(session, hoa)
    wanted: dict[str, Any] = {"reason": ClosedReason.EMPTY, "at": AT}
    assert refused(cases.close, session, case, by=pao, **wanted) == "already-taken"
    assert refused(cases.close, session, case, by=hoa, note="x" * 601, **wanted) == "too-long"
    cases.close(session, case, by=hoa, **wanted)


def test_a_case_waiting_for_approval_is_not_closed(session: Session, hoa: Officer) -> None:
    case = make.taken_case(session, hoa)
    make.verdict(session, case, hoa)
    assert refused(cases.close, session, case, reason=ClosedReason.EMPTY, by=hoa, at=AT) == "case-moved"


def test_urgent_twice_is_one_change(session: Session, hoa: Officer, diary: Diary) -> None:
    case = make.case(session)
    for _ in range(2):
        cases.mark_urgent(session, case, urgent=True, by=hoa, at=AT)
    cases.mark_urgent(session, case, urgent=False, by=hoa, at=AT)
    assert [action for action, _ in diary(case.id)] == ["case.urgent", "case.not-urgent"]
    cases.close(session, case, reason=ClosedReason.EMPTY, by=hoa, at=AT)
    assert refused(cases.mark_urgent, session, case, urgent=True, by=hoa, at=AT) == "case-closed"


def test_rewording_never_overwrites_a_change_unseen(session: Session, hoa: Officer, diary: Diary) -> None:
    case = make.case(session, statement="Đập vỡ rồi!!!")
    seen = cases.digest(case.statement)
    cases.reword(session, case, statement="Đập Nậm Pung đã vỡ", seen=seen, by=hoa, at=AT)
    late = {"statement": "Đập có vỡ không", "seen": seen, "by": hoa, "at": AT}
    assert refused(cases.reword, session, case, **late) == "content-changed"
    assert refused(cases.reword, session, case, **{**late, "statement": " "}) == "missing"
    assert refused(cases.reword, session, case, **{**late, "statement": "x" * 1001}) == "too-long"
    assert diary(case.id) == [("case.reworded", {"before": "Đập vỡ rồi!!!", "after": "Đập Nậm Pung đã vỡ"})]


def test_notes_stand_in_the_diary(session: Session, hoa: Officer, diary: Diary) -> None:
    case = make.case(session)
    cases.note(session, case, text="<script>alert(1)</script> đã gọi xã", by=hoa, at=AT)
    assert diary(case.id) == [("case.noted", {"note": "<script>alert(1)</script> đã gọi xã"})]
    assert refused(cases.note, session, case, text="\n", by=hoa, at=AT) == "missing"


def test_a_change_without_its_audit_entry_does_not_happen(
    session: Session, hoa: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> int:
        raise RuntimeError("no audit")

    case = make.case(session)
    monkeypatch.setattr(audit, "record", broken)
    with pytest.raises(RuntimeError), session.begin_nested():
        cases.take(session, case, by=hoa, at=AT)
    session.refresh(case)
    assert case.state is CaseState.OPEN


def test_finding_by_id_and_number(session: Session) -> None:
    case = make.case(session)
    assert cases.get(session, case.id) is case
    assert cases.numbered(session, f" {case.number.lower()} ") is case
    for wrong in (0, 2**63, 10**40):
        with pytest.raises(NotFound):
            cases.get(session, wrong)
    with pytest.raises(Invalid):
        cases.numbered(session, "VV-0000-000000")
    assert issubclass(cases.AlreadyTaken, Conflict)
