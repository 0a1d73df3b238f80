import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from intake import capture, fetch
from intake.fetch import Fetched
from models import AuditEntry, Capture, CaptureState, Evidence, EvidenceKind, StoredCopy
from tests import factories as make
from tests.intake.servers import open_to, page, serving

PAGE = Fetched(200, "https://example.org/b", "text/html", b"<p>Noi dung</p>")


def ordered(sessions: sessionmaker[Session], at: datetime, url: str = "https://example.org/a") -> int:
    with sessions.begin() as session:
        by = make.officer(session)
        cited = make.evidence(
            session, make.taken_case(session, by), by, kind=EvidenceKind.URL, url=url, copy_id=None
        )
        order = Capture(evidence_id=cited.id, url=url, next_try_at=at)
        session.add(order)
        session.flush()
        return order.id


def now_is(sessions: sessionmaker[Session], order: int) -> Capture:
    with sessions() as session:
        return session.get_one(Capture, order)


def failing(error: Exception) -> Callable[[str], Fetched]:
    def get(_url: str) -> Fetched:
        raise error

    return get


def test_nothing_to_do_is_said(sessions: sessionmaker[Session], at: datetime) -> None:
    assert not capture.run_one(sessions, at=at)
    ordered(sessions, at + timedelta(seconds=1))
    assert not capture.run_one(sessions, at=at)


def test_a_real_page_becomes_a_stored_copy(sessions: sessionmaker[Session], at: datetime) -> None:
    body = "<p>Nội dung đính chính</p>".encode()
    with serving(page(body)) as port:
        order = ordered(sessions, at, f"http://127.0.0.1:{port}/bai")
        assert capture.run_one(sessions, at=at, get=partial(fetch.get, limits=open_to(port)))
    done = now_is(sessions, order)
    assert (done.state, done.attempts, done.http_status, done.last_error) == (CaptureState.DONE, 1, 200, "")
    with sessions() as session:
        copy = session.scalars(select(StoredCopy)).one()
        assert (copy.content, copy.sha256) == (body, hashlib.sha256(body).digest())
        assert copy.media_type == "text/html; charset=utf-8"
        assert session.scalars(select(Evidence.copy_id)).one() == done.copy_id == copy.id
        assert "evidence.captured" in session.scalars(select(AuditEntry.action)).all()
    assert not capture.run_one(sessions, at=at + timedelta(days=1))


def test_the_same_bytes_are_stored_once(sessions: sessionmaker[Session], at: datetime) -> None:
    for _ in range(2):
        ordered(sessions, at)
        assert capture.run_one(sessions, at=at, get=lambda _url: PAGE)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(StoredCopy)) == 1
        assert session.scalar(select(func.count(Evidence.copy_id))) == 2


def test_an_uploaded_copy_is_not_replaced(sessions: sessionmaker[Session], at: datetime) -> None:
    order = ordered(sessions, at)
    with sessions.begin() as session:
        cited = session.scalars(select(Evidence)).one()
        cited.copy_id = uploaded = make.stored_copy(session).id
    assert capture.run_one(sessions, at=at, get=lambda _url: PAGE)
    with sessions() as session:
        assert session.scalars(select(Evidence.copy_id)).one() == uploaded
        assert session.get_one(Capture, order).copy_id != uploaded


@pytest.mark.parametrize(
    "get",
    [
        failing(fetch.Unreached("ReadTimeout")),
        failing(RuntimeError("surprise")),
        lambda _url: Fetched(503, "https://example.org/", "text/html", b"x"),
    ],
)
def test_a_passing_failure_is_tried_again_later_and_given_up_at_last(
    sessions: sessionmaker[Session], at: datetime, get: Callable[[str], Fetched]
) -> None:
    order = ordered(sessions, at)
    waits = []
    for attempt in range(1, capture.ATTEMPTS + 1):
        assert capture.run_one(sessions, at=at, get=get)
        tried = now_is(sessions, order)
        assert tried.attempts == attempt
        waits.append(tried.next_try_at - at)
        at = tried.next_try_at
    assert waits == sorted(waits)
    assert (tried.state, tried.copy_id) == (CaptureState.FAILED, None)
    assert tried.last_error
    assert not capture.run_one(sessions, at=at + timedelta(days=9), get=get)


@pytest.mark.parametrize(
    "get",
    [
        failing(fetch.Refused("address not public")),
        lambda _url: Fetched(404, "https://example.org/", "text/html", b"x"),
        lambda _url: Fetched(200, "https://example.org/", "text/html", b""),
    ],
)
def test_a_lasting_failure_is_given_up_at_once(
    sessions: sessionmaker[Session], at: datetime, get: Callable[[str], Fetched]
) -> None:
    order = ordered(sessions, at)
    assert capture.run_one(sessions, at=at, get=get)
    assert now_is(sessions, order).state is CaptureState.FAILED


def test_the_attempt_is_counted_before_the_page_is_asked_for(
    sessions: sessionmaker[Session], at: datetime
) -> None:
    order = ordered(sessions, at)

    counted: list[int] = []

    def kill(_url: str) -> Fetched:
        counted.append(now_is(sessions, order).attempts)
        raise KeyboardInterrupt

    for _ in range(capture.ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            capture.run_one(sessions, at=at, get=kill)
        at = now_is(sessions, order).next_try_at
    assert counted == [1, 2, 3, 4, 5]
    assert capture.run_one(sessions, at=at, get=kill)
    assert now_is(sessions, order).state is CaptureState.FAILED


def test_two_workers_never_share_an_order(sessions: sessionmaker[Session], at: datetime) -> None:
    for number in range(6):
        ordered(sessions, at, f"https://example.org/{number}")
    asked: list[str] = []
    gate = threading.Barrier(3)

    def work(_worker: int) -> None:
        gate.wait()
        while capture.run_one(sessions, at=at, get=lambda url: asked.append(url) or PAGE):  # type: ignore[func-returns-value]
            pass

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert sorted(asked) == [f"https://example.org/{number}" for number in range(6)]


def test_an_order_that_vanished_meanwhile_is_nobodys_fault(
    sessions: sessionmaker[Session], at: datetime
) -> None:
    order = ordered(sessions, at)

    def get(_url: str) -> Fetched:
        with sessions.begin() as session:
            session.delete(session.get_one(Capture, order))
        return PAGE

    assert capture.run_one(sessions, at=at, get=get)
