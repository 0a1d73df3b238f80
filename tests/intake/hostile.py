"""Servers that mean harm, on real sockets of the loopback: what T14 of the threat model lists.

One listener answers by path; two more never finish a TLS handshake, or never say anything. Every server
counts what it sent. A behaviour gets the connection after the request's head was read.
"""

import contextlib
import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final

MB: Final = 1024 * 1024
PATIENCE: Final = 40.0  # seconds after which a server that stalls gives up by itself
ATOM: Final = "application/atom+xml"
RSS: Final = "application/rss+xml; charset=utf-8"

Behaviour = Callable[["Visit"], None]


@dataclass
class Visit:
    """One request at a hostile server."""

    connection: socket.socket
    ground: "Ground"
    path: str

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)
        with self.ground.lock:
            self.ground.sent[self.path] = self.ground.sent.get(self.path, 0) + len(data)

    def drip(self, data: Iterator[bytes], pause: float = 0.25) -> None:
        for piece in data:
            self.send(piece)
            if self.ground.over.wait(pause):
                return

    def answer(self, body: bytes, kind: str = "text/html; charset=utf-8", **headers: str) -> None:
        lines = {"Content-Type": kind, "Content-Length": str(len(body)), **headers}
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
        self.send(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body)


@dataclass
class Ground:
    """Where the hostile servers stand: their ports, what they sent, and when to stop."""

    canary: int  # a port that nobody may knock at, on 127.0.0.1
    shut: int  # the same on ::1
    port: int = 0
    silent: int = 0  # accepts and says nothing, in TLS or out of it
    stalled: int = 0  # finishes the TLS handshake, then says nothing
    sent: dict[str, int] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def filled(self, data: bytes) -> bytes:
        """Return `data` with the ports of the canaries in their places."""
        return data.replace(b"{canary}", b"%d" % self.canary).replace(b"{shut}", b"%d" % self.shut)


def zeros_packed(megabytes: int, wbits: int) -> bytes:
    """Return a stream of `megabytes` MB of zeros: one packed block, repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    head = packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * (megabytes - 1) + packer.flush()


def _raw(data: bytes) -> Behaviour:
    return lambda visit: visit.send(data)


def _page(body: bytes, kind: str = "text/html; charset=utf-8", **headers: str) -> Behaviour:
    return lambda visit: visit.answer(visit.ground.filled(body), kind, **headers)


def _to(target: str) -> Behaviour:
    head = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
    return lambda visit: visit.send(visit.ground.filled(head))


def _endless(head: bytes, piece: bytes) -> Behaviour:
    def behave(visit: Visit) -> None:
        visit.send(head)
        visit.drip(repeat(piece), pause=0)

    return behave


def _dripping(head: bytes, piece: bytes) -> Behaviour:
    def behave(visit: Visit) -> None:
        visit.send(head)
        visit.drip(repeat(piece))

    return behave


def _changing(visit: Visit) -> None:
    items = "".join(
        f"<item><guid>{time.monotonic_ns()}-{n}</guid><title>t{n}</title></item>" for n in range(20)
    )
    visit.answer(f"<rss><channel>{items}</channel></rss>".encode(), RSS)


def _rss(items: str, head: str = "") -> bytes:
    feed = f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
    return f'<?xml version="1.0"?>{head}{feed}'.encode()


_OK: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
_LAUGHS: Final = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_BOMB: Final = f'<!DOCTYPE r [<!ENTITY l0 "lol">{_LAUGHS}]>'
_SCRIPTS: Final = (
    "<item><title>&lt;script&gt;alert(1)&lt;/script&gt;</title><link>javascript:alert(1)</link>"
    "<description><![CDATA[<img src=x onerror=alert(1)>]]></description></item>"
)
_DATES: Final = "".join(
    f"<item><title>{n}</title><pubDate>{date}</pubDate></item>"
    for n, date in enumerate(("0000-00-00", "Fri, 31 Dec 9999 23:59:59 +9999", "hôm qua", "-1", "9" * 4_000))
)

# Answers that end badly: refused, or not reached. {canary} and {shut} are filled in when the ground is laid.
STALLING: Final[Mapping[str, Behaviour]] = {
    "body-drip": _dripping(_OK + b"\r\n", b"x"),
    "header-drip": _dripping(_OK, b"X-A: b\r\n"),
    "chunks-without-end": _dripping(_OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "one-chunk-without-end": _dripping(_OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n", b"x"),
    "continue-for-ever": _dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "gzip-drip": _dripping(_OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"x")[:10], b"\0"),
    "status-drip": _dripping(b"HTTP/1.1 ", b"2"),
    "never": lambda visit: visit.ground.over.wait(PATIENCE) and None,
}
BREAKING: Final[Mapping[str, Behaviour]] = {
    "endless-body": _endless(_OK + b"\r\n", b"x" * 65_536),
    "endless-chunks": _endless(
        _OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    ),
    "ten-gigabytes": _endless(_OK + b"Content-Length: 10737418240\r\n\r\n", b"x" * 65_536),
    "absurd-length": _raw(_OK + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\nx"),
    "negative-length": _raw(_OK + b"Content-Length: -1\r\n\r\nx"),
    "two-lengths": _raw(_OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
    "endless-headers": _endless(_OK, b"X-A: " + b"b" * 1_000 + b"\r\n"),
    "endless-header": _endless(_OK + b"X-A: ", b"b" * 10_000),
    "many-headers": _raw(_OK + b"X: y\r\n" * 1_000 + b"Content-Length: 0\r\n\r\n"),
    "continue-fast": _endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "gzip-bomb": lambda visit: visit.answer(zeros_packed(3_000, 31), Content_Encoding="gzip"),
    "deflate-bomb": lambda visit: visit.answer(zeros_packed(3_000, 15), Content_Encoding="deflate"),
    "gzip-bomb-10-gb": lambda visit: visit.answer(zeros_packed(10_240, 31), Content_Encoding="gzip"),
    "gzip-in-gzip": lambda visit: visit.answer(
        gzip.compress(zeros_packed(99, 31)), Content_Encoding="gzip, gzip"
    ),
    "gzip-of-many-members": _page(gzip.compress(b"") * 100_000, Content_Encoding="gzip"),
    "brotli-bomb": _page(b"\xdb\xff\xff\xff\x3f" * 1_000, Content_Encoding="br"),
    "zstd-bomb": _page(b"\x28\xb5\x2f\xfd" * 1_000, Content_Encoding="zstd"),
    "not-gzip": _page(b"plain", Content_Encoding="gzip"),
    "cut-off": _raw(_OK + b"Content-Length: 1000\r\n\r\nonly this"),
    "nonsense": _raw(b"\0\xff" * 500),
    "closed-at-once": _raw(b""),
    "redirect-loop": _to("/redirect-loop"),
    "redirect-to-metadata": _to("http://169.254.169.254/latest/meta-data/"),
    "redirect-to-private": _to("http://10.0.0.7/"),
    "redirect-to-file": _to("file:///etc/passwd"),
    "redirect-to-gopher": _to("gopher://127.0.0.1:{canary}/_x"),
    "redirect-to-loopback-6": _to("http://[::1]:{shut}/"),
    "redirect-to-mapped": _to("http://[::ffff:10.0.0.7]/"),
    "redirect-to-decimal": _to("http://2130706433:{canary}/"),
    "redirect-to-hex": _to("http://0x7f.1:{canary}/"),
    "redirect-to-octal": _to("http://0177.0.0.1:{canary}/"),
    "redirect-to-full-width": _to("http://１２７.0.0.1:{canary}/"),
    "redirect-to-nat64": _to("http://[64:ff9b::7f00:1]/"),
    "redirect-to-6to4": _to("http://[2002:7f00:1::]/"),
    "redirect-to-nothing": _to("http://0.0.0.0:{shut}/"),
    "redirect-to-user-info": _to("http://ai:mat@127.0.0.1:{canary}/"),
    "redirect-to-other-port": _to("http://127.0.0.1:{canary}/"),
    "redirect-to-long": _to("/" + "x" * 100_000),
}
# Answers that come whole, and must then do no harm to who reads them.
READABLE: Final[Mapping[str, Behaviour]] = {
    "longer-than-said": _raw(_OK + b"Content-Length: 4\r\n\r\n<p>x" + b"y" * 10_000),
    "entity-bomb": _page(_rss("<item><title>&l9;</title></item>", _BOMB), RSS),
    "external-entity": _page(
        _rss("<item><title>&x;</title></item>", '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), RSS
    ),
    "external-entity-of-the-net": _page(
        _rss(
            "<item><title>&x;</title></item>",
            '<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1:{canary}/">]>',
        ),
        RSS,
    ),
    "dtd-elsewhere": _page(_rss("", '<!DOCTYPE rss SYSTEM "http://127.0.0.1:{canary}/rss.dtd">'), RSS),
    "utf-7": _page(
        b"<rss><channel><title>+ADw-script+AD4-</title></channel></rss>", "text/xml; charset=utf-7"
    ),
    "utf-16": _page(_rss("<item><title>Lào Cai</title></item>").decode().encode("utf-16"), RSS),
    "invalid-utf-8": _page(_rss("<item><title>").replace(b"x", b"\xff\xc0\x80"), RSS),
    "unknown-charset": _page(b"<p>x</p>", "text/html; charset=klingon"),
    "100000-items": _page(_rss("<item><title>a</title></item>" * 100_000), RSS),
    "duplicate-ids": _page(_rss("<item><guid>1</guid><title>a</title></item>" * 500), RSS),
    "changing-ids": _changing,
    "odd-dates": _page(_rss(_DATES), RSS),
    "scripts": _page(_rss(_SCRIPTS), RSS),
    "log-in-page": _page(b"<html><form action=/login><input type=password></form></html>"),
    "not-modified-with-body": _raw(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello"),
    "come-back-in-30-years": _raw(
        b"HTTP/1.1 429 Slow\r\nRetry-After: 1000000000\r\nContent-Length: 0\r\n\r\n"
    ),
    "set-cookie": _page(b"<p>x</p>", Set_Cookie="a=b; Path=/"),
    "picture-that-is-a-page": _page(b"<script>alert(1)</script>", "image/png"),
    "page-that-is-a-program": _page(b"MZ" + bytes(5_000)),
    "deep-nesting": _page(b"<div>" * 20_000 + b"x"),
    "deep-feed": _page(b"<rss>" + b"<a>" * 20_000, ATOM),
    "wide-attributes": _page(b"<p " + b"a=b " * 500_000 + b">x</p>"),
    "items-of-another-site": _page(
        _rss("<item><link>https://other.example/1</link><title>a</title></item>"), RSS
    ),
    "loads-from-inside": _page(
        b'<html><meta http-equiv="refresh" content="0;url=http://127.0.0.1:{canary}/"><img src="http://127.0.0.1:{canary}/">'
        b'<link rel="stylesheet" href="http://[::1]:{shut}/"><iframe src="http://127.0.0.1:{canary}/"></iframe></html>'
    ),
    "header-with-markup": _page(b"<p>x</p>", '"><script>alert(1)</script>'),
}


@contextlib.contextmanager
def laid(secure: ssl.SSLContext, canary: int, shut: int) -> Iterator[Ground]:
    """Start all hostile servers; yields where they stand."""
    ground = Ground(canary, shut)
    behaviours = {**STALLING, **BREAKING, **READABLE}

    def by_path(connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (piece := connection.recv(65_536)):
            head += piece
        path = head.split(b" ")[1].decode("latin-1").strip("/") if b" " in head else ""
        if path in behaviours:
            behaviours[path](Visit(connection, ground, path))

    def finish(connection: socket.socket) -> None:
        with secure.wrap_socket(connection, server_side=True) as encrypted:
            encrypted.recv(65_536)
            ground.over.wait(PATIENCE)

    with contextlib.ExitStack() as stack:
        ground.port = stack.enter_context(_listening(ground, by_path))
        ground.silent = stack.enter_context(_listening(ground, lambda _c: ground.over.wait(PATIENCE)))
        ground.stalled = stack.enter_context(_listening(ground, finish))
        yield ground
        ground.over.set()


@contextlib.contextmanager
def _listening(ground: Ground, serve: Callable[[socket.socket], object]) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)
    listener.settimeout(0.05)

    def handle(connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        with connection, contextlib.suppress(OSError):
            serve(connection)

    def accept() -> None:
        while not ground.over.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = listener.accept()
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    yield listener.getsockname()[1]
    ground.over.set()
    accepting.join()
    listener.close()
