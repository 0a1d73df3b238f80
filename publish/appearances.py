"""Where a claim was seen, as far as the public may know: addresses without persons, else kinds of places."""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from models import SeenWhere
from models.base import Json

LIMIT: Final = 20  # addresses listed on one correction

_TRACKING: Final = re.compile(
    r"^(utm_.*|fbclid|gclid|dclid|msclkid|igshid|igsh|mibextid|zarsrc|si|ref|ref_.*|source|share.*|_rdr|__.*)$"
)
_PERSONAL: Final = re.compile(r"@|\b0\d{9,10}\b|(?:\+|%2b)?84\d{9}", re.IGNORECASE)
# On these sites an address names the account that posted. Only the few forms below do not.
_SOCIAL: Final[dict[str, SeenWhere]] = {
    "facebook.com": SeenWhere.FACEBOOK,
    "fb.com": SeenWhere.FACEBOOK,
    "fb.watch": SeenWhere.FACEBOOK,
    "messenger.com": SeenWhere.MESSAGE,
    "m.me": SeenWhere.MESSAGE,
    "zalo.me": SeenWhere.ZALO,
    "chat.zalo.me": SeenWhere.ZALO,
    "zaloapp.com": SeenWhere.ZALO,
    "tiktok.com": SeenWhere.TIKTOK,
    "douyin.com": SeenWhere.OTHER_SOCIAL,
    "youtube.com": SeenWhere.YOUTUBE,
    "youtu.be": SeenWhere.YOUTUBE,
    "instagram.com": SeenWhere.OTHER_SOCIAL,
    "threads.net": SeenWhere.OTHER_SOCIAL,
    "threads.com": SeenWhere.OTHER_SOCIAL,
    "twitter.com": SeenWhere.OTHER_SOCIAL,
    "x.com": SeenWhere.OTHER_SOCIAL,
    "t.me": SeenWhere.MESSAGE,
    "telegram.me": SeenWhere.MESSAGE,
    "wa.me": SeenWhere.MESSAGE,
    "whatsapp.com": SeenWhere.MESSAGE,
    "weibo.com": SeenWhere.OTHER_SOCIAL,
    "linkedin.com": SeenWhere.OTHER_SOCIAL,
    "reddit.com": SeenWhere.OTHER_SOCIAL,
}
_NAMELESS: Final = re.compile(
    r"^(?:youtube\.com/(?:shorts/[\w-]{5,20}|watch)|youtu\.be/[\w-]{5,20}|facebook\.com/(?:reel/\d+|watch))/?$"
)


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower().rstrip(".")
    for prefix in ("www.", "m.", "mobile.", "web."):
        host = host.removeprefix(prefix)
    return host


def _social(host: str) -> SeenWhere | None:
    labels = host.split(".")
    tails = (".".join(labels[start:]) for start in range(len(labels)))
    return next((_SOCIAL[tail] for tail in tails if tail in _SOCIAL), None)


def _reachable(host: str) -> bool:
    """Only names of the public internet: no bare names, no inner zones, no private numbers."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        inner = (".local", ".localhost", ".internal", ".lan", ".home", ".intranet", ".onion", ".test")
        return "." in host and not host.endswith(inner)


def public_url(url: str) -> str | None:
    """Return `url` without tracking marks and fragment, or None where the public may not read it.

    None for other schemes than http and https, embedded credentials, private or inner hosts, and every
    address that names a person or an account: the centre publishes where, never who.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower().rstrip(".")
    if parts.scheme.lower() not in {"http", "https"} or not _reachable(host):
        return None
    if parts.username is not None or _PERSONAL.search(f"{parts.path}?{parts.query}"):
        return None
    if _social(host) is not None and not _NAMELESS.match(f"{_host(parts)}{parts.path}"):
        return None
    kept = [(key, value) for key, value in parse_qsl(parts.query) if not _TRACKING.match(key.lower())]
    if _social(host) is not None:
        kept = [(key, value) for key, value in kept if key == "v"]
    shown = host if port in {None, 80, 443} else f"{host}:{port}"
    query = f"?{urlencode(kept)}" if kept else ""
    return f"{parts.scheme.lower()}://{shown}{parts.path or '/'}{query}"


def kind_of(url: str | None, told: SeenWhere | None) -> SeenWhere | None:
    """Return the kind of place: what the address says, else what the reporter said, else None."""
    if url:
        try:
            known = _social((urlsplit(url.strip()).hostname or "").lower().rstrip("."))
        except ValueError:
            known = None
        return known or told or SeenWhere.WEBSITE
    return told


def gather(seen: Iterable[tuple[str | None, SeenWhere | None]]) -> list[Json]:
    """Return the public appearances of a claim, most often seen first.

    `seen` holds (address, kind of place as reported) per arrival. Each appearance is
    {"kind", "count"} and, where the public may read it, {"url"}. At most `LIMIT` addresses.
    """
    tally: Counter[tuple[str, str]] = Counter()
    for url, told in seen:
        kind = kind_of(url, told)
        if kind is not None:
            tally[kind.value, public_url(url or "") or ""] += 1
    listed = [(key, count) for key, count in tally.most_common() if key[1]][:LIMIT]
    unlisted = [(key, count) for key, count in tally.most_common() if not key[1]]
    return [
        {"kind": kind, "count": count, **({"url": url} if url else {})}
        for (kind, url), count in [*listed, *unlisted]
    ]
