"""Which known texts are worth comparing with a text: found by meaning, words and exact keys, in one query.

Everything that a commit wrote is found by the next search of any process: there is no index outside
PostgreSQL.
"""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from corpus import directly, frequencies, passages
from corpus.diacritics import rarity
from corpus.side import Side
from corpus.sino_vietnamese import spoken
from corpus.text import NormalText
from models.passage import DIMENSION

DEPTH: Final = 30  # candidates of each list; the union holds the right claim in 99 of 100 cases
SHALLOW: Final = 16  # the same for the passages of a long text, of which there are up to a dozen

Owner = Literal["claim", "case"]
Vector = npt.NDArray[np.float32]
Row = tuple[Any, ...]

# Lists of every query: its very words, its meaning, its rarest terms. The inner LATERALs are walks through an
# index, each cut off at its depth; OFFSET 0 keeps the planner from turning them into scans of the table.
_FIND: Final = """
    WITH asked AS MATERIALIZED (
        {asked}
    ), term AS MATERIALIZED (
        SELECT * FROM unnest(%(askers)s::int[], %(terms)s::text[], %(weights)s::float8[])
            AS t (number, term, weight)
    ), {latest} found AS (
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
    SELECT {askers}, p.{owner}_id, p.canonical, p.folded, p.fingerprint,
        p.keys::text, p.names, p.lang, p.encoder, halfvec_send(p.embedding), halfvec_send(p.asking)
    FROM {found} CROSS JOIN LATERAL (
        SELECT p.* FROM passages p WHERE p.id = found.id AND {standing} OFFSET 0
    ) p
    ORDER BY p.id
"""
# Vectors of two encoders cannot be compared: until the switch, such a text goes by its words.
_IF_SERVING: Final = """
    CASE WHEN coalesce({encoder}::text = (SELECT name FROM serving_encoder), true)
        THEN {vector}::text::halfvec({dimension}) END
"""
# One text, the usual case, is asked for without any list: of a list the planner would look at the length and
# make a plan anew each time, which takes as long as finding the words.
_ONE: Final = """
    SELECT 0 AS number, %(fingerprint)s::text AS fingerprint, {vector} AS vector
"""
_SEVERAL: Final = """
    SELECT a.number, a.fingerprint, {vector} AS vector
    FROM unnest(%(numbers)s::int[], %(fingerprint)s::text[], %(vector)s::text[], %(encoder)s::text[])
        AS a (number, fingerprint, vector, encoder)
"""
_TOGETHER: Final = "(SELECT id, array_agg(number) AS numbers FROM found GROUP BY id) found"
# A walk through the graph misses some of the nearest, above all such as came late and are of another kind
# than those before. So few texts are all looked at, and the latest always. Adding 0 hides the index.
_WALKED: Final = """
    SELECT walked.id FROM (
        SELECT p.id FROM passages p WHERE p.{owner}_id IS NOT NULL AND {standing}
        ORDER BY p.embedding <#> a.vector LIMIT {depth}
    ) walked
    UNION
    SELECT late.id FROM (
        SELECT p.id FROM {late} p ORDER BY (p.embedding <#> a.vector) + 0 LIMIT {depth} / 3
    ) late
"""
_LATEST: Final = """(
        SELECT p.id, p.embedding FROM (SELECT max({owner}_id) AS id FROM passages) newest, passages p
        WHERE p.{owner}_id BETWEEN newest.id - {late} AND newest.id AND p.embedding IS NOT NULL
    )"""
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


def find(session: Session, asked: Sequence[Asked], owner: Owner, *, depth: int = DEPTH) -> list[list[Known]]:
    """Return for each text the known ones worth comparing, in a fixed order: up to `depth` of each list.

    Texts of claims that were retired are left out.
    """
    session.flush()
    common = frequencies.of(session)
    terms = [
        (number, passages.quoted(term), weight)
        for number, one in enumerate(asked)
        for term, weight in common.rarest(_telling(one.normal))
    ]
    columns: dict[str, list[str | None]] = {
        "fingerprint": [one.normal.fingerprint for one in asked],
        "encoder": [one.encoder for one in asked],
        "vector": [None if one.vector is None else _written(one.vector) for one in asked],
    }
    several = len(asked) != 1
    rows = directly.rows(
        session,
        _statement(owner, several=several, few=common.texts <= _FEW, depth=depth),
        {
            **(columns if several else {name: column[0] for name, column in columns.items()}),
            "numbers": list(range(len(asked))),
            "askers": [number for number, _, _ in terms],
            "terms": [term for _, term, _ in terms],
            "weights": [weight for _, _, weight in terms],
        },
    )
    found: list[list[Known]] = [[] for _ in asked]
    for row, side in zip(rows, _sides(rows), strict=True):
        numbers, owner_id, _, _, fingerprint, *_, encoder, _, _ = row
        for number in numbers:
            made = asked[number].encoder
            alike = made is None or encoder is None or made == encoder
            here = side if alike else replace(side, vector=None, turned=None)
            found[number].append(Known(owner_id, fingerprint, here))
    return found


@cache
def _statement(owner: Owner, *, several: bool, few: bool, depth: int) -> str:
    words = {"owner": owner, "standing": _STANDING[owner], "depth": depth}
    latest = _LATEST.format(late=_LATE, **words)
    near = (_LOOKED_THROUGH if few else _WALKED).format(late="latest" if several else latest, **words)
    names = ("a.encoder", "a.vector") if several else ("%(encoder)s", "%(vector)s")
    vector = _IF_SERVING.format(encoder=names[0], vector=names[1], dimension=DIMENSION)
    return _FIND.format(
        asked=(_SEVERAL if several else _ONE).format(vector=vector),
        askers="found.numbers" if several else "'{0}'::int[]",
        found=_TOGETHER if several else "found",
        latest=f"latest AS MATERIALIZED {latest}," if several and not few else "",
        near=near,
        widest=_WIDEST,
        **words,
    )


def _telling(normal: NormalText) -> list[str]:
    """Return the terms of `normal` with what is exact first, then the pairs of the rarest words.

    Most pairs are so rare that the statistics do not tell them apart; their words do.
    """
    words = spoken(normal.folded, normal.lang).split()
    worth = {first + second: rarity(first) + rarity(second) for first, second in itertools.pairwise(words)}
    return sorted(passages.asked(normal), key=lambda term: -worth.get(term, _EXACT))


def _written(vector: Vector) -> str:
    """Return `vector` as PostgreSQL reads it, with more digits than the 11 bits of a halfvec can hold."""
    return _VECTOR % tuple(vector.tolist())


def _sides(rows: Sequence[Row]) -> Iterator[Side]:
    """Yield the texts of `rows` as sides of pairs."""
    vectors = iter(_read([vector for row in rows for vector in row[-2:] if vector is not None]))
    marked = len(passages.PLACE)
    for _, _, canonical, folded, _, written, names, lang, _, vector, asking in rows:
        keys = json.loads(written) if len(written) > len("[]") else []
        yield Side(
            canonical=canonical,
            folded=folded,
            keys=tuple([key for key in keys if not key.startswith(passages.PLACE)]),
            lang=lang,
            places=frozenset([key[marked:] for key in keys if key.startswith(passages.PLACE)]),
            vector=None if vector is None else next(vectors),
            turned=None if asking is None else next(vectors),
            stored_names=None if names is None else frozenset(names.split()),
        )


def _read(vectors: Sequence[bytes]) -> Vector:
    """Return `vectors` as PostgreSQL sends them, a row each."""
    sent = np.frombuffer(b"".join(vectors), np.dtype([("header", "V4"), ("numbers", ">f2", DIMENSION)]))
    return sent["numbers"].astype(np.float32)
