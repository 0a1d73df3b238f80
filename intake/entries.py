"""Reports told on the telephone or at the counter and taken down by an officer."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from intake import reports
from intake.forms import Report
from models import Arrival, Channel, Invalid, Officer, audit

SPOKEN: Final = (Channel.HOTLINE, Channel.WALK_IN)  # the doors where an officer listens


def channel(value: str) -> Channel:
    """Return the spoken channel chosen. Raises Invalid (`channel-missing`)."""
    if value not in SPOKEN:
        raise Invalid("neither telephone nor counter", code="channel-missing", field="channel")
    return Channel(value)


def read_back(value: str) -> bool:
    """Return whether the entry was read to the caller. Raises Invalid (`read-back-missing`)."""
    if value not in {"yes", "no"}:
        raise Invalid("not said whether it was read back", code="read-back-missing", field="read_back")
    return value == "yes"


def take_down(
    session: Session,
    form: Report,
    *,
    channel: Channel,
    heard: bool,
    by: Officer,
    keys: reports.Keys,
    at: datetime,
) -> Arrival:
    """Store what a caller told `by`; `heard`: it was read to them and found right. Sent twice, stored once.

    Raises Conflict (`code-taken`) as `reports.receive` does.
    """
    bearer = reports.Bearer(taken_by_id=by.id, read_back_at=at if heard else None)
    arrival = reports.receive(session, form, channel=channel, keys=keys, at=at, bearer=bearer)
    if arrival.received_at == at:
        detail = {"channel": channel.value, "read_back": heard, "pieces": 1 + len(form.more)}
        audit.record(
            session, "report.taken-down", subject=("arrival", arrival.id), by=by, at=at, detail=detail
        )
    return arrival
