"""The lines of work that read watched sources, for the worker; and forgetting what was kept long enough."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, exists
from sqlalchemy.orm import Session, sessionmaker

from intake import articles, polite, revisits, trials, visits
from models import Article, ItemState, SeenItem, SourceAddress, SourceHost, SourceTrial, SourceVisit

Step = Callable[[datetime], bool]

CALM: Final = 2  # lines that keep to machines which answered in time at last: slow ones cannot hold up all
LINES: Final = 6  # lines that take everything; most of their time they wait for slow machines
KEPT: Final = timedelta(days=90)  # of visits and of items that were dropped; keys and tallies stay


def lines(sessions: sessionmaker[Session], way: polite.Way) -> dict[str, Step]:
    """Return the lines of work by name; each does one piece of each kind and says whether there was any."""
    steady = replace(way, calm=True)

    def calm(at: datetime) -> bool:
        visited = visits.run_one(sessions, steady, at=at)
        return articles.run_one(sessions, steady, at=at) or visited

    def every(at: datetime) -> bool:
        tried = trials.run_one(sessions, way, at=at)
        visited = visits.run_one(sessions, way, at=at)
        read = articles.run_one(sessions, way, at=at)
        return revisits.run_one(sessions, way, at=at) or tried or visited or read

    return {
        **{f"sources-calm-{number}": calm for number in range(1, CALM + 1)},
        **{f"sources-{number}": every for number in range(1, LINES + 1)},
    }


def forget(session: Session, *, at: datetime) -> None:
    """Forget old visits, dropped items, trials, machines. An article seen before stays known by its keys."""
    trials.forget(session, at=at)
    session.execute(delete(SourceVisit).where(SourceVisit.at < at - KEPT))
    session.execute(delete(SeenItem).where(SeenItem.state == ItemState.DROPPED, SeenItem.seen_at < at - KEPT))
    # Each reported address may name a machine of its own, and a flood of them would be kept for good.
    used = (
        exists().where(record.host == SourceHost.host)
        for record in (SourceAddress, SourceTrial, SeenItem, Article)
    )
    unused = [~one for one in used]
    session.execute(delete(SourceHost).where(SourceHost.free_at < at - KEPT, *unused))
