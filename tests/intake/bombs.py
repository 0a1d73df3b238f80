"""What tests of the child process call inside it: good work, and every kind of harm."""

import ctypes
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any


def echo(*args: Any) -> tuple[Any, ...]:
    return args


def environment() -> dict[str, str]:
    return dict(os.environ)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) - 1


def prints() -> str:
    print("noise")  # noqa: T201  as libraries do
    os.write(1, b"more noise")
    return "result"


def threads() -> int:
    done: list[int] = []
    both = [threading.Thread(target=done.append, args=(one,)) for one in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    return len(done)


def spin() -> None:
    while True:
        pass


def sleep() -> None:
    time.sleep(60)


def swell() -> int:
    return len(bytearray(1 << 40))


def creep() -> None:
    held = []
    while True:
        held.append(bytearray(1 << 20))


def fall() -> None:
    ctypes.string_at(0)


def flood() -> bytes:
    return bytes(3 << 20)


def complain() -> None:
    while True:
        os.write(2, b"no " * 100_000)


def raises() -> None:
    raise ValueError("forbidden\nwords")


def leaves() -> None:
    sys.exit(0)


def vanishes() -> None:
    os._exit(0)


def foreign() -> object:
    return Path("/")


def nested(depth: int) -> list[Any]:
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


def many() -> list[list[int]]:
    return [[]] * 2_000_001


def forged(words: bytes) -> None:
    """Write an answer of its own and end as if all were well."""
    for fd in range(3, 20):
        try:
            os.write(fd, words)
        except OSError:
            continue
    os._exit(0)


def attempts(what: str, port: int = 0) -> str:
    """Return what happened when this was tried."""
    acts = {
        "fork": os.fork,
        "exec": lambda: os.execv(sys.executable, [sys.executable, "-c", "1"]),  # noqa: S606
        "run": lambda: subprocess.run(["/bin/true"], check=True),
        "connect": lambda: socket.create_connection(("127.0.0.1", port), 1),
        "datagram": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "kill parent": lambda: os.kill(os.getppid(), 0),
        "leave group": os.setsid,
    }
    try:
        acts[what]()
    except OSError as refused:
        return type(refused).__name__
    return "done"
