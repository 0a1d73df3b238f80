"""Nearest known texts: candidates from the database's indexes, scored, explained, in order."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from rapidfuzz.distance import LCSseq
from sqlalchemy.orm import Session

from corpus import candidates, places, ranker, reasons
from corpus.candidates import DEPTH, Asked, Known, Owner
from corpus.diacritics import readable
from corpus.encoder import Encoder, Vectors
from corpus.signals import Comparison, Side, Signals
from corpus.text import NormalText
from models import Band, Relation

__all__ = ["DEPTH", "Hit", "Near", "Query", "bulk", "cases", "claims"]

_BATCH: Final = 32  # texts whose candidates are fetched together


@dataclass(frozen=True)
class Query:
    """A text that asks, and the vector that asks; the encoder gives the one under which it will be found."""

    normal: NormalText
    vector: Vectors | None
    encoder: Encoder | None = None

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

    @property
    def asked(self) -> Asked:
        """This text as its candidates are looked up."""
        return Asked(
            self.normal, self.vector, None if self.encoder is None else str(self.encoder.description)
        )

    @cached_property
    def side(self) -> Side:
        """This text as one side of pairs."""
        return Side.of(self.normal, self.vector, places.keys(self.normal.canonical))


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


def claims(session: Session, query: Query, *, limit: int = 10, floor: bool = True) -> list[Hit]:
    """Return the confirmed claims nearest to `query`, best first; none below the ranker's floor.

    Retired claims are left out. A claim is as near as the nearest of its texts. Without `floor` the list is
    as long as there are candidates, for measuring.
    """
    return _hits(session, query, "claim", limit=limit, floor=floor)


def cases(session: Session, query: Query, *, limit: int = 5) -> list[Hit]:
    """Return the cases whose opening text is nearest to `query`, best first, however far."""
    return _hits(session, query, "case", limit=limit, floor=False)


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
            [Near(owner_id, p, ranking.model.band(p)) for owner_id, p, _ in ranking.ordered[:limit]]
            for ranking in _ranked(session, queries, "claim")
        ]
    return result


@dataclass(frozen=True)
class _Ranking:
    """The candidates of one query, scored: owner, probability and place of its nearest text, best first."""

    query: Query
    known: Sequence[Known]
    beside: Comparison
    model: ranker.Ranker
    ordered: list[tuple[int, float, int]]


def _hits(session: Session, query: Query, owner: Owner, *, limit: int, floor: bool) -> list[Hit]:
    (ranking,) = _ranked(session, [query], owner)
    model = ranking.model
    shown = [one for one in ranking.ordered if not floor or model.band(one[1]) is not None][:limit]
    if not shown:
        return []
    # Reasons, and signals that are not weighed, take their time: only for those that are shown.
    measured = ranking.beside.table(Signals._fields)
    return [
        _hit(owner_id, probability, query, ranking.known[place], Signals(*measured[place].tolist()), model)
        for owner_id, probability, place in shown
    ]


def _ranked(session: Session, queries: Sequence[Query], owner: Owner) -> list[_Ranking]:
    found = candidates.find(session, [one.asked for one in queries], owner)
    model = ranker.load()
    result = []
    for query, known in zip(queries, found, strict=True):
        beside = Comparison(query.side, [one.side for one in known])
        best: dict[int, tuple[float, int]] = {}
        for place, probability in enumerate(model.of_table(beside.table(model.features))):
            owner_id = known[place].owner_id
            if owner_id not in best or probability > best[owner_id][0]:
                best[owner_id] = (probability, place)
        ordered = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))
        result.append(_Ranking(query, known, beside, model, [(one, *rest) for one, rest in ordered]))
    return result


def _hit(
    owner_id: int, probability: float, query: Query, known: Known, measured: Signals, model: ranker.Ranker
) -> Hit:
    side, other = query.side, known.side
    why = reasons.explain(side, other, measured)
    pair = f"{query.normal.fingerprint}:{known.fingerprint}"
    return Hit(
        owner_id=owner_id,
        probability=probability,
        band=model.band(probability),
        relation=why.relation,
        overlap=LCSseq.normalized_similarity(side.folded.split(), other.folded.split()),
        signals={name: round(value, 4) for name, value in measured._asdict().items()},
        reasons=why.as_json(),
        ranker=model.version,
        pair_fingerprint=hashlib.sha256(pair.encode()).hexdigest(),
    )
