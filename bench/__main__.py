"""Run all parts, or one, and write var/bench.json: `python -m bench [--long] [--only PART]`."""

import argparse
import os
import signal
import sys
import time

from app.embedded import Cluster
from bench import (
    asking,
    flood,
    house,
    intake,
    longer,
    matching,
    pictures,
    proofs,
    reading,
    relations,
    sources,
    starting,
    stored,
    triage,
)
from bench.figures import OUT, Table

_LARGEST_WITH_TRIAGE = 10_000
_WITH_BULK = 100_000


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--long", action="store_true", help="also what takes longer than minutes")
    parser.add_argument(
        "--only", choices=["start", "web", "sources", "matching", "flood"], help="one part of it"
    )
    given = parser.parse_args()
    only: str | None = given.only
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, so that nothing stays running
    table, began = Table(), time.monotonic()
    try:
        if only in {None, "start"}:
            starting.measure(table)
            pictures.measure(table, many=given.long)
            proofs.measure(table)
        with house.cluster() as running:
            if only in {None, "web"}:
                _web(table, running)
            if only in {None, "sources"}:
                with house.house(running, "bench_sources") as home:
                    sources.measure(table, home)
            if only in {None, "matching"}:
                _corpus(table, running, long=given.long)
            if only in {None, "flood"}:
                flood.measure(table, running, long=given.long)
    finally:
        table.write()  # what was measured before something broke stays measured
    print(f"{len(table.figures)} figures in {time.monotonic() - began:.0f} s, written to {OUT}")


def _web(table: Table, running: Cluster) -> None:
    with house.house(running, "bench_web", demo=True) as home, house.serving(home) as (port, web):
        intake.measure(table, home, port)
        reading.measure(table, port)
        reading.memory(table, web)


def _corpus(table: Table, running: Cluster, *, long: bool) -> None:
    matching.canonical(table)
    matching.restored(table)
    relations.measure(table)
    with house.house(running, "bench_stored") as home:
        stored.measure(table, home)
    with house.house(running, "bench_corpus") as home:
        corpus = matching.Corpus(home)
        for size in matching.sizes(long=long):
            corpus.grow(size)
            matching.measure(table, corpus)
            matching.recall(table, corpus)
            if size == _LARGEST_WITH_TRIAGE:
                triage.measure(table, home)
                longer.measure(table, corpus)
                asking.measure(table, home, "match.process_s_10k", size)
            if size == _WITH_BULK:
                matching.bulk(table, corpus)
        if long:
            triage.memory(table, home, "memory.worker_mb_1m")
        matching.visible(table, corpus)
        corpus.owner.dispose()


if __name__ == "__main__":
    main()
