"""A proxy on loopback for a browser that must go out through the same guard as everything else.

It lives as long as one picture is taken. Each connection is vetted where it is made (`intake.addresses`);
time and bytes are one budget for all of them. Cookies and referrers are not passed on.
"""

import contextlib
import logging
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Final

import httpx2

from intake import addresses
from intake.addresses import Refused, Unreached
from intake.fetch import Limits

log = logging.getLogger(__name__)
_HEAD: Final = 64 * 1024  # bytes of one request's head
_PIECE: Final = 64 * 1024
_KEPT_BACK: Final = (
    "proxy-",
    "connection:",
    "keep-alive:",
    "cookie:",
    "referer:",
    "authorization:",
    "upgrade:",
)
_REFUSED: Final = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextlib.contextmanager
def standing(limits: Limits) -> Iterator[int]:
    """Serve as a proxy within `limits`; yields the port on 127.0.0.1. Afterwards nothing is open any more."""
    way = _Way(limits)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        listener.settimeout(0.1)
        accepting = threading.Thread(target=way.accept, args=(listener,), daemon=True, name="proxy")
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            way.over.set()
            accepting.join()


class _Way:
    """What the connections of one proxy share."""

    def __init__(self, limits: Limits) -> None:
        self.over = threading.Event()
        self._limits = limits
        self._left = addresses.deadline_after(limits.seconds)
        self._bytes = limits.wire
        self._lock = threading.Lock()

    def accept(self, listener: socket.socket) -> None:
        while not self.over.is_set():
            with contextlib.suppress(TimeoutError):
                visitor, _ = listener.accept()
                threading.Thread(target=self._serve, args=(visitor,), daemon=True, name="proxied").start()

    def _serve(self, visitor: socket.socket) -> None:
        with visitor:
            try:
                self._pass_on(visitor)
            except (Refused, Unreached) as refusal:
                log.info("a page's part was not fetched: %s", refusal)
                with contextlib.suppress(OSError):
                    visitor.sendall(_REFUSED)
            except (OSError, ValueError, httpx2.InvalidURL):
                return
            except Exception:
                log.exception("the proxy failed in an unexpected way")

    def _pass_on(self, visitor: socket.socket) -> None:
        visitor.settimeout(self._left())
        head = _head(visitor)
        method, target, _version = head.split("\r\n", 1)[0].split(" ")
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            with self._connected(host.strip("[]"), int(port)) as there:
                visitor.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                self._both_ways(visitor, there)
            return
        url = httpx2.URL(target)
        if method not in {"GET", "HEAD"} or url.scheme != "http" or url.userinfo:
            raise Refused("not for a proxy")
        with self._connected(url.host, url.port or 80) as there:
            there.sendall(_rewritten(method, url, head))
            while piece := self._counted(there):
                visitor.sendall(piece)

    def _connected(self, host: str, port: int) -> socket.socket:
        made = addresses.connect(host, port, self._left, opening=self._limits.opening)
        made.settimeout(self._left())
        return made

    def _counted(self, there: socket.socket) -> bytes:
        there.settimeout(self._left())
        piece = there.recv(_PIECE)
        with self._lock:
            self._bytes -= len(piece)
            if self._bytes < 0:
                raise Refused("too large")
        return piece

    def _both_ways(self, visitor: socket.socket, there: socket.socket) -> None:
        """Pass bytes on until either side ends, time is up, or there were too many."""
        ways: dict[int, tuple[Callable[[], bytes], socket.socket]] = {
            visitor.fileno(): (lambda: visitor.recv(_PIECE), there),
            there.fileno(): (lambda: self._counted(there), visitor),
        }
        with selectors.DefaultSelector() as selector:
            for number in ways:
                selector.register(number, selectors.EVENT_READ)
            while not self.over.is_set():
                for key, _ in selector.select(min(self._left(), 0.5)):
                    take, to = ways[key.fd]
                    piece = take()
                    if not piece:
                        return
                    to.sendall(piece)


def _head(visitor: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = visitor.recv(_PIECE)
        data += piece
        if not piece or len(data) > _HEAD:
            raise Refused("no request")
    return data.partition(b"\r\n\r\n")[0].decode("latin-1")


def _rewritten(method: str, url: httpx2.URL, head: str) -> bytes:
    """Return the request as the server itself is asked, without what tells of us."""
    lines = [line for line in head.split("\r\n")[1:] if not line.lower().startswith((*_KEPT_BACK, "host:"))]
    asked = [f"{method} {url.raw_path.decode('ascii')} HTTP/1.1", f"Host: {url.netloc.decode('ascii')}"]
    return "\r\n".join([*asked, *lines, "Connection: close", "", ""]).encode("latin-1")
