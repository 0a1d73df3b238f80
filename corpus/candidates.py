"""Which known texts are worth comparing with a text: found by meaning, words and exact keys, in one query.

Everything that a commit wrote is found by the next search of any process: there is no index outside
PostgreSQL.
"""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from corpus import frequencies, passages
from corpus.diacritics import rarity
from corpus.signals import Side
from corpus.text import NormalText
from models.passage import DIMENSION

DEPTH: Final = 30  # candidates of each list; the union holds the right claim in 99 of 100 cases

Owner = Literal["claim", "case"]
Vector = npt.NDArray[np.float32]

# Lists of every query: its very words, its meaning, its rarest terms. The inner LATERALs are walks through an
# index, each cut off at its depth; OFFSET 0 keeps the planner from turning them into scans of the table.
_FIND: Final = """
    WITH asked AS MATERIALIZED (
        SELECT a.number, a.fingerprint, a.encoder,
            -- vectors of two encoders cannot be compared: until the switch, such a text goes by its words
            CASE WHEN coalesce(a.encoder = (SELECT name FROM serving_encoder), true)
                THEN CAST(a.vector AS halfvec({dimension})) END AS vector
        FROM unnest(
            CAST(:numbers AS int[]), CAST(:fingerprints AS text[]),
            CAST(:vectors AS text[]), CAST(:encoders AS text[])
        ) AS a (number, fingerprint, vector, encoder)
    ), term AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:askers AS int[]), CAST(:terms AS text[]), CAST(:weights AS float8[]))
            AS t (number, term, weight)
    ), found AS (
        SELECT a.number, same.id FROM asked a CROSS JOIN LATERAL (
            SELECT p.id FROM passages p WHERE p.{owner}_id IS NOT NULL AND p.fingerprint = a.fingerprint
                AND {standing} LIMIT {depth}
        ) same
        UNION
        SELECT a.number, near.id FROM asked a CROSS JOIN LATERAL (
            {near}
        ) near WHERE a.vector IS NOT NULL
        UNION
        SELECT a.number, worded.id FROM asked a CROSS JOIN LATERAL (
            SELECT has.id FROM term t CROSS JOIN LATERAL (
                SELECT p.id FROM passages p
                WHERE p.{owner}_id IS NOT NULL AND p.terms @@ CAST(t.term AS tsquery) LIMIT {widest} OFFSET 0
            ) has WHERE t.number = a.number
            GROUP BY has.id ORDER BY sum(t.weight) DESC, has.id DESC LIMIT {depth}
        ) worded
    )
    SELECT found.number, k.*
    FROM found JOIN asked a ON a.number = found.number CROSS JOIN LATERAL (
        SELECT p.id, p.{owner}_id, p.canonical, p.folded, p.fingerprint,
            CAST(p.keys AS text), p.names, p.lang,
            CASE WHEN coalesce(p.encoder = a.encoder, true) THEN halfvec_send(p.embedding) END AS vector
        FROM passages p WHERE p.id = found.id AND {standing} OFFSET 0
    ) k
    ORDER BY found.number, k.id
"""
# A walk through the graph misses some of the nearest, above all such as came late and are of another kind
# than those before. So few texts are all looked at, and the latest always. Adding 0 hides the index.
_WALKED: Final = """
    SELECT walked.id FROM (
        SELECT p.id FROM passages p WHERE p.{owner}_id IS NOT NULL AND {standing}
        ORDER BY p.embedding <#> a.vector LIMIT {depth}
    ) walked
    UNION
    SELECT late.id FROM (
        SELECT p.id FROM (SELECT max({owner}_id) AS id FROM passages) newest, passages p
        WHERE p.{owner}_id BETWEEN newest.id - {late} AND newest.id AND p.embedding IS NOT NULL
        ORDER BY (p.embedding <#> a.vector) + 0 LIMIT {depth} / 3
    ) late
"""
_LOOKED_THROUGH: Final = """
    SELECT p.id FROM (
        SELECT p.id, p.{owner}_id FROM passages p WHERE p.{owner}_id IS NOT NULL AND p.embedding IS NOT NULL
        ORDER BY (p.embedding <#> a.vector) + 0 LIMIT 2 * {depth}
    ) p WHERE {standing} LIMIT {depth}
"""
_FEW: Final = 5_000  # texts that are looked through in the time of a walk
_LATE: Final = 500  # claims, or cases
_STANDING: Final[dict[Owner, str]] = {  # claims that were withdrawn are not looked for
    "claim": "(SELECT c.retired_at IS NULL FROM confirmed_claims c WHERE c.id = p.claim_id)",
    "case": "true",
}
_WIDEST: Final = 2_000  # texts that one term may bring; such terms are asked only for want of rarer ones
_VECTOR: Final = f"[{','.join(['%.5g'] * DIMENSION)}]"
_EXACT: Final = 2.0  # more than the rarities of two words
_HEADER: Final = 4  # bytes before the numbers of a vector as PostgreSQL sends it


@dataclass(frozen=True)
class Asked:
    """What a text is looked up by. Without a vector it is found by its words alone."""

    normal: NormalText
    vector: Vector | None
    encoder: str | None = None  # what made the vector, as its description is stored with others that it made


@dataclass(frozen=True)
class Known:
    """A text that is searched, whose it is, and what there is to compare."""

    owner_id: int
    fingerprint: str
    side: Side


def find(session: Session, asked: Sequence[Asked], owner: Owner) -> list[list[Known]]:
    """Return for each text the known ones worth comparing, at most a hundred, in a fixed order.

    Texts of claims that were retired are left out.
    """
    session.flush()
    common = frequencies.of(session)
    terms = [
        (number, passages.quoted(term), weight)
        for number, one in enumerate(asked)
        for term, weight in common.rarest(_telling(one.normal))
    ]
    rows = session.execute(
        _statement(owner, few=common.texts <= _FEW),
        {
            "numbers": list(range(len(asked))),
            "fingerprints": [one.normal.fingerprint for one in asked],
            "encoders": [one.encoder for one in asked],
            "vectors": [None if one.vector is None else _written(one.vector) for one in asked],
            "askers": [number for number, _, _ in terms],
            "terms": [term for _, term, _ in terms],
            "weights": [weight for _, _, weight in terms],
        },
    ).all()
    found: list[list[Known]] = [[] for _ in asked]
    for number, _, owner_id, canonical, folded, fingerprint, keys, names, lang, vector in rows:
        side = _side(canonical, folded, keys, names, lang, vector)
        found[number].append(Known(owner_id, fingerprint, side))
    return found


@cache
def _statement(owner: Owner, *, few: bool) -> TextClause:
    words = {"owner": owner, "standing": _STANDING[owner], "depth": DEPTH}
    near = (_LOOKED_THROUGH if few else _WALKED).format(late=_LATE, **words)
    return text(_FIND.format(near=near, widest=_WIDEST, dimension=DIMENSION, **words))


def _telling(normal: NormalText) -> list[str]:
    """Return the terms of `normal` with what is exact first, then the pairs of the rarest words.

    Most pairs are so rare that the statistics do not tell them apart; their words do.
    """
    words = normal.folded.split()
    worth = {first + second: rarity(first) + rarity(second) for first, second in itertools.pairwise(words)}
    return sorted(passages.asked(normal), key=lambda term: -worth.get(term, _EXACT))


def _written(vector: Vector) -> str:
    """Return `vector` as PostgreSQL reads it, with more digits than the 11 bits of a halfvec can hold."""
    return _VECTOR % tuple(vector.tolist())


def _side(
    canonical: str, folded: str, written: str, names: str | None, lang: str, vector: bytes | None
) -> Side:
    marked = len(passages.PLACE)
    keys = json.loads(written) if len(written) > len("[]") else []
    return Side(
        canonical=canonical,
        folded=folded,
        keys=tuple([key for key in keys if not key.startswith(passages.PLACE)]),
        lang=lang,
        places=frozenset([key[marked:] for key in keys if key.startswith(passages.PLACE)]),
        vector=None if vector is None else np.frombuffer(vector, ">f2", offset=_HEADER).astype(np.float32),
        stored_names=None if names is None else frozenset(names.split()),
    )
