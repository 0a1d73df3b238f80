from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from models import (
    Case,
    CaseState,
    Correction,
    CorrectionKind,
    Officer,
    Rating,
    ReasonCode,
    Refusal,
    Verdict,
    VerdictState,
)
from tests import factories as make
from tests.factories import AT
from verify import cases, verdicts
from verify.verdicts import Finding

WHOLE: dict[str, Any] = {
    "rating": Rating.FALSE,
    "reason_code": ReasonCode.FABRICATED,
    "claim": "Đập Nậm Pung đã vỡ.",
    "truth": "Đập an toàn.",
    "basis": "UBND xã kiểm tra.",
    "checkability": "Một sự việc cụ thể.",
}


def propose(session: Session, case: Case, by: Officer, **values: Any) -> Verdict:
    return verdicts.propose(session, case, Finding(**{**WHOLE, **values}), by=by, at=AT)


def refused(verb: Callable[..., Any], *args: Any, **named: Any) -> str:
    """The code of a refusal, whether a verb's own or the database's."""
    session: Session = args[0]
    with pytest.raises((Refusal, DBAPIError)) as caught, session.begin_nested():
        verb(*args, **named)
    error = caught.value
    if isinstance(error, Refusal):
        return error.code
    assert isinstance(error, DBAPIError)
    return str(error.orig).splitlines()[0]


@pytest.fixture
def case(session: Session, hoa: Officer) -> Case:
    made = make.taken_case(session, hoa)
    make.evidence(session, made, hoa)
    return made


def test_a_whole_verdict_is_proposed_and_approved(
    session: Session, case: Case, hoa: Officer, lan: Officer
) -> None:
    made = propose(session, case, hoa, translations={"en": {"claim": "It broke.", "truth": "No."}, "zh": {}})
    assert (case.state, made.translations) == (
        CaseState.PROPOSED,
        {"en": {"claim": "It broke.", "truth": "No."}},
    )
    shown = verdicts.digest(session, made)
    verdicts.approve(session, made, by=lan, content_hash=shown, at=AT)
    session.refresh(case)
    assert case.state is CaseState.APPROVED


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"claim": " "}, "missing"),
        ({"truth": ""}, "missing"),
        ({"basis": ""}, "missing"),
        ({"checkability": ""}, "missing"),
        ({"claim": "x" * 501}, "too-long"),
        ({"basis": "x" * 5001}, "too-long"),
        ({"reason_code": None}, "reason-needed"),
        ({"translations": {"zh": {"claim": "x"}}}, "translation-part"),
        ({"translations": {"en": {"claim": "x" * 501, "truth": "x"}}}, "too-long"),
    ],
)
def test_a_part_of_a_verdict_is_refused(
    session: Session, case: Case, hoa: Officer, values: dict[str, Any], code: str
) -> None:
    assert refused(propose, session, case, hoa, **values) == code
    assert case.state is CaseState.VERIFYING


def test_without_evidence_nothing_is_called_false(session: Session, hoa: Officer) -> None:
    bare = make.taken_case(session, hoa)
    assert refused(propose, session, bare, hoa) == "evidence-missing"
    propose(session, bare, hoa, rating=Rating.UNPROVEN, reason_code=None)


def test_only_who_has_the_case_proposes(session: Session, case: Case, pao: Officer) -> None:
    assert refused(propose, session, case, pao) == "already-taken"
    assert refused(propose, session, make.case(session), pao, rating=Rating.UNPROVEN) == "case-moved"


def test_approving_needs_another_person_the_right_and_the_same_content(
    session: Session, case: Case, hoa: Officer, pao: Officer, lan: Officer
) -> None:
    hoa.roles = ["verifier", "approver"]
    made = propose(session, case, hoa)
    shown = verdicts.digest(session, made)
    approve = {"content_hash": shown, "at": AT}
    assert refused(verdicts.approve, session, made, by=hoa, **approve) == "same-officer"
    assert refused(verdicts.approve, session, made, by=pao, **approve) == "role-missing"
    propose(session, case, hoa, truth="Đập an toàn, mực nước bình thường.")
    assert refused(verdicts.approve, session, made, by=lan, **approve) == "content-changed"
    assert refused(verdicts.approve, session, made, by=lan, content_hash="", at=AT) == "content-changed"
    verdicts.approve(session, made, by=lan, content_hash=verdicts.digest(session, made), at=AT)


def test_mending_takes_the_approval_back(session: Session, case: Case, hoa: Officer, lan: Officer) -> None:
    made = propose(session, case, hoa)
    verdicts.approve(session, made, by=lan, content_hash=verdicts.digest(session, made), at=AT)
    session.refresh(case)
    propose(session, case, hoa, basis="Đã kiểm tra lại.")
    session.refresh(made)
    assert (case.state, made.state) == (CaseState.PROPOSED, VerdictState.PROPOSED)


def test_a_withdrawn_draft_is_not_up_for_approval(
    session: Session, case: Case, hoa: Officer, pao: Officer, lan: Officer
) -> None:
    made = propose(session, case, hoa)
    assert refused(verdicts.withdraw, session, case, by=pao, at=AT) == "not-author"
    verdicts.withdraw(session, case, by=hoa, at=AT)
    assert case.state is CaseState.VERIFYING
    shown = verdicts.digest(session, made)
    wanted = {"by": lan, "content_hash": shown, "at": AT}
    assert refused(verdicts.approve, session, made, **wanted) == "not-proposed"
    assert propose(session, case, hoa, truth="Khác").id == made.id


def test_a_draft_left_by_another_keeps_its_author(
    session: Session, case: Case, hoa: Officer, pao: Officer
) -> None:
    left = propose(session, case, hoa)
    cases.assign(session, case, to=pao.id, by=hoa, at=AT)
    made = propose(session, case, pao)
    session.refresh(left)
    assert (left.state, left.returned_by_id) == (VerdictState.RETURNED, pao.id)
    assert (made.id != left.id, made.author_id, case.state) == (True, pao.id, CaseState.PROPOSED)


def test_returning_with_a_note(session: Session, case: Case, hoa: Officer, lan: Officer) -> None:
    made = propose(session, case, hoa)
    back: dict[str, Any] = {"note": "Cần văn bản gốc.", "at": AT}
    assert refused(verdicts.send_back, session, made, by=hoa, **back) == "same-officer"
    assert refused(verdicts.send_back, session, made, by=lan, note=" ", at=AT) == "missing"
    verdicts.send_back(session, made, by=lan, **back)
    session.refresh(case)
    session.refresh(made)
    assert (case.state, made.state, made.return_note) == (
        CaseState.VERIFYING,
        VerdictState.RETURNED,
        "Cần văn bản gốc.",
    )
    assert refused(verdicts.send_back, session, made, by=lan, **back) == "not-proposed"
    assert propose(session, case, hoa).id != made.id


def test_an_approved_verdict_can_still_be_returned(session: Session, lan: Officer) -> None:
    case, made, approval = make.approved_case(session)
    verdicts.send_back(session, made, note="Khoan đã", by=lan, at=AT)
    session.refresh(case)
    session.refresh(approval)
    assert case.state is CaseState.VERIFYING
    assert approval.withdrawn_at is not None


def test_a_new_version_says_what_changed(session: Session, hoa: Officer, pao: Officer) -> None:
    case, made, approval = make.approved_case(session)
    publisher = make.officer(session, "publisher")
    issue(session, case, made, approval, publisher)
    verdicts.prepare_new_version(session, case, by=hoa, at=AT)
    assert (case.state, case.taken_by_id) == (CaseState.VERIFYING, hoa.id)
    again = {"by": pao, "at": AT}
    assert refused(verdicts.prepare_new_version, session, case, **again) == "already-taken"
    assert refused(propose, session, case, hoa) == "missing"
    assert refused(propose, session, case, hoa, withdraws=True) == "missing"
    assert propose(session, case, hoa, change_note="Bổ sung số liệu.").change_note == "Bổ sung số liệu."
    assert propose(session, case, hoa, change_note="Nguồn bị nhầm.", withdraws=True).withdraws


def test_nothing_to_withdraw_yet(session: Session, case: Case, hoa: Officer) -> None:
    assert refused(propose, session, case, hoa, withdraws=True, change_note="x") == "void-first"


def issue(
    session: Session, case: Case, verdict: Verdict, approval: Any, by: Officer, number: str = "KT-1"
) -> None:
    session.add(
        Correction(
            number=number,
            version=1,
            slug=number.lower(),
            kind=CorrectionKind.FIRST,
            case_id=case.id,
            verdict_id=verdict.id,
            approval_id=approval.id,
            publisher_id=by.id,
            content_hash=approval.content_hash,
            issued_at=AT,
            rating=verdict.rating,
            claim="x",
            truth="x",
            basis="x",
            translations={},
            sources=[],
            appearances=[],
            first_seen=AT,
            arrivals=1,
            search="",
        )
    )
    session.flush()
    session.refresh(case)
