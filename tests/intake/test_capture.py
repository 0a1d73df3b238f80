import hashlib
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, sessionmaker
from warcio.archiveiterator import ArchiveIterator

from intake import capture, fetch, polite
from intake.fetch import Fetched
from models import (
    AuditEntry,
    Capture,
    CaptureFailure,
    CaptureState,
    Evidence,
    EvidenceKind,
    ReadableCopy,
    SourceHost,
    StoredCopy,
)
from tests import factories as make
from tests.intake.servers import open_to, page, redirect, serving

REST = timedelta(seconds=30)  # longer than the pause of a machine
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


def test_a_long_queue_is_walked_and_not_sorted(session: Session, at: datetime) -> None:
    session.execute(text("SET LOCAL enable_sort = off"))  # so few rows are sorted otherwise
    asked = capture.due(at).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    plan = session.scalars(text(f"EXPLAIN {asked}".replace(":", r"\:"))).all()
    assert any("using ix_captures_turn" in line for line in plan), plan
    assert not any("Sort Key" in line for line in plan), plan


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
        copy = session.scalars(select(StoredCopy).join(Evidence, Evidence.copy_id == StoredCopy.id)).one()
        assert (copy.content, copy.sha256) == (body, hashlib.sha256(body).digest())
        assert copy.media_type == "text/html; charset=utf-8"
        assert session.scalars(select(Evidence.copy_id)).one() == done.copy_id == copy.id
        assert "evidence.captured" in session.scalars(select(AuditEntry.action)).all()
    assert not capture.run_one(sessions, at=at + timedelta(days=1))


def test_a_page_is_kept_as_records_and_as_words_too(sessions: sessionmaker[Session], at: datetime) -> None:
    body = "<html><title>Lũ</title><body><p>Nước sông Hồng đang lên.</p></body></html>".encode()

    def answer(request: BaseHTTPRequestHandler) -> None:
        (page(body) if request.path == "/bai" else redirect("/bai"))(request)

    with serving(answer) as port:
        order = ordered(sessions, at, f"http://127.0.0.1:{port}/")
        assert capture.run_one(sessions, at=at, get=partial(fetch.get, limits=open_to(port)))
    done = now_is(sessions, order)
    assert (done.final_url, done.failure) == (f"http://127.0.0.1:{port}/bai", None)
    with sessions() as session:
        words = session.get_one(ReadableCopy, done.copy_id)
        assert (words.title, words.text, words.language) == ("Lũ", "Nước sông Hồng đang lên.", "vi")
        assert words.outlet == "127.0.0.1"
        assert at <= words.made_at < at + timedelta(minutes=1)
        records = session.scalars(select(StoredCopy).where(StoredCopy.id == done.warc_id)).one().content
    kinds = [(one.rec_type, one.content_stream().read()) for one in ArchiveIterator(io.BytesIO(records))]
    assert [kind for kind, _ in kinds] == ["warcinfo", *("response", "request") * 2, "metadata"]
    assert kinds[3] == ("response", body)


@pytest.mark.parametrize("picture", [b"\x89PNG\r\n\x1a\n...", None])
def test_a_picture_of_the_page_is_kept_where_one_can_be_taken(
    sessions: sessionmaker[Session], at: datetime, picture: bytes | None
) -> None:
    def look(url: str) -> bytes:
        assert url == PAGE.url
        if picture is None:
            raise OSError
        return picture

    order = ordered(sessions, at)
    assert capture.run_one(sessions, at=at, get=lambda _url: PAGE, look=look)
    done = now_is(sessions, order)
    assert (done.state, done.screenshot_id is None) == (CaptureState.DONE, picture is None)


def test_pictures_and_papers_keep_their_bytes_and_have_no_words(
    sessions: sessionmaker[Session], at: datetime
) -> None:
    order = ordered(sessions, at)
    paper = Fetched(200, "https://example.org/vb.pdf", "application/pdf", b"%PDF-1.7 ...")
    assert capture.run_one(sessions, at=at, get=lambda _url: paper)
    with sessions() as session:
        assert (
            session.scalars(
                select(StoredCopy.media_type).join(Capture, Capture.copy_id == StoredCopy.id)
            ).one()
            == "application/pdf"
        )
        assert session.scalars(select(ReadableCopy)).all() == []
    assert now_is(sessions, order).state is CaptureState.DONE


def test_reported_pages_are_kept_after_cited_ones(sessions: sessionmaker[Session], at: datetime) -> None:
    with sessions.begin() as session:
        case = make.case(session)
        for _ in range(3):
            make.arrival(session, case_id=case.id, url="https://example.org/tin-don", received_at=at)
    ordered(sessions, at)
    asked: list[str] = []

    def get(url: str) -> Fetched:
        asked.append(url)
        return PAGE

    while capture.run_one(sessions, at=at, get=get):
        at += REST
    assert asked == ["https://example.org/a", "https://example.org/tin-don"]
    with sessions() as session:
        assert session.scalar(select(func.count()).where(AuditEntry.action == "capture.kept")) == 1


def test_the_same_bytes_are_stored_once(sessions: sessionmaker[Session], at: datetime) -> None:
    for turn in range(2):
        ordered(sessions, at)
        assert capture.run_one(sessions, at=at + turn * REST, get=lambda _url: PAGE)
    with sessions() as session:
        assert session.scalar(select(func.count()).where(StoredCopy.media_type == PAGE.media_type)) == 1
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
        lambda _url: Fetched(429, "https://example.org/", "text/html", b"x"),
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
    assert (tried.failure, bool(tried.last_error)) == (CaptureFailure.UNREACHED, True)
    with sessions() as session:
        assert "evidence.capture-failed" in session.scalars(select(AuditEntry.action)).all()
    assert not capture.run_one(sessions, at=at + timedelta(days=9), get=get)


@pytest.mark.parametrize(
    ("get", "attempts", "failure"),
    [
        (failing(fetch.Refused("address not public")), 1, "refused"),
        (lambda _url: Fetched(200, "https://example.org/", "text/html", b""), 1, "refused"),
        (lambda _url: Fetched(410, "https://example.org/", "text/html", b"x"), 1, "gone"),
        (lambda _url: Fetched(404, "https://example.org/", "text/html", b"x"), 2, "gone"),
        (lambda _url: Fetched(403, "https://example.org/", "text/html", b"x"), 2, "closed"),
        (lambda _url: Fetched(451, "https://example.org/", "text/html", b"x"), 1, "closed"),
    ],
)
def test_a_lasting_failure_is_believed_soon_and_named(
    sessions: sessionmaker[Session], at: datetime, get: Callable[[str], Fetched], attempts: int, failure: str
) -> None:
    order = ordered(sessions, at)
    while capture.run_one(sessions, at=at, get=get):
        at += timedelta(days=1)
    over = now_is(sessions, order)
    assert (over.state, over.attempts, over.failure) == (CaptureState.FAILED, attempts, failure)


def test_what_an_overtaken_attempt_brings_is_left_out(sessions: sessionmaker[Session], at: datetime) -> None:
    order = ordered(sessions, at)

    def slow(_url: str) -> Fetched:
        later = at + timedelta(hours=1)  # the order has fallen due again, and another worker was quicker
        assert capture.run_one(sessions, at=later, get=lambda _url: PAGE)
        return Fetched(200, "https://example.org/", "text/html", b"<p>late</p>")

    assert capture.run_one(sessions, at=at, get=slow)
    assert now_is(sessions, order).attempts == 2
    with sessions() as session:
        assert (
            session.scalars(
                select(StoredCopy.content).join(Evidence, Evidence.copy_id == StoredCopy.id)
            ).one()
            == PAGE.content
        )
        assert session.scalar(select(func.count()).where(AuditEntry.action == "evidence.captured")) == 1


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
        ordered(sessions, at, f"https://site{number}.example.org/")
    asked: list[str] = []
    gate = threading.Barrier(3)

    def work(_worker: int) -> None:
        gate.wait()
        while capture.run_one(sessions, at=at, get=lambda url: asked.append(url) or PAGE):  # type: ignore[func-returns-value]
            pass

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert sorted(asked) == [f"https://site{number}.example.org/" for number in range(6)]


def test_an_order_that_vanished_meanwhile_is_nobodys_fault(
    sessions: sessionmaker[Session], at: datetime
) -> None:
    order = ordered(sessions, at)

    def get(_url: str) -> Fetched:
        with sessions.begin() as session:
            session.delete(session.get_one(Capture, order))
        return PAGE

    assert capture.run_one(sessions, at=at, get=get)


def test_many_pages_of_one_machine_are_asked_for_one_by_one_with_pauses(
    sessions: sessionmaker[Session], at: datetime
) -> None:
    with sessions.begin() as session:
        case = make.case(session)
        for number in range(200):
            make.arrival(session, case_id=case.id, url=f"https://Example.org:443/{number}", received_at=at)
        make.arrival(session, case_id=case.id, url="https://example.com/", received_at=at)
    asked: list[str] = []

    def work(get: capture.Fetch, moment: datetime) -> int:
        with ThreadPoolExecutor(4) as pool:
            done = pool.map(lambda _: capture.run_one(sessions, at=moment, get=get), range(12))
            return list(done).count(True)

    def get(url: str) -> Fetched:
        asked.append(polite.host_of(url))
        return PAGE

    work(get, at)
    assert sorted(asked) == ["example.com", "example.org"]
    asked.clear()
    for seconds in range(1, 61):
        while capture.run_one(sessions, at=at + timedelta(seconds=seconds), get=get):
            pass
    assert 8 <= len(asked) <= 60 / polite.PAUSE


def test_a_machine_that_is_read_as_a_source_is_left_alone_meanwhile(
    sessions: sessionmaker[Session], at: datetime
) -> None:
    ordered(sessions, at, "https://bao.example.vn/bai.html")
    with sessions.begin() as session:
        assert polite.claim(session, "bao.example.vn", at=at)
        assert not polite.claim(session, "bao.example.vn", at=at)
    assert not capture.run_one(sessions, at=at, get=lambda _url: PAGE)
    with sessions.begin() as session:
        polite.release(session, "bao.example.vn", at=at)
    assert capture.run_one(sessions, at=at + REST, get=lambda _url: PAGE)


@pytest.mark.parametrize("status", [429, 503])
def test_a_machine_that_asks_for_rest_gets_it_for_all_its_pages(
    sessions: sessionmaker[Session], at: datetime, status: int
) -> None:
    order = ordered(sessions, at)
    ordered(sessions, at, "https://example.org/other")
    busy = Fetched(status, PAGE.url, "text/html", b"x", headers=(("retry-after", "7200"),))
    assert capture.run_one(sessions, at=at, get=lambda _url: busy)
    assert now_is(sessions, order).next_try_at >= at + timedelta(hours=2)
    assert not capture.run_one(sessions, at=at + timedelta(minutes=59), get=lambda _url: PAGE)
    later = at + timedelta(minutes=61)  # one page may not silence a whole machine for longer
    assert capture.run_one(sessions, at=later, get=lambda _url: PAGE)
    assert not capture.run_one(sessions, at=later + REST, get=lambda _url: PAGE)
    assert capture.run_one(sessions, at=at + timedelta(minutes=122), get=lambda _url: PAGE)


def test_hostile_redirect_to_a_busy_machine_does_not_silence_the_one_that_it_stands_on(
    sessions: sessionmaker[Session], at: datetime
) -> None:
    ordered(sessions, at)
    busy = Fetched(503, "https://xau.example.com/", "text/html", b"x", headers=(("retry-after", "86400"),))
    assert capture.run_one(sessions, at=at, get=lambda _url: busy)
    with sessions() as session:
        assert session.get_one(SourceHost, "example.org").free_at < at + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("status", "stated", "seconds"),
    [
        (429, "", 60),
        (503, "", 60),
        (503, "Fri, 31 Dec 1999 23:59:59 GMT", 300),
        (429, "7", 7),
        (429, "9" * 30, 86_400),
        (500, "9", 0),
    ],
)
def test_how_long_a_busy_machine_is_left_alone(status: int, stated: str, seconds: int) -> None:
    answer = Fetched(status, "https://www.example.org/", "", b"", headers=(("retry-after", stated),))
    assert polite.wish(answer, "example.org") == seconds
    assert polite.wish(answer, "example.com") == 0


@pytest.mark.parametrize(
    "url",
    [
        "https://Bao.Example.VN:443/a",
        "http://bao.example.vn:8080/a",
        "HTTP://ai@bao.example.vn./",
        "https://bao.example.vn?a=b:80/",
        "https://bao.example.vn:/a",
        "http://192.0.2.7/",
        "https://xn--bo-yja.vn/",
    ],
)
def test_the_database_names_a_machine_as_the_code_does(session: Session, url: str) -> None:
    assert make.capture(session, url=url).host == polite.host_of(url)
