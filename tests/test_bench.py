"""The parts of `make bench` that can be wrong without looking wrong: clients, texts, loading, the table."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.engine import make_engine
from bench import clients, filling, house, intake, matching, texts
from bench.figures import Table, percentile
from corpus import search
from corpus.text import normalise

_NAP = 0.05  # seconds that one answer takes


@pytest.fixture
def slow_port() -> Iterator[int]:
    """A server that answers one request at a time, each after a nap."""
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with turn:
                time.sleep(_NAP)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_closed_loop_waits_for_answers(slow_port: int) -> None:
    found = clients.closed(slow_port, lambda: clients.Request("GET", "/"), connections=2, seconds=0.4)
    assert found.of(200) == [b"ok"] * len(found.bodies)
    assert 4 <= len(found.bodies) <= 0.4 / _NAP + 2
    assert found.failed == 0


def test_an_open_loop_counts_from_when_a_request_was_due(slow_port: int) -> None:
    """The server does 20 a second; asked 60 a second, the last ones wait and must say so."""
    make = lambda: clients.Request("GET", "/")  # noqa: E731
    found = clients.opened(slow_port, make, connections=2, rate=60, seconds=0.5)
    assert len(found.bodies) == 30
    assert max(found.milliseconds) > 500
    assert min(found.milliseconds) < 3 * _NAP * 1000


def test_the_table_merges_and_leaves_out_what_was_not_measured(tmp_path: Path) -> None:
    path = tmp_path / "var" / "bench.json"
    for name, value in (("a.b", 1.0), ("c.d", 2.0), ("a.b", 3.0)):
        table = Table()
        table.add(name, value, "ms", peer=5)
        table.write(path)
    written = json.loads(path.read_text("utf-8"))
    assert {name: one["value"] for name, one in written["figures"].items()} == {"a.b": 3.0, "c.d": 2.0}
    assert written["figures"]["a.b"]["floor"] is None
    assert {"machine", "commit"} <= set(written)


def test_percentile_is_one_of_the_values() -> None:
    assert percentile([5.0, 1.0, 3.0], 0.5) == 3.0
    assert percentile([1.0], 0.99) == 1.0


def test_texts_are_vietnamese_of_the_wanted_length_and_repeatable() -> None:
    made = texts.texts(20, words=(10, 12))
    assert made == texts.texts(20, words=(10, 12))
    assert {len(one.split()) for one in made} <= {10, 11, 12}
    assert sum(normalise(one).lang == "vi" for one in made) >= 18
    reports = texts.reports(30)
    assert all(900 <= len(one.encode()) <= 2000 for one in reports)
    assert len(set(reports)) == 30


def test_disturbed_claims_are_not_the_claims() -> None:
    known = texts.claims()
    assert all(words != known[index] for index, words in texts.disturbed(50))


def test_vectors_lie_between_those_of_the_encoder() -> None:
    anchors = filling.vectors(2, np.ones((1, 384), dtype=np.float32) / np.sqrt(384, dtype=np.float32), seed=5)
    rows = filling.vectors(200, anchors, seed=1)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(200), abs=1e-5)
    near = (rows @ anchors.T).max(axis=1)
    assert near.min() > 0.85
    assert near.max() < 0.99


def test_padding_is_found_and_the_index_is_back(database_url: str) -> None:
    owner = make_engine(database_url, owner=True)
    filling.pad(owner, 0, 200, np.eye(384, dtype=np.float32)[:9])
    with Session(owner) as session:
        assert session.scalar(text("SELECT count(*) FROM passages WHERE embedding IS NOT NULL")) == 200
        assert session.scalar(text("SELECT to_regclass('ix_passages_claim_embedding') IS NOT NULL"))
        (words,) = session.scalars(text("SELECT canonical FROM passages LIMIT 1"))
        hits = search.claims(session, search.Query(normalise(words), None, None), floor=False)
        assert hits[0].overlap == 1.0
    owner.dispose()


def test_a_new_claim_is_known_after_its_commit(database_url: str) -> None:
    owner = make_engine(database_url, owner=True)
    words = "Đập thủy điện ở thượng nguồn đã vỡ trong đêm"
    assert matching.make_known(owner, words) <= time.monotonic()
    with Session(owner) as session:
        assert search.claims(session, search.Query(normalise(words), None, None))
    owner.dispose()


def test_processes_get_defaults_not_this_machines_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCODER_RUNTIME", "direct")
    made = house.environment(PORT="1")
    assert (made["ENCODER_RUNTIME"], made["PORT"]) == ("sentence-transformers", "1")


def test_fsync_takes_time() -> None:
    assert min(intake.fsync_ms(count=3)) > 0
