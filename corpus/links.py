"""Web addresses as keys: equal for copies of a link, different for different contents. Pure.

Addresses are compared without scheme, mobile host, fragment and what only follows readers around; what names
the content stays (`story_fbid`, `id`, `v`, `fbid` …).
"""

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

URL: Final = re.compile(r"(?:https?://|www\.)[^\s<>\"'\u201c\u201d]+", re.IGNORECASE)
_LIMIT: Final = 500  # characters of a link that are compared
_MOST: Final = 64  # links of one text
_HOPS: Final = 2  # a redirecter may be wrapped in another
_TRACKERS: Final = re.compile(
    r"utm_|fbclid|gclid|dclid|gbraid|wbraid|msclkid|ttclid|twclid|yclid|igsh|mibextid|rdid|share_url|zarsrc|_rdr|__"
    r"|ref\Z|refsrc|ref_|from\Z|feature\Z|si\Z|s\Z|sfnsn|extid|paipv|eav|_ga|mc_|spm|wtsid|hl\Z|locale"
    r"|_t\Z|_r\Z|_d\Z|is_from_webapp|sender_device|share_|sharer_|tt_from|u_code|app\Z|pp\Z|ab_channel|aem_|zalo"
    r"|amp\Z|outputtype|gidzl|source\Z|ved\Z|usg\Z|comment_id|reply_comment_id|notif_|acontext"
)
_MOBILE: Final = re.compile(r"\A(?:(?:www|m|mobile|amp|web|mbasic|touch|vi-vn)\.)+(?=(?!com?\.)[^.]+\.)")
_SAME: Final = {"fb.com": "facebook.com", "x.com": "twitter.com", "youtube-nocookie.com": "youtube.com"}
_SHOWN: Final = {
    "youtube.com": {"v", "list"},
    "tiktok.com": set(),
    "twitter.com": set(),
    "instagram.com": set(),
}
_REDIRECTS: Final = {
    "l.facebook.com": "u",
    "lm.facebook.com": "u",
    "l.messenger.com": "u",
    "google.com": "url",
    "link.zalo.me": "url",
    "youtube.com": "q",
}
_VIDEO: Final = re.compile(r"/(?:shorts|embed|live|v)/([\w-]{6,20})\Z")


def canonical_url(url: str) -> str:
    """Return `url` as it is compared, or "" when it is no web address. Doing it again changes nothing."""
    for _ in range(_HOPS):
        try:
            parts = urlsplit(url if "://" in url else f"https://{url}")
            host = (parts.hostname or "").rstrip(".")
        except ValueError:
            return ""
        if "." not in host:
            return ""
        host = host if host in _REDIRECTS else _host(host)
        fields = parse_qsl(parts.query[: _LIMIT * 4], errors="replace")
        aim = dict(fields).get(_REDIRECTS.get(host, ""), "")
        if not aim.startswith(("http://", "https://")):
            break
        url = aim  # a page that only passes the reader on
    path = parts.path.rstrip("/.,;:!?)]}…")
    query = sorted((name, value) for name, value in fields if not _TRACKERS.match(name.lower()))
    if host == "youtu.be":
        host, path, query = "youtube.com", "/watch", [("v", path.lstrip("/"))]
    elif host == "youtube.com" and (video := _VIDEO.match(path)):
        path, query = "/watch", [("v", video.group(1))]
    elif host in _SHOWN:
        query = [(name, value) for name, value in query if name in _SHOWN[host]]
    path = re.sub(r"(?:/amp|\.amp|/index\.html?)\Z", "", re.sub(r"(\.html?)(?:/amp|\.amp)\Z", r"\1", path))
    return (host + path + (f"?{urlencode(query, errors='replace')}" if query else ""))[:_LIMIT]


def _host(host: str) -> str:
    host = _MOBILE.sub("", host)
    return _SAME.get(host, host)


def links(text: str) -> list[str]:
    """Return the canonical web addresses in `text`, each once, in order."""
    found = (canonical_url(match.group()) for match in URL.finditer(text))
    return list(dict.fromkeys(url for url in found if url))[:_MOST]
