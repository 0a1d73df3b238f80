"""The communes of the province: today's 99, and every older name under which people still know them.

On 1 July 2025 Lào Cai and Yên Bái were joined and the district level ended; people go on saying "Bát Xát"
and "huyện Văn Chấn". The data is `data/places.json` (made by scripts/build-places, origin inside).
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from corpus.syllables import fold

_UNIT = re.compile(
    r"^(?:xa|phuong|huyen|thi xa|thanh pho|thi tran|tinh|tp|tx|tt|thon|ban)(?:\.|\s)+(?=\S)", re.IGNORECASE
)
_UNITS_BEFORE: Final = frozenset(
    {
        "xa",
        "phuong",
        "huyen",
        "pho",
        "tran",
        "tp",
        "tx",
        "tt",
        "thon",
        "ban",
        "dap",
        "dien",
        "song",
        "khau",
        "tinh",
    }
)
_DISTRICT_UNITS: Final = ("huyen ", "thi xa ", "thanh pho ", "tp ", "tp.", "tx ", "tx.")
_ALPHABET: Final = {char: rank for rank, char in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz", start=1)}
_TONES: Final = {"̀": 1, "̉": 2, "̃": 3, "́": 4, "̣": 5}
_WORD = re.compile(r"[^\W_]+")
_TOO_WIDE: Final = frozenset({"lao cai", "yen bai"})  # names of the whole province tell two texts apart badly
_LONGEST: Final = 4  # syllables of a name


@dataclass(frozen=True)
class Commune:
    """A commune or ward of today. `code` is the national code, `old` the units that went into it."""

    code: str
    name: str  # with its kind: "Xã Bát Xát"
    short: str
    old: tuple[tuple[str, str], ...]  # (old commune, old district)


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(resources.files("corpus.data").joinpath(name).read_text("utf-8"))
    return content


def collation(name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return a sort key in the order of Vietnamese dictionaries: letters first, tones break ties."""
    letters: list[str] = []
    tones: list[int] = []
    for char in unicodedata.normalize("NFD", name.lower()):
        if char in _TONES:
            tones.append(_TONES[char])
        elif unicodedata.combining(char) and letters:
            letters[-1] = unicodedata.normalize("NFC", letters[-1] + char)
        else:
            letters.append(char)
    return tuple(_ALPHABET.get(letter, 0) for letter in letters), tuple(tones)


@cache
def communes() -> tuple[Commune, ...]:
    """Return the 99 communes and wards in Vietnamese order."""
    made = [
        Commune(
            code=row["code"],
            name=f"{row['kind'].capitalize()} {row['name']}",
            short=row["name"],
            old=tuple((part["name"], part["district"]) for part in row["old"]),
        )
        for row in _read("places.json")["communes"]
    ]
    return tuple(sorted(made, key=lambda commune: collation(commune.short)))


@cache
def _codes() -> dict[str, Commune]:
    return {commune.code: commune for commune in communes()}


def by_code(code: str | None) -> Commune | None:
    """Return the commune with this national code, or None."""
    return _codes().get(code or "")


def _bare(words: str) -> str:
    return _UNIT.sub("", fold(words).strip())


@cache
def _districts() -> dict[str, tuple[Commune, ...]]:
    found: dict[str, dict[str, Commune]] = {}
    for commune in communes():
        for _name, district in commune.old:
            found.setdefault(_bare(district), {})[commune.code] = commune
    return {name: tuple(parts.values()) for name, parts in found.items()}


def find(words: str) -> Commune | None:
    """Return the one commune of today that `words` name, or None when there is none or several.

    "Cốc Lếu", an old ward, is found by the ward it went into; "huyện Bát Xát", an old district, is
    several communes of today.
    """
    folded, bare = fold(words).strip(), _bare(words)
    today = [commune for commune in communes() if bare == fold(commune.short)]
    if folded.startswith(_DISTRICT_UNITS):
        return None  # a district is several communes of today; `suggest` offers them
    if today and not folded.startswith("thi tran"):
        return today[0] if len(today) == 1 else None
    old = {
        c.code: c
        for c in communes()
        for name, _district in c.old
        if fold(name) == folded or _bare(name) == bare
    }
    return next(iter(old.values())) if len(old) == 1 else None


def suggest(words: str, limit: int = 12) -> list[Commune]:
    """Return communes of today for what somebody is typing: today's name first, then older names."""
    bare = _bare(words)
    if len(bare) < 2:  # noqa: PLR2004  one letter names nothing
        return []
    ranked: dict[str, tuple[int, Commune]] = {}
    for commune in communes():
        rank = _rank(commune, bare)
        if rank is not None:
            ranked[commune.code] = (rank, commune)
    return [commune for _, commune in sorted(ranked.values(), key=lambda pair: pair[0])][:limit]


def _rank(commune: Commune, bare: str) -> int | None:
    short = fold(commune.short)
    if short == bare:
        return 0
    if short.startswith(bare):
        return 1
    names = {_bare(name) for name, _ in commune.old}
    if bare in names:
        return 2
    if bare in {_bare(district) for _, district in commune.old}:
        return 3
    return 4 if any(name.startswith(bare) for name in names) or bare in short else None


# --- places in running text ------------------------------------------------------------------------


@cache
def _names() -> dict[str, frozenset[str]]:
    """Known names: folded -> the ways of writing them with marks, in lower case."""
    found: dict[str, set[str]] = {}
    written = list(_read("landmarks.json")["landmarks"])
    for commune in communes():
        written.append(commune.short)
        for name, district in commune.old:
            written += [_strip_unit(name), _strip_unit(district)]
    for name in written:
        key = fold(name)
        if 1 < len(key.split()) <= _LONGEST or key == "fansipan":
            found.setdefault(key, set()).add(name.lower())
    return {key: frozenset(ways) for key, ways in found.items() if key not in _TOO_WIDE}


def _strip_unit(name: str) -> str:
    for unit in ("Thành phố ", "Thị xã ", "Thị trấn ", "Huyện ", "Phường ", "Xã "):
        name = name.removeprefix(unit)
    return name


@cache
def _ordinary() -> frozenset[str]:
    return frozenset(_read("landmarks.json")["ordinary_words"])


@dataclass(frozen=True)
class PlaceHit:
    """A place named at `start`..`end` of a text; `key` is the folded name, equal for equal places."""

    key: str
    start: int
    end: int


def mentions(text: str) -> tuple[PlaceHit, ...]:
    """Return the places that `text` names. Ordinary words that happen to be names need a unit before them."""
    words = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text[:10_000])]
    folded = [fold(word) for word, _, _ in words]
    hits: list[PlaceHit] = []
    at = 0
    while at < len(words):
        hit = next(_at(text, words, folded, at), None)
        if hit is None:
            at += 1
            continue
        hits.append(hit)
        at += len(hit.key.split())
    return tuple(hits)


def _at(text: str, words: list[tuple[str, int, int]], folded: list[str], at: int) -> Iterator[PlaceHit]:
    for size in range(min(_LONGEST, len(words) - at), 0, -1):
        key = " ".join(folded[at : at + size])
        ways = _names().get(key)
        if ways is None:
            continue
        part = words[at : at + size]
        announced = at > 0 and folded[at - 1] in _UNITS_BEFORE
        capital = all(word[0].isupper() for word, _, _ in part) and not text.isupper()
        as_written = " ".join(word.lower() for word, _, _ in part) in ways and any(
            not char.isascii() for word, _, _ in part for char in word
        )
        unmarked = all(word.isascii() for word, _, _ in part)
        if announced or capital or (key not in _ordinary() and (as_written or unmarked)):
            yield PlaceHit(key, part[0][1], part[-1][2])


def keys(text: str) -> frozenset[str]:
    """Return the keys of all places that `text` names, for comparing two texts."""
    return frozenset(hit.key for hit in mentions(text))
