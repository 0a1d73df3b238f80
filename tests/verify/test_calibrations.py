"""How often the nearest claim answers a case, as the clock tells it."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from corpus import calibration, ranker
from corpus.search import Answers, Guess
from models import ArrivalKind, BestGuess, Calibration, Case, ClosedReason, ConfirmedClaim, Match, Officer
from tests import factories as make
from tests.factories import AT
from verify import calibrations, cases, judgements, merging

REPORT, ARTICLE = ArrivalKind.REPORT, ArrivalKind.ARTICLE


def guessed(session: Session, probability: float, kind: ArrivalKind = REPORT, **values: object) -> BestGuess:
    """Return what came nearest to a new case, with that probability."""
    case, claim = make.case(session, **values), make.claim(session)
    answers = [Answers([], Guess(claim.id, probability))]
    calibrations.note(session, case.id, kind, answers, at=AT)
    return session.get_one(BestGuess, case.id)


def case_of(session: Session, guess: BestGuess) -> Case:
    return session.get_one(Case, guess.case_id)


def match_of(session: Session, guess: BestGuess) -> Match:
    return make.match(session, case_of(session, guess), session.get_one(ConfirmedClaim, guess.claim_id))


def counted(session: Session, kind: ArrivalKind = REPORT) -> Calibration:
    calibrations.count(session, at=AT)
    return session.scalars(
        select(Calibration).where(Calibration.kind == kind).execution_options(populate_existing=True)
    ).one()


def test_nothing_moves_before_anybody_decided(session: Session) -> None:
    assert calibrations.moved(session, REPORT) == 0
    guessed(session, 0.99)
    found = counted(session)
    assert (found.moved, found.cases, found.answered, found.expected) == (0, 0, 0, 0)
    assert calibrations.moved(session, REPORT) == 0


def test_the_nearest_of_all_answers_is_kept_and_the_last_counts(session: Session) -> None:
    case, near, far = make.case(session), make.claim(session), make.claim(session)
    answers = [
        Answers([], Guess(far.id, 0.01)),
        Answers([], None),
        Answers([], Guess(near.id, 0.4)),
    ]
    calibrations.note(session, case.id, REPORT, answers, at=AT)
    kept = session.get_one(BestGuess, case.id)
    assert (kept.claim_id, kept.odds) == (near.id, pytest.approx(calibration.log_odds(0.4)))
    calibrations.note(session, case.id, REPORT, answers[:1], at=AT)
    session.refresh(kept)
    assert kept.claim_id == far.id
    without = make.case(session)
    calibrations.note(session, without.id, REPORT, [Answers([], None)], at=AT)
    assert session.get(BestGuess, without.id) is None


def test_what_people_say_of_the_nearest_counts(session: Session, hoa: Officer) -> None:
    confirmed, rejected, other, waiting = (guessed(session, 0.6) for _ in range(4))
    judgements.confirm(session, match_of(session, confirmed), by=hoa, at=AT)
    judgements.reject(session, match_of(session, rejected), by=hoa, at=AT)
    match_of(session, waiting)  # nobody has looked yet
    found = make.claim(session)
    judgements.attach(session, case_of(session, other), claim_id=found.id, by=hoa, at=AT)
    told = counted(session)
    assert (told.cases, told.answered) == (3, 1)
    assert told.expected == pytest.approx(1.8)
    assert told.moved == pytest.approx(
        calibration.moved([calibration.log_odds(0.6)] * 3, [True, False, False])
    )
    assert calibrations.moved(session, REPORT) == told.moved < 0


def test_taking_a_judgement_back_takes_its_weight_back(session: Session, hoa: Officer) -> None:
    match = match_of(session, guessed(session, 0.6))
    judgements.reject(session, match, by=hoa, at=AT)
    assert counted(session).cases == 1
    judgements.undo(session, match, by=hoa, at=AT)
    assert counted(session).cases == 0


def test_an_ended_case_without_a_match_was_not_answered(session: Session, hoa: Officer) -> None:
    cases.close(session, case_of(session, guessed(session, 0.6)), reason=ClosedReason.OPINION, by=hoa, at=AT)
    told = counted(session)
    assert (told.cases, told.answered) == (1, 0)


def test_a_case_closed_as_answered_does_not_say_by_which_claim(session: Session, hoa: Officer) -> None:
    case = case_of(session, guessed(session, 0.6))
    cases.close(session, case, reason=ClosedReason.ALREADY_ANSWERED, by=hoa, at=AT)
    assert counted(session).cases == 0


def test_reports_and_articles_are_told_apart(session: Session, hoa: Officer) -> None:
    for _ in range(8):
        judgements.confirm(session, match_of(session, guessed(session, 0.3)), by=hoa, at=AT)
        judgements.reject(session, match_of(session, guessed(session, 0.3, ARTICLE)), by=hoa, at=AT)
    assert counted(session, REPORT).moved > 0.5
    assert counted(session, ARTICLE).moved < -0.2


def test_demonstrations_merged_cases_and_another_rankers_odds_do_not_count(
    session: Session, hoa: Officer
) -> None:
    into = guessed(session, 0.9)
    merged = guessed(session, 0.9)
    old = guessed(session, 0.9)
    for guess in (guessed(session, 0.9, demo=True), into, merged, old):
        judgements.confirm(session, match_of(session, guess), by=hoa, at=AT)
    merging.merge(session, case_of(session, merged), into=case_of(session, into), by=hoa, at=AT)
    old.ranker = "an older one"
    session.flush()
    assert counted(session).cases == 1


def test_the_latest_count(session: Session, hoa: Officer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrations, "LATEST", 3)
    for verb in (judgements.reject, judgements.reject, *[judgements.confirm] * 3):
        verb(session, match_of(session, guessed(session, 0.5)), by=hoa, at=AT)
    told = counted(session)
    assert (told.cases, told.answered) == (3, 3)


def test_what_was_told_of_another_ranker_moves_nothing(session: Session, hoa: Officer) -> None:
    judgements.reject(session, match_of(session, guessed(session, 0.99)), by=hoa, at=AT)
    assert counted(session).ranker == ranker.load().version
    assert calibrations.moved(session, REPORT) < 0
    counted(session).ranker = "an older one"
    session.flush()
    assert calibrations.moved(session, REPORT) == 0


def test_the_database_refuses_what_cannot_be(session: Session) -> None:
    values = {"cases": 1, "answered": 1, "expected": 0.5, "ranker": "x", "counted_at": AT}
    session.add(Calibration(kind=REPORT, moved=3.2, **values))
    with pytest.raises(IntegrityError, match="ck_calibrations_moved"):
        session.flush()
