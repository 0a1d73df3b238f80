from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Case, CaseState, Judgement, Match, NotFound, Officer, Passage, Refusal
from tests import factories as make
from tests.factories import AT
from verify import judgements

Diary = Callable[[int], list[tuple[str, dict[str, Any]]]]


def refused(verb: Callable[..., Any], *args: Any, **named: Any) -> str:
    with pytest.raises(Refusal) as caught:
        verb(*args, **named)
    return caught.value.code


def entries(session: Session, claim_id: int) -> int:
    return session.scalar(select(func.count()).where(Passage.claim_id == claim_id)) or 0


@pytest.fixture
def case(session: Session) -> Case:
    made = make.case(session)
    make.passage(session, "Đập Nậm Pung vỡ rồi bà con ơi", case_id=made.id)
    return made


@pytest.fixture
def match(session: Session, case: Case) -> Match:
    return make.match(session, case, make.claim(session))


def test_a_yes_gives_the_claim_the_words_and_undoing_takes_them_back(
    session: Session, case: Case, match: Match, hoa: Officer, diary: Diary
) -> None:
    judgements.confirm(session, match, by=hoa, at=AT)
    assert (match.judgement, match.judged_by_id, match.judged_fingerprint) == (
        Judgement.CONFIRMED,
        hoa.id,
        match.pair_fingerprint,
    )
    assert entries(session, match.claim_id) == 1
    assert case.state is CaseState.OPEN  # nothing closes by itself
    judgements.undo(session, match, by=hoa, at=AT)
    assert (match.judgement, match.judged_at) == (Judgement.SUGGESTED, None)
    assert entries(session, match.claim_id) == 0
    assert [action for action, _ in diary(case.id)] == ["match.confirmed", "match.undone"]


def test_undoing_leaves_an_entry_that_was_there_before(session: Session, match: Match, hoa: Officer) -> None:
    make.passage(session, "Đập Nậm Pung vỡ rồi bà con ơi", claim_id=match.claim_id)
    judgements.confirm(session, match, by=hoa, at=AT)
    judgements.undo(session, match, by=hoa, at=AT)
    assert entries(session, match.claim_id) == 1


def test_a_variant_lends_no_words(session: Session, case: Case, hoa: Officer) -> None:
    variant = make.match(session, case, make.claim(session), relation="variant")
    judgements.confirm(session, variant, by=hoa, at=AT)
    assert entries(session, variant.claim_id) == 0


def test_a_pair_is_judged_once(session: Session, match: Match, hoa: Officer, pao: Officer) -> None:
    judgements.reject(session, match, by=hoa, at=AT)
    assert match.judgement is Judgement.REJECTED
    assert refused(judgements.confirm, session, match, by=pao, at=AT) == "already-judged"
    judgements.undo(session, match, by=pao, at=AT)
    assert refused(judgements.undo, session, match, by=pao, at=AT) == "not-judged"


def test_a_claim_found_by_hand(session: Session, case: Case, hoa: Officer) -> None:
    claim = make.claim(session)
    made = judgements.attach(session, case, claim_id=claim.id, by=hoa, at=AT)
    assert (made.ranker, made.judgement) == (judgements.BY_HAND, Judgement.CONFIRMED)
    assert entries(session, claim.id) == 1
    wanted: dict[str, Any] = {"claim_id": claim.id, "by": hoa, "at": AT}
    assert refused(judgements.attach, session, case, **wanted) == "already-judged"
    judgements.undo(session, made, by=hoa, at=AT)
    judgements.reject(session, made, by=hoa, at=AT)
    again = judgements.attach(session, case, **wanted)  # a changed mind
    assert (again.id, again.judgement) == (made.id, Judgement.CONFIRMED)
    gone = make.claim(session, retired_at=AT)
    for wrong in (gone.id, 0, 10**30):
        assert refused(judgements.attach, session, case, **{**wanted, "claim_id": wrong}) == "not-found"


def test_a_twin_is_merged_by_a_yes_and_parted_by_undoing(session: Session, hoa: Officer) -> None:
    older, newer = make.case(session), make.case(session)
    make.arrival(session, case_id=newer.id)
    twin = make.twin(session, newer, older)
    judgements.confirm_twin(session, twin, by=hoa, at=AT)
    assert (newer.state, newer.merged_into_id, older.arrivals) == (CaseState.MERGED, older.id, 2)
    judgements.undo_twin(session, twin, by=hoa, at=AT)
    assert (newer.state, older.arrivals, twin.judgement) == (CaseState.OPEN, 1, Judgement.SUGGESTED)
    judgements.reject_twin(session, twin, by=hoa, at=AT)
    judgements.undo_twin(session, twin, by=hoa, at=AT)
    assert (newer.state, twin.judgement) == (CaseState.OPEN, Judgement.SUGGESTED)


def test_pairs_of_other_cases_are_not_found(session: Session, match: Match) -> None:
    other = make.case(session)
    with pytest.raises(NotFound):
        judgements.match(session, match.id, of=other)
    with pytest.raises(NotFound):
        judgements.match(session, 10**30, of=other)
    with pytest.raises(NotFound):
        judgements.twin(session, 1, of=other)
