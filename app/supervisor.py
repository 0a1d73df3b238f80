"""`kiemtin run`: everything on one machine. Database, migrations, first data, web and worker.

Web and worker are child processes in groups of their own, so that Ctrl-C reaches only us and we stop
them in order. Each holds the end of a pipe: when we die by kill -9, they see it close and stop.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Final

from app import opening, serving
from app.embedded import Cluster
from app.refused import StartRefused
from app.settings import Settings

Say = Callable[[str], None]
READY_SECONDS: Final = 60  # a web process that does not answer by then is broken
GRACE_SECONDS: Final = 15  # from "please stop" to "stop"
_CALM_SECONDS: Final = 60  # who ran that long starts again with the shortest pause
_PAUSES: Final = (1, 2, 4, 8, 15, 30)


@dataclass
class Child:
    """One child process, started again when it dies."""

    name: str
    arguments: list[str]
    pass_fds: tuple[int, ...]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = field(default=0.0)  # on the monotonic clock

    def start(self) -> None:
        """Start the process."""
        self.process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-P", "-m", "app.cli", *self.arguments],
            pass_fds=self.pass_fds,
            process_group=0,
            stdin=subprocess.DEVNULL,
        )
        self.started = time.monotonic()

    def watch(self, say: Say) -> None:
        """Start the process again after a pause when it has died; each death in a row doubles the pause."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        self.failures = 0 if now - self.started > _CALM_SECONDS else self.failures
        pause = _PAUSES[min(self.failures, len(_PAUSES) - 1)]
        self.failures += 1
        self.due = now + pause
        self.process = None
        reason = f"signal {-code}" if code < 0 else f"exit code {code}"
        say(f"The {self.name} process ended by itself ({reason}); it starts again in {pause} s.")

    def stop(self, deadline: float) -> None:
        """Ask the process to stop; at `deadline` (monotonic) end it."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run(settings: Settings, *, say: Say) -> None:
    """Run the whole house until Ctrl-C or SIGTERM, then stop it in order.

    `say` gets one line of progress at a time. Raises StartRefused when something is not there.
    """
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: asked.set())
    began = time.monotonic()
    with serving.listen(settings.host, settings.port) as door:
        say("Starting the database …")
        with opening.server(settings) as cluster:
            _prepare(asked)
            if not asked.is_set():
                _keep(settings, door, cluster, asked, say=say, began=began)
            say("Stopping the database …")
    say("Stopped.")


def _prepare(asked: threading.Event) -> None:
    """Migrate and seed in a process of its own, which takes its libraries with it when it ends."""
    process = subprocess.Popen([sys.executable, "-P", "-m", "app.cli", "prepare"], process_group=0)
    while process.poll() is None:
        if asked.wait(0.1):
            process.terminate()
            process.wait()
            return
    if process.returncode:
        raise StartRefused(
            "The database could not be made ready; see the line above.", exit_code=process.returncode
        )


def _keep(
    settings: Settings,
    door: socket.socket,
    cluster: Cluster | None,
    asked: threading.Event,
    *,
    say: Say,
    began: float,
) -> None:
    """Keep web and worker running until `asked`; the worker is stopped last, what came in can be told it."""
    end, held = os.pipe()
    tie = ["--lifeline", str(end)]
    web = Child("web", ["serve", "--socket-fd", str(door.fileno()), *tie], (end, door.fileno()))
    children = [web, Child("worker", ["work", *tie], (end,))]
    try:
        for child in children:
            say(f"Starting the {child.name} process …")
            child.start()
        if _wait_ready(settings, web, asked):
            say(f"Ready after {time.monotonic() - began:.0f} s.")
            say(f"  For everybody:  {settings.address()}/")
            say(f"  For officers:   {settings.address()}/ban-lam-viec")
            say(f"  For programs:   {settings.address()}/docs")
            say("Ctrl-C stops everything.")
        while not asked.wait(0.5):
            _revive(cluster, say)
            for child in children:
                child.watch(say)
        say("")
    finally:
        deadline = time.monotonic() + GRACE_SECONDS
        for child in children:
            say(f"Stopping the {child.name} process …")
            child.stop(deadline)
        os.close(held)
        os.close(end)


def _revive(cluster: Cluster | None, say: Say) -> None:
    """Start the embedded server again when it died; when that fails, say why and let the next look try."""
    try:
        if cluster is not None and cluster.revive():
            say("The database had ended by itself; it runs again.")
    except StartRefused as exc:
        say(str(exc))


def _wait_ready(settings: Settings, web: Child, asked: threading.Event) -> bool:
    """Return True once the web process answers, False when we are asked to stop before.

    Raises StartRefused when it ends or stays silent instead: the first start must succeed.
    """
    deadline = time.monotonic() + READY_SECONDS
    while not asked.wait(0.1):
        if web.process is not None and (code := web.process.poll()) is not None:
            raise StartRefused(f"The web process could not start (exit code {code}); see the lines above.")
        if _answers(settings):
            return True
        if time.monotonic() > deadline:
            raise StartRefused(f"The web process did not answer within {READY_SECONDS} s.")
    return False


def _answers(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  looked up
    connection = HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200  # noqa: PLR2004  OK
    except OSError:
        return False
    finally:
        connection.close()
