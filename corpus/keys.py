"""Exact things in a text: links, numbers with units, dates, and long digit strings kept only as digests.

A key is a short string whose prefix says what it is: "url:…", "num:140:nguoi", "date:2025-07-27" (with parts
left out: "date:--07-27", "date:2025-07", "date:2025"), "id:" and the SHA-256 of a phone or account number.
"""

import hashlib
import itertools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from corpus.syllables import unmarked

URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'\u201c\u201d]+", re.IGNORECASE)
_KEYS_LIMIT = 64  # of one text
_URL_LIMIT = 500  # characters of a link that are compared
_TRACKERS = re.compile(
    r"utm_|fbclid|gclid|dclid|gbraid|wbraid|msclkid|ttclid|twclid|yclid|igsh|mibextid|rdid|share_url|zarsrc|_rdr|__"
    r"|ref\Z|refsrc|ref_|from\Z|feature\Z|si\Z|s\Z|sfnsn|extid|paipv|eav|_ga|mc_|spm|wtsid|hl\Z|locale"
)
_MOBILE = re.compile(r"\A(?:www|m|mobile|amp|web|mbasic|touch|vi-vn)\.")
_DAY = r"(\d{1,2})"
_TIME_WORD = r"(?:ngay|hom|sang|trua|chieu|toi|dem|mung|tu|den|vao|sau|truoc)"
_DATES = tuple(
    (re.compile(pattern), order)
    for pattern, order in (
        (rf"(?<!\d){_DAY}\s?[/.-]\s?{_DAY}\s?[/.-]\s?((?:19|20)\d\d)(?!\d)", "dmy"),
        (r"(?<!\d)((?:19|20)\d\d)[/.-](\d\d?)[/.-](\d\d?)(?!\d)", "ymd"),
        (r"(?<!\d)((?:19|20)\d\d)年(\d\d?)月(\d\d?)[日号]", "ymd"),
        (r"(?<!\d)(\d\d?)月(\d\d?)[日号]", "md"),
        (rf"(?<!\d){_DAY}\s+thang\s+{_DAY}(?:\s*,?\s*nam\s+|\s*[,/-]\s*)((?:19|20)\d\d)(?!\d)", "dmy"),
        (rf"(?<!\d){_DAY}\s+thang\s+{_DAY}(?!\d)", "dm"),
        (rf"thang\s+{_DAY}(?:\s*[/-]\s*|\s*,?\s+nam\s+)((?:19|20)\d\d)(?!\d)", "my"),
        (rf"(?<!\d){_DAY}\s?[/-]\s?((?:19|20)\d\d)(?!\d)", "my"),
        (rf"{_TIME_WORD}\s+{_DAY}\s?[/-]\s?{_DAY}(?![\d/])", "dm"),
        (rf"\({_DAY}[/-]{_DAY}\)", "dm"),
        (r"(?<!\d)(?!24/7)(3[01]|2\d|1[3-9]|0[1-9])[/-](1[0-2]|0?[1-9])(?![\d/]|\s*(?:lan|phan))", "dm"),
        (rf"thang\s+{_DAY}(?!\d)", "m"),
        (r"(?<![\d.,])((?:19|20)\d\d)(?![\d%]|[.,]\d)", "y"),
    )
)
_NUMBER = re.compile(
    r"(?<![\w.,])(?<![^\W\d_]-)(\d{1,3}(?:[.,]\d{3})+|\d+(?:[.,]\d+)?)\s?"
    r"(trieu|tr|ty|ti|nghin|ngan|ngin|tram|k)?(?![\d])\s?(%|[^\W\d_]+)?"
)
_SCALES = {"trieu": 10**6, "tr": 10**6, "ty": 10**9, "ti": 10**9, "tram": 100}
_SCALES |= dict.fromkeys(("nghin", "ngan", "ngin", "k"), 1000)
_UNITS = frozenset(
    {
        "%",
        "be",
        "ca",
        "can",
        "cap",
        "cau",
        "chau",
        "cho",
        "chiec",
        "con",
        "dam",
        "dan",
        "do",
        "dong",
        "gio",
        "giay",
    }
    | {
        "h",
        "ho",
        "hoc",
        "hs",
        "kg",
        "km",
        "lan",
        "lit",
        "lop",
        "m",
        "muc",
        "met",
        "nam",
        "nan",
        "ngay",
        "nguoi",
    }
    | {
        "nha",
        "nhom",
        "phut",
        "quan",
        "so",
        "tan",
        "tinh",
        "tre",
        "tuan",
        "tuoi",
        "usd",
        "vu",
        "xa",
        "xe",
        "xom",
    }
    | {"thang", "truong", "vien", "phong", "to", "dua", "ban"}
)
_UNIT_NAMES = {"d": "dong", "vnd": "dong", "hs": "hoc", "dua": "tre", "met": "m", "h": "gio"}
_WORDS = {"hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9, "mười": 10}
_WORD_NUMBER = re.compile(
    rf"(?<![^\W_])({'|'.join(_WORDS)})\s+(người|bé|cháu|trẻ|học|tỉnh|tuần|ngày|giờ|xe|vụ|hộ|xã|em|con|nhóm)(?![^\W_])",
    re.IGNORECASE,
)
_LONG_DIGITS = re.compile(r"(?<![\w.,])(?:\+\s?)?\d(?:[ .-]?\d){7,}(?![\w])")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+\Z")


_TELLS = re.compile(rf"\d|{'|'.join(_WORDS)}", re.IGNORECASE)


def may_tell(word: str) -> bool:
    """Whether a word can be part of a number or date."""
    return _TELLS.search(word) is not None


@dataclass(frozen=True)
class Fact:
    """A number, date or long digit string at `start`..`end` of a canonical text; `key` as in this module."""

    key: str
    start: int
    end: int

    @property
    def kind(self) -> str:
        """Return "num", "date" or "id"."""
        return self.key.partition(":")[0]


def facts(canonical: str) -> list[Fact]:
    """Return the facts of a canonical text in their order. Each character belongs to one fact at most."""
    found: list[Fact] = []
    taken = bytearray(len(canonical))
    for fact in itertools.chain(_dates(canonical), _ids(canonical), _numbers(canonical)):
        if fact.key and not any(taken[fact.start : fact.end]):
            taken[fact.start : fact.end] = b"\1" * (fact.end - fact.start)
            found.append(fact)
    return sorted(found, key=lambda fact: fact.start)


def _dates(canonical: str) -> Iterator[Fact]:
    plain = unmarked(canonical)
    for pattern, order in _DATES:
        for match in pattern.finditer(plain):
            yield Fact(_date_key(match.groups(), order), match.start(), match.end())


def _ids(canonical: str) -> Iterator[Fact]:
    for match in _LONG_DIGITS.finditer(canonical):
        if not all(_GROUPED.match(part) for part in match.group().split("-")):
            yield Fact(_id_key(match.group()), match.start(), match.end())


def _numbers(canonical: str) -> Iterator[Fact]:
    for match in _NUMBER.finditer(unmarked(canonical)):
        if not _is_label(match):
            yield Fact(_number_key(*match.groups()), match.start(1), max(match.end(1), match.end(2)))
    for match in _WORD_NUMBER.finditer(canonical):
        unit = unmarked(match.group(2))
        key = f"num:{_WORDS[match.group(1).lower()]}:{_UNIT_NAMES.get(unit, unit)}"
        yield Fact(key, match.start(1), match.end(1))


def _is_label(match: re.Match[str]) -> bool:
    """Whether the digits are part of a name: the 6 of "6A"."""
    unit = match.group(3)
    return bool(unit) and match.start(3) == match.end(1) and unit not in _UNITS and unit not in _UNIT_NAMES


def _date_key(groups: tuple[str | None, ...], order: str) -> str:
    parts = {letter: int(value) for letter, value in zip(order, groups, strict=True) if value}
    day, month, year = parts.get("d"), parts.get("m"), parts.get("y")
    if not (1 <= (month or 1) <= 12 and 1 <= (day or 1) <= 31):  # noqa: PLR2004  the calendar
        return ""
    if month is None:
        return f"date:{year:04}"
    head = f"{year:04}-" if year else "--"
    return f"date:{head}{month:02}" + (f"-{day:02}" if day else "")


def _number_key(number: str, scale: str | None, unit: str | None) -> str:
    grouped = re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", number)
    plain = re.sub(r"[.,]", "", number) if grouped else number.replace(",", ".")
    value = Decimal(plain[:20]) * _SCALES.get(scale or "", 1)
    unit = _UNIT_NAMES.get(unit or "", unit or "")
    text = format(value.normalize(), "f")
    return f"num:{text}:{unit if unit in _UNITS else ''}"


def _id_key(digits: str) -> str:
    bare = re.sub(r"\D", "", digits)
    if bare.startswith("84") and len(bare) == 11:  # noqa: PLR2004  +84 912 345 678 is 0912 345 678
        bare = "0" + bare[2:]
    return "id:" + hashlib.sha256(bare.encode()).hexdigest()


def canonical_url(url: str) -> str:
    """Return `url` without scheme, mobile host, trackers and fragment, or "" when it is no web address.

    Parameters that name the content stay (`story_fbid`, `id`, `v`, `fbid` …), sorted.
    """
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""
    if "." not in host:
        return ""
    host = _MOBILE.sub("", host)
    path = parts.path.rstrip("/.,;:!?)]}…")
    query = sorted((k, v) for k, v in parse_qsl(parts.query[:_URL_LIMIT]) if not _TRACKERS.match(k.lower()))
    if host == "youtu.be":
        host, path, query = "youtube.com", "/watch", [("v", path.lstrip("/"))]
    elif host in {"youtube.com", "tiktok.com"}:
        query = [(key, value) for key, value in query if key in {"v", "list"}]
    return (host + path + (f"?{urlencode(query)}" if query else ""))[:_URL_LIMIT]


def links(text: str) -> list[str]:
    """Return the canonical web addresses in `text`, each once, in order."""
    found = (canonical_url(match.group()) for match in URL.finditer(text))
    return list(dict.fromkeys(url for url in found if url))[:_KEYS_LIMIT]


def keys(canonical: str, urls: list[str]) -> tuple[str, ...]:
    """Return the keys of a canonical text whose links were `urls`: each once, links first."""
    found = [f"url:{url}" for url in urls] + [fact.key for fact in facts(canonical)]
    return tuple(dict.fromkeys(found))[:_KEYS_LIMIT]


def compare_dates(left: Collection[str], right: Collection[str]) -> Literal["agree", "apart", "unknown"]:
    """Compare the date keys of two texts by the parts that both give: a year, a month, a day.

    "agree" when a date of each can mean the same time, "apart" when some can be compared and none agree.
    """
    comparable = False
    for first, second in itertools.product(map(_date_parts, left), map(_date_parts, right)):
        shared = first.keys() & second.keys()
        if shared and all(first[part] == second[part] for part in shared):
            return "agree"
        comparable |= bool(shared)
    return "apart" if comparable else "unknown"


def _date_parts(key: str) -> dict[str, str]:
    found = re.fullmatch(r"date:(?:(\d{4})|-)-?(\d\d)?(?:-(\d\d))?", key)
    values = found.groups() if found else (None, None, None)
    return {name: value for name, value in zip("ymd", values, strict=True) if value}
