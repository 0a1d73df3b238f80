"""Scenery of this room's tests."""

from collections.abc import Iterator
from importlib import import_module

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app import web
from app.keys import Keys
from app.main import create_app
from intake import apart
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


@pytest.fixture
def _in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Foreign bytes are read in this process: a child for each of hundreds of visits takes minutes.

    That the same is read in the child is shown in test_feedreading.py, what the child bears in test_apart.py.
    """

    def run(function: str, *args: object, **_limits: object) -> object:
        module, _, name = function.partition(":")
        return getattr(import_module(module), name)(*args)

    monkeypatch.setattr(apart, "run", run)
