"""Scenery of this room's tests."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app import web
from app.keys import Keys
from app.main import create_app
from models import Arrival, Contact
from tests.verify.conftest import Desk


@pytest.fixture(scope="session")
def _open_turnstile(shared_engine: Engine, keys: Keys) -> Iterator[TestClient]:
    house = create_app(
        shared_engine,
        code_key=keys.code,
        contact_key=keys.contact,
        agency=web.Agency(name="Trung tâm xử lý tin giả"),
        public_url="http://testserver",
    )
    with TestClient(house, raise_server_exceptions=False, follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def turnstile(_open_turnstile: TestClient) -> TestClient:
    """A browser before the database that all tests share: for requests that must store nothing."""
    _open_turnstile.cookies.clear()
    return _open_turnstile


@pytest.fixture
def _nothing_stored(shared_engine: Engine) -> Iterator[None]:
    """The test stores neither report nor contact in the shared database."""
    yield
    with Session(shared_engine) as session:
        for record in (Arrival, Contact):
            assert session.scalar(select(func.count()).select_from(record)) == 0


@pytest.fixture
def desk(client: TestClient, sessions: sessionmaker[Session]) -> Desk:
    """A browser at the desk, over a database of this test's own."""
    return Desk(client, sessions)
