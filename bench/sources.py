"""Watched sources over loopback: how quickly articles come in, and whether hostile servers make others late.

The sites are those of the tests (`tests/intake/world.py`, `tests/intake/hostile.py`), read by the real lines
of work, through the real way out, each answer in a child process of its own.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from bench import house
from bench.figures import Table, percentile
from corpus import encoder
from intake import arriving, fetch, polite, sources, watching
from models import (
    ArticleVersion,
    Officer,
    SeenItem,
    Source,
    SourceAddress,
    SourceHost,
    SourceKind,
    SourceOwner,
    SourceScope,
    SourceState,
    SourceTakes,
    SourceVisit,
)
from tests.intake import hostile, world
from tests.intake.servers import canary, certificate, open_to, page, serving
from tests.intake.watched import ZONE, rss

Sessions = sessionmaker[Session]
DAYS: Final = 3
HEALTHY: Final = 20
SECONDS: Final = 24.0  # for which the lines work beside hostile servers
LIMIT_S: Final = 2.0
HOSTILE: Final = (*hostile.STALLING, *hostile.BREAKING, *hostile.READABLE)


def measure(table: Table, home: house.House) -> None:
    """Measure on a fresh house."""
    engine = home.engine()
    sessions: Sessions = sessionmaker(engine, expire_on_commit=False)
    _days(table, sessions)
    with sessions.begin() as session:
        watched = update(Source).where(Source.state == SourceState.WATCHED)
        session.execute(watched.values(state=SourceState.PAUSED))
    _beside_hostile(table, sessions)
    engine.dispose()


def _days(table: Table, sessions: Sessions) -> None:
    """Let twenty sites publish for simulated days; every article must arrive once, every number add up."""
    sites = world.World(every=24, articles=2)
    world.watch_all(sessions, sites)
    model = encoder.load()
    began = time.perf_counter()
    with world.standing(sites) as way:
        for hour in range(0, 24 * DAYS + 1, 6):
            sites.now = world.START + timedelta(hours=hour)
            _work(sessions, way, model, sites.now)
    seconds = time.perf_counter() - began
    world.check(sessions, sites)
    with sessions() as session:
        items = session.scalar(select(func.count()).select_from(SeenItem)) or 0
        visits = session.scalar(select(func.count()).select_from(SourceVisit)) or 0
        states = session.scalar(select(func.count()).select_from(ArticleVersion)) or 0
    table.add(
        "sources.items_per_s", items / seconds, "1/s",
        note=f"{items} articles of {world.SOURCES} sites, {DAYS} days, {visits} visits, {states} states of "
        "pages; each arrived once, changes noticed, tallies add up",
    )  # fmt: skip


def _work(sessions: Sessions, way: polite.Way, model: encoder.Encoder, at: datetime) -> None:
    """Do all that is due at `at`: as the clock stands still, the pauses of machines count as over."""
    lines = [*watching.lines(sessions, way).values(), _judge(sessions, model)]

    def drain(line: watching.Step) -> bool:
        worked = False
        while line(at):
            worked = True
        return worked

    with ThreadPoolExecutor(len(lines)) as pool:
        worked = True
        while worked:
            with sessions.begin() as session:
                session.execute(update(SourceHost).where(SourceHost.free_at > at).values(free_at=at))
                soon = SeenItem.next_try_at <= at + timedelta(minutes=2)
                session.execute(update(SeenItem).where(soon).values(next_try_at=at))
            worked = any(list(pool.map(drain, lines)))


def _judge(sessions: Sessions, model: encoder.Encoder) -> Callable[[datetime], bool]:
    return lambda at: arriving.run_one(sessions, model, at=at, zone=ZONE)


def _beside_hostile(table: Table, sessions: Sessions) -> None:
    """Start every hostile server as a source, then see how late steady ones are visited beside them."""
    asked: dict[str, float] = {}
    taken: dict[str, float] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        knocked, knocks = stack.enter_context(canary())
        secure, _trust = certificate(folder)
        ground = stack.enter_context(hostile.laid(secure, knocked, knocked))
        healthy = stack.enter_context(serving(page(rss().encode(), Content_Type="text/xml")))
        limits = open_to(ground.port, healthy)

        def get(url: str, _etag: str, _last_modified: str) -> fetch.Fetched:
            name = url.split("/")[2].partition(".")[0]
            started = time.time()
            if name.startswith("tot") and not url.endswith("robots.txt"):
                asked.setdefault(name, started)
            port, path = (healthy, "") if name.startswith("tot") else (ground.port, name)
            try:
                return replace(fetch.get(f"http://127.0.0.1:{port}/{path}", limits=limits), url=url)
            finally:
                taken[url] = time.time() - started

        due = _started(sessions)
        _run(sessions, polite.Way(ZONE, get=get))
    assert not knocks, "a canary was knocked at"
    late = [asked.get(name, time.time()) - moment for name, moment in due.items()]
    note = f"{HEALTHY} steady sources beside {len(HOSTILE)} hostile ones, {len(taken)} questions"
    table.add(
        "sources.late_p95_s", percentile(late, 0.95), "s",
        peer=LIMIT_S, note=f"{note}; latest {max(late):.2f}; peer: the limit",
    )  # fmt: skip
    table.add(
        "sources.hostile_s", max(taken.values()), "s",
        peer=20, note="the longest question of that run; peer: the limit",
    )  # fmt: skip


def _started(sessions: Sessions) -> dict[str, float]:
    """Start them all, the healthy ones known already; return when each of those is due."""
    now = datetime.now(UTC)
    due: dict[str, float] = {}
    with sessions.begin() as session:
        by = session.scalars(select(Officer).limit(1)).one()
        for name in (*(f"tot{number}" for number in range(HEALTHY)), *HOSTILE):
            url = f"https://{name}.example.vn/rss"
            wanted = sources.Wanted(
                name=name, home=url, urls=[url], kind=SourceKind.FEED, owner=SourceOwner.OTHER,
                scope=SourceScope.NATIONAL, takes=SourceTakes.MENTION,
            )  # fmt: skip
            made = sources.add(session, wanted, by=by, at=now)
            sources.start(session, sources.get(session, made.id), by=by, at=now)
        session.execute(
            update(SourceHost).where(SourceHost.host.startswith("tot")).values(robots_at=now, robots="")
        )
        for number in range(HEALTHY):
            when = datetime.now(UTC) + timedelta(seconds=2 + number * (SECONDS - 6) / HEALTHY)
            due[f"tot{number}"] = when.timestamp()
            session.execute(
                update(SourceAddress)
                .where(SourceAddress.url == f"https://tot{number}.example.vn/rss")
                .values(next_visit_at=when)
            )
    return due


def _run(sessions: Sessions, way: polite.Way) -> None:
    """Let every line of work run in a thread of its own for a while, with the true clock."""
    stop = threading.Event()

    def drain(line: watching.Step) -> None:
        while not stop.is_set():
            if not line(datetime.now(UTC)):
                stop.wait(0.2)

    lines = watching.lines(sessions, way).values()
    threads = [threading.Thread(target=drain, args=(line,), daemon=True) for line in lines]
    for thread in threads:
        thread.start()
    stop.wait(SECONDS)
    stop.set()
    for thread in threads:
        thread.join()
