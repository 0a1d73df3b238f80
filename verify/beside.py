"""Confirmed claims beside a case: both texts with their reasons, and the reasons copied into its diary."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased, joinedload

from models import Case, Judgement, Match, NotFound, Officer, Passage, audit
from verify import aligned

LIMIT: Final = 12  # matches of a case that are shown
_STATEMENT: Final = 300  # characters of the claim that go into the diary
_PHRASES: Final = 5  # shared phrases that go into the diary, the longest ones


@dataclass(frozen=True)
class Beside:
    """A confirmed claim beside the case, with both texts marked."""

    match: Match
    sides: aligned.Sides


def matches(session: Session, case: Case) -> Sequence[Beside]:
    """Return the matches; each beside the very entry of the claim with which it was compared."""
    ours = aliased(Passage)
    compared = func.sha256(func.convert_to(ours.fingerprint + ":" + Passage.fingerprint, "UTF8"))
    rows = session.execute(
        select(Match, ours.canonical, Passage.canonical)
        .outerjoin(ours, ours.case_id == Match.case_id)
        .outerjoin(
            Passage,
            (Passage.claim_id == Match.claim_id) & (func.encode(compared, "hex") == Match.pair_fingerprint),
        )
        .where(Match.case_id == case.id)
        .options(joinedload(Match.claim))
        .order_by(Match.judgement == Judgement.REJECTED, Match.position, Match.id)
        .limit(LIMIT)
        .execution_options(populate_existing=True)
    )
    return [
        Beside(
            match,
            aligned.read(match.reasons, left, right)
            if left is not None and right is not None
            else aligned.plain(left or case.statement, match.claim.claim),
        )
        for match, left, right in rows
    ]


def note(session: Session, case: Case, match_id: int, *, by: Officer, at: datetime) -> None:
    """Copy the reasons of a match into the diary, as they stand now, in the words of both texts.

    Raises NotFound for a match that is not shown beside this case.
    """
    found = next((one for one in matches(session, case) if one.match.id == match_id), None)
    if found is None:
        raise NotFound
    audit.record(session, "match.noted", subject=("case", case.id), by=by, at=at, detail=_detail(found))


def _detail(found: Beside) -> dict[str, Any]:
    match, sides = found.match, found.sides
    phrases = sorted({words for kind, words in sides.left if kind == "same"}, key=len, reverse=True)
    return {
        "match": match.id,
        "claim": match.claim_id,
        "statement": match.claim.claim[:_STATEMENT],
        "relation": match.relation.value,
        "band": match.band.value,
        "differences": [[one.kind, one.ours, one.theirs] for one in sides.differences],
        "shared": phrases[:_PHRASES],
        "denial": sides.denial,
        "foreign": sides.foreign,
        "fired": list(sides.fired),
        "reading": sides.reading,
        "ranker": match.ranker,
    }
