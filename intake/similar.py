"""Published conclusions about what a citizen is typing, found by words alone.

The web process never loads the encoder: this is a look-up of folded syllable pairs in PostgreSQL,
scored again here. It offers at most a few conclusions and rather none than a wrong one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from corpus import frequencies, passages, places
from corpus.text import normalise, terms
from models import ConfirmedClaim, Correction, CorrectionKind, Passage, Rating

SHOWN: Final = 3
_TERMS_COMPARED: Final = 80  # of each text's beginning; a long post says what it is about early
_CANDIDATES: Final = 60
# The floor: on 177 written test reports 46 % find their claim, one in a hundred is shown a wrong one
# beside it, and none of 37 reports that match nothing is shown anything.
_LEAST_SHARED, _LEAST_LIKENESS = 3, 0.25
_LEAST_CONTAINED, _LEAST_CONTAINMENT = 4, 0.35
_BESIDE: Final = 0.6  # of the best score: what is much weaker is noise beside a good answer


@dataclass(frozen=True)
class Conclusion:
    """A conclusion as a citizen is shown it: what was claimed, what was found, by whom, where to read it."""

    claim: str
    rating: Rating
    truth: str
    concluded_by: tuple[str, ...]  # empty: this centre
    concluded_on: date | None  # or a moment, of our own
    date_precision: str
    link: str
    own: bool
    withdrawn: bool = False  # the text stays readable, the rating no longer holds


def conclusions(session: Session, text: str) -> list[Conclusion]:
    """Return at most three published conclusions that speak of what `text` says, the likest first."""
    normal = normalise(text)
    query = passages.asking(normal, frequencies.of(session))
    if query is None:
        return []
    asked = set(normal.pairs[:_TERMS_COMPARED])
    rows = session.execute(
        select(ConfirmedClaim, Passage.folded, Passage.lang)
        .join(Passage, Passage.claim_id == ConfirmedClaim.id)
        .where(Passage.terms.op("@@")(query), ConfirmedClaim.retired_at.is_(None))
        .order_by(func.ts_rank(Passage.terms, query).desc(), Passage.id)
        .limit(_CANDIDATES)
    )
    here = places.keys(normal.canonical)
    scores: dict[ConfirmedClaim, float] = {}
    for claim, folded, lang in rows:
        score = _likeness(asked, set(terms(folded, lang)[:_TERMS_COMPARED]))
        if score > scores.get(claim, 0.0) and _same_place(here, claim):
            scores[claim] = score
    floor = _BESIDE * max(scores.values(), default=0.0)
    best = sorted(scores, key=lambda claim: (-scores[claim], claim.id))
    standing = [
        one for one in of_claims(session, [c for c in best if scores[c] >= floor]) if not one.withdrawn
    ]
    return standing[:SHOWN]


def of_claims(session: Session, claims: Sequence[ConfirmedClaim]) -> list[Conclusion]:
    """Return `claims` as citizens are shown them; own ones lead to their newest published version."""
    numbers = [claim.correction_number for claim in claims if claim.correction_number]
    own: dict[str, Correction] = {}
    for issued in session.scalars(
        select(Correction).where(Correction.number.in_(numbers)).order_by(Correction.version)
    ):
        own[issued.number] = issued
    shown = []
    for claim in claims:
        newest = own.get(claim.correction_number or "")
        shown.append(_of_source(claim) if newest is None else of_correction(newest))
    return shown


def of_correction(issued: Correction) -> Conclusion:
    """Return this centre's own correction as citizens are shown it."""
    return Conclusion(
        claim=issued.claim,
        rating=issued.rating,
        truth=issued.truth,
        concluded_by=(),
        concluded_on=issued.issued_at,  # a moment: pages turn it into the day here
        date_precision="day",
        link=f"/cong-bo/{issued.slug}",
        own=True,
        withdrawn=issued.kind is CorrectionKind.VOID,
    )


def _of_source(claim: ConfirmedClaim) -> Conclusion:
    addresses = [str(source.get("url", "")) for source in claim.sources if isinstance(source, dict)]
    web = (address for address in addresses if address.startswith(("https://", "http://")))
    return Conclusion(
        claim=claim.claim,
        rating=claim.rating,
        truth=claim.truth,
        concluded_by=tuple(map(str, claim.concluded_by)),
        concluded_on=claim.concluded_on,
        date_precision=claim.date_precision,
        link=next(web, ""),
        own=False,
    )


def _same_place(here: frozenset[str], claim: ConfirmedClaim) -> bool:
    """Return False if both texts name places and share none: the same rumour about another dam is another."""
    there = places.keys(claim.claim)
    return not here or not there or bool(here & there)


def _likeness(asked: set[str], known: set[str]) -> float:
    """Return how alike two sets of terms are, 0 below the floor."""
    shared = len(asked & known)
    likeness = 2 * shared / (len(asked) + len(known))
    containment = shared / max(1, min(len(asked), len(known)))
    alike = shared >= _LEAST_SHARED and likeness >= _LEAST_LIKENESS
    contained = shared >= _LEAST_CONTAINED and containment >= _LEAST_CONTAINMENT
    return max(likeness, containment / 2) if alike or contained else 0.0
