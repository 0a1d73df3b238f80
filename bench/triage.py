"""From a citizen's receipt to ranked matches before a verifier's eyes, by a real worker that was idle."""

import json
import time
from http.client import HTTPConnection

import psutil
import psycopg

from app import keys
from app.settings import read
from bench import house, texts
from bench.figures import Table, percentile
from intake import codes

SAMPLES = 40
PAUSE = 0.3  # seconds between two reports
LIMIT_MS = 2000.0
_LOOK = 0.004  # seconds between two looks at the database
_PATIENCE = 60.0
_RANKED = """
    SELECT (SELECT count(*) FROM matches m WHERE m.case_id = a.case_id)
    FROM arrivals a WHERE a.code_digest = %s AND a.state = 'triaged'
"""


def measure(table: Table, home: house.House) -> None:
    """Start web and worker over `home`, report, and time from the answer to the case with its matches."""
    with (
        house.serving(home) as (port, _web),
        house.kiemtin("work", env=home.environment(FLOOD_CASES_PER_HOUR="0")) as worker,
    ):
        key = keys.load(read(_env_file=None, state_dir=home.state_dir)).code
        with psycopg.connect(home.url, autocommit=True) as database:
            _one(database, port, key, "Chợ phiên Bắc Hà tuần này nghỉ vì có người bán gà bệnh")  # loads torch
            taken, ranked = [], 0
            for _, text in texts.disturbed(SAMPLES, seed=11):
                milliseconds, matches = _one(database, port, key, text)
                taken.append(milliseconds)
                ranked += bool(matches)
                time.sleep(max(0.0, PAUSE - milliseconds / 1000))
            held = _count(database)
        table.add(
            "triage.arrival_to_ranked_p95_ms", percentile(taken, 0.95), "ms",
            peer=LIMIT_MS,
            note=f"idle worker, {held:,} texts, {SAMPLES} reports, {ranked} with matches; "
            f"p50 {percentile(taken, 0.5):.0f}; peer: the limit",
        )  # fmt: skip
        _memory(table, worker, "memory.worker_mb")


def _one(database: psycopg.Connection[tuple[int]], port: int, key: bytes, text: str) -> tuple[float, int]:
    """Send one report; return the ms from its receipt until it is triaged, and how many matches it has."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    body = json.dumps({"text": text}, ensure_ascii=False).encode()
    connection.request("POST", "/api/v1/reports", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    digest = codes.digest(json.loads(answer.read())["code"], key)
    began = time.perf_counter()
    assert answer.status == 201, answer.status
    connection.close()
    while time.perf_counter() - began < _PATIENCE:
        row = database.execute(_RANKED, (digest,)).fetchone()
        if row is not None:
            return (time.perf_counter() - began) * 1000, row[0]
        time.sleep(_LOOK)
    raise TimeoutError("a report was not triaged")


def _count(database: psycopg.Connection[tuple[int]]) -> int:
    row = database.execute("SELECT count(*) FROM passages").fetchone()
    return row[0] if row else 0


def memory(table: Table, home: house.House, name: str, *, reports: int = 5) -> None:
    """Measure the worker's memory after a few reports, as the figure `name`."""
    with (
        house.serving(home) as (port, _web),
        house.kiemtin("work", env=home.environment(FLOOD_CASES_PER_HOUR="0")) as worker,
    ):
        key = keys.load(read(_env_file=None, state_dir=home.state_dir)).code
        with psycopg.connect(home.url, autocommit=True) as database:
            for _, text in texts.disturbed(reports, seed=13):
                _one(database, port, key, text)
        _memory(table, worker, name)


def _memory(table: Table, worker: psutil.Process, name: str) -> None:
    table.add(name, house.megabytes(worker), "MB", note="resident, after triage; torch loaded")
