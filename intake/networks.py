"""How many reports came from the same network within minutes. In memory, under a key that nobody keeps.

An address is cut to its network and digested with a random key that lives as long as the window, ten
minutes, and then is forgotten with all counts. No address, and nothing that leads to one, is stored, logged
or handed on.
"""

import hashlib
import hmac
import ipaddress
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

WINDOW: Final = 600  # seconds
NARROW: Final = 60  # reports within a window from one IPv4 address or one IPv6 /64: one line, one office
WIDE: Final = 240  # from one IPv4 /24 or one IPv6 /48: a neighbourhood, an organisation
REFUSED: Final = 10.0  # times these limits: no school and no commune sends as many, a program does
MOST: Final = 50_000  # networks remembered at a time, 10 MB; the one not heard of for longest goes first


class Crowds:
    """Counts of one web process: each counts for itself, so two processes let twice as many pass."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._window = -1
        self._key = b""
        self._counts: OrderedDict[bytes, int] = OrderedDict()

    def count(self, host: str | None) -> float:
        """Count a report from `host` and return how many came from its network, in limits of that network.

        What is no public address (a proxy that tells none, a name, a loopback) counts as 0.0: a proxy set up
        wrongly must not make one crowd of everybody.
        """
        networks = _networks(host)
        if not networks:
            return 0.0
        with self._lock:
            self._turn()
            return max(self._one_more(network) / limit for network, limit in networks)

    def seconds_left(self) -> int:
        """Return the seconds until all counts are forgotten, at least 1."""
        return max(1, round(WINDOW - self._clock() % WINDOW))

    def _turn(self) -> None:
        window = int(self._clock() // WINDOW)
        if window != self._window:
            self._window, self._key = window, secrets.token_bytes(32)
            self._counts.clear()

    def _one_more(self, network: bytes) -> int:
        name = hmac.digest(self._key, network, hashlib.sha256)[:16]
        count = self._counts.pop(name, 0) + 1
        self._counts[name] = count
        if len(self._counts) > MOST:
            self._counts.popitem(last=False)
        return count


def _networks(host: str | None) -> list[tuple[bytes, int]]:
    """Return the networks that `host` is in, each with its limit; none for what is no public address."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return []
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if not address.is_global or address.is_multicast:
        return []
    packed = address.packed
    if isinstance(address, ipaddress.IPv4Address):
        return [(b"4" + packed, NARROW), (b"4" + packed[:3], WIDE)]
    return [(b"6" + packed[:8], NARROW), (b"6" + packed[:6], WIDE)]
