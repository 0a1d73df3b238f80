import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app import embedded
from app.embedded import Cluster
from app.refused import StartRefused

# Another process that uses the server of the folder it is given.
_USER = """
import sys, time
from pathlib import Path
from app import embedded
embedded.start(Path(sys.argv[1]))
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    found = Cluster(tmp_path / "postgres")
    yield found
    found.stop()


def _pid(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().splitlines()[0])


def _ask(cluster: Cluster, question: str) -> object:
    with psycopg.connect(cluster.url()) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]


def test_started_server_is_durable_private_and_has_pgvector(cluster: Cluster) -> None:
    cluster.start()
    assert _ask(cluster, "SHOW fsync") == "on"
    assert _ask(cluster, "SHOW synchronous_commit") == "on"
    assert _ask(cluster, "SHOW listen_addresses") == ""
    assert _ask(cluster, "SELECT 1 FROM pg_available_extensions WHERE name = 'vector'") == 1
    for folder in (cluster.folder, cluster.data, cluster.socket_dir):
        assert folder.stat().st_mode & 0o077 == 0


def test_last_user_stops_it(cluster: Cluster) -> None:
    cluster.start()
    second = Cluster(cluster.folder)
    second.start()
    pid = _pid(cluster)
    cluster.stop()
    assert _pid(second) == pid
    second.stop()
    assert not (cluster.data / "postmaster.pid").exists()


def test_user_killed_outright_does_not_keep_it_running(cluster: Cluster) -> None:
    other = subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-c", _USER, str(cluster.folder)], stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"up\n"
    cluster.start()
    other.kill()
    other.communicate()
    cluster.stop()
    assert not (cluster.data / "postmaster.pid").exists()


def test_killed_server_is_revived_with_its_data(cluster: Cluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    assert cluster.revive() is False
    os.kill(_pid(cluster), signal.SIGKILL)
    deadline = time.monotonic() + 10
    while not cluster.revive():
        assert time.monotonic() < deadline
    assert _ask(cluster, "SELECT n FROM kept") == 7


def test_note_of_a_gone_server_with_a_number_in_use_is_seen_through(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n0\n5432\n\n\n\n")
    cluster.start()
    assert _ask(cluster, "SELECT 1") == 1


def test_long_folder_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    cluster = Cluster(deep / "postgres")
    cluster.start()
    try:
        assert _ask(cluster, "SELECT 1") == 1
        assert len(str(cluster.socket_dir)) < 60
    finally:
        cluster.stop()
        cluster.socket_dir.rmdir()


def test_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StartRefused, match="cannot be used") as refused:
        embedded.start(tmp_path / "state" / "postgres")
    assert refused.value.exit_code == 73


def test_data_of_another_version_is_one_sentence(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(StartRefused, match="made by PostgreSQL 16, this is 18"):
        cluster.start()


def test_without_the_wheel_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("app.embedded.find_spec", lambda _: None)
    with pytest.raises(StartRefused, match="set DATABASE_URL"):
        Cluster(tmp_path)


def test_throw_away_is_gone_afterwards_and_can_be_durable() -> None:
    with embedded.throw_away(durable=True) as cluster:
        assert _ask(cluster, "SHOW fsync") == "on"
    assert not cluster.folder.exists()
