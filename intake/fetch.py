"""The one way out to the network: fetch a public page, and nothing that is not public.

The guard sits where the connection is made (`intake.addresses`); redirects are followed by hand, each
through the same guard. Time, bytes and unpacked bytes are limited for the whole of a fetch. No proxy, no
cookies, no referrer, no environment.
"""

import dataclasses
import functools
import ssl
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urljoin

import httpcore2
import httpx2

from intake import addresses
from intake.addresses import SHUT, Opening, Refused, Unreached, is_public

__all__ = ["AGENT", "Fetched", "Hop", "Limits", "Opening", "Refused", "Unreached", "get", "is_public"]

AGENT: Final = "Mozilla/5.0 (compatible; KiemTin/1)"
_URL_LIMIT: Final = 4_000  # characters
_HEADERS: Final = 200  # lines of one answer; their bytes are bounded by the reader (100 kB) and the budget
_REDIRECTING: Final = frozenset({301, 302, 303, 307, 308})
_MEMBERS: Final = 50  # of one gzip body; more than one is rare
_CONDITION_LIMIT: Final = 1_000  # characters of an ETag that is sent back

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one fetch may take, redirects included. `opening` and `trust` are for tests with real servers."""

    seconds: float = 19.0  # a second less than a fetch may take, for what the clock does not see
    wire: int = 5 * 1024 * 1024  # bytes that may arrive
    unpacked: int = 10 * 1024 * 1024  # bytes of the body as it was meant
    redirects: int = 3
    agent: str = AGENT  # how we name ourselves
    opening: Opening = SHUT
    trust: ssl.SSLContext | None = None


DEFAULT: Final = Limits()


@dataclass(frozen=True)
class Hop:
    """An answer that sent us on."""

    url: str
    status: int
    headers: Headers


@dataclass(frozen=True)
class Fetched:
    """What came back: the last answer after redirects, its body unpacked. Names of headers are lower case."""

    status: int
    url: str
    media_type: str
    content: bytes
    headers: Headers = ()
    hops: tuple[Hop, ...] = ()
    wire: bytes = field(default=b"", repr=False)  # the body as it was packed for the way
    agent: str = AGENT  # as whom we asked

    def header(self, name: str) -> str:
        """Return the first header `name` (lower case), or ""."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def etag(self) -> str:
        """The mark to ask with next time."""
        return self.header("etag")

    @property
    def last_modified(self) -> str:
        """The date to ask with next time."""
        return self.header("last-modified")

    @property
    def retry_after(self) -> str:
        """When to come again, as the server says it. It may say anything."""
        return self.header("retry-after")


def agent(address: str) -> str:
    """Return how we name ourselves: with `address`, where one reads who we are, if there is one."""
    clean = address.isascii() and address.isprintable() and not set(address) & set(" ();,")
    return AGENT.replace(")", f"; +{address})") if address and clean else AGENT


def get(
    url: str, *, limits: Limits = DEFAULT, etag: str | None = None, last_modified: str | None = None
) -> Fetched:
    """Return the page at `url`. `etag` and `last_modified` ask for it only if it changed: status 304.

    Raises Refused for what may never be fetched or kept, Unreached for what may come another time.
    """
    budget = _Budget(addresses.deadline_after(limits.seconds), limits.wire)
    asked = _conditions({"If-None-Match": etag, "If-Modified-Since": last_modified})
    hops: list[Hop] = []
    while True:
        answer, target = _get(_vetted(url), asked, budget, limits)
        if target is None:
            return dataclasses.replace(answer, hops=tuple(hops))
        hops.append(Hop(answer.url, answer.status, answer.headers))
        if len(hops) > limits.redirects:
            raise Refused("too many redirects")
        url = urljoin(answer.url, target)


def _conditions(wanted: Mapping[str, str | None]) -> list[tuple[bytes, bytes]]:
    """Return the headers that ask for a change only. What a server once sent is sent back if it is clean."""
    return [
        (name.encode(), value.encode())
        for name, value in wanted.items()
        if value and len(value) <= _CONDITION_LIMIT and value.isascii() and value.isprintable()
    ]


@dataclass
class _Budget:
    seconds: Callable[[], float]
    left: int  # bytes that may still arrive

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise Refused("too large")


def _broken(what: str, failure: Exception) -> Unreached:
    return Unreached("out of time" if isinstance(failure, TimeoutError) else what)


class _Stream(httpcore2.NetworkStream):
    """A connection on which every read and write ends before the common deadline, and every byte counts."""

    def __init__(self, connection: Any, budget: _Budget) -> None:  # noqa: ANN401  a socket, plain or TLS
        self._connection = connection
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  ours is stricter
        self._connection.settimeout(self._budget.seconds())
        try:
            data: bytes = self._connection.recv(max_bytes)
        except OSError as failure:
            raise _broken("the connection broke", failure) from failure
        self._budget.spend(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._connection.settimeout(self._budget.seconds())
        try:
            self._connection.sendall(buffer)  # its time-out is that of the whole
        except OSError as failure:
            raise _broken("the connection broke", failure) from failure

    def close(self) -> None:
        self._connection.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        self._connection.settimeout(self._budget.seconds())  # of the whole handshake
        try:
            secured = ssl_context.wrap_socket(self._connection, server_hostname=server_hostname)
        except (OSError, ValueError) as failure:
            self.close()
            raise _broken("no secure connection", failure) from failure
        return _Stream(secured, self._budget)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401, ARG002  nothing of it is asked here
        return None


class _Guard(httpcore2.NetworkBackend):
    """Connects to vetted addresses only. TLS above it still verifies the host's name."""

    def __init__(self, budget: _Budget, opening: Opening) -> None:
        self._budget = budget
        self._opening = opening

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  the budget rules
        local_address: str | None = None,  # noqa: ARG002  never bound
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002  none are set
    ) -> httpcore2.NetworkStream:
        made = addresses.connect(host, port, self._budget.seconds, opening=self._opening)
        return _Stream(made, self._budget)


@functools.cache
def _trust() -> ssl.SSLContext:
    """Return the common trust in certificates. Loading it takes longer than a page on a near machine."""
    return httpx2.create_ssl_context(trust_env=False)


def _vetted(url: str) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url[:_URL_LIMIT])
        host = parsed.raw_host
    except (httpx2.InvalidURL, ValueError) as broken:
        raise Refused("not a web address") from broken
    if len(url) > _URL_LIMIT or parsed.scheme not in {"http", "https"} or not host or parsed.userinfo:
        raise Refused("not a web address")
    return parsed.copy_with(fragment=None)


def _get(
    url: httpx2.URL, asked: list[tuple[bytes, bytes]], budget: _Budget, limits: Limits
) -> tuple[Fetched, str | None]:
    """Return one answer, and where it sends us, if it does."""
    target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    headers = [
        (b"User-Agent", limits.agent.encode()),
        (b"Accept", b"*/*"),
        (b"Accept-Encoding", b"gzip"),
        *asked,
    ]
    guard = _Guard(budget, limits.opening)
    try:
        with (
            httpcore2.ConnectionPool(ssl_context=limits.trust or _trust(), network_backend=guard) as pool,
            pool.stream("GET", target, headers=headers) as response,
        ):
            sent = _sent(response.headers)
            answer = Fetched(response.status, str(url), "", b"", sent, agent=limits.agent)
            location = answer.header("location") if response.status in _REDIRECTING else ""
            if location:
                return answer, location
            wire = _taken(response.iter_stream(), answer.header("content-length"), limits.wire)
    except httpcore2.ProtocolError as failure:
        raise Unreached(f"broken answer: {type(failure).__name__}") from failure
    body = _unpacked(wire, answer.header("content-encoding"), limits.unpacked)
    kind = "".join(char for char in answer.header("content-type") if " " <= char <= "~")[:200]
    media_type = kind or "application/octet-stream"
    return dataclasses.replace(answer, media_type=media_type, content=body, wire=wire), None


def _sent(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    lines = list(headers)
    if len(lines) > _HEADERS:
        raise Refused("too many headers")
    return tuple((name.decode("latin-1").lower(), _decoded(value)) for name, value in lines)


def _decoded(value: bytes) -> str:
    """Return a header's value. HTTP says Latin-1; who sends more than ASCII means UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _taken(chunks: Iterable[bytes], announced: str, limit: int) -> bytes:
    """Return the body as it came. What announces itself as too large is not even begun."""
    if announced.isascii() and announced.isdigit() and (len(announced) > 15 or int(announced) > limit):  # noqa: PLR2004
        raise Refused("too large")
    return b"".join(chunks)


def _unpacked(wire: bytes, encoding: str, limit: int) -> bytes:
    """Return the body as it was meant. Unpacking stops at the limit, not behind it."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"} or not wire:
        return wire
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise Refused("unknown packing")
    parts: list[bytes] = []
    room = limit
    try:
        for _member in range(_MEMBERS):  # gzip may come in several
            unpacker = zlib.decompressobj(wbits=47)  # gzip or zlib, told by their first bytes
            parts.append(unpacker.decompress(wire, room + 1))
            room -= len(parts[-1])
            if room < 0:
                raise Refused("too large when unpacked")
            if not unpacker.eof:
                raise Unreached("cut off")
            wire = unpacker.unused_data
            if not wire.startswith(b"\x1f\x8b"):
                return b"".join(parts)
    except zlib.error as broken:
        raise Unreached("broken packing") from broken
    raise Refused("too many parts")
