"""Twenty sources over loopback for two days, the clock turned by hand: every article arrives once, every
change is noticed, every number adds up. The worker is killed three times in the middle of its work.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from corpus import encoder
from intake import arriving, articles, polite, revisits, visits
from models import SeenItem, SourceHost
from tests.intake.watched import ZONE
from tests.intake.world import START, World, check, standing, watch_all

HOURS, STEP = 48, 3


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def way(world: World) -> Iterator[polite.Way]:
    with standing(world) as way:
        yield way


@pytest.mark.usefixtures("_in_place")
@pytest.mark.timeout(600)
def test_two_days_of_twenty_sources(
    sessions: sessionmaker[Session], world: World, way: polite.Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = encoder.load()
    watch_all(sessions, world)
    killed = 0

    def work(at: datetime) -> None:
        """Do everything that is due; as time stands still meanwhile, the pauses are taken as over."""
        worked = True
        while worked:
            with sessions.begin() as session:
                session.execute(update(SourceHost).where(SourceHost.free_at > at).values(free_at=at))
                session.execute(
                    update(SeenItem)
                    .where(SeenItem.next_try_at <= at + timedelta(minutes=2))
                    .values(next_try_at=at)
                )
            worked = visits.run_one(sessions, way, at=at)
            worked |= articles.run_one(sessions, way, at=at)
            worked |= revisits.run_one(sessions, way, at=at)
            worked |= arriving.run_one(sessions, model, at=at, zone=ZONE)

    for hour in range(0, HOURS + 1, STEP):
        world.now = START + timedelta(hours=hour)
        if hour in {12, 24, 36}:  # when there is something new, the process is killed at work
            module, name = ((visits, "_settle"), (articles, "settle"), (arriving, "_arrive"))[killed]
            with monkeypatch.context() as patch:
                patch.setattr(module, name, _die)
                with pytest.raises(KeyboardInterrupt):
                    work(world.now)
            killed += 1
            world.now += timedelta(minutes=10)
        work(world.now)
    assert killed == 3
    check(sessions, world)


def _die(*_args: object, **_named: object) -> None:
    raise KeyboardInterrupt
