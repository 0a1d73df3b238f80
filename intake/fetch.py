"""The one way out to the network: fetch a public page, and nothing that is not public.

The guard sits where the connection is made: the name is resolved once, every address it has is vetted,
and the connection goes to a vetted one, so that neither a strange spelling of an address, nor a second
answer of the name server, nor a redirect leads inside. No proxy, no cookies, no environment.
"""

import ipaddress
import socket
import time
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin

import httpcore2
import httpx2

TIME_LIMIT: Final = 20.0  # seconds for everything, redirects included
SIZE_LIMIT: Final = 5 * 1024 * 1024  # bytes on the wire per answer, and bytes after unpacking
REDIRECTS: Final = 3
PORTS: Final = frozenset({80, 443})
_URL_LIMIT: Final = 4_000  # characters
_REDIRECTING: Final = frozenset({301, 302, 303, 307, 308})
_AGENT: Final = b"Mozilla/5.0 (compatible; KiemTin/1; luu ban sao nguon trich dan)"

# What `is_global` lets through on Python 3.11 although it is not, or need not be, the public internet:
# multicast, NAT64 (hides any IPv4 address), 6to4, Teredo, IPv4-compatible, site-local, documentation.
_DENIED: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("224.0.0.0/4", "240.0.0.0/4", "192.88.99.0/24", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15"),
        *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23", "2001:db8::/32", "::/96", "fec0::/10"),
        *("ff00::/8", "3fff::/20", "5f00::/16", "100::/64", "fc00::/7", "fe80::/10"),
    )
)


class Refused(Exception):  # noqa: N818  an answer, not a fault
    """The address may not be fetched, or what came may not be kept. Trying again will not help."""


class Unreached(Exception):  # noqa: N818  an answer, not a fault
    """The page did not come this time: no connection, no time, a broken answer."""


@dataclass(frozen=True)
class Fetched:
    """What came back: the last answer after redirects, its body unpacked."""

    status: int
    url: str
    media_type: str
    content: bytes


def is_public(address: str) -> bool:
    """Return whether the IP `address` is on the public internet. A mapped form counts as what it maps."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.scope_id is not None:
            return False
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
    return found.is_global and not any(found in network for network in _DENIED)


def fetch(url: str, *, loopback_port: int | None = None) -> Fetched:
    """Return the page at `url`, at most 5 MB of it, within 20 seconds and 3 redirects.

    `loopback_port` opens that one port of 127.0.0.1, for tests with real servers; nothing else sets it.
    Raises Refused for what may never be fetched or kept, Unreached for what may come another time.
    """
    budget = _Budget(time.monotonic() + TIME_LIMIT, SIZE_LIMIT)
    guard = _Guard(budget, loopback_port)
    for _hop in range(REDIRECTS + 1):
        budget.left = SIZE_LIMIT
        answer, target = _get(_vetted(url), guard, budget)
        if target is None:
            return answer
        url = urljoin(answer.url, target)
    raise Refused("too many redirects")


@dataclass
class _Budget:
    deadline: float  # of time.monotonic()
    left: int  # bytes that may still arrive

    def seconds(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Unreached("out of time")
        return left

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise Refused("too large")


class _Metered(httpcore2.NetworkStream):
    """A stream on which every read and write ends before the common deadline, and every byte counts."""

    def __init__(self, stream: httpcore2.NetworkStream, budget: _Budget) -> None:
        self._stream = stream
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002  ours is stricter
        data = self._stream.read(max_bytes, self._budget.seconds())
        self._budget.spend(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, self._budget.seconds())

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, *args: Any, **kwargs: Any) -> httpcore2.NetworkStream:  # noqa: ANN401  passed on
        kwargs["timeout"] = self._budget.seconds()
        return _Metered(self._stream.start_tls(*args, **kwargs), self._budget)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401  as the library has it
        return self._stream.get_extra_info(info)


class _Guard(httpcore2.NetworkBackend):
    """Connects to vetted addresses only. TLS above it still verifies the host's name."""

    def __init__(self, budget: _Budget, loopback_port: int | None) -> None:
        self._budget = budget
        self._loopback_port = loopback_port

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  the budget rules
        local_address: str | None = None,  # noqa: ARG002  never bound
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002  none are set
    ) -> httpcore2.NetworkStream:
        if port not in PORTS and port != self._loopback_port:
            raise Refused("port not allowed")
        addresses = _resolve(host, port, self._budget.seconds())
        if not all(self._allowed(address, port) for address in addresses):
            raise Refused("address not public")
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            seconds = self._budget.seconds() / left  # a dead address must not eat the time of the others
            try:
                return _Metered(httpcore2.SyncBackend().connect_tcp(address, port, seconds), self._budget)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if left == 1:
                    raise
        raise Unreached("no address")

    def _allowed(self, address: str, port: int) -> bool:
        return is_public(address) or (port == self._loopback_port and address == "127.0.0.1")


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """Return the addresses of `host`, each once. The name server gets no more than `seconds`."""
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        found = pool.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM).result(timeout=seconds)
    except TimeoutError as slow:
        raise Unreached("name server out of time") from slow
    except OSError as unknown:
        raise Unreached("unknown host") from unknown
    except ValueError as broken:  # a name that cannot be written as one
        raise Refused("not a host name") from broken
    finally:
        pool.shutdown(wait=False)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _vetted(url: str) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url[:_URL_LIMIT])
        host = parsed.raw_host
    except (httpx2.InvalidURL, ValueError) as broken:
        raise Refused("not a web address") from broken
    if len(url) > _URL_LIMIT or parsed.scheme not in {"http", "https"} or not host or parsed.userinfo:
        raise Refused("not a web address")
    return parsed.copy_with(fragment=None)


def _get(url: httpx2.URL, guard: _Guard, budget: _Budget) -> tuple[Fetched, str | None]:
    """Return one answer, and where it sends us, if it does."""
    target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    headers = [(b"User-Agent", _AGENT), (b"Accept", b"*/*"), (b"Accept-Encoding", b"gzip")]
    context = httpx2.create_ssl_context(trust_env=False)
    try:
        with (
            httpcore2.ConnectionPool(ssl_context=context, network_backend=guard) as pool,
            pool.stream("GET", target, headers=headers) as response,
        ):
            sent = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            location = sent.get(b"location", "") if response.status in _REDIRECTING else ""
            body = b"" if location else _unpacked(response.iter_stream(), sent.get(b"content-encoding", ""))
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as failure:
        budget.seconds()  # a time-out of the whole says so
        raise Unreached(type(failure).__name__) from failure
    kind = "".join(char for char in sent.get(b"content-type", "") if " " <= char <= "~")[:200]
    return Fetched(response.status, str(url), kind or "application/octet-stream", body), location or None


def _unpacked(chunks: Iterable[bytes], encoding: str) -> bytes:
    """Return the body as it was meant. Unpacking stops at the limit, not behind it."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return b"".join(chunks)
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise Refused("unknown packing")
    unpacker = zlib.decompressobj(wbits=47)  # gzip or zlib, told by their first bytes
    parts, room = [], SIZE_LIMIT
    try:
        for chunk in chunks:
            parts.append(unpacker.decompress(chunk, room + 1))
            room -= len(parts[-1])
            if room < 0:
                raise Refused("too large when unpacked")
    except zlib.error as broken:
        raise Unreached("broken packing") from broken
    if not unpacker.eof:
        raise Unreached("cut off")
    return b"".join(parts)
