"""Nearest known texts: candidates from the database's indexes, scored, explained, in order.

Everything that a commit wrote is found by the next search of any process: there is no index outside
PostgreSQL.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rapidfuzz.distance import LCSseq
from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from corpus import passages, places, ranker, reasons
from corpus.diacritics import readable
from corpus.encoder import Encoder, Vectors
from corpus.signals import Side, Signals, measure
from corpus.text import NormalText
from models import Band, ConfirmedClaim, Passage, Relation

DEPTH = 30  # candidates of each list; the union holds the right claim in 99 of 100 cases
# Unrelated Vietnamese texts have cosines about .81, near copies .95 and more (multilingual-e5-small).
_USUAL_COSINE, _COSINE_OF_LIKENESS = 0.8, 0.15
_EF_SEARCH = 100  # width of the walk through the HNSW graph: recall 0.9995 at 100,000 texts


@dataclass(frozen=True)
class Query:
    """A text that asks, with the vector that asks and the vector under which it will be found."""

    normal: NormalText
    vector: Vectors | None
    passage_vector: Vectors | None

    @classmethod
    def of(cls, normal: NormalText, encoder: Encoder) -> "Query":
        """Return the query for `normal`; texts with too little to say get no vectors."""
        if not normal.informative:
            return cls(normal, None, None)
        ready = [readable(normal.canonical, normal.lang)]
        return cls(normal, encoder.encode_query(ready)[0], encoder.encode_passage(ready)[0])

    def side(self) -> Side:
        """Return this text as one side of pairs."""
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


def claims(session: Session, query: Query, *, limit: int = 10, floor: bool = True) -> list[Hit]:
    """Return the confirmed claims nearest to `query`, best first; none below the ranker's floor.

    Retired claims are left out. A claim is as near as the nearest of its texts. Without `floor` the list is
    as long as there are candidates, for measuring.
    """
    standing = select(ConfirmedClaim.id).where(
        ConfirmedClaim.id == Passage.claim_id, ConfirmedClaim.retired_at.is_(None)
    )
    return _scored(session, query, Passage.claim_id, standing.exists(), limit=limit, floor=floor)


def cases(session: Session, query: Query, *, limit: int = 5) -> list[Hit]:
    """Return the cases whose opening text is nearest to `query`, best first, however far."""
    return _scored(session, query, Passage.case_id, None, limit=limit, floor=False)


def _scored(
    session: Session,
    query: Query,
    owner: InstrumentedAttribute[int | None],
    condition: ColumnElement[bool] | None,
    *,
    limit: int,
    floor: bool,
) -> list[Hit]:
    rows = _candidates(session, query, owner, condition)
    side = query.side()
    sides = [_side(row) for row in rows]
    model = ranker.load()
    measured = [_fair(signals, known) for signals, known in zip(measure(side, sides), sides, strict=True)]
    best: dict[int, tuple[float, int]] = {}
    for index, probability in enumerate(model.score(measured)):
        key = rows[index].claim_id or rows[index].case_id or 0
        if key not in best or probability > best[key][0]:
            best[key] = (probability, index)
    ordered = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))
    if floor:
        ordered = [item for item in ordered if model.band(item[1][0]) is not None]
    # Reasons take a millisecond each, so only those that are shown are looked for.
    return [
        _hit(key, probability, (query, side), (rows[index], sides[index]), measured[index], model)
        for key, (probability, index) in ordered[:limit]
    ]


def _fair(signals: Signals, known: Side) -> Signals:
    """Give a text that is not encoded yet the cosine that texts of such likeness usually have.

    A claim is found from the moment of its commit, by its words, until the worker has encoded it.
    """
    if known.vector is not None:
        return signals
    return signals._replace(
        cosine=_USUAL_COSINE + _COSINE_OF_LIKENESS * signals.char,
        cosine_gap=_COSINE_OF_LIKENESS * signals.char_gap,
    )


def _hit(
    owner_id: int,
    probability: float,
    asking: tuple[Query, Side],
    known: tuple[Passage, Side],
    measured: Signals,
    model: ranker.Ranker,
) -> Hit:
    (query, side), (passage, other) = asking, known
    why = reasons.explain(side, other, measured)
    pair = f"{query.normal.fingerprint}:{passage.fingerprint}"
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


def _side(passage: Passage) -> Side:
    marked = len(passages.PLACE)
    return Side(
        canonical=passage.canonical,
        folded=passage.folded,
        keys=tuple(key for key in passage.keys if not key.startswith(passages.PLACE)),
        lang=passage.lang,
        places=frozenset(key[marked:] for key in passage.keys if key.startswith(passages.PLACE)),
        vector=None if passage.embedding is None else np.asarray(passage.embedding, dtype=np.float32),
    )


def _candidates(
    session: Session,
    query: Query,
    owner: InstrumentedAttribute[int | None],
    condition: ColumnElement[bool] | None,
) -> Sequence[Passage]:
    """Return the union of what meaning, words and exact keys find."""
    ids: set[int] = set()
    lists = [select(Passage.id).where(owner.is_not(None), Passage.fingerprint == query.normal.fingerprint)]
    asked = passages.asking(query.normal)
    if asked is not None:
        rank = func.ts_rank(Passage.terms, asked)
        found = select(Passage.id).where(owner.is_not(None), Passage.terms.op("@@")(asked))
        lists.append(found.order_by(rank.desc(), Passage.id))
    if query.vector is not None:
        session.execute(text(f"SET LOCAL hnsw.ef_search = {_EF_SEARCH}"))
        near = select(Passage.id).where(owner.is_not(None), Passage.embedding.is_not(None))
        lists.append(near.order_by(Passage.embedding.max_inner_product(query.vector)))
    for one in lists:
        ids.update(session.scalars(_narrowed(one, condition).limit(DEPTH)))
    return session.scalars(select(Passage).where(Passage.id.in_(ids)).order_by(Passage.id)).all()


def _narrowed(one: Select[int], condition: ColumnElement[bool] | None) -> Select[int]:
    return one if condition is None else one.where(condition)
