"""How often the nearest claim answered a case: noted by case, told by the clock from what people decided.

Nothing is decided by it and no order changes: it says how far the probabilities of all suggestions must
move to be true here (corpus/calibration.py).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, case, exists, false, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from corpus import calibration, ranker
from corpus.search import Answers
from models import ArrivalKind, BestGuess, Calibration, Case, CaseState, ClosedReason, Judgement, Match

LATEST: Final = 500  # decided cases; one counts once, however many reports it has
_ENDED: Final = (CaseState.CLOSED, CaseState.APPROVED, CaseState.PUBLISHED)


def moved(session: Session, kind: ArrivalKind) -> float:
    """Return the log-odds by which probabilities for cases of that kind move; 0 as long as none is told."""
    found = session.scalar(
        select(Calibration.moved).where(Calibration.kind == kind, Calibration.ranker == ranker.load().version)
    )
    return found or 0.0


def note(
    session: Session, case_id: int, kind: ArrivalKind, found: Sequence[Answers], *, at: datetime
) -> None:
    """Keep what came nearest to the case in any of the answers to its texts."""
    guesses = [one.best for one in found if one.best is not None]
    if not guesses:
        return
    best = max(guesses, key=lambda one: one.probability)
    values = {
        "kind": kind,
        "claim_id": best.claim_id,
        "odds": calibration.log_odds(best.probability),
        "ranker": ranker.load().version,
        "guessed_at": at,
    }
    session.execute(
        insert(BestGuess)
        .values(case_id=case_id, **values)
        .on_conflict_do_update(index_elements=[BestGuess.case_id], set_=values)
    )


def count(session: Session, *, at: datetime) -> None:
    """Tell anew, for reports and for articles, from the latest cases that people have decided."""
    version = ranker.load().version
    for kind in ArrivalKind:
        rows = _decided(session, kind, version)
        odds, right = [odds for odds, _ in rows], [answered for _, answered in rows]
        values = {
            "moved": calibration.moved(odds, right),
            "cases": len(rows),
            "answered": sum(right),
            "expected": sum(map(calibration.probability, odds)),
            "ranker": version,
            "counted_at": at,
        }
        session.execute(
            insert(Calibration)
            .values(kind=kind, **values)
            .on_conflict_do_update(index_elements=[Calibration.kind], set_=values)
        )


def _decided(session: Session, kind: ArrivalKind, version: str) -> Sequence[tuple[float, bool]]:
    """Return the log-odds of the latest decided cases, and whether the nearest claim answered them."""
    answered = _answered().label("answered")
    rows = session.execute(
        select(BestGuess.odds, answered)
        .join(Case, Case.id == BestGuess.case_id)
        .where(
            BestGuess.kind == kind,
            BestGuess.ranker == version,
            Case.state != CaseState.MERGED,
            ~Case.demo,
            answered.is_not(None),
        )
        .order_by(BestGuess.case_id.desc())
        .limit(LATEST)
    )
    return [(row.odds, row.answered) for row in rows]


def _answered() -> ColumnElement[bool]:
    """Return whether people found that the nearest claim answers the case; null: nobody has said yet."""
    confirmed = exists().where(Match.case_id == BestGuess.case_id, Match.judgement == Judgement.CONFIRMED)
    rejected = exists().where(Match.case_id == BestGuess.case_id, Match.judgement == Judgement.REJECTED)
    nearest = Match.claim_id == BestGuess.claim_id
    # Closed as answered without a word on any match: by which claim is not said.
    covered = func.coalesce(Case.closed_reason == ClosedReason.ALREADY_ANSWERED, false())
    return case(
        (confirmed.where(nearest), True),
        (confirmed | rejected.where(nearest) | (Case.state.in_(_ENDED) & ~covered), False),
    )
