"""The flood of bench/flood.py without its web process: what one worker makes of it, by a clock of its own.

`python -m bench.surge --posts 50000 --rate 14 --mix local --seed 3` takes minutes where the hour takes an
hour: posts come when they are due, each step of the worker moves the clock by the time that it really took,
and where nothing waits the clock jumps. Prints how time grows with size, and where the honest reports are.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from bench import house, junk
from corpus import encoder
from corpus.encoder import Encoder
from intake import codes, forms, gate, networks, reports
from models import Arrival, ArrivalState, Case, Channel, Joined
from verify import lane, nearby, resembling, triage
from verify.sieve import Sieve

_KEYS: Final = reports.Keys(code=b"k" * 32, contact=b"")
_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_BAR: Final = 300.0  # seconds from receipt within which an honest report must be visible
_LOOK: Final = 1.0  # seconds of the simulated clock between two looks


@dataclass
class Surge:
    """One simulated flood over a fresh database."""

    sessions: sessionmaker[Session]
    model: Encoder
    posts: Sequence[junk.Post]
    rate: float
    slow: float = 1.0  # how many times slower the worker is than this machine
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    now: float = 0.0  # simulated seconds
    sent: int = 0
    refused: int = 0
    turns: int = 0
    ids: dict[int, junk.Post] = field(default_factory=dict)
    due: dict[int, float] = field(default_factory=dict)  # when each honest report came
    seen: dict[int, float] = field(default_factory=dict)  # seconds from receipt to its case
    late: dict[int, str] = field(default_factory=dict)  # where it was after `_BAR`
    spent: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    crowds: networks.Crowds = field(init=False)
    sieve: Sieve = field(default_factory=Sieve)

    def __post_init__(self) -> None:
        self.crowds = networks.Crowds(clock=lambda: self.now)

    def at(self, seconds: float) -> datetime:
        """Return the moment of the simulated clock."""
        return self.began + timedelta(seconds=seconds)

    def run(self, *, every: int) -> None:
        """Send everything and work until nothing waits; print a line for every `every` posts."""
        looked, told = 0.0, 0
        while True:
            self._receive()
            worked = self._work()
            if self.now - looked > _LOOK or not worked:
                looked = self.now
                self._look()
            if self.sent >= told + every:
                told = self.sent
                self._tell()
            if worked:
                continue
            if self.sent < len(self.posts):
                self.now = max(self.now, self.sent / self.rate)
            elif self._waiting():
                self.now += 1.0
            else:
                break
        self._tell()

    def _receive(self) -> None:
        """Store what is due by now, as the door does."""
        last = min(len(self.posts), int(self.now * self.rate) + 1)
        if self.sent >= last:
            return
        began = time.perf_counter()
        with self.sessions.begin() as session:
            pressure = gate.arrived(session, at=self.at(self.now))
            for number in range(self.sent, last):
                self._one(session, self.posts[number], number / self.rate, pressure + number - self.sent)
        self.sent = last
        self.spent["door"] += time.perf_counter() - began

    def _one(self, session: Session, post: junk.Post, due: float, pressure: int) -> None:
        crowd, at = self.crowds.count(post.address), self.at(due)
        if crowd > networks.REFUSED * (gate.PROVEN_CROWD if post.proven else 1):
            self.refused += 1
            return
        given = {"text": post.text, "place": post.place, "seen_where": post.seen_where, "url": post.url}
        typed = forms.Typed(**{name: value for name, value in given.items() if value}, code=codes.new())
        form = forms.check(typed, today=at.astimezone(_ZONE).date())
        why = gate.hold(gate.Sending(proven=post.proven, crowd=crowd), pressure=pressure)
        arrival = reports.receive(
            session, form, channel=Channel.API, keys=_KEYS, at=at, held_why=why, proven=post.proven
        )
        self.ids[arrival.id] = post
        if post.kind == "honest":
            self.due[arrival.id] = due

    def _work(self) -> bool:
        """Do one turn of the worker's line, and move the clock by what it took."""
        at, began = self.at(self.now), time.perf_counter()
        sifted = self.sieve.run(self.sessions, at=at)
        middle = time.perf_counter()
        triaged = triage.run_one(self.sessions, self.model, at=at, sieve=self.sieve)
        later = time.perf_counter()
        busy = sifted or triaged
        self.turns += busy
        compared = (not busy or self.turns % 8 == 0) and resembling.compare_some(self.sessions, self.model)
        ended = time.perf_counter()
        self.spent["sieve"] += middle - began
        self.spent["triage"] += later - middle
        self.spent["compare"] += ended - later
        self.spent["triaged"] += triaged
        self.now += (ended - began) * self.slow
        return busy or compared

    def _look(self) -> None:
        open_ = [one for one in self.due if one not in self.seen]
        with self.sessions.begin() as session:
            found = select(Arrival.id).where(Arrival.id.in_(open_), Arrival.state == ArrivalState.TRIAGED)
            for one in session.scalars(found):
                self.seen[one] = self.now - self.due[one]
            old = [one for one in open_ if one not in self.seen and self.now - self.due[one] > _BAR]
            fresh = [one for one in old if one not in self.late]
            if fresh:
                places = where(session, set(fresh))
                self.late.update({one: places.get(one, "deep") for one in fresh})

    def _waiting(self) -> bool:
        with self.sessions.begin() as session:
            left = select(Arrival.id).where(Arrival.state == ArrivalState.RECEIVED).limit(1)
            return session.scalar(left) is not None

    def _tell(self) -> None:
        with self.sessions.begin() as session:
            began = time.perf_counter()
            page = lane.ask(session, state=ArrivalState.HELD)
            asked = time.perf_counter() - began
            cases = session.scalar(select(func.count()).select_from(Case)) or 0
        told = ", ".join(f"{name} {value:.1f}" for name, value in self.spent.items())
        print(
            f"{self.sent:6,} sent, clock {self.now:6.0f} s; since the last line: {told};"
            f" lane {asked * 1000:.0f} ms, {page.families:,} families, {page.total:,} held; {cases} cases",
            flush=True,
        )
        self.spent.clear()


def where(session: Session, wanted: set[int]) -> dict[int, str]:
    """Return where an officer finds each of the held `wanted`: beside its case, or on a page of the lane."""
    near = select(Arrival.near_case_id).where(Arrival.id.in_(wanted), Arrival.near_case_id.is_not(None))
    found = {}
    for case_id in session.scalars(near.distinct()).all():
        shown = {one.id for one in nearby.of(session, session.get_one(Case, case_id)).rows}
        mine = select(Arrival.id).where(Arrival.id.in_(wanted), Arrival.near_case_id == case_id)
        found.update({one: "beside" if one in shown else "beside more" for one in session.scalars(mine)})
    number = pages = 1
    while number <= min(pages, 40) and wanted - set(found):
        page = lane.ask(session, state=ArrivalState.HELD, page=number)
        families = {sign.family_id: rank for rank, sign in enumerate(page.signs, start=1)}
        here = select(Arrival.id, Arrival.family_id).where(
            Arrival.family_id.in_(families), Arrival.state == ArrivalState.HELD, Arrival.id.in_(wanted)
        )
        for one, family in session.execute(here):
            found.setdefault(one, f"page {number}.{families[family or 0]}")
        number, pages = number + 1, page.pages
    return found


def report(session: Session, surge: Surge) -> None:
    """Print where all honest reports are, and which junk stands before them."""
    true = set(surge.due)
    places = where(session, true - set(surge.seen))
    kinds = Counter("case" if one in surge.seen else places.get(one, "deep").split(".")[0] for one in true)
    opened = Counter(
        surge.ids[one].kind
        for one in session.scalars(select(Arrival.id).where(Arrival.joined == Joined.OPENED))
    )
    print(
        "honest:",
        dict(kinds),
        "after five minutes:",
        dict(Counter(v.split(".")[0] for v in surge.late.values())),
    )
    print("cases opened by:", dict(opened), "of", opened.total(), "refused", surge.refused)
    print("slowest into a case:", max(surge.seen.values(), default=0.0))
    for one in sorted(true - set(surge.seen), key=lambda one: places.get(one, "deep")):
        row = session.get_one(Arrival, one)
        size = session.scalar(select(func.count()).where(Arrival.family_id == row.family_id))
        signs = f"points {row.telling}, family {row.family_id} of {size}, near {row.near_case_id}"
        print(f"  {places.get(one, 'deep'):12} {signs}, story {surge.ids[one].story} | {row.text[:90]}")
    for sign in lane.ask(session, state=ArrivalState.HELD).signs:
        signs = f"{sign.telling} x{sign.count} proven {sign.proven} near {sign.near}"
        print(f"  lane: {signs} {surge.ids[sign.arrival_id].kind:9} | {sign.text[:80]}")


def main() -> None:
    """Read the command line, simulate and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.surge", description=__doc__)
    parser.add_argument("--posts", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=150.0, help="posts a second")
    parser.add_argument("--mix", choices=sorted(junk.MIXES), default="usual")
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--slow", type=float, default=1.0, help="how many times slower the worker is")
    given = parser.parse_args()
    with house.cluster() as running, house.house(running, "bench_surge") as home:
        engine = home.engine()
        sessions: sessionmaker[Session] = sessionmaker(engine, expire_on_commit=False)
        posts = junk.mixed(given.posts, seed=given.seed, mix=junk.MIXES[given.mix])
        surge = Surge(sessions, encoder.load(encoder.BUNDLED), posts, given.rate, given.slow)
        surge.run(every=max(1000, given.posts // 10))
        with sessions.begin() as session:
            report(session, surge)
        engine.dispose()


if __name__ == "__main__":
    main()
