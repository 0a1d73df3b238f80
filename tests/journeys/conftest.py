"""Houses for journeys: real processes over the embedded kind of server, and over one by address."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from app import embedded
from tests.journeys.living import House, lived_in

ADDRESS = "127.0.0.77"  # loopback, where no other server listens
OFFICERS = (("xacminh", "verifier"), ("pheduyet", "approver"), ("congbo", "publisher"))


@contextmanager
def _staffed(factory: pytest.TempPathFactory, name: str, url: str) -> Iterator[House]:
    with lived_in(url, factory.mktemp(name)) as lived:
        for username, role in OFFICERS:
            lived.officer(username, role)
        yield lived


@pytest.fixture(scope="module", params=["embedded", "ordinary"])
def house_of_each_kind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """A house over the embedded kind of server, and over one as hosted servers give it."""
    ordinary = request.param == "ordinary"
    with embedded.throw_away({"listen_addresses": ADDRESS} if ordinary else None) as cluster:
        url = _ordinary(cluster) if ordinary else _plain(cluster)
        with _staffed(tmp_path_factory, request.param, url) as lived:
            yield lived


@pytest.fixture(scope="module")
def living_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house over the embedded kind of server."""
    with (
        embedded.throw_away() as cluster,
        _staffed(tmp_path_factory, "living", _plain(cluster)) as lived,
    ):
        yield lived


def _plain(cluster: embedded.Cluster) -> str:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE journey")
    return cluster.url("journey")


def _ordinary(cluster: embedded.Cluster) -> str:
    """A database by address, port and password, whose owner is no superuser and may not create roles."""
    rules = cluster.data / "pg_hba.conf"
    rules.write_text("host all landlord 127.0.0.0/8 scram-sha-256\n" + rules.read_text())
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_reload_conf()")  # asynchronous; the work below takes longer
        connection.execute("CREATE ROLE landlord LOGIN PASSWORD 'mat-khau' NOSUPERUSER NOCREATEROLE")
        connection.execute("CREATE DATABASE ordinary OWNER landlord")
    with psycopg.connect(cluster.url("ordinary"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://landlord:sai@{ADDRESS}:5432/ordinary")
    return f"postgresql://landlord:mat-khau@{ADDRESS}:5432/ordinary"
