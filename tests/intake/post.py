"""A real IMAP server (pymap) in a process of its own, and letters to put into it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from imap_tools import MailBoxUnencrypted

from intake.inbox import Account

USER, PASSWORD = "phananh@trungtam.vn", "mat-khau-hop-thu"


@contextmanager
def server() -> Iterator[Account]:
    """Run a server with one empty inbox."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = Path(sys.executable).with_name("pymap")
    quiet = ["--no-service", "admin", "--no-service", "managesieve"]
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--no-tls", *quiet]
    user = ["dict", "--demo-user", USER, "--demo-password", PASSWORD]
    process = subprocess.Popen(  # noqa: S603  our own program
        [program, *arguments, *user], env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    account = Account("127.0.0.1", port, "none", USER, PASSWORD)
    try:
        _await(port, process)
        yield account
    finally:
        process.terminate()
        process.wait(10)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "the IMAP server did not start"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the IMAP server does not listen")


def put(account: Account, *letters: bytes) -> None:
    """Deliver letters into the inbox, in order."""
    with opened(account) as box:
        for letter in letters:
            box.append(letter, "INBOX")


def flags(account: Account, folder: str = "INBOX") -> list[tuple[str, ...]]:
    """Return the flags of each letter in a folder."""
    with opened(account, folder) as box:
        return [letter.flags for letter in box.fetch(mark_seen=False)]


def letter(
    text: str = "Đập Nậm Pung vỡ rồi, mọi người chạy lên cao",
    *,
    subject: str = "",
    sender: str = "Nguyễn Thị A <nguoi.gui@example.vn>",
    number: int = 1,
    **headers: str,
) -> bytes:
    """Return an ordinary letter, with further headers (underscores for hyphens)."""
    made = EmailMessage()
    made["From"], made["To"] = sender, USER
    made["Message-ID"] = f"<thu-{number}@example.vn>"
    if subject:
        made["Subject"] = subject
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def opened(account: Account, folder: str = "INBOX") -> MailBoxUnencrypted:
    """Return the inbox, logged in; a context manager."""
    box = MailBoxUnencrypted(account.host, account.port)
    box.login(account.user, account.password, folder)
    return box
