"""A corpus of any size: invented texts, vectors disturbed from those of the encoder, loaded in bulk."""

import hashlib
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from pgvector.psycopg import register_vector
from pgvector.vector import Vector
from sqlalchemy import Engine, text

from bench import texts
from corpus.encoder import Encoder
from corpus.syllables import fold
from corpus.text import terms

ANCHORS = 600  # invented texts that are encoded for real
# A vector lies between those of two anchors, and this far from there: near neighbours, but none too near.
_OWN = 0.35
Rows = npt.NDArray[np.float32]

_BATCH = 10_000
_INDEXES = ("ix_passages_claim_embedding", "ix_passages_terms")

_LOAD = """
    CREATE TEMP TABLE padding (
        number int, canonical text, folded text, fingerprint text, terms text[], embedding vector(384)
    ) ON COMMIT DROP
"""
_CLAIMS = """
    INSERT INTO confirmed_claims (external_id, origin, claim, rating, truth, concluded_by, date_precision,
        place, field, topic, sources, language, added_at)
    SELECT 'padding:' || number, 'imported', canonical, 'false', 'Không có thật.', '[]', 'day', '',
        'linh_vuc_khac', '', '[]', 'vi', now() FROM padding
"""
_PASSAGES = """
    INSERT INTO passages
        (claim_id, canonical, folded, fingerprint, keys, names, lang, terms, embedding, encoder)
    SELECT c.id, p.canonical, p.folded, p.fingerprint, '[]', '', 'vi', array_to_tsvector(p.terms),
        p.embedding::halfvec, :encoder
    FROM padding p JOIN confirmed_claims c ON c.external_id = 'padding:' || p.number
"""


def anchors(model: Encoder) -> Rows:
    """Return the vectors of invented texts, made by `model`, a row each."""
    invented = texts.texts(ANCHORS, words=(12, 30), seed=400)
    return np.asarray(model.encode_passage(invented), dtype=np.float32)


def vectors(count: int, between: Rows, *, seed: int) -> Rows:
    """Return `count` unit vectors, each near a point between two rows of `between` (or near the only one)."""
    drawn = np.random.default_rng(seed)
    first, second = between[drawn.integers(0, len(between), (2, count))]
    share = drawn.random((count, 1), dtype=np.float32)
    own = drawn.standard_normal((count, between.shape[1]), dtype=np.float32)
    rows = share * first + (1 - share) * second + _OWN * own / np.linalg.norm(own, axis=1, keepdims=True)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def pad(engine: Engine, have: int, want: int, between: Rows, *, encoder: str = "padding") -> float:
    """Add invented claims number `have` to `want`; return the seconds that building the indexes took.

    Those of vectors and terms are dropped before and built afterwards: ten times faster than row by row.
    `engine` must have the owner's rights.
    """
    with engine.begin() as connection:
        found = text("SELECT indexdef FROM pg_indexes WHERE indexname = ANY(:names)")
        made = connection.scalars(found, {"names": list(_INDEXES)}).all()
        for name in _INDEXES:
            connection.execute(text(f"DROP INDEX {name}"))
    for start in range(have, want, _BATCH):
        _load(engine, start, min(_BATCH, want - start), between, encoder)
        print(f"  … {min(start + _BATCH, want):,} texts", flush=True)
    began = time.monotonic()
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL maintenance_work_mem = '2GB'"))  # the graph of a million takes 1.1
        for definition in made:
            connection.exec_driver_sql(definition)
    seconds = time.monotonic() - began
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE passages, confirmed_claims"))
    return seconds


def _load(engine: Engine, start: int, count: int, between: Rows, encoder: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(_LOAD))
        driver = connection.connection.driver_connection
        assert driver is not None
        register_vector(driver)
        columns = "number, canonical, folded, fingerprint, terms, embedding"
        with driver.cursor().copy(f"COPY padding ({columns}) FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "text", "text", "text", "text[]", "vector"])
            for row in _rows(start, count, between):
                copy.write_row(row)
        connection.execute(text(_CLAIMS))
        connection.execute(text(_PASSAGES), {"encoder": encoder})


def _rows(start: int, count: int, between: Rows) -> Iterator[tuple[object, ...]]:
    invented = texts.texts(count, seed=1000 + start)
    for number, (words, vector) in enumerate(
        zip(invented, vectors(count, between, seed=2000 + start), strict=True), start=start
    ):
        folded = fold(words)
        digest = hashlib.sha256(folded.encode()).hexdigest()
        yield number, words, folded, digest, list(terms(folded, "vi")), Vector(vector)
