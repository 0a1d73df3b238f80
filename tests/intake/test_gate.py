from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from intake import gate
from models import ArrivalKind, Channel, HeldWhy
from tests import factories as make

SLOW = timedelta(minutes=2)


@pytest.mark.parametrize(
    ("sending", "pressure", "why"),
    [
        ({}, 0, None),
        ({"taken": SLOW}, gate.FLOOD - 1, None),
        ({"taken": gate.QUICK}, 0, None),
        ({"taken": gate.QUICK - timedelta(milliseconds=1)}, 0, HeldWhy.TOO_FAST),
        ({"taken": timedelta(0), "proven": True}, 0, HeldWhy.TOO_FAST),
        ({"baited": True, "proven": True, "taken": SLOW}, 0, HeldWhy.BAIT),
        ({"crowd": 1.0}, 0, None),
        ({"crowd": 1.01}, 0, HeldWhy.MANY),
        ({"crowd": float(gate.PROVEN_CROWD), "proven": True}, 0, None),
        ({"crowd": gate.PROVEN_CROWD + 0.1, "proven": True}, 0, HeldWhy.MANY),
        ({"taken": SLOW}, gate.FLOOD, HeldWhy.NO_PROOF),
        ({"proven": True}, 100 * gate.FLOOD, None),
    ],
)
def test_what_waits_at_the_door(sending: dict[str, Any], pressure: int, why: HeldWhy | None) -> None:
    assert gate.hold(gate.Sending(**sending), pressure=pressure) is why


def test_pressure_counts_the_open_doors_of_ten_minutes(session: Session, at: datetime) -> None:
    def arrive(ago: timedelta, channel: Channel, **values: Any) -> None:
        make.arrival(session, received_at=at - ago, channel=channel, **values)

    for channel in (Channel.WEB, Channel.API, Channel.EMAIL):
        arrive(timedelta(minutes=9), channel)
    arrive(timedelta(minutes=1), Channel.WEB, state="held", held_why=HeldWhy.NO_PROOF)
    arrive(gate.WINDOW, Channel.WEB)
    arrive(timedelta(minutes=1), Channel.HOTLINE, taken_by_id=make.officer(session).id)
    arrive(timedelta(minutes=1), Channel.FEED, kind=ArrivalKind.ARTICLE, code_digest=None)
    assert gate.arrived(session, at=at) == 4


def test_a_gauge_asks_the_database_now_and_then(
    session: Session, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    gauge = gate.Gauge()
    assert gauge.read(session, at=at) == 0
    make.arrival(session, received_at=at)
    assert gauge.read(session, at=at) == 0
    monkeypatch.setattr(gate.Gauge, "FRESH", -1.0)
    assert gauge.read(session, at=at) == 1
