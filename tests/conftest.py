"""A real PostgreSQL for every test: one server a run, one migrated template, a copy or a rollback a test.

`TEST_DATABASE_URL` (an administrator's URL of an ordinary server) takes the place of the embedded one.
"""

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import pytest_socket
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from sqlalchemy import Engine, make_url
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app import embedded, migrate
from app.engine import make_engine
from app.keys import Keys
from app.settings import Settings, read

LOOPBACK = ["127.0.0.1", "::1", "localhost"]


@pytest.fixture(autouse=True)
def _network_off() -> Iterator[None]:
    """Nothing leaves the machine; loopback and unix sockets stay open (proven in tests/test_house.py)."""
    pytest_socket.socket_allow_hosts(LOOPBACK, allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The administrator's URL of the test server."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with embedded.throw_away() as cluster:
        yield cluster.url("postgres")


def _run(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.encode())  # bytes: psycopg's types ask for literals


def _url(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def template(server: str) -> Iterator[str]:
    """The name of a migrated database that others are copied from."""
    name = f"kt_template_{uuid.uuid4().hex[:8]}"
    _run(server, f"CREATE DATABASE {name}")
    engine = make_engine(_url(server, name), owner=True)
    migrate.upgrade(engine)
    engine.dispose()
    yield name
    _run(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _copy(server: str, template: str) -> str:
    name = f"kt_{uuid.uuid4().hex[:12]}"
    _run(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return name


@pytest.fixture(scope="session")
def shared_engine(server: str, template: str) -> Iterator[Engine]:
    """One database for all tests that roll back."""
    name = _copy(server, template)
    engine = make_engine(_url(server, name), name="tests")
    yield engine
    engine.dispose()
    _run(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def session(shared_engine: Engine) -> Iterator[Session]:
    """A session whose transaction is rolled back after the test."""
    with shared_engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as opened:
            yield opened
        outer.rollback()


@pytest.fixture
def database_url(server: str, template: str) -> Iterator[str]:
    """The URL of a fresh migrated database of this test's own."""
    name = _copy(server, template)
    yield _url(server, name)
    _run(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh migrated database, for tests that commit or race."""
    engine = make_engine(database_url, name="tests")
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(database: Engine) -> sessionmaker[Session]:
    return sessionmaker(database, expire_on_commit=False)


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys(b"k" * 32, Fernet.generate_key(), Ed25519PrivateKey.generate())


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The defaults, with a state folder of the test's own; neither environment nor .env counts."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return read(_env_file=None, state_dir=tmp_path / "var")


@pytest.fixture
def at() -> datetime:
    return datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def house(database: Engine, keys: Keys) -> FastAPI:
    """The web application over a database of this test's own."""
    from app import web  # noqa: PLC0415  only tests of pages need the whole house
    from app.main import create_app  # noqa: PLC0415

    return create_app(
        database,
        code_key=keys.code,
        contact_key=keys.contact,
        agency=web.Agency(name="Trung tâm xử lý tin giả"),
        public_url="http://testserver",
        development=True,
    )


@pytest.fixture
def client(house: FastAPI) -> Iterator[TestClient]:
    """A browser without cookies. What the application raises becomes its answer, as in production."""
    with TestClient(house, raise_server_exceptions=False, follow_redirects=False) as opened:
        yield opened
