"""Nearest known texts: candidates from the database's indexes, scored, explained, in order."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Final

import numpy as np
from rapidfuzz.distance import LCSseq
from sqlalchemy.orm import Session

from corpus import calibration, candidates, excerpts, places, ranker, reader, reasons
from corpus.candidates import DEPTH, Asked, Known, Owner
from corpus.diacritics import mended, readable
from corpus.encoder import Encoder, Vectors
from corpus.side import Side
from corpus.signals import Comparison, Signals
from corpus.text import NormalText, normalise, reading
from models import Band, Relation

__all__ = ["DEPTH", "Answers", "Guess", "Hit", "Near", "Query", "answers", "bulk", "cases", "claims"]

_DIGITS: Final = 6  # of a probability: more than sums of numbers in another order leave equal
_SLACK: Final = 10.0**-_DIGITS
_NEAREST: Final = 4  # candidates that are looked at although they cannot reach the floor by themselves
_BATCH: Final = 32  # texts whose candidates are fetched together


@dataclass(frozen=True)
class Query:
    """A text that asks, and the vector that asks; the encoder gives the one under which it will be found.

    `begins` is where a passage of a longer text begins in it.
    """

    normal: NormalText
    vector: Vectors | None
    encoder: Encoder | None = None
    begins: int = 0

    @classmethod
    def of(cls, normal: NormalText, encoder: Encoder) -> "Query":
        """Return the query for `normal`; texts with too little to say get no vectors."""
        return cls.several([normal], encoder)[0]

    @classmethod
    def several(cls, texts: Sequence[NormalText], encoder: Encoder) -> "list[Query]":
        """Return the queries for `texts`, encoded together."""
        telling = [one for one in texts if one.informative]
        vectors = iter(encoder.encode_query([readable(one.canonical, one.lang) for one in telling]))
        return [cls(one, next(vectors) if one.informative else None, encoder) for one in texts]

    @cached_property
    def passage_vector(self) -> Vectors | None:
        """The vector under which this text will be found; worked out when first asked for."""
        if self.vector is None or self.encoder is None:
            return None
        vectors: Vectors = self.encoder.encode_passage([readable(self.normal.canonical, self.normal.lang)])
        return np.asarray(vectors[0])

    @cached_property
    def parts(self) -> "Sequence[Query]":
        """The passages of a long text, as queries of their own; encoded when first asked for."""
        if self.vector is None or self.encoder is None:
            return []
        canonical = self.normal.canonical
        cut = [(start, normalise(canonical[start:end])) for start, end in excerpts.spans(canonical)]
        queries = Query.several([normal for _, normal in cut], self.encoder) if cut else []
        # Where the passage alone is written otherwise, its reasons would point at other words.
        return [
            replace(query, begins=start)
            for (start, _), query in zip(cut, queries, strict=True)
            if canonical.startswith(query.normal.canonical, start)
        ]

    @cached_property
    def readable(self) -> str:
        """This text as the encoder reads it."""
        return readable(self.normal.canonical, self.normal.lang)

    @cached_property
    def read(self) -> NormalText:
        """This text with its words as they are compared, slips mended."""
        return reading(self.normal, mended(self.normal.canonical, self.normal.lang))

    @property
    def asked(self) -> Asked:
        """This text as its candidates are looked up."""
        return Asked(self.read, self.vector, None if self.encoder is None else str(self.encoder.description))

    @cached_property
    def side(self) -> Side:
        """This text as one side of pairs."""
        return Side.of(self.normal, self.vector, places.keys(self.normal.canonical), mended=self.read.folded)

    @cached_property
    def both_ways(self) -> Side:
        """The same beside other reports, of which none is the one that asks."""
        return replace(self.side, turned=self.passage_vector)


@dataclass(frozen=True)
class Hit:
    """A known text that may say the same. `owner_id` is a confirmed claim or a case."""

    owner_id: int
    probability: float
    band: Band | None
    relation: Relation
    overlap: float  # share of the longer text's folded words that both have, in order
    signals: dict[str, float]
    reasons: dict[str, Any]
    ranker: str
    pair_fingerprint: str


@dataclass(frozen=True)
class Near:
    """A known text by its owner, with the probability that both say the same. Without reasons."""

    owner_id: int
    probability: float
    band: Band | None


@dataclass(frozen=True)
class Guess:
    """The claim that comes nearest to a text, with the ranker's own probability, unmoved."""

    claim_id: int
    probability: float


@dataclass(frozen=True)
class Answers:
    """What may answer a text, best first, and the best of all, suggested or not; None: there is nothing."""

    hits: list[Hit]
    best: Guess | None


def answers(
    session: Session, query: Query, *, limit: int = 10, floor: bool = True, moved: float = 0.0
) -> Answers:
    """Return the confirmed claims nearest to `query`, best first; none below the ranker's floor.

    Retired claims are left out. A claim is as near as the nearest of its texts is to the query or, where
    that is long, to one of its passages. All probabilities are `moved` by so many log-odds
    (verify/calibrations.py). Without `floor` the list is as long as there are candidates, for measuring.
    """
    model = replace(ranker.load(), moved=moved)
    (ordered,) = _ranked(session, [query], "claim", model, floor=floor)
    shown = [one for one in ordered if not floor or one.told >= model.floor]
    best = Guess(ordered[0].owner_id, ordered[0].probability) if ordered else None
    return Answers(_hits(query, shown[:limit]), best)


def claims(
    session: Session, query: Query, *, limit: int = 10, floor: bool = True, moved: float = 0.0
) -> list[Hit]:
    """Return the hits of `answers`."""
    return answers(session, query, limit=limit, floor=floor, moved=moved).hits


def cases(session: Session, query: Query, *, limit: int = 5) -> list[Hit]:
    """Return the cases whose opening text is nearest to `query`, best first, however far.

    Neither of two reports asks for the other, so their vectors are compared both ways.
    """
    (ordered,) = _ranked(session, [query], "case", ranker.load(), floor=False)
    return _hits(query, ordered[:limit])


def bulk(
    session: Session, texts: Sequence[NormalText], encoder: Encoder, *, limit: int = 10
) -> list[list[Near]]:
    """Return for each text the confirmed claims nearest to it, best first, without floor and reasons.

    For imports, measurements and whole queues: texts are encoded and looked up many at a time.
    """
    result: list[list[Near]] = []
    for start in range(0, len(texts), _BATCH):
        queries = Query.several(texts[start : start + _BATCH], encoder)
        result += [
            [Near(one.owner_id, one.told, one.model.band(one.told)) for one in ordered[:limit]]
            for ordered in _ranked(session, queries, "claim", ranker.load(), floor=False)
        ]
    return result


@dataclass(frozen=True)
class _Scored:
    """An owner by its nearest text: `known`, at `place` among those that stand beside `query`."""

    owner_id: int
    probability: float
    query: Query
    known: Known
    beside: Comparison
    place: int
    model: ranker.Ranker
    opinion: reader.Opinion | None = None  # of both texts, where it was asked for

    @property
    def told(self) -> float:
        """The probability that people are told."""
        return self.model.told(self.probability)

    @property
    def pair(self) -> tuple[str, str]:
        """Both texts as the reader gets them."""
        known = self.known.side
        return self.query.readable, readable(known.canonical, known.lang)


def _hits(query: Query, shown: Sequence[_Scored]) -> list[Hit]:
    # Reasons, and signals that are not weighed, take their time: only for those that are shown.
    return [
        _hit(query, one, _all_signals(one), _reading(query, one) if place < ranker.MOST_READ else None)
        for place, one in enumerate(shown)
    ]


def _reading(query: Query, one: _Scored) -> reasons.Read | None:
    """Return what reads pairs: only where something is suggested, and in processes that encode."""
    if query.encoder is None or one.model.band(one.told) is None:
        return None
    opinion = one.opinion
    return reader.load().read if opinion is None else lambda *_: opinion


def _all_signals(one: _Scored) -> Signals:
    (row,) = one.beside.table(Signals._fields, [one.place]).tolist()
    return Signals(*row)


def _ranked(
    session: Session, queries: Sequence[Query], owner: Owner, model: ranker.Ranker, *, floor: bool
) -> list[list[_Scored]]:
    """Return for each query who is near, best first; with `floor` only whoever may reach the ranker's floor.

    Claims are compared with its passages too. The more passages, the more likely one of them is near
    something by chance, and what is said around it is lost: what one finds counts as its odds divided by the
    square of their number.
    """
    asking = list(enumerate(queries))
    found = candidates.find(session, [one.asked for one in queries], owner)
    parts = [(number, part) for number, query in asking for part in query.parts] if owner == "claim" else []
    if parts:
        asking += parts
        found += candidates.find(session, [part.asked for _, part in parts], owner, depth=candidates.SHALLOW)
    best: list[dict[int, _Scored]] = [{} for _ in queries]
    for (number, query), known in zip(asking, found, strict=True):
        asks = query.both_ways if owner == "case" else query.side
        whole = queries[number]
        chances = 2 * math.log(len(whole.parts)) if query is not whole else 0.0
        beside = Comparison(asks, [one.side for one in known], [one.owner_id for one in known])
        for place, alone in _probabilities(beside, model, floor=floor):
            probability = calibration.probability(calibration.log_odds(alone) - chances) if chances else alone
            nearest = best[number].get(known[place].owner_id)
            if nearest is None or probability > nearest.probability:
                one = known[place]
                best[number][one.owner_id] = _Scored(
                    one.owner_id, probability, query, one, beside, place, model
                )
    return [_reconsidered(sorted(one.values(), key=_place)) for one in best]


def _reconsidered(found: list[_Scored]) -> list[_Scored]:
    """Return the same in their order after the best were read together with what asks: by who encodes."""
    if not found or found[0].query.encoder is None:
        return found
    read = cache(reader.load().read)  # claims in the same words are read once
    probabilities, opinions = found[0].model.second.asked(
        [one.probability for one in found], lambda place: read(*found[place].pair)
    )
    heard = [
        replace(one, probability=probability, opinion=opinions.get(place))
        for place, (one, probability) in enumerate(zip(found, probabilities, strict=True))
    ]
    return sorted(heard, key=_place)


def _place(one: _Scored) -> tuple[float, int]:
    """Return by what is sorted: of two that say the same in the same words, the older comes first."""
    return -round(one.probability, _DIGITS), one.owner_id


def _probabilities(beside: Comparison, model: ranker.Ranker, *, floor: bool) -> Iterator[tuple[int, float]]:
    """Yield the places of the candidates with their probabilities.

    With `floor` of those that may reach it and of a few that come nearest: the best may yet be read together
    with what asks.
    """
    if not floor:
        yield from enumerate(model.of_table(beside.table(model.features)))
        return
    # Hardly one candidate in twenty could reach the floor, whatever its dearest signals say.
    above = model.hopeful.of_table(beside.table(model.hopeful.features))
    nearest = set(np.argsort(above)[-_NEAREST:].tolist())
    near = [place for place, most in enumerate(above) if most >= model.least - _SLACK or place in nearest]
    yield from zip(near, model.of_table(beside.table(model.features, near)), strict=True)


def _signals(query: Query, nearest: _Scored, measured: Signals) -> Iterator[tuple[str, float]]:
    """Yield all that was weighed, and more that was measured."""
    yield from measured._asdict().items()
    if nearest.query is not query:
        yield "passages", len(query.parts)
    if nearest.opinion is not None:
        yield "read_apart", nearest.opinion.apart
        yield "read_same", nearest.opinion.same
    if nearest.model.moved:
        yield "calibration", nearest.model.moved


def _hit(query: Query, nearest: _Scored, measured: Signals, read: reasons.Read | None) -> Hit:
    part, known = nearest.query, nearest.known
    side, other = query.side, known.side
    why = reasons.explain(part.side, other, measured, read)
    if part is not query:
        why = reasons.moved(why, part.begins, len(part.normal.canonical))
    pair = f"{query.normal.fingerprint}:{known.fingerprint}"
    return Hit(
        owner_id=nearest.owner_id,
        probability=nearest.told,
        band=nearest.model.band(nearest.told),
        relation=why.relation,
        overlap=LCSseq.normalized_similarity(side.folded.split(), other.folded.split()),
        signals={name: round(value, 4) for name, value in _signals(query, nearest, measured)},
        reasons=why.as_json(),
        ranker=nearest.model.version,
        pair_fingerprint=hashlib.sha256(pair.encode()).hexdigest(),
    )
