import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil
import pytest

from app import serving
from app.refused import StartRefused

SECONDS = 60


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def house(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`kiemtin run` on a state folder of its own, its lines in `tmp_path/said`."""
    env = {**os.environ, "STATE_DIR": str(tmp_path / "var"), "PORT": str(port), "DEMO": "false"}
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "run"], env=env, stdout=said, stderr=said, text=True
        )
    yield process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)


def _until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _status(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def _running(state: Path) -> list[str]:
    """Return the processes of the house that is run in `state`."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(state) in line or (process.info["environ"] or {}).get("STATE_DIR") == str(state):
            found.append(line)
    return found


def test_house_runs_mends_itself_and_stops(house: subprocess.Popen[str], port: int, tmp_path: Path) -> None:
    said = tmp_path / "said"
    _until(lambda: "Ctrl-C stops everything." in said.read_text() or house.poll() is not None)
    assert _status(port) == 200, said.read_text()
    web = next(one for one in psutil.Process(house.pid).children() if "serve" in one.cmdline())
    web.kill()
    _until(lambda: "The web process ended by itself (signal 9)" in said.read_text())
    _until(lambda: _status(port) == 200)
    house.send_signal(signal.SIGINT)
    assert house.wait(SECONDS) == 0
    assert said.read_text().endswith("Stopping the database …\nStopped.\n")
    assert _running(tmp_path / "var") == []


def test_house_leaves_nothing_behind_when_killed(house: subprocess.Popen[str], tmp_path: Path) -> None:
    _until(lambda: "Ctrl-C" in (tmp_path / "said").read_text() or house.poll() is not None)
    house.kill()
    house.wait()
    _until(lambda: _running(tmp_path / "var") == [])


def test_taken_port_is_one_sentence_and_starts_nothing(tmp_path: Path, port: int) -> None:
    env = {**os.environ, "STATE_DIR": str(tmp_path / "var"), "PORT": str(port)}
    with serving.listen("127.0.0.1", port):
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "run"], env=env, capture_output=True, text=True, check=False
        )
    assert done.returncode == 69
    assert done.stderr == (
        f"kiemtin: Port {port} on 127.0.0.1 is taken by another program; stop that one or set PORT.\n"
    )
    assert not (tmp_path / "var").exists()


def test_address_of_another_machine_is_one_sentence() -> None:
    with pytest.raises(StartRefused, match="is not an address of this machine; set HOST"):
        serving.listen("192.0.2.1", 0)
