"""The lines of work together: what is slow keeps only itself waiting."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from intake import fetch, polite, visits, watching
from models import SourceAddress, SourceHost
from tests import factories as make
from tests.intake.servers import open_to, page, serving
from tests.intake.watched import ZONE, Web, rss, watched

Sessions = sessionmaker[Session]
HEALTHY, HOSTILE = 12, 30
SECONDS = 8.0  # for which the lines work
HANG = 4.0  # seconds after which a fetch of this test ends
pytestmark = pytest.mark.usefixtures("_in_place")


def url(name: str) -> str:
    return f"https://{name}.example.vn/rss"


@contextmanager
def working(sessions: Sessions, way: polite.Way) -> Iterator[None]:
    """Every line in a thread of its own, as in the worker."""
    stop = threading.Event()

    def drain(step: watching.Step) -> None:
        while not stop.is_set():
            if not step(datetime.now(UTC)):
                stop.wait(0.1)

    threads = [
        threading.Thread(target=drain, args=(step,)) for step in watching.lines(sessions, way).values()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_hostile_sources_do_not_make_healthy_ones_late(sessions: Sessions) -> None:
    asked: dict[str, float] = {}
    over = threading.Event()

    def answer(request: BaseHTTPRequestHandler) -> None:
        name = request.path.split("/")[1].partition(".")[0]
        if name.startswith("xau"):
            over.wait(20)
            return
        asked[name] = time.time()
        page(
            rss((f"Tin trong ngày của {name}", f"https://{name}.example.vn/cu")).encode(),
            Content_Type="text/xml",
        )(request)

    now = datetime.now(UTC)
    with serving(answer) as port:
        limits = open_to(port, seconds=HANG)

        def get(address: str, etag: str, _last_modified: str) -> fetch.Fetched:
            inside = address.removeprefix("https://")
            return fetch.get(f"http://127.0.0.1:{port}/{inside}", limits=limits, etag=etag)

        way = polite.Way(ZONE, get=get)
        with sessions.begin() as session:
            by = make.officer(session)
            for number in range(HEALTHY):
                watched(session, url(f"tot{number}"), at=now, by=by, name=f"Báo {number}", allows_http=True)
            session.execute(update(SourceHost).values(robots_at=now))  # known, and steady
            for number in range(HOSTILE):
                watched(session, url(f"xau{number}"), at=now, by=by, name=f"Báo xấu {number}")
            due: dict[str, float] = {}
            for number in range(HEALTHY):
                when = datetime.now(UTC) + timedelta(seconds=0.5 + number * (SECONDS - 2.5) / HEALTHY)
                due[f"tot{number}"] = when.timestamp()
                session.execute(
                    update(SourceAddress)
                    .where(SourceAddress.url == url(f"tot{number}"))
                    .values(next_visit_at=when)
                )
        with working(sessions, way):
            time.sleep(SECONDS)
            over.set()
    assert set(asked) == set(due)
    assert max(asked[name] - due[name] for name in due) < 2


def test_one_answer_too_late_is_made_up_for_by_several_in_time(sessions: Sessions, at: datetime) -> None:
    web = Web()
    web.put(url("bao"), rss(), "text/xml")

    def slowly(address: str, etag: str, last_modified: str) -> fetch.Fetched:
        clock[0] += pace[0]
        return web.get(address, etag, last_modified)

    clock, pace = [0.0], [0.1]
    with sessions.begin() as session:
        watched(session, url("bao"), at=at)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: clock[0])

        def visit(moment: datetime, *, calm: bool) -> bool:
            with sessions.begin() as session:
                session.execute(update(SourceHost).values(free_at=moment))
                session.execute(update(SourceAddress).values(next_visit_at=moment))
            return visits.run_one(sessions, polite.Way(ZONE, get=slowly, calm=calm), at=moment)

        assert not visit(at, calm=True)  # new: nobody knows how it answers
        assert visit(at, calm=False)
        assert visit(at + timedelta(hours=1), calm=True)
        pace[0] = polite.SLOW + 1
        assert visit(at + timedelta(hours=2), calm=True)
        pace[0] = 0.1
        for hour in range(polite.COST):
            assert not visit(at + timedelta(hours=3 + hour), calm=True)
            assert visit(at + timedelta(hours=3 + hour), calm=False)
        assert visit(at + timedelta(hours=20), calm=True)
    with sessions() as session:
        assert session.scalars(select(SourceHost.distrust)).one() == 0


def test_machines_that_nothing_names_any_more_are_forgotten(sessions: Sessions, at: datetime) -> None:
    with sessions.begin() as session:
        watched(session, url("bao"), at=at)
        for number in range(3):
            assert polite.claim(session, f"so{number}.example.com", at=at + timedelta(days=number))
        watching.forget(session, at=at + timedelta(days=92))
        assert sorted(session.scalars(select(SourceHost.host))) == ["bao.example.vn", "so2.example.com"]
