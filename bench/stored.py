"""Pictures looked up among 100,000: keys as those of real pictures scatter, asked as triage asks.

Alone: `python -m bench.stored`.
"""

import io
import time
from typing import Final

import numpy as np
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from bench import house, sights
from bench.figures import Table, percentile
from bench.pictures import Looked
from corpus import likeness
from models import Picture
from verify import same_picture

PICTURES: Final = 100_000
_WINDOWS: Final = 8  # of a stored picture; a telephone's screen has this many
_FLIPPED: Final = 0.25  # share of the bits in which a padding window differs from a real one
_POOL: Final = 6  # real pictures of each family whose windows are scattered
_ASKED: Final = 40
_BATCH: Final = 10_000


def measure(table: Table, home: house.House) -> None:
    """Add `picture.lookup_p95_ms_100k`, beside the same question without the index and the asking alone."""
    real = [
        Looked(make(sights.seeded(900 + seed)))
        for make in (sights.SEEN | sights.UNSEEN).values()
        for seed in range(_POOL)
    ]
    owner = home.engine(owner=True)
    pad(owner, np.concatenate([likeness.stored_windows(one.grey).hashes for one in real]))
    owner.dispose()
    engine = home.engine()
    asked = [Picture(sha256=b"", arrival_id=0, grey=likeness.packed(one.grey)) for one in real[:_ASKED]]
    with Session(engine) as session:
        same_picture.candidates(session, asked[0])  # the first reads the index from disk
        times = [_timed(session, one) for one in asked]
    engine.dispose()  # a connection that has prepared the question would go on using the index
    with Session(engine) as session:
        session.execute(text("SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off"))
        session.execute(text("SET LOCAL enable_bitmapscan = off"))
        slow = [_timed(session, one) for one in asked[:5]]
    engine.dispose()
    floor = [_asking(one) for one in real[:_ASKED]]
    table.add(
        "picture.lookup_p95_ms_100k",
        percentile(times, 0.95),
        "ms",
        peer=round(percentile(slow, 0.5), 1),
        floor=round(percentile(floor, 0.95), 1),
        note=f"p50 {percentile(times, 0.5):.0f}; peer: reads the whole table; floor: the windows that ask",
    )


def _timed(session: Session, picture: Picture) -> float:
    began = time.perf_counter()
    same_picture.candidates(session, picture)
    return (time.perf_counter() - began) * 1000


def _asking(picture: Looked) -> float:
    began = time.perf_counter()
    likeness.asking_windows(picture.grey)
    return (time.perf_counter() - began) * 1000


def pad(engine: Engine, pool: likeness.Hashes, *, count: int = PICTURES) -> None:
    """Store the keys of `count` invented pictures whose windows lie around those of `pool`."""
    drawn = np.random.default_rng(7)
    with engine.begin() as connection:
        # As a restore does: no report stands behind these pictures, and none is asked for.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(
            text("""
                INSERT INTO pictures (arrival_id, position, sha256, media_type, size, received_at, state,
                    attempts, next_try_at, last_error, settled_at, width, height, frames, words_read,
                    words_reader)
                SELECT -n, 1, sha256(n::text::bytea), 'image/jpeg', 1, now(), 'drawn', 1, now(), '', now(),
                    9, 9, 1, '', '' FROM generate_series(1, :count) n
            """),
            {"count": count},
        )
        ids = connection.scalars(text("SELECT id FROM pictures WHERE arrival_id < 0 ORDER BY id")).all()
        cursor = connection.connection.cursor()
        for start in range(0, count, _BATCH):
            part = ids[start : start + _BATCH]
            masks = np.packbits(drawn.random((len(part) * _WINDOWS, 64)) < _FLIPPED, axis=1).view(">u8")
            mask = masks.reshape(-1).astype(np.uint64)
            hashes = np.asarray(drawn.choice(pool, len(part) * _WINDOWS) ^ mask, np.uint64)
            keys = likeness.keys(hashes)
            rows = io.StringIO()
            for index, (full, each) in enumerate(zip(hashes.view(np.int64), keys, strict=True)):
                for key in each:
                    rows.write(f"{part[index // _WINDOWS]}\t{key}\t{full}\n")
            with cursor.copy("COPY picture_keys (picture_id, key, hash) FROM STDIN") as copy:
                copy.write(rows.getvalue())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE picture_keys"))


def main() -> None:
    """Measure looking up alone."""
    table = Table()
    with house.cluster() as running, house.house(running, "bench_stored") as home:
        measure(table, home)
    table.write()


if __name__ == "__main__":
    main()
