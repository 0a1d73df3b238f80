"""A published correction as citizens fetch it."""

import json
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psutil

from bench import clients, house
from bench.figures import Table, percentile

CONNECTIONS = 8
RATE = 50.0  # pages a second
SECONDS = 10.0
_WEB_LIMIT_MB = 150.0


def measure(table: Table, port: int) -> None:
    """Fetch one correction page again and again from the web process on `port`."""
    path = _some_correction(port)
    page = clients.Request("GET", path)
    clients.closed(port, lambda: page, connections=1, seconds=1)  # templates are compiled
    answers = clients.opened(port, lambda: page, connections=CONNECTIONS, rate=RATE, seconds=SECONDS)
    pages = answers.of(200)
    assert len(pages) == len(answers.bodies), "a page was refused"
    table.add(
        "public.read_p99_ms", percentile(answers.milliseconds, 0.99), "ms",
        note=f"{RATE:g} pages/s, open loop, {SECONDS:g} s; p50 {percentile(answers.milliseconds, 0.5):.1f}",
    )  # fmt: skip
    table.add("public.page_kb", len(pages[0]) / 1000, "kB", note="HTML of a correction, not compressed")


def memory(table: Table, web: psutil.Process) -> None:
    """Record the memory of the web process after its work."""
    table.add(
        "memory.web_mb", house.megabytes(web), "MB",
        peer=_WEB_LIMIT_MB,
        note="resident, after intake and reading; peer: the limit",
    )  # fmt: skip


def _some_correction(port: int) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/api/v1/corrections")
    found = json.loads(connection.getresponse().read())
    connection.close()
    return urlsplit(str(found["items"][0]["url"])).path
