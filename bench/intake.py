"""Reports accepted by a real web process on a durable database, and whether each was kept."""

import itertools
import json
import os
import tempfile
import time

from sqlalchemy import select

from app import keys
from app.settings import read
from bench import clients, house, texts
from bench.figures import Table, percentile
from intake import codes
from models import Arrival

CONNECTIONS = 16
RATE = 100.0  # reports a second of the second run
SECONDS = 15.0
_PAGE = b"\0" * 8192


def fsync_ms(folder: str | None = None, count: int = 200) -> list[float]:
    """Return what writing 8 kB durably takes on this disk, in ms, `count` times: the floor of a commit."""
    taken = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(count):
            began = time.perf_counter()
            file.write(_PAGE)
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - began) * 1000)
    return taken


def measure(table: Table, home: house.House, port: int) -> int:
    """Measure the web process on `port`; returns how many reports it acknowledged. Each must be stored."""
    disk = fsync_ms()
    floor = percentile(disk, 0.5)
    table.add(
        "intake.fsync_ms", floor, "ms", note=f"8 kB write + fdatasync, p50; p99 {percentile(disk, 0.99):.2f}"
    )
    waiting = iter(texts.reports(20_000))
    counter = itertools.count()

    def report() -> clients.Request:
        body = json.dumps({"text": f"{next(waiting)} {next(counter)}"}, ensure_ascii=False).encode()
        return clients.Request("POST", "/api/v1/reports", body, {"Content-Type": "application/json"})

    full = clients.closed(port, report, connections=CONNECTIONS, seconds=SECONDS)
    accepted = full.of(201)
    assert not full.failed, f"{full.failed} reports were not answered"
    table.add(
        "intake.accepted_per_s", len(accepted) / full.seconds, "1/s",
        peer=1000 / floor,
        note=f"{CONNECTIONS} connections, closed loop, {SECONDS:g} s, 1-2 kB; peer: fsync after fsync",
    )  # fmt: skip
    table.add("intake.full_load_p99_ms", percentile(full.milliseconds, 0.99), "ms", note="in that loop")
    rate = min(RATE, round(len(accepted) / full.seconds / 2))
    steady = clients.opened(port, report, connections=CONNECTIONS, rate=rate, seconds=SECONDS)
    note = f"{rate:g} reports/s, open loop, {SECONDS:g} s, from when each was due"
    table.add("intake.p50_ms", percentile(steady.milliseconds, 0.5), "ms", floor=floor, note=note)
    table.add("intake.p99_ms", percentile(steady.milliseconds, 0.99), "ms", floor=floor, note=note)
    accepted += steady.of(201)
    sent = len(full.bodies) + len(steady.bodies)
    assert len(accepted) == sent, f"{sent - len(accepted)} of {sent} reports were refused"
    _all_stored(home, [json.loads(body)["code"] for body in accepted])
    return len(accepted)


def _all_stored(home: house.House, acknowledged: list[str]) -> None:
    key = keys.load(read(_env_file=None, state_dir=home.state_dir)).code
    wanted = {codes.digest(code, key) for code in acknowledged}
    engine = home.engine()
    with engine.connect() as connection:
        stored = set(connection.scalars(select(Arrival.code_digest)))
    engine.dispose()
    assert len(wanted) == len(acknowledged), "a code was given twice"
    assert wanted <= stored, f"{len(wanted - stored)} acknowledged reports are not stored"
    print(f"  all {len(wanted):,} acknowledged reports are stored", flush=True)
