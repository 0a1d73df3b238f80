from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import Engine, make_url, text

from app import migrate
from app.engine import make_engine
from app.refused import StartRefused


@pytest.fixture
def owner(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url, owner=True)
    yield engine
    engine.dispose()


@pytest.fixture
def empty(server: str) -> Iterator[Engine]:
    """An empty database, with its owner's rights."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE kt_empty")
    engine = make_engine(
        make_url(server).set(database="kt_empty").render_as_string(hide_password=False), owner=True
    )
    yield engine
    engine.dispose()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE kt_empty WITH (FORCE)")


def test_migrated_database_needs_nothing(owner: Engine) -> None:
    assert migrate.upgrade(owner) is False
    assert migrate.current(owner) == migrate.head()
    migrate.require(owner)


def test_newer_schema_is_refused_in_one_sentence(owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    for step in (migrate.upgrade, migrate.require):
        with pytest.raises(StartRefused, match=r"from_the_future.*newer") as refused:
            step(owner)
        assert "\n" not in str(refused.value)


def test_older_schema_must_be_migrated_first(empty: Engine) -> None:
    with pytest.raises(StartRefused, match="run `kiemtin migrate` first"):
        migrate.require(empty)


def test_of_two_migrations_at_once_one_does_it(empty: Engine) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(migrate.upgrade, [empty, empty])) == [False, True]


def test_missing_right_is_one_sentence(empty: Engine, server: str) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE ROLE kt_poor LOGIN PASSWORD 'poor'"))
        connection.execute(text("GRANT kt_poor TO current_user"))
    poor = make_engine(empty.url.render_as_string(hide_password=False), owner=True)
    try:
        with pytest.raises(StartRefused, match="may not migrate this database: permission denied"):
            _upgrade_as(poor, "kt_poor")
    finally:
        poor.dispose()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("DROP ROLE kt_poor")


def _upgrade_as(engine: Engine, role: str) -> None:
    from sqlalchemy import event  # noqa: PLC0415  beside its only use

    @event.listens_for(engine, "begin")
    def _become(connection: object) -> None:
        connection.exec_driver_sql(f"SET LOCAL ROLE {role}")  # type: ignore[attr-defined]

    migrate.upgrade(engine)
