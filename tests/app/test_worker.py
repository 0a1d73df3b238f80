"""The worker: wakes when something arrives, sweeps up what nobody told, one leader keeps the timetable."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session, sessionmaker

from app import jobs, worker
from app.keys import Keys
from corpus import encoder
from corpus.encoder import Encoder
from models import Arrival, ArrivalState, AuditCheckpoint, Contact, Passage, SpentProof, audit
from tests import factories as make

Sessions = sessionmaker[Session]


@contextmanager
def running(target: Callable[[threading.Event], None]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=target, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def arrived(sessions: Sessions, text_: str, **values: object) -> int:
    now = datetime.now(UTC)
    with sessions.begin() as session:
        return make.arrival(session, text_, received_at=now, next_try_at=now, **values).id


def triaged(sessions: Sessions, arrival_id: int) -> bool:
    with sessions() as session:
        return session.get_one(Arrival, arrival_id).state is ArrivalState.TRIAGED


def test_an_arrival_is_triaged_within_two_seconds(database: Engine, sessions: Sessions) -> None:
    model = encoder.load()
    with running(lambda stop: worker.work(database, lambda: model, stop, limits=None)):
        first = arrived(sessions, "Cầu Kim Thành vừa sập sáng nay")
        assert within(10, lambda: triaged(sessions, first))
        second = arrived(sessions, "Học sinh toàn tỉnh nghỉ học từ thứ hai")
        assert within(2, lambda: triaged(sessions, second))


def test_another_encoder_takes_over_by_itself(database: Engine, sessions: Sessions) -> None:
    def made(name: str) -> Encoder:
        description = encoder.Description(name, "1", encoder.DIMENSION)
        return Encoder(description, lambda texts, _: np.ones((len(texts), encoder.DIMENSION), np.float32))

    def encoded_by(name: str) -> bool:
        with sessions() as session:
            return set(session.scalars(select(Passage.encoder))) == {f"{name}@1"}

    with sessions.begin() as session:
        for number in range(20):
            known = make.claim(session, f"Đập số {number} đã vỡ")
            make.passage(session, known.claim, claim_id=known.id)
    for name in ("old", "new"):
        load = partial(worker.work, database, partial(made, name), limits=None, model=name, load=made)
        with running(load):
            assert within(30, partial(encoded_by, name))


def test_what_nobody_told_is_swept_up(
    database: Engine, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.Bell, "listen", lambda _self, stop: stop.wait())
    model = encoder.load()
    with running(lambda stop: worker.work(database, lambda: model, stop, limits=None)):
        time.sleep(0.5)
        missed = arrived(sessions, "Tin không ai báo cho tiến trình biết")
        assert within(2 * worker.SWEEP + 2, lambda: triaged(sessions, missed))


def test_the_worker_outlives_a_lost_connection(database: Engine, sessions: Sessions) -> None:
    model = encoder.load()
    with running(lambda stop: worker.work(database, lambda: model, stop, limits=None)):
        first = arrived(sessions, "Trước khi mất kết nối với máy chủ")
        assert within(10, lambda: triaged(sessions, first))
        with database.connect() as connection:
            connection.execute(text("RESET ROLE"))
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            connection.invalidate()
        second = arrived(sessions, "Sau khi mất kết nối với máy chủ")
        assert within(15, lambda: triaged(sessions, second))


def test_the_leader_signs_and_erases(database: Engine, sessions: Sessions, keys: Keys) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    with sessions.begin() as session:
        audit.record(session, "x", subject=("case", 1), by=None, at=past)
        of = make.arrival(session).id
        session.add(
            Contact(arrival_id=of, ciphertext=b"x", consented_at=past, consent_version="1", erase_after=past)
        )
        session.add(SpentProof(digest=b"x", expires_at=past))
    with running(lambda stop: jobs.keep(database, keys.audit, stop)), sessions() as session:
        assert within(
            10, lambda: session.scalar(select(AuditCheckpoint.seq)) is not None or session.rollback()
        )
        assert within(
            10, lambda: session.scalar(select(Contact.arrival_id)) is None or bool(session.rollback())
        )
        assert within(
            10, lambda: session.scalar(select(SpentProof.digest)) is None or bool(session.rollback())
        )


def test_there_is_one_leader(database: Engine, keys: Keys) -> None:
    def holders() -> int:
        with database.connect() as connection:
            count = connection.scalar(
                text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
            )
            return int(count or 0)

    with running(lambda stop: jobs.keep(database, keys.audit, stop)):
        assert within(10, lambda: holders() == 1)
        with running(lambda stop: jobs.keep(database, keys.audit, stop)):
            time.sleep(1)
            assert holders() == 1
