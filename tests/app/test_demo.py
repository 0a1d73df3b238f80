"""The demonstration: every state of the way, marked, never among real work, gone by one call."""

from datetime import datetime

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from app import demo, seed
from app.engine import make_engine
from app.keys import Keys
from corpus import encoder, passages
from intake.reports import Keys as ReportKeys
from models import Arrival, ArrivalState, Case, Correction, Joined, Officer
from tests import factories as make
from verify import cases

Sessions = sessionmaker[Session]


@pytest.fixture
def planted(database: Engine, sessions: Sessions, keys: Keys, at: datetime) -> Sessions:
    with sessions.begin() as session:
        seed.load(session, at=at)
    model = encoder.load()
    while passages.encode_some(sessions, model):
        pass
    passwords = demo.plant(database, lambda: model, ReportKeys(keys.code, keys.contact), at=at)
    assert set(passwords) == {"xacminh", "pheduyet", "congbo", "quantri"}
    assert len(set(passwords.values())) == 4
    return sessions


def test_a_newcomer_sees_every_state(planted: Sessions) -> None:
    with planted() as session:
        states = set(session.scalars(select(Case.state)))
        assert states == {"open", "verifying", "proposed", "approved", "published", "closed"}
        assert session.scalar(select(func.count()).where(Arrival.demo)) == 12
        assert session.scalar(select(func.count()).where(~Case.demo)) == 0


@pytest.mark.usefixtures("planted")
def test_planting_twice_adds_nothing(database: Engine, keys: Keys, at: datetime) -> None:
    assert demo.plant(database, encoder.load, ReportKeys(keys.code, keys.contact), at=at) == {}


def test_never_among_real_work(database: Engine, sessions: Sessions, keys: Keys, at: datetime) -> None:
    with sessions.begin() as session:
        make.arrival(session)
    assert demo.plant(database, encoder.load, ReportKeys(keys.code, keys.contact), at=at) == {}
    with sessions() as session:
        assert session.scalar(select(func.count()).where(Officer.demo)) == 0


def test_one_call_removes_all_of_it(planted: Sessions, database_url: str, at: datetime) -> None:
    owner = make_engine(database_url, owner=True)
    assert demo.remove(owner, at=at) > 0
    owner.dispose()
    with planted() as session:
        for table in ("arrivals", "cases", "corrections", "verdicts", "evidence", "officers", "plan_entries"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
        assert session.scalar(text("SELECT count(*) FROM confirmed_claims")) == 116


def test_real_reports_that_joined_the_demo_go_through_triage_again(
    planted: Sessions, database_url: str, at: datetime
) -> None:
    with planted.begin() as session:
        shown = session.scalars(select(Case).where(Case.state == "published")).one()
        real = make.arrival(session, "Chợ đêm đóng cửa thật à", case_id=shown.id, joined=Joined.OFFICER).id
        person = session.scalars(select(Officer).where(Officer.username == "xacminh")).one()
        cases.take(session, make.case(session, number="VV-2025-000001"), by=person, at=at)
    owner = make_engine(database_url, owner=True)
    demo.remove(owner, at=at)
    owner.dispose()
    with planted() as session:
        assert session.get_one(Arrival, real).state is ArrivalState.RECEIVED
        assert session.scalar(select(Correction.id)) is None
        left = session.scalars(select(Officer)).one()
        assert (left.username, left.active) == ("xacminh", False)
