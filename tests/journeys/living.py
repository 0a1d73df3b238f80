"""A living house for journeys: real web and worker processes, and people who use them by HTTP."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2
import lxml.html

from intake import gate

PASSWORD = "mot-mat-khau-du-dai"
PATIENCE = 90.0  # seconds for something the worker does
READING = gate.QUICK.total_seconds() + 0.2  # who sends the form sooner is taken for a program


@dataclass(frozen=True)
class House:
    """Where the house lives, and how its commands are run."""

    url: str
    environment: dict[str, str]
    clients: list[httpx2.Client] = field(default_factory=list)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a `kiemtin` command against this house."""
        return subprocess.run(  # noqa: S603  our own program
            [sys.executable, "-m", "app.cli", *arguments],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def officer(self, username: str, *roles: str) -> None:
        """Add an account by the command line."""
        options = [part for role in roles for part in ("--role", role)]
        done = self.run(
            "account",
            "add",
            username,
            "--name",
            username,
            *options,
            "--password-stdin",
            stdin=PASSWORD + "\n",
        )
        assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def lived_in(database_url: str, state: Path) -> Iterator[House]:
    """Run web and worker over `database_url` until the block ends."""
    port = _free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "STATE_DIR": str(state),
        "PORT": str(port),
        "ENCODER_RUNTIME": "direct",  # the same vectors (tests/corpus/test_encoder.py), ten seconds sooner
        "OMP_NUM_THREADS": "1",
    }
    house = House(f"http://127.0.0.1:{port}", environment)
    for arguments in (("migrate",), ("seed",)):
        done = house.run(*arguments)
        assert done.returncode == 0, done.stderr
    log = (state / "log.txt").open("wb")
    processes = [
        subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-m", "app.cli", name], env=environment, stdout=log, stderr=log
        )
        for name in ("serve", "work")
    ]
    try:
        wait_for(lambda: httpx2.get(f"{house.url}/readyz").status_code == 200)
        yield house
    finally:
        for client in house.clients:
            client.close()
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)
        log.close()


def wait_for(condition: Callable[[], Any]) -> Any:
    """Return the first true value of `condition`; fails after PATIENCE seconds."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            value = condition()
        except httpx2.TransportError:
            value = None
        if value:
            return value
        time.sleep(0.2)
    raise AssertionError("it did not happen in time")


class Person:
    """Somebody at a browser without script: opens pages, fills the forms that stand there."""

    def __init__(self, house: House) -> None:
        self.client = httpx2.Client(base_url=house.url, follow_redirects=True, timeout=20)
        house.clients.append(self.client)
        self.at = "/"
        self.page: lxml.html.HtmlElement = lxml.html.fromstring("<p></p>")
        self.status = 0

    def open(self, path: str) -> "Person":
        """Open a page."""
        return self._show(self.client.get(path))

    def _show(self, answer: httpx2.Response) -> "Person":
        self.status, self.at = answer.status_code, str(answer.url)
        self.page = lxml.html.fromstring(answer.text or "<p></p>")
        return self

    def send(self, action: str, /, **fields: str) -> "Person":
        """Fill the form of this page whose address ends in `action`, and send it.

        A field that the form does not have fails the test: people cannot fill what is not there.
        """
        form = next(form for form in self.page.forms if (form.get("action") or "").endswith(action))
        values = dict(form.form_values())
        unknown = set(fields) - set(form.inputs.keys())
        assert not unknown, f"the form {action} has no {unknown}"
        values.update(fields)
        target = urljoin(self.at, form.get("action"))
        if form.get("enctype") == "multipart/form-data":
            files = {name: (None, value) for name, value in values.items()}
            return self._show(self.client.post(target, files=files))
        return self._show(self.client.post(target, data=values))

    def sign_in(self, username: str) -> "Person":
        """Sign in as an officer."""
        self.open("/dang-nhap").send("/dang-nhap", username=username, password=PASSWORD)
        assert "/ban-lam-viec" in self.at, self.text
        return self

    @property
    def text(self) -> str:
        """What stands on the page."""
        return " ".join(self.page.text_content().split())

    def links(self, part: str) -> list[str]:
        """Addresses of links whose address holds `part`, once each."""
        found = (link for link in self.page.xpath("//a/@href") if part in link)
        return list(dict.fromkeys(found))

    def code(self) -> str:
        """Return the tracking code that stands in the report form."""
        return str(self.page.xpath("//input[@name='code']/@value")[0])
