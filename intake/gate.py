"""Which report waits at the door: decided from the sending alone, never from who sent it or what it says.

Nothing is refused here. What is held is kept whole, answered like any other, and looked at by a person
or let in by a quieter hour. Why these limits: docs/decisions/0011-floods.md.
"""

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Arrival, ArrivalKind, Channel, HeldWhy

FLOOD: Final = 300  # reports within `WINDOW` at the open doors; a busy day of the centre has fewer in all
WINDOW: Final = timedelta(minutes=10)
QUICK: Final = timedelta(seconds=3)  # nobody reads, fills in and sends the form sooner
PROVEN_CROWD: Final = 4  # times the limit of a network for reports with proof: thousands share an address
_OPEN: Final = (Channel.WEB, Channel.API, Channel.EMAIL)  # officers and partners are known to the centre
_COUNTED: Final = 10 * FLOOD  # further than this nobody needs to count


@dataclass(frozen=True, kw_only=True)
class Sending:
    """How a report was sent. Nothing of it is stored but `proven` and why the report is held."""

    proven: bool = False  # with a proof of work, spent on this report
    baited: bool = False  # something stood in the field that no person sees
    taken: timedelta | None = None  # from serving the form to sending it; None: not known
    crowd: float = 0.0  # how many came from the same network lately, in limits of that network


def hold(sending: Sending, *, pressure: int) -> HeldWhy | None:
    """Return why a report sent like this waits at the door, or None where it goes straight to triage.

    `pressure` is what `arrived` counts.
    """
    if sending.baited:
        return HeldWhy.BAIT
    if sending.taken is not None and sending.taken < QUICK:
        return HeldWhy.TOO_FAST
    if sending.crowd > (PROVEN_CROWD if sending.proven else 1):
        return HeldWhy.MANY
    if pressure >= FLOOD and not sending.proven:
        return HeldWhy.NO_PROOF
    return None


def arrived(session: Session, *, at: datetime) -> int:
    """Return how many reports came by the open doors within `WINDOW` before `at`, held ones included.

    Pieces count one by one. Counting ends at ten floods, so that it stays cheap in the worst hour.
    """
    lately = (
        select(Arrival.id)
        .where(
            Arrival.received_at > at - WINDOW,
            Arrival.kind == ArrivalKind.REPORT,
            Arrival.channel.in_(_OPEN),
        )
        .limit(_COUNTED)
    )
    return session.scalar(select(func.count()).select_from(lately.subquery())) or 0


class Gauge:
    """The pressure as one process knows it: asked of the database every few seconds, not at every report."""

    FRESH: Final = 3.0  # seconds

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._pressure = 0

    def read(self, session: Session, *, at: datetime) -> int:
        """Return what `arrived` counted at most `FRESH` seconds ago."""
        with self._lock:  # of many at once, one asks; the others go on with what was known
            stale = time.monotonic() - self._read_at > self.FRESH
            if stale:
                self._read_at = time.monotonic()
        if stale:
            self._pressure = arrived(session, at=at)
        return self._pressure
