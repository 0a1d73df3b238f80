"""Which machines may be reached: the one check of addresses, made on what a name resolves to.

The name is resolved once, every address it has is vetted, and the connection goes to a vetted one, so that
neither a strange spelling of an address nor a second answer of the name server leads inside.
"""

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PORTS: Final = frozenset({80, 443})

# What `is_global` lets through on Python 3.11 although it is not, or need not be, the public internet:
# multicast, NAT64 (hides any IPv4 address), 6to4, Teredo, IPv4-compatible, site-local, documentation.
_DENIED: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
        *("224.0.0.0/4", "240.0.0.0/4", "192.88.99.0/24", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15"),
        *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23", "2001:db8::/32", "::/96", "fec0::/10"),
        *("ff00::/8", "3fff::/20", "5f00::/16", "100::/64", "fc00::/7", "fe80::/10", "::ffff:0:0:0/96"),
    )
)
_UNICAST: Final = ipaddress.ip_network("2000::/3")  # all IPv6 that is given out (RFC 4291, IANA registry)


class Refused(Exception):  # noqa: N818  an answer, not a fault
    """The address may not be fetched, or what came may not be kept. Trying again will not help."""


class Unreached(Exception):  # noqa: N818  an answer, not a fault
    """The page did not come this time: no connection, no time, a broken answer."""


@dataclass(frozen=True)
class Opening:
    """What tests with real servers open besides the public internet. Nothing but a test makes one."""

    addresses: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset()


SHUT: Final = Opening()


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
        if found not in _UNICAST:
            return False
    return found.is_global and not any(found in network for network in _DENIED)


def vetted(host: str, port: int, seconds: float, *, opening: Opening = SHUT) -> list[str]:
    """Return the addresses of `host`, each once and each allowed. The name server gets `seconds`.

    Raises Refused when the port or any one of the addresses is not allowed, Unreached without an answer.
    """
    if port not in PORTS and port not in opening.ports:
        raise Refused("port not allowed")
    found = _resolve(host, port, seconds)
    if not all(is_public(address) or address in opening.addresses for address in found):
        raise Refused("address not public")
    return found


def connect(host: str, port: int, left: Callable[[], float], *, opening: Opening = SHUT) -> socket.socket:
    """Return a connection to a vetted address of `host`. `left` says how many seconds there are.

    A dead address may not eat the time of the others. Raises Refused and Unreached.
    """
    found = vetted(host, port, left(), opening=opening)
    for others, address in zip(range(len(found), 0, -1), found, strict=True):
        try:
            return socket.create_connection((address, port), left() / others)
        except OSError as failure:
            if others == 1:
                raise Unreached("no connection") from failure
    raise Unreached("no address")


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(row[4][0]) for row in rows)))
        except (OSError, ValueError) as failure:
            answers.put(failure)

    # A thread of its own: the resolver of the system has no deadline, and is left to end by itself.
    threading.Thread(target=ask, daemon=True, name="resolve").start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty as slow:
        raise Unreached("name server out of time") from slow
    if isinstance(answer, ValueError):  # a name that cannot be written as one
        raise Refused("not a host name") from answer
    if isinstance(answer, Exception) or not answer:
        raise Unreached("unknown host")
    return answer


def deadline_after(seconds: float) -> Callable[[], float]:
    """Return a function that says how many seconds are left, and raises Unreached when none are."""
    end = time.monotonic() + seconds

    def left() -> float:
        rest = end - time.monotonic()
        if rest <= 0:
            raise Unreached("out of time")
        return rest

    return left
