"""`kiemtin match` as a whole process: interpreter, imports, database, encoder, search and reasons."""

import resource
import subprocess
import sys
import time

from bench import house
from bench.figures import Table, percentile
from bench.matching import Corpus

_TIMES = 7
_LIMIT = 2.0  # seconds
_TEXT = "mọi người ơi dap nam pung o bat xat vo vi bao so 3 that khong"


def measure(table: Table, home: house.House, name: str, size: int) -> None:
    """Ask `_TIMES` times against an installation that runs, and add the slowest as `name`."""
    command = [sys.executable, "-m", "app.cli", "match", _TEXT]
    taken, before = [], resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(_TIMES):
        began = time.perf_counter()
        done = subprocess.run(command, env=home.environment(), capture_output=True, text=True, check=True)  # noqa: S603  our own program
        taken.append(time.perf_counter() - began)
        assert "Nậm Pung" in done.stdout, done.stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / _TIMES
    table.add(
        name, max(taken), "s",
        peer=_LIMIT,
        note=f"slowest of {_TIMES}, p50 {percentile(taken, 0.5):.2f}, of it {spent:.2f} s of CPU, "
        f"{size:,} texts; peer: the limit",
    )  # fmt: skip


if __name__ == "__main__":
    with house.cluster() as running, house.house(running, "bench_asking") as lived:
        grown, figures = Corpus(lived), Table()
        measure(figures, lived, "match.process_s", 116)
        grown.grow(10_000)
        measure(figures, lived, "match.process_s_10k", 10_000)
        grown.owner.dispose()
