"""Asking other people's machines politely: one question at a time, pauses between, robots.txt obeyed.

A machine is a row, for all who ask it: visits, articles, copies of reported and cited pages. Who wants to ask
takes the row with its own job, in one transaction, by setting `free_at` ahead; whoever finishes sets it back
to now and a pause. A process that dies leaves a machine that is free again after a minute and a half.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from intake import apart, fetch, robots
from intake.feedreading import is_same_site
from intake.fetch import Fetched
from models import SourceHost

HOLD: Final = timedelta(seconds=90)  # longer than robots.txt, a page and its reading take together
PAUSE: Final = 5  # seconds between two questions, unless robots.txt asks for more
BUSY: Final = 60  # seconds of rest for a machine that says it is busy, and not for how long
COST: Final = 5  # answers in time that make up for one that was not
MOST: Final = 50
SLOW: Final = 4.0  # seconds to answer and be read beyond which a machine is not steady
_KEPT: Final = timedelta(hours=24)  # of robots.txt, as RFC 9309 allows at most
LONGEST: Final = timedelta(hours=24)  # any machine's wish to be left alone counts as at most this

Get = Callable[[str, str, str], Fetched]  # address, ETag, Last-Modified
AGENT: Final = "KiemTin"  # our name in robots.txt: the one that stands in `fetch.AGENT`


@dataclass(frozen=True)
class Way:
    """How this house asks: through which fetch, under which name, on which calendar.

    `calm`: it keeps to machines that are steady, and reads their answers apart without waiting for others'.
    """

    zone: ZoneInfo
    get: Get
    agent: str = AGENT
    calm: bool = False
    spent: list[float] = field(default_factory=list)  # seconds of a machine to answer, and of reading it

    def read(self, function: str, *args: object) -> Any:  # noqa: ANN401  whatever the function returns
        """Read foreign bytes in the limited child process (`intake.apart.run`)."""
        return apart.run(function, *args, calm=self.calm, told=self.spent.append)

    def once(self) -> Self:
        """Return this way for one piece of work, whose seconds count alone."""

        def get(url: str, etag: str, last_modified: str) -> Fetched:
            started = time.monotonic()
            try:
                return self.get(url, etag, last_modified)
            finally:
                made.spent.append(time.monotonic() - started)

        made = replace(self, get=get, spent=[])
        return made

    @property
    def slow(self) -> bool:
        """Whether that took longer than it may of a steady machine; waiting for our own turn is left out."""
        return sum(self.spent) > SLOW

    @classmethod
    def within(cls, limits: fetch.Limits, zone: ZoneInfo) -> Self:
        """Return the way through the one way out, within `limits`."""

        def get(url: str, etag: str, last_modified: str) -> Fetched:
            return fetch.get(url, limits=limits, etag=etag or None, last_modified=last_modified or None)

        return cls(zone, get)


class Closed(Exception):  # noqa: N818  an answer, not a fault
    """robots.txt asks us not to read there."""


def host_of(url: str) -> str:
    """Return the machine that `url` names: its host in lower case, with the port where it is unusual."""
    parts = urlsplit(url)
    port = parts.port if parts.port not in {None, 80, 443} else None
    return (parts.hostname or "").lower().rstrip(".") + (f":{port}" if port else "")


def know(session: Session, url: str, *, at: datetime) -> str:
    """Return the machine of `url`, remembered so that it can be held."""
    host = host_of(url)
    session.execute(
        insert(SourceHost).values(host=host, free_at=at).on_conflict_do_nothing(index_elements=["host"])
    )
    return host


def claim(session: Session, host: str, *, at: datetime) -> bool:
    """Take `host` until it is released, known before or not; False while somebody else asks it."""
    fresh = insert(SourceHost).values(host=host, free_at=at).on_conflict_do_nothing(index_elements=["host"])
    session.execute(fresh)
    taken = session.scalar(
        update(SourceHost)
        .where(SourceHost.host == host, SourceHost.free_at <= at)
        .values(free_at=at + HOLD)
        .returning(SourceHost.host)
        .execution_options(synchronize_session=False)
    )
    return taken is not None


def hold(session: Session, host: str, *, at: datetime) -> None:
    """Take `host`, whose row the caller has locked and found free, until it is released."""
    session.execute(update(SourceHost).where(SourceHost.host == host).values(free_at=at + HOLD))


def release(session: Session, host: str, *, at: datetime, wait: int = 0, slow: bool | None = None) -> None:
    """Free `host` after a pause, or after the `wait` in seconds that it asked for.

    `slow`: it did not answer, or not in time; None: nothing is to be concluded from how it answered.
    """
    row = session.get_one(SourceHost, host, with_for_update=True, populate_existing=True)
    pause = max(PAUSE, row.crawl_delay, wait)
    row.free_at = at + min(timedelta(seconds=pause), LONGEST)
    if slow is not None:
        row.distrust = min(row.distrust + COST, MOST) if slow else max(row.distrust - 1, 0)


def steady() -> ColumnElement[bool]:
    """Whether a machine (SourceHost, in a query) was asked before and answered in time at last."""
    return (SourceHost.distrust == 0) & SourceHost.robots_at.is_not(None)


def ask(
    sessions: sessionmaker[Session],
    way: Way,
    url: str,
    *,
    at: datetime,
    marks: tuple[str, str] = ("", ""),
) -> Fetched:
    """Return the answer of `url`, whose host the caller holds; `marks` are ETag and Last-Modified, or empty.

    Raises Closed when robots.txt forbids it, fetch.Refused and fetch.Unreached as fetching does.
    """
    host = host_of(url)
    with sessions() as session:
        row = session.get_one(SourceHost, host)
        text, read_at = row.robots, row.robots_at
    if read_at is None or read_at + _KEPT < at:
        text = _robots(way, url)
        with sessions.begin() as session:
            known = update(SourceHost).where(SourceHost.host == host)
            session.execute(known.values(robots=text, robots_at=at))
    if text.strip():
        allowed, delay = way.read("intake.robots:ask", text, way.agent, url)
        with sessions.begin() as session:
            session.execute(update(SourceHost).where(SourceHost.host == host).values(crawl_delay=delay))
        if not allowed:
            raise Closed
    return way.get(url, *marks)


def _robots(way: Way, url: str) -> str:
    """Return the text of robots.txt. A site that answers "no such page" allows everything.

    Raises fetch.Unreached when the site cannot say: then nothing may be read (RFC 9309 2.3.1.4).
    """
    parts = urlsplit(url)
    answer = way.get(f"{parts.scheme}://{parts.netloc}/robots.txt", "", "")
    if 400 <= answer.status < 500 and answer.status != 429:  # noqa: PLR2004  HTTP: no such page
        return ""
    if answer.status != 200:  # noqa: PLR2004
        raise fetch.Unreached(f"robots.txt: status {answer.status}")
    return answer.content[: robots.LIMIT].decode("utf-8", "replace").replace("\0", "")


class Stopwatch:
    """Says what the time is, `at` at its start: jobs are told the time, and a fetch takes some of it."""

    def __init__(self, at: datetime) -> None:
        self._at, self._started = at, time.monotonic()

    def now(self) -> datetime:
        """Return the moment in which the job is by now."""
        return self._at + timedelta(seconds=time.monotonic() - self._started)


def wish(answer: Fetched | None, host: str) -> int:
    """Return the seconds for which `host` asks to be left alone, by 429 or 503 with Retry-After or without.

    0 where somebody else answered in the end: an open redirect must not silence the site that it stands on.
    """
    if answer is None or answer.status not in {429, 503} or not is_same_site(answer.url, f"https://{host}"):
        return 0
    stated = answer.retry_after.strip()
    if stated.isascii() and stated.isdigit():
        return min(int(stated[:9]), int(LONGEST.total_seconds()))
    return BUSY * 5 if stated else BUSY  # a date: a machine's clock is not worth reading
