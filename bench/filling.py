"""A corpus of any size in seconds: invented texts with invented vectors, loaded in bulk."""

import hashlib
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from pgvector.psycopg import register_vector
from pgvector.vector import Vector
from sqlalchemy import Engine, text

from bench import texts
from corpus.syllables import fold
from corpus.text import terms
from models.passage import DIMENSION

_CLUSTERS = 2_000
_COMMON, _OF_CLUSTER, _OWN = 0.9, 0.3, 0.3  # unrelated texts then have cosines about .82, as e5 gives them
_BATCH = 10_000
_INDEX = "ix_passages_claim_embedding"

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
    INSERT INTO passages (claim_id, canonical, folded, fingerprint, keys, lang, terms, embedding, encoder)
    SELECT c.id, p.canonical, p.folded, p.fingerprint, '[]', 'vi', array_to_tsvector(p.terms),
        p.embedding::halfvec, 'padding'
    FROM padding p JOIN confirmed_claims c ON c.external_id = 'padding:' || p.number
"""


def vectors(count: int, centre: npt.NDArray[np.float32], *, seed: int) -> npt.NDArray[np.float32]:
    """Return `count` unit vectors around `centre`, in clusters that stay the same for every seed."""

    def unit(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float64)

    clusters = unit(np.random.default_rng(0).standard_normal((_CLUSTERS, DIMENSION)))
    drawn = np.random.default_rng(seed)
    rows = (
        _COMMON * centre / np.linalg.norm(centre)
        + _OF_CLUSTER * clusters[drawn.integers(0, _CLUSTERS, count)]
        + _OWN * unit(drawn.standard_normal((count, DIMENSION)))
    )
    return unit(rows).astype(np.float32)


def centre(engine: Engine) -> npt.NDArray[np.float32]:
    """Return the mean of the vectors that are stored: the starting claims, encoded for real."""
    with engine.begin() as connection:
        rows = connection.scalars(
            text("SELECT embedding::text FROM passages WHERE embedding IS NOT NULL LIMIT 200")
        )
        found = [np.array(row[1:-1].split(","), dtype=np.float32) for row in rows]
    return np.asarray(np.mean(found, axis=0), dtype=np.float32)


def pad(engine: Engine, have: int, want: int, middle: npt.NDArray[np.float32]) -> float:
    """Add invented claims number `have` to `want`; return the seconds that building the vector index took.

    The index is dropped before and built afterwards: ten times faster than row by row. `engine` must have
    the owner's rights.
    """
    with engine.begin() as connection:
        made = connection.scalar(text("SELECT indexdef FROM pg_indexes WHERE indexname = :n"), {"n": _INDEX})
        connection.execute(text(f"DROP INDEX {_INDEX}"))
    for start in range(have, want, _BATCH):
        _load(engine, start, min(_BATCH, want - start), middle)
        print(f"  … {min(start + _BATCH, want):,} texts", flush=True)
    began = time.monotonic()
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
        connection.exec_driver_sql(str(made))
    seconds = time.monotonic() - began
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE passages, confirmed_claims"))
    return seconds


def _load(engine: Engine, start: int, count: int, middle: npt.NDArray[np.float32]) -> None:
    with engine.begin() as connection:
        connection.execute(text(_LOAD))
        driver = connection.connection.driver_connection
        assert driver is not None
        register_vector(driver)
        columns = "number, canonical, folded, fingerprint, terms, embedding"
        with driver.cursor().copy(f"COPY padding ({columns}) FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "text", "text", "text", "text[]", "vector"])
            for row in _rows(start, count, middle):
                copy.write_row(row)
        connection.execute(text(_CLAIMS))
        connection.execute(text(_PASSAGES))


def _rows(start: int, count: int, middle: npt.NDArray[np.float32]) -> Iterator[tuple[object, ...]]:
    invented = texts.texts(count, seed=1000 + start)
    for number, (words, vector) in enumerate(
        zip(invented, vectors(count, middle, seed=2000 + start), strict=True), start=start
    ):
        folded = fold(words)
        digest = hashlib.sha256(folded.encode()).hexdigest()
        yield number, words, folded, digest, list(terms(folded)), Vector(vector)
