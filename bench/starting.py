"""`kiemtin run` from nothing, and again: everything on one machine until it answers."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import house
from bench.figures import Table

_FIRST_LIMIT, _SECOND_LIMIT = 300.0, 15.0  # seconds; the first includes the installation, not measured here


def measure(table: Table) -> None:
    """Start the whole house twice on a folder of its own."""
    with TemporaryDirectory(prefix="kiemtin-bench-") as folder:
        first, second = _start(Path(folder) / "var"), _start(Path(folder) / "var")
    table.add(
        "start.first_s", first, "s",
        peer=_FIRST_LIMIT,
        note="kiemtin run on an empty folder, demo included, without make install; peer: limit with it",
    )  # fmt: skip
    table.add("start.second_s", second, "s", peer=_SECOND_LIMIT, note="the same again; peer: the limit")


def _start(state_dir: Path) -> float:
    port = house.free_port()
    began = time.monotonic()
    # DATABASE_URL is not among the defaults, so this is the embedded server of `state_dir`.
    with house.kiemtin("run", env=house.environment(STATE_DIR=str(state_dir), PORT=str(port))):
        house.wait_ready(port)
        return time.monotonic() - began
