"""How many items ended how, by source and the day of the centre's calendar on which they were seen."""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import SourceTally

SEEN: Final = "seen"  # every item once; the other outcomes of the day add up to it in the end
ARRIVED: Final = "arrived"
DAILY: Final = 1_000  # items that one source may bring on a day


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the day of `at` on the centre's calendar."""
    return at.astimezone(zone).date()


def day_end(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the start of the day after `at`, when quotas are full again."""
    return datetime.combine(day_of(at, zone) + timedelta(days=1), time(), tzinfo=zone)


def count(session: Session, source_id: int, day: date, outcome: str, number: int = 1) -> None:
    """Add `number` to a tally."""
    if number > 0:
        fresh = insert(SourceTally).values(source_id=source_id, day=day, outcome=outcome, count=number)
        session.execute(
            fresh.on_conflict_do_update(
                index_elements=["source_id", "day", "outcome"],
                set_={"count": SourceTally.count + number},
            )
        )


def left(session: Session, source_id: int, day: date) -> int:
    """Return how many items a source may still bring on `day`."""
    seen = session.scalar(
        select(SourceTally.count).where(
            SourceTally.source_id == source_id, SourceTally.day == day, SourceTally.outcome == SEEN
        )
    )
    return max(0, DAILY - (seen or 0))
