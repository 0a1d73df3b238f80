"""The real thing for a while: databases on a private durable cluster, and the processes of the service."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Final

import psutil
import psycopg
from sqlalchemy import Engine

from app import embedded, migrate
from app.engine import make_engine
from app.settings import described

_PATIENCE: Final = 120.0  # seconds until a process that does not answer counts as broken


@dataclass(frozen=True)
class House:
    """One database on the cluster, and the folder with the keys of its processes."""

    url: str
    state_dir: Path

    def engine(self, *, owner: bool = False) -> Engine:
        """Return an engine as the service's own (or the owner's, for loading)."""
        return make_engine(self.url, name="kiemtin bench", owner=owner, statement_seconds=60)

    def environment(self, **given: str) -> dict[str, str]:
        """Return the environment of a process of this house; settings of this machine do not count."""
        return environment(**{"DATABASE_URL": self.url, "STATE_DIR": str(self.state_dir)} | given)


def environment(**given: str) -> dict[str, str]:
    """Return this process's environment with every setting at its default except those `given`."""
    defaults = {name: default for name, default, _ in described() if default}
    return {**os.environ, **defaults, "LOG_LEVEL": "WARNING", **given}


@contextmanager
def cluster() -> Iterator[embedded.Cluster]:
    """Yield a private cluster with fsync and all the other settings of the real one."""
    with embedded.throw_away(durable=True) as running:
        yield running


@contextmanager
def house(running: embedded.Cluster, name: str, *, demo: bool = False) -> Iterator[House]:
    """Yield a fresh prepared database called `name`: schema, plan register, starting claims."""
    with psycopg.connect(running.url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    with TemporaryDirectory(prefix="kiemtin-bench-") as folder:
        made = House(running.url(name), Path(folder))
        engine = made.engine(owner=True)
        migrate.upgrade(engine)
        engine.dispose()
        kiemtin_now("seed", *(["--demo"] if demo else []), env=made.environment())
        yield made


def kiemtin_now(*arguments: str, env: Mapping[str, str]) -> None:
    """Run one command to its end. Raises CalledProcessError when it fails."""
    subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-P", "-m", "app.cli", *arguments], env=env, check=True, capture_output=True
    )


@contextmanager
def kiemtin(*arguments: str, env: Mapping[str, str]) -> Iterator[psutil.Process]:
    """Keep `kiemtin ARGUMENTS` running meanwhile, then end it; what it said is shown when the rest fails."""
    with TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-P", "-m", "app.cli", *arguments],
            env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
        )  # fmt: skip
        try:
            yield psutil.Process(process.pid)
        except BaseException:
            said.seek(0)
            print(said.read().decode(errors="replace")[-4000:], flush=True)
            raise
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(40)
            process.kill()


def free_port() -> int:
    """Return a port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_ready(port: int) -> None:
    """Wait until the web process on `port` says that it is ready."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError, HTTPException):
            connection = HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing is ready on port {port}")


@contextmanager
def serving(at: House) -> Iterator[tuple[int, psutil.Process]]:
    """Keep a web process of `at` running meanwhile; yields its port and the process."""
    port = free_port()
    with kiemtin("serve", env=at.environment(PORT=str(port))) as process:
        wait_ready(port)
        yield port, process


def megabytes(process: psutil.Process) -> float:
    """Return the resident memory of `process` and its children, in MB."""
    family = [process, *process.children(recursive=True)]
    return float(sum(one.memory_info().rss for one in family)) / 1e6
