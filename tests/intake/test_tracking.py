from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app.keys import Keys as HouseKeys
from intake import codes, reports, tracking
from intake.forms import Report
from intake.tracking import Stage
from models import (
    ArrivalState,
    Band,
    Case,
    CaseState,
    Channel,
    ClosedReason,
    Correction,
    CorrectionKind,
    HeldWhy,
    Joined,
    Judgement,
    Match,
    NotFound,
    Relation,
)
from tests import factories as make

KEY = b"k" * 32


def published(session: Session, at: datetime) -> tuple[Case, Correction]:
    case, verdict, approval = make.approved_case(session)
    issued = Correction(
        number="BB-2026-0001",
        version=1,
        slug="dap-nam-pung",
        kind=CorrectionKind.FIRST,
        case_id=case.id,
        verdict_id=verdict.id,
        approval_id=approval.id,
        publisher_id=make.officer(session, "publisher").id,
        content_hash=approval.content_hash,
        issued_at=at,
        appearances=[],
        first_seen=at,
        arrivals=1,
        search=func.to_tsvector("simple", "dap"),
        rating=verdict.rating,
        claim=verdict.claim,
        truth=verdict.truth,
        basis=verdict.basis,
        translations={},
        sources=[],
    )
    session.add(issued)
    session.flush()
    session.refresh(case)
    return case, issued


def closed(session: Session, reason: ClosedReason) -> Case:
    by = make.officer(session)
    case = make.taken_case(session, by)
    case.state, case.closed_reason, case.closed_at, case.closed_by_id = (
        CaseState.CLOSED,
        reason,
        make.AT,
        by.id,
    )
    session.flush()
    return case


def stage(session: Session, case: Case) -> Stage:
    return tracking.status(session, make.arrival(session, case_id=case.id)).stage


def test_the_code_finds_its_report_and_nothing_else_does(session: Session, at: datetime) -> None:
    code, keys = codes.new(), reports.Keys(code=KEY, contact=b"")
    arrival = reports.receive(
        session, Report(code=code, text="Đập vỡ"), channel=Channel.WEB, keys=keys, at=at
    )
    assert tracking.find(session, codes.grouped(code).lower(), key=KEY).id == arrival.id
    for other in (codes.new(), "abc", "", "\0", "0" * 26, "x" * 10**6):
        with pytest.raises(NotFound) as unknown:
            tracking.find(session, other, key=KEY)
        assert unknown.value.code == "code-unknown"


@pytest.mark.parametrize("state", [ArrivalState.RECEIVED, ArrivalState.SET_ASIDE])
def test_before_triage_it_is_received(session: Session, state: ArrivalState) -> None:
    arrival = make.arrival(session, state=state, received_at=make.AT + timedelta(minutes=41, seconds=7))
    found = tracking.status(session, arrival)
    assert (found.stage, found.received_at) == (Stage.RECEIVED, make.AT)
    assert found.moments == {Stage.RECEIVED: make.AT}


def test_the_chain_follows_the_case(session: Session, at: datetime) -> None:
    assert stage(session, make.case(session)) is Stage.RECEIVED
    verifier = make.officer(session)
    assert stage(session, make.taken_case(session, verifier)) is Stage.VERIFYING
    proposed = make.taken_case(session, verifier)
    make.evidence(session, proposed, verifier)
    make.verdict(session, proposed, verifier)
    assert stage(session, proposed) is Stage.VERIFYING
    assert stage(session, make.approved_case(session)[0]) is Stage.CONCLUDED
    assert stage(session, published(session, at)[0]) is Stage.PUBLISHED


def test_a_published_case_shows_its_conclusion_and_its_days(session: Session, at: datetime) -> None:
    case, issued = published(session, at)
    found = tracking.status(session, make.arrival(session, case_id=case.id))
    assert found.conclusion is not None
    assert (found.conclusion.link, found.conclusion.claim) == ("/cong-bo/dap-nam-pung", issued.claim)
    assert found.moments == {
        Stage.RECEIVED: make.AT,
        Stage.VERIFYING: make.AT,
        Stage.CONCLUDED: make.AT,
        Stage.PUBLISHED: at,
    }


def test_a_conclusion_stays_public_while_the_next_version_is_prepared(session: Session, at: datetime) -> None:
    case, _ = published(session, at)
    case.state = CaseState.VERIFYING
    session.flush()
    assert stage(session, case) is Stage.PUBLISHED


@pytest.mark.parametrize("reason", list(ClosedReason))
def test_a_closed_case_says_why(session: Session, reason: ClosedReason) -> None:
    found = tracking.status(session, make.arrival(session, case_id=closed(session, reason).id))
    forwarded = reason is ClosedReason.SCAM_FORWARDED
    assert found.stage is (Stage.FORWARDED if forwarded else Stage.DECLINED)
    assert found.reason is reason
    assert found.moments[found.stage] == make.AT


def match(session: Session, case: Case, position: int, judgement: Judgement) -> None:
    judged = judgement is not Judgement.SUGGESTED
    session.add(
        Match(
            case_id=case.id,
            claim_id=make.claim(session, f"Tin số {position}").id,
            position=position,
            probability=0.9,
            band=Band.STRONG,
            relation=Relation.SAME,
            signals={},
            reasons={},
            ranker="r",
            encoder="e",
            pair_fingerprint="p",
            suggested_at=make.AT,
            judgement=judgement,
            judged_at=make.AT if judged else None,
            judged_by_id=make.officer(session).id if judged else None,
            judged_fingerprint="p" if judged else None,
        )
    )


def test_an_answered_report_leads_to_the_conclusion_a_person_matched(session: Session) -> None:
    case = closed(session, ClosedReason.ALREADY_ANSWERED)
    for position, judgement in enumerate((Judgement.SUGGESTED, Judgement.CONFIRMED, Judgement.REJECTED), 1):
        match(session, case, position, judgement)
    session.flush()
    found = tracking.status(session, make.arrival(session, case_id=case.id)).conclusion
    assert found is not None
    assert (found.claim, found.link) == ("Tin số 2", "https://example.org/bai-viet")


def test_merged_cases_are_followed_to_the_last(session: Session) -> None:
    last = make.taken_case(session, make.officer(session))
    middle = make.case(session, merged_into_id=None)
    first = make.case(session)
    arrival = make.arrival(session, case_id=first.id, joined=Joined.OPENED)
    for case, into in ((first, middle), (middle, last)):
        case.state, case.merged_into_id = CaseState.MERGED, into.id
        session.flush()
    found = tracking.status(session, arrival)
    assert (found.stage, found.merged) == (Stage.VERIFYING, True)


def test_a_circle_of_merges_ends(session: Session) -> None:
    one, other = make.case(session), make.case(session)
    for case, into in ((one, other), (other, one)):
        case.state, case.merged_into_id = CaseState.MERGED, into.id
    session.flush()
    arrival = make.arrival(session, case_id=one.id)
    assert tracking.status(session, arrival).stage is Stage.RECEIVED


def test_each_piece_has_its_own_way(session: Session) -> None:
    first = make.arrival(session)
    verifier = make.officer(session)
    piece: dict[str, Any] = {"piece_of": first.id, "code_digest": None}
    make.arrival(session, piece_no=2, case_id=make.taken_case(session, verifier).id, **piece)
    make.arrival(session, "", url="https://example.org/a", piece_no=3, **piece)
    found = tracking.status(session, first)
    assert found.stage is Stage.RECEIVED
    assert [(one.number, one.link, one.stage) for one in found.pieces] == [
        (2, False, Stage.VERIFYING),
        (3, True, Stage.RECEIVED),
    ]


@pytest.mark.parametrize("why", list(HeldWhy))
def test_what_is_held_waits_like_any_other_and_bait_is_not_given_away(session: Session, why: HeldWhy) -> None:
    arrival = make.arrival(session, state=ArrivalState.HELD, held_why=why)
    said = why not in {HeldWhy.BAIT, HeldWhy.TOO_FAST}
    found = tracking.status(session, arrival)
    assert (found.stage, found.waits, found.discarded) == (Stage.RECEIVED, said, False)
    arrival.state = ArrivalState.RECEIVED  # let in
    session.flush()
    assert not tracking.status(session, arrival).waits


def test_what_was_discarded_is_closed_with_its_pieces(session: Session) -> None:
    held = {"state": ArrivalState.HELD, "held_why": HeldWhy.BAIT}
    arrival = make.arrival(session, **held)
    piece = make.arrival(session, **held, piece_of=arrival.id, piece_no=2, code_digest=None)
    for one in (arrival, piece):
        one.state = ArrivalState.DISCARDED
    session.flush()
    found = tracking.status(session, arrival)
    assert (found.stage, found.discarded, found.waits, found.reason) == (Stage.DECLINED, True, False, None)
    assert [(one.stage, one.discarded) for one in found.pieces] == [(Stage.DECLINED, True)]


@pytest.mark.parametrize(
    ("lang", "words"), [("vi", "Nếu có nhầm lẫn"), ("en", "If this is a mistake"), ("zh", "如有误判")]
)
def test_a_discarded_report_still_has_an_answer(
    client: TestClient, sessions: sessionmaker[Session], keys: HouseKeys, lang: str, words: str
) -> None:
    code = codes.new()
    with sessions.begin() as session:
        held = {"state": ArrivalState.HELD, "held_why": HeldWhy.BAIT}
        arrival = make.arrival(session, **held, code_digest=codes.digest(code, keys.code))
        arrival.state = ArrivalState.DISCARDED
    page = client.post(f"/tra-cuu?lang={lang}", data={"code": code})
    assert (page.status_code, words in page.text) == (200, True)
    told = client.post("/api/v1/reports/status", json={"code": code}).json()
    assert (told["stage"], told["reason"], told["discarded"], told["waits"]) == (
        "declined",
        None,
        True,
        False,
    )


@pytest.mark.parametrize("why", list(HeldWhy))
def test_programs_are_told_as_much_as_people(
    client: TestClient, sessions: sessionmaker[Session], keys: HouseKeys, why: HeldWhy
) -> None:
    code = codes.new()
    with sessions.begin() as session:
        first = make.arrival(session, code_digest=codes.digest(code, keys.code))
        held = {"state": ArrivalState.HELD, "held_why": why}
        make.arrival(session, "Chuyện khác", piece_of=first.id, piece_no=2, code_digest=None, **held)
    told = client.post("/api/v1/reports/status", json={"code": code}).json()
    said = why not in {HeldWhy.BAIT, HeldWhy.TOO_FAST}
    assert (told["waits"], [piece["waits"] for piece in told["pieces"]]) == (False, [said])
    page = client.post("/tra-cuu", data={"code": code}).text
    assert ("nhiều phản ánh hơn bình thường" in page) is said
