"""A flood through the real doors: junk by programs, a hundred honest reports among it, a real worker behind.

It is sent faster than in the hour that it stands for, while every window and budget runs by the real clock:
the press is harder than in that hour. Proofs are real ones, signed by the house with one round of work
instead of thousands: how long a sender calculates is measured elsewhere (bench/proofs.py).
"""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Final
from unittest import mock

import altcha
import psycopg
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import embedded, keys
from app.settings import read
from bench import house, junk
from bench.figures import Table, percentile
from intake import proofs
from models import Arrival, ArrivalState, Case
from verify import lane, nearby, resembling

POSTS, POSTS_LONG = 5_000, 50_000
COPIES, COPIES_LONG = 1_000, 10_000
CONNECTIONS: Final = 4
RATE: Final = 150.0  # posts a second; the hour of 50,000 has 14
_COMPARING: Final = """
    SELECT count(*) FROM arrivals
    WHERE state = 'held' AND near_case_id IS NULL AND compared_to = 0 AND attempts < 3
    AND telling >= %s AND held_why = ANY(%s)
"""
_DRAIN: Final = 240.0  # seconds after the last post
_BAR_CASES, _BAR_SECONDS = 50, 300.0
_DAMS: Final = [
    "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, nước đang tràn về xuôi, bà con vùng hạ du chạy ngay lên chỗ cao",
    "Đập thủy điện Cốc Ly ở Bắc Hà đã vỡ, nước đang tràn về xuôi, bà con vùng hạ du chạy ngay lên chỗ cao",
]
_LOOK: Final = 0.5  # seconds between two looks at the database
_SEEN: Final = """
    SELECT text, extract(epoch FROM clock_timestamp() - received_at) FROM arrivals
    WHERE text = ANY(%s) AND state = 'triaged'
"""
_HIDDEN: Final = """
    SELECT coalesce(held_why, state), count(*) FROM arrivals
    WHERE text = ANY(%s) AND state <> 'triaged' GROUP BY 1
"""
_LEFT: Final = """
    SELECT count(*) FROM arrivals
    WHERE state = 'received' OR (state = 'held' AND family_id IS NULL)
"""


class _Senders:
    """Posts everything in order over a few connections, at the rate; notes the answers."""

    def __init__(self, home: house.House, port: int, posts: Sequence[junk.Post]) -> None:
        self._posts, self._port = posts, port
        self._secret = keys.load(read(_env_file=None, state_dir=home.state_dir)).code
        self._next, self._lock = 0, threading.Lock()
        self._began = time.monotonic()
        self.seconds = 0.0
        self.answers: Counter[int] = Counter()
        self._threads = [threading.Thread(target=self._send) for _ in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()

    @property
    def busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _send(self) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        while True:
            with self._lock:
                number = self._next
                self._next += 1
            if number >= len(self._posts):
                return
            time.sleep(max(0.0, self._began + number / RATE - time.monotonic()))
            post = self._posts[number]
            headers = {"Content-Type": "application/json", "X-Forwarded-For": post.address}
            connection.request("POST", "/api/v1/reports", self._body(post), headers)
            answer = connection.getresponse()
            answer.read()
            with self._lock:
                self.answers[answer.status] += 1
                self.seconds = time.monotonic() - self._began

    def _body(self, post: junk.Post) -> bytes:
        sent = {"text": post.text, "place": post.place, "seen_where": post.seen_where}
        if post.proven:
            sent["proof"] = _proof(self._secret)
        return json.dumps({name: value for name, value in sent.items() if value}, ensure_ascii=False).encode()


def _proof(secret: bytes) -> str:
    """Return a solved challenge of the house."""
    made = altcha.Challenge.from_dict(proofs.challenge(secret, pressure=0, at=datetime.now(UTC)))
    solution = altcha.solve_challenge(made)
    assert solution is not None
    return altcha.Payload(made, solution).to_base64()


def measure(table: Table, running: embedded.Cluster, *, long: bool) -> None:
    """Measure the flood, then edited copies of two rumours; `long`: fifty thousand and ten thousand."""
    with mock.patch.multiple(proofs, ROUNDS=1, TRIES=1):  # the senders share this machine
        with _living(running, "bench_flood") as (home, port):
            _flood(table, home, port, POSTS_LONG if long else POSTS)
        with _living(running, "bench_copies") as (home, port):
            _copies(table, home, port, COPIES_LONG if long else COPIES)


@contextmanager
def _living(running: embedded.Cluster, name: str) -> Iterator[tuple[house.House, int]]:
    """Keep web and worker of a fresh house running, the encoder loaded by a first report."""
    with (
        house.house(running, name) as home,
        house.serving(home) as (port, _web),
        house.kiemtin("work", env=home.environment(ENCODER_RUNTIME="direct")),
    ):
        _wait(
            home, _Senders(home, port, [junk.Post("Hỏi thử đường dây", "first", "14.1.1.1", proven=True)]), []
        )
        yield home, port


def _flood(table: Table, home: house.House, port: int, count: int) -> None:
    posts = junk.mixed(count)
    true = [post for post in posts if post.kind == "honest"]
    began = time.monotonic()
    senders = _Senders(home, port, posts)
    seen = _wait(home, senders, [post.text for post in true])
    sent, kinds = senders.seconds, {post.text: post.kind for post in posts}
    shown = sorted(seen.values())
    with psycopg.connect(home.url) as database:
        opened = Counter(
            kinds.get(text, "first")
            for (text,) in database.execute("SELECT text FROM arrivals WHERE joined = 'opened'")
        )
        held = database.execute(
            "SELECT held_why, count(*) FROM arrivals WHERE state = 'held' GROUP BY held_why ORDER BY held_why"
        ).fetchall()
        hidden = database.execute(_HIDDEN, ([post.text for post in true],)).fetchall()
    by_junk = sum(size for kind, size in opened.items() if kind not in {"honest", "first"})
    answers = ", ".join(f"{size} x {status}" for status, size in sorted(senders.answers.items()))
    note = f"{len(posts):,} posts in {sent:.0f} s by HTTP: {answers}"
    table.add("flood.new_cases", sum(opened.values()) - opened["first"], "", peer=_BAR_CASES, note=note)
    table.add("flood.junk_cases", by_junk, "", note=str(dict(opened)))
    waiting = {post.text for post in true} - set(seen)
    pages = _lane_pages(home, waiting)
    beside, ahead = _beside(home, waiting)
    first = {text for text, page in pages.items() if page == 1}
    note = (
        f"in a case {len(shown)}, held and shown with their case {len(beside)} ({ahead} on its very page),"
        f" else on the first page of the held lane {len(first - beside)}; waiting: {dict(hidden)}"
    )
    table.add("flood.honest_visible", len(shown) + len(first | beside), "", peer=len(true), note=note)
    if set(pages) - beside:
        note = "of the held lane, 25 families each, on which one of those that wait stands"
        table.add("flood.honest_last_page", max(pages[text] for text in set(pages) - beside), "", note=note)
    told = {post.story for post in true if post.text in seen}
    table.add("flood.stories_visible", len(told), "", peer=len(junk.stories()), note="matters with a case")
    if shown:
        note = f"slowest, from receipt to its case; median {percentile(shown, 0.5):.1f}"
        table.add("flood.honest_visible_s", shown[-1], "s", peer=_BAR_SECONDS, note=note)
    table.add("flood.held", sum(size for _, size in held), "", note=str(dict(held)))
    table.add(
        "flood.quiet_again_s", time.monotonic() - began - sent, "s", note="until nothing waited for triage"
    )


def _beside(home: house.House, waiting: set[str]) -> tuple[set[str], int]:
    """Return which of `waiting` are shown with the case that they resemble, and how many on its very page.

    The others are one press away from there.
    """
    engine = home.engine()
    with Session(engine) as session:
        near = select(Arrival).where(Arrival.text.in_(waiting), Arrival.near_case_id.is_not(None))
        found = {one.text: one.near_case_id for one in session.scalars(near)}
        cases = session.scalars(select(Case).where(Case.id.in_(set(found.values())))).all()
        ahead = {one.text for case in cases for one in nearby.of(session, case).rows}
    engine.dispose()
    return set(found), len(ahead & set(found))


def _lane_pages(home: house.House, waiting: set[str]) -> dict[str, int]:
    """Return the page of the held lane, as officers first see it, on which each of `waiting` stands."""
    engine, found = home.engine(), dict[str, int]()
    with Session(engine) as session:
        number = pages = 1
        while number <= pages and waiting - set(found):
            page = lane.ask(session, state=ArrivalState.HELD, page=number)
            families = [sign.family_id for sign in page.signs]
            here = select(Arrival.text).where(
                Arrival.family_id.in_(families), Arrival.state == ArrivalState.HELD, Arrival.text.in_(waiting)
            )
            found.update(dict.fromkeys(session.scalars(here), number))
            number, pages = number + 1, page.pages
    engine.dispose()
    return found


def _copies(table: Table, home: house.House, port: int, count: int) -> None:
    made = list(junk.copies(_DAMS, count))
    texts = {post.text: which for which, post in made}
    senders = _Senders(home, port, [post for _, post in made])
    _wait(home, senders, [])
    with psycopg.connect(home.url) as database:
        rows = database.execute(
            "SELECT text, case_id, joined FROM arrivals WHERE case_id IS NOT NULL AND text = ANY(%s)",
            (list(texts),),
        ).fetchall()
    ways = Counter(how for _, _, how in rows)
    of_case: dict[int, Counter[int]] = defaultdict(Counter)
    for text, case_id, _ in rows:
        of_case[case_id][texts[text]] += 1
    crossed = sum(sum(both.values()) - max(both.values()) for both in of_case.values())
    note = f"{count:,} edited copies of two rumours about two dams in {senders.seconds:.0f} s"
    table.add("flood.copies_cases", len(of_case), "", peer=2, note=note)
    table.add("flood.copies_joined", len(rows) / count, "", note=f"{dict(ways)}; the others are held")
    table.add("flood.copies_crossed", crossed, "", peer=0, note="in the case of the other dam")


def _wait(home: house.House, senders: _Senders, texts: list[str]) -> dict[str, float]:
    """Wait until all is sent and nothing waits for triage; return when each of `texts` had a case, in s."""
    seen: dict[str, float] = {}
    deadline, ended = None, 0.0
    with psycopg.connect(home.url, autocommit=True) as database:
        while deadline is None or time.monotonic() < deadline:
            missing = [text for text in texts if text not in seen]
            for text, waited in database.execute(_SEEN, (missing,)) if missing else ():
                seen[text] = float(waited)
            if not senders.busy:
                ended = ended or time.monotonic()
                deadline = ended + _DRAIN + _BAR_SECONDS
                row = database.execute(_LEFT).fetchone()
                if row is not None and row[0] == 0 and not _compares(database, ended):
                    return seen
            time.sleep(_LOOK)
    raise TimeoutError("triage did not come to rest")


def _compares(database: psycopg.Connection[tuple[int]], ended: float) -> bool:
    """Return whether held reports are still being compared with the cases, and the bar leaves time for it."""
    row = database.execute(_COMPARING, (resembling.LEAST, list(resembling.WHY))).fetchone()
    return row is not None and row[0] > 0 and time.monotonic() < ended + _BAR_SECONDS
