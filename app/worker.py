"""The worker process: encodes, triages, captures, reads sources; keeps the timetable while it is the leader.

It sleeps until the database tells of something new (LISTEN), and sweeps every two seconds besides,
so that a lost notice costs two seconds and not an arrival.
"""

import gc
import itertools
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

import intake.capture
import intake.drawing
import intake.fetch
from corpus import encoder, passages, reembedding
from corpus.encoder import Encoder
from intake import arriving, polite, watching
from intake.fetch import DEFAULT, Limits
from verify import budget, rereading, resembling, triage
from verify.sieve import Sieve

log = logging.getLogger(__name__)
SWEEP = 2.0  # seconds between two looks when nobody tells
_IN_A_FLOOD = 8  # turns of triage until held reports are compared once more
_CAPTURES = 2  # lines that keep copies of pages: a machine that hangs does not hold up all others
_CHANNELS = ("arrivals", "captures", "passages", "pictures", "source_trials")

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")  # of the centre's calendar, unless a setting names another

Step = Callable[[datetime], bool]


class Bell:
    """Rings when a committed row waits; one listening connection for the whole process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._rung = threading.Condition()
        self._count = 0

    def listen(self, stop: threading.Event) -> None:
        """Pass notices on until `stop` is set; reconnects after a lost connection."""
        while not stop.is_set():
            try:
                self._listen(stop)
            except psycopg.Error:
                log.warning("lost the listening connection; trying again")
                stop.wait(SWEEP)

    def _listen(self, stop: threading.Event) -> None:
        raw = self._engine.raw_connection()
        try:
            driver = raw.driver_connection
            raw.detach()  # LISTEN must not go back into the pool
            assert isinstance(driver, psycopg.Connection)  # noqa: S101  the only driver of this house
            driver.autocommit = True
            for channel in _CHANNELS:
                driver.execute(f"LISTEN {channel}")
            while not stop.is_set():
                for _notice in driver.notifies(timeout=SWEEP, stop_after=1):
                    self.ring()
        finally:
            raw.close()

    def ring(self) -> None:
        """Wake everyone who waits."""
        with self._rung:
            self._count += 1
            self._rung.notify_all()

    def wait(self, seen: int) -> int:
        """Return the count of rings, after a ring later than `seen` or after one sweep."""
        with self._rung:
            self._rung.wait_for(lambda: self._count != seen, timeout=SWEEP)
            return self._count


def _drain(name: str, step: Step, bell: Bell, stop: threading.Event) -> None:
    """Do `step` as long as it finds work, then wait for the bell. An outage is waited out."""
    seen = 0
    while not stop.is_set():
        try:
            while not stop.is_set() and step(datetime.now(UTC)):
                pass
        except Exception:
            log.exception("%s was interrupted; trying again", name)
            stop.wait(SWEEP)
        seen = bell.wait(seen)


def steps(
    engine: Engine,
    load_encoder: Callable[[], Encoder],
    *,
    zone: ZoneInfo = ZONE,
    contact_key: bytes | None = None,
    model: str = encoder.BUNDLED,
    load: Callable[[str], Encoder] = encoder.load,
    look: intake.capture.Look | None = None,
    limits: Limits | None = DEFAULT,
    flood_cases: int = budget.CASES,
) -> dict[str, Step]:
    """Return the lines of work by name. The encoder is loaded by the first that needs it.

    `load_encoder` makes the encoder that the setting `model` names, `load` that of any other such setting:
    one that served before has to serve until its successor has encoded all texts.

    `limits` bound what goes out to the network and say as whom; None: nothing goes out, and orders to capture
    a page stay where they are.
    `flood_cases`: how many cases an hour of a flood may open; 0: nothing is ever held by triage.
    Without `contact_key` pictures stay sealed. `look` takes pictures of kept pages.
    """
    sessions: sessionmaker[Session] = sessionmaker(engine, expire_on_commit=False)
    encoders = reembedding.Encoders(sessions, partial(_settled, load_encoder), model=model, load=load)
    sieve, turns = Sieve(flood_cases), itertools.count(1)

    def think(at: datetime) -> bool:
        # All each time: a large import must not hold up reports, nor reports a new claim's vector.
        serving = encoders.serving(at=at)
        sifted = sieve.run(sessions, at=at)
        triaged = triage.run_one(sessions, serving, at=at, sieve=sieve)
        reread = rereading.run_one(sessions, serving, at=at)
        judged = arriving.run_one(sessions, serving, at=at, zone=zone)
        encoded = passages.encode_some(sessions, serving)
        busy = sifted or encoded or triaged or reread or judged
        # In a flood there is always something; otherwise it waits, and another encoder still longer.
        compared = (not busy or next(turns) % _IN_A_FLOOD == 0) and resembling.compare_some(sessions, serving)
        return busy or compared or encoders.advance(at=at)

    def draw(at: datetime) -> bool:
        return contact_key is not None and intake.drawing.run_one(sessions, contact_key, at=at)

    if limits is None:
        return {"triage": think, "pictures": draw}
    get = partial(intake.fetch.get, limits=limits)

    def capture(at: datetime) -> bool:
        return intake.capture.run_one(sessions, at=at, get=get, look=look)

    lines = watching.lines(sessions, polite.Way.within(limits, zone))
    captures = {f"capture-{number}": capture for number in range(1, _CAPTURES + 1)}
    return {"triage": think, "pictures": draw, **captures, **lines}


def _settled(load_encoder: Callable[[], Encoder]) -> Encoder:
    """Return the encoder. What is loaded by now stays: each full collection would walk it for 40 to 80 ms."""
    loaded = load_encoder()
    gc.collect()
    gc.freeze()
    return loaded


def work(  # noqa: PLR0913  the wiring of one process, each by its name
    engine: Engine,
    load_encoder: Callable[[], Encoder],
    stop: threading.Event,
    *,
    zone: ZoneInfo = ZONE,
    contact_key: bytes | None = None,
    model: str = encoder.BUNDLED,
    load: Callable[[str], Encoder] = encoder.load,
    look: intake.capture.Look | None = None,
    limits: Limits | None = DEFAULT,
    flood_cases: int = budget.CASES,
) -> None:
    """Run every line of work in its own thread until `stop` is set."""
    bell = Bell(engine)
    threads = [threading.Thread(target=bell.listen, args=(stop,), name="bell", daemon=True)]
    lines = steps(
        engine,
        load_encoder,
        zone=zone,
        contact_key=contact_key,
        model=model,
        load=load,
        look=look,
        limits=limits,
        flood_cases=flood_cases,
    )
    for name, step in lines.items():
        threads.append(threading.Thread(target=_drain, args=(name, step, bell, stop), name=name, daemon=True))
    for thread in threads:
        thread.start()
    stop.wait()
    bell.ring()
    for thread in threads:
        thread.join(timeout=10)
