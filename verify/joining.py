"""How an arrival joins a case that stands: one by one, or many copies at once without the encoder."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from corpus import reasons, search
from corpus.side import Side
from corpus.text import NormalText
from models import Arrival, ArrivalState, Band, Case, Joined, Passage, Relation, audit
from verify import dedupe, mistyped, pictured, same_picture

_CASES: Final = 6  # of one family, with which a copy is compared
_NEAR: Final = frozenset({Band.STRONG, Band.LIKELY})
_LETTERS: Final = 80  # percent of those of the case's text that stand in the arrival's, one after another
_TELLING: Final = 40  # letters of a case's text, below which they stand in many


def standing(session: Session, case: Case) -> Case:
    """Follow merges to the case that stands."""
    while case.merged_into_id is not None:
        case = session.get_one(Case, case.merged_into_id)
    return case


def locked(session: Session, case: Case) -> Case:
    """Lock the case that stands, so that no merge moves it away while an arrival joins it."""
    while True:
        session.refresh(case, with_for_update=True)
        if case.merged_into_id is None:
            return case
        case = session.get_one(Case, case.merged_into_id)


def join(
    session: Session,
    arrival: Arrival,
    case: Case,
    how: Joined,
    *,
    at: datetime,
    hit: search.Hit | None = None,
    seen: same_picture.Found | None = None,
) -> Case:
    """Let `arrival` join `case`, or the case into which that was merged; return the one that it joined."""
    case = locked(session, case)
    place(session, arrival, case, how)
    session.execute(
        update(Case)
        .where(Case.id == case.id)
        .values(
            arrivals=Case.arrivals + 1,
            last_arrival_at=func.greatest(Case.last_arrival_at, arrival.received_at),
        )
    )
    if how is Joined.SIMILAR and hit is not None:
        detail = {"arrival": arrival.id, "probability": round(hit.probability, 3), "how": how.value}
        audit.record(session, "case.joined", subject=("case", case.id), by=None, at=at, detail=detail)
    if seen is not None:
        shown = {"arrival": arrival.id, "how": how.value, "picture": seen.mine, "other": seen.other}
        audit.record(session, "case.joined", subject=("case", case.id), by=None, at=at, detail=shown)
    return case


def place(session: Session, arrival: Arrival, case: Case, how: Joined) -> None:
    """Note that `arrival` belongs to `case`."""
    session.execute(
        update(Arrival)
        .where(Arrival.id == arrival.id)
        .values(state=ArrivalState.TRIAGED, case_id=case.id, joined=how, last_error="")
    )


@dataclass(frozen=True)
class Like:
    """A known case near to an arrival, and what stands between them."""

    case: Case
    hit: search.Hit
    decision: dedupe.Decision
    elsewhere: bool  # the arrival names another place that is on the map
    slip: bool  # all that differs are mistyped names
    within: bool  # the case's text stands in the arrival's but for some letters

    @property
    def near(self) -> bool:
        """Whether the ranker counts it as near, or leaves it possible where only names are mistyped.

        Or the case's text stands in the arrival's, however broken, which the ranker may take for noise.
        Whether it tells of the same place is not asked.
        """
        return self.hit.band in _NEAR or (self.slip and self.hit.band is not None) or self.within


def like(session: Session, normal: NormalText, hits: Sequence[search.Hit]) -> list[Like]:
    """Return the standing cases of `hits`, with what triage does with each; best first."""
    texts = _texts(session, [hit.owner_id for hit in hits])
    found = []
    for hit in hits:
        case, told = standing(session, session.get_one(Case, hit.owner_id)), hit.reasons["differences"]
        variant = hit.relation is Relation.VARIANT and hit.owner_id in texts
        slip = variant and mistyped.only(normal.canonical, texts[hit.owner_id].canonical, told)
        decision = dedupe.decide(hit, case.state, slip=slip)
        if decision in dedupe.JOINS and not pictured.typed(normal.fingerprint, case.fingerprint):
            decision = dedupe.Decision.SUGGEST
        elsewhere = variant and not slip and mistyped.known_place(normal.canonical, told)
        within = hit.owner_id in texts and _within(texts[hit.owner_id].folded, normal.folded)
        found.append(Like(case, hit, decision, elsewhere, slip, within))
    return found


def _within(known: str, folded: str) -> bool:
    """Return whether the folded text of a case stands in a longer one but for some letters."""
    if not _TELLING <= len(known) <= len(folded):
        return False
    return fuzz.partial_ratio(known, folded, score_cutoff=_LETTERS) >= _LETTERS


def resembled(found: Sequence[Like]) -> Case | None:
    """Return the case that an arrival resembles so much that it is shown with it while it is held."""
    return found[0].case if found and found[0].near and not found[0].elsewhere else None


def choose(session: Session, found: Sequence[Like]) -> Like | None:
    """Return the case that an arrival joins by its words, or None.

    An arrival that fits two cases which tell of different things, because it leaves out what tells them
    apart, joins neither: a person looks.
    """
    fitting = [one for one in found if one.decision in dedupe.JOINS]
    others = [one for one in fitting if one.case.id != fitting[0].case.id]
    if others:
        texts = _texts(session, [fitting[0].hit.owner_id, *(one.hit.owner_id for one in others)])
        first = texts[fitting[0].hit.owner_id]
        for one in others:
            if reasons.explain(first, texts[one.hit.owner_id]).relation is Relation.VARIANT:
                return None
    return fitting[0] if fitting else None


def _texts(session: Session, cases: Sequence[int]) -> dict[int, Side]:
    """Return the opening texts of cases."""
    rows = session.execute(
        select(Passage.case_id, Passage.canonical, Passage.folded, Passage.keys, Passage.lang).where(
            Passage.case_id.in_(cases)
        )
    )
    return {row.case_id: Side(row.canonical, row.folded, tuple(row.keys), row.lang) for row in rows}


def copies(session: Session, arrivals: Sequence[Arrival], normal: Mapping[int, NormalText]) -> list[Arrival]:
    """Join those of `arrivals` that are copies of a known case; return the others, in their order.

    The same words join as in triage. Nearly the same words are compared with the cases that hold a member of
    the same family, by the rule of verify/dedupe.py. Arrivals with pictures are left to triage.
    """
    rest: list[Arrival] = []
    found: dict[int, list[tuple[Arrival, Joined]]] = defaultdict(list)
    exact = _by_words(session, {normal[one.id].fingerprint for one in arrivals})
    families = of_families(session, {one.family_id for one in arrivals if one.family_id is not None})
    for one in arrivals:
        text = normal[one.id]
        same = exact.get(text.fingerprint)
        near = None if same is not None else _nearest(text, families.get(one.family_id or 0, ()))
        if one.pictures or (same is None and near is None):
            rest.append(one)
        elif same is not None:
            found[same].append((one, Joined.EXACT))
        elif near is not None:
            found[near].append((one, Joined.NEAR))
    for case_id in sorted(found):  # in one order everywhere, so that no two wait for each other
        _join_all(session, session.get_one(Case, case_id), found[case_id])
    return rest


def _by_words(session: Session, fingerprints: set[str]) -> dict[str, int]:
    rows = session.execute(
        select(Case.fingerprint, Case.id, Case.merged_into_id).where(Case.fingerprint.in_(fingerprints))
    )
    return {
        row.fingerprint: row.id
        if row.merged_into_id is None
        else standing(session, session.get_one(Case, row.id)).id
        for row in rows
    }


@dataclass(frozen=True)
class Opened:
    """A case by its opening text."""

    case_id: int
    side: Side


def of_families(session: Session, families: set[int]) -> dict[int, list[Opened]]:
    """Return the cases that hold members of each family, as their opening texts: a few, oldest first."""
    rows = session.execute(
        select(
            Arrival.family_id, Passage.case_id, Passage.canonical, Passage.folded, Passage.keys, Passage.lang
        )
        .distinct()
        .join(Passage, Passage.case_id == Arrival.case_id)
        .where(Arrival.family_id.in_(families), Arrival.state == ArrivalState.TRIAGED)
        .order_by(Arrival.family_id, Passage.case_id)
    )
    found: dict[int, list[Opened]] = defaultdict(list)
    for row in rows:
        if len(found[row.family_id]) < _CASES:
            side = Side(row.canonical, row.folded, tuple(row.keys), row.lang)
            found[row.family_id].append(Opened(row.case_id, side))
    return found


def _nearest(text: NormalText, known: Sequence[Opened]) -> int | None:
    """Return the case whose opening text has nearly the same words and tells the same, or None."""
    if not text.informative:
        return None
    words = text.folded.split()
    overlaps = [LCSseq.normalized_similarity(words, one.side.folded.split()) for one in known]
    for overlap, one in sorted(zip(overlaps, known, strict=True), key=lambda pair: -pair[0]):
        if overlap < dedupe.NEAR_OVERLAP:
            return None
        why = reasons.explain(Side.of(text), one.side)
        told = why.as_json()["differences"] if why.relation is Relation.VARIANT else []
        if why.relation is Relation.SAME or mistyped.only(text.canonical, one.side.canonical, told):
            return one.case_id
    return None


def _join_all(session: Session, case: Case, joining: Sequence[tuple[Arrival, Joined]]) -> None:
    """Let many join one case: one lock, one count, as many rows as there are."""
    case = locked(session, case)
    for how in (Joined.EXACT, Joined.NEAR):
        ids = [one.id for one, as_what in joining if as_what is how]
        if ids:
            session.execute(
                update(Arrival)
                .where(Arrival.id.in_(ids))
                .values(state=ArrivalState.TRIAGED, case_id=case.id, joined=how, last_error="")
                .execution_options(synchronize_session=False)
            )
    last = max(one.received_at for one, _ in joining)
    session.execute(
        update(Case)
        .where(Case.id == case.id)
        .values(
            arrivals=Case.arrivals + len(joining),
            last_arrival_at=func.greatest(Case.last_arrival_at, last),
        )
    )
