"""Places named in running text, as keys by which two texts are told apart. Pure.

Who asks for a commune asks here as well: those functions are the ones of corpus.communes.
"""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from corpus.communes import PROVINCES, Commune, by_code, collation, communes, find, stored, suggest
from corpus.syllables import fold, split_tone, unmarked

__all__ = [
    "Commune",
    "PlaceHit",
    "apart",
    "by_code",
    "collation",
    "communes",
    "find",
    "keys",
    "mentions",
    "suggest",
    "touch",
]

_TEXT_LIMIT: Final = 10_000  # characters looked at
_READ_AGAIN: Final = 256  # texts: a report is read for its signals and again for its reasons
_WORD = re.compile(r"[^\W_]+")
_GAP = re.compile(r"[ \u00a0-]{1,3}")  # what may stand between the syllables of a name
# Words before a name that make it a place, with what else must stand before them.
_UNITS: Final = {
    "xã": "xã",
    "phường": "xã",
    "huyện": "huyện",
    "tp": "huyện",
    "phố": "huyện",  # thành phố
    "tx": "huyện",
    "tỉnh": "tỉnh",
    "trấn": "xã",  # thị trấn
    "đập": "",
    "đèo": "",
    "điện": "",  # thủy điện
    "khẩu": "",  # cửa khẩu
    "hồ": "",
}
_SECOND: Final = {"trấn": "thi", "phố": "thanh", "điện": "thuy", "khẩu": "cua"}
_UNITS_UNMARKED: Final = {unmarked(unit): unit for unit in _UNITS}
_WEAK: Final = frozenset({"tinh", "deo", "ho"})  # units that are other words too without marks
_MARKED_TEXT: Final = 0.2  # share of words with marks from which a word without any is meant without
_TITLE_CASE: Final = 0.7  # share of words with a capital from which capitals say nothing
_FEW = 4  # words; shares of fewer say nothing


@dataclass(frozen=True)
class PlaceHit:
    """A place named at `start`..`end` of a text in NFC.

    `key` is the folded name, equal for equal places; `codes` are the communes of today that it covers:
    one, several for an old district, none for places elsewhere.
    """

    key: str
    start: int
    end: int
    codes: tuple[str, ...] = ()


@dataclass
class _Name:
    """A known name: how it is written, and the communes it means as a commune, as a district, at all."""

    ways: set[tuple[tuple[str, str], ...]]
    key: str
    communes: dict[str, None]
    district: dict[str, None]


def _syllables(name: str) -> tuple[tuple[str, str], ...]:
    """Return the syllables in lower case with their tones apart, so that "hoà" is "hòa"."""
    return tuple(split_tone(word) for word in name.lower().split())


@cache
def _names() -> dict[tuple[str, ...], _Name]:
    found: dict[tuple[str, ...], _Name] = {}

    def add(written: str, key: str = "") -> _Name:
        folded = fold(written)
        name = found.setdefault(tuple(folded.split()), _Name(set(), fold(key) or folded, {}, {}))
        name.ways.add(_syllables(written))
        return name

    for commune in communes():
        add(commune.short).communes[commune.code] = None
        for old, district in commune.old:
            add(_without_unit(old)).communes[commune.code] = None
            add(_without_unit(district)).district[commune.code] = None
            add(_without_unit(district).replace(" ", ""), _without_unit(district)).district[commune.code] = (
                None
            )
    for row in stored("landmarks.json")["landmarks"]:
        codes = {c.code: None for c in communes() if row.get("old_commune") in {old for old, _ in c.old}}
        for written in (row["name"], *row.get("also", ())):
            add(written, row["name"]).communes.update(codes)
    for written in stored("landmarks.json")["elsewhere"]:
        add(written)
    return found


def _without_unit(name: str) -> str:
    for unit in ("Thành phố ", "Thị xã ", "Thị trấn ", "Huyện ", "Phường ", "Xã "):
        name = name.removeprefix(unit)
    return name


@cache
def _longest() -> dict[str, int]:
    """Return, by first syllable, the number of syllables of the longest name."""
    found: dict[str, int] = {}
    for syllables in _names():
        found[syllables[0]] = max(len(syllables), found.get(syllables[0], 0))
    return found


@cache
def _words_of(kind: str) -> frozenset[str]:
    return frozenset(stored("landmarks.json")[kind])


class _Text:
    """A text cut into words, with what its capitals and marks are worth."""

    def __init__(self, text: str) -> None:
        self.text = unicodedata.normalize("NFC", text[:_TEXT_LIMIT])
        bare = unmarked(self.text)
        self.spans = [match.span() for match in _WORD.finditer(self.text)]
        self.words = [self.text[start:end] for start, end in self.spans]
        self.folded = [bare[start:end] for start, end in self.spans]
        count = max(len(self.words), 1)
        marked = sum(not word.isascii() for word in self.words)
        capital = sum(word[0].isupper() for word in self.words)
        self.marked = marked / count > _MARKED_TEXT
        self.capitals = capital / count < _TITLE_CASE or (count < _FEW and not self.text.isupper())

    def touches(self, at: int) -> bool:
        """Whether nothing but a blank or hyphen stands between the words `at` and `at + 1`."""
        return 0 <= at < len(self.spans) - 1 and bool(
            _GAP.fullmatch(self.text, self.spans[at][1], self.spans[at + 1][0])
        )

    def unit_before(self, at: int) -> str | None:
        """Return what kind of unit the word before `at` announces ("" for a dam or a pass), or None."""
        start, end = (self.spans[at - 1][1], self.spans[at][0]) if at else (0, 0)
        if not at or not re.fullmatch(r"\.?\s{0,3}", self.text[start:end]):
            return None
        word = self.words[at - 1].lower()
        unit = word if self.marked else _UNITS_UNMARKED.get(word, word)
        if unit not in _UNITS or (unit in _SECOND and (at < 2 or self.folded[at - 2] != _SECOND[unit])):  # noqa: PLR2004
            return None
        return _UNITS[unit]

    def is_capital(self, at: int) -> bool:
        return self.capitals and 0 <= at < len(self.words) and self.words[at][0].isupper()


@lru_cache(maxsize=_READ_AGAIN)
def mentions(text: str) -> tuple[PlaceHit, ...]:
    """Return the places that `text` names, in order, at most one at each word. Never raises.

    A name must stand as it is written; without marks only in a text without marks. A name that is an
    ordinary word as well needs a unit before it ("xã Hạnh Phúc") or capitals of its own.
    """
    cut = _Text(text)
    hits: list[PlaceHit] = []
    at = 0
    while at < len(cut.words):
        size = _longest().get(cut.folded[at], 0)
        while size and (hit := _hit(cut, at, size)) is None:
            size -= 1
        if size and hit is not None:
            hits.append(hit)
        at += size or 1
    return tuple(hits)


def _hit(cut: _Text, at: int, size: int) -> PlaceHit | None:
    name = _names().get(tuple(cut.folded[at : at + size]))
    if name is None or not all(map(cut.touches, range(at, at + size - 1))):
        return None
    unit = cut.unit_before(at)
    if not _is_written(cut, name, at, size) or not _is_meant(cut, name, at, size, unit):
        return None
    key = name.key
    if key in PROVINCES:  # the city, or the ward of today: the province itself tells no two texts apart
        key = f"thanh pho {key}"
    codes = (name.communes or name.district) if unit == "xã" else (name.district or name.communes)
    return PlaceHit(key, cut.spans[at][0], cut.spans[at + size - 1][1], tuple(sorted(codes)))


def _is_written(cut: _Text, name: _Name, at: int, size: int) -> bool:
    words = cut.words[at : at + size]
    if all(word.isascii() for word in words) and not cut.marked:
        return True
    return tuple(split_tone(word.lower()) for word in words) in name.ways


def _is_meant(cut: _Text, name: _Name, at: int, size: int, unit: str | None) -> bool:
    if name.key in _words_of("only_with_unit"):
        return unit in {"xã", "huyện"}
    unsure = name.key in _words_of("ordinary_words")
    if unit is not None and not (unsure and not cut.marked and _is_another_word(cut.folded[at - 1], name)):
        return True
    if " " not in name.key and name.key not in _words_of("alone"):
        return False
    if all(cut.is_capital(place) for place in range(at, at + size)):
        before = cut.touches(at - 1) and cut.is_capital(at - 1)
        if before and cut.words[at - 1].lower() in _words_of("surnames"):
            return False
        return not (unsure and (before or (cut.touches(at + size - 1) and cut.is_capital(at + size))))
    return not unsure and (cut.marked or name.key not in _words_of("ordinary_without_marks"))


def _is_another_word(unit: str, name: _Name) -> bool:
    """Whether a unit without marks is likelier an ordinary word: "o xa trung tam" is far from the centre."""
    return unit in _WEAK or (unit == "xa" and name.key in _words_of("far_from"))


def keys(text: str) -> frozenset[str]:
    """Return the keys of all places that `text` names, for comparing two texts."""
    return frozenset(hit.key for hit in mentions(text))


def apart(left: Collection[str], right: Collection[str]) -> bool:
    """Whether two texts, by the keys of the places they name, tell of different places.

    Not so when a side names none, when a place of one side is the other's under another name, lies in it or
    around it (a commune of today in its old district, an old commune in the one it went into, either in the
    province), or when nobody knows where one lies. Takes keys as `keys` and `PlaceHit.key` give them.
    """
    return bool(left) and bool(right) and not any(_may_touch(one, other) for one in left for other in right)


def touch(one: str, other: str) -> bool:
    """Whether two places are known to be one under two names, or to lie one in the other.

    Takes keys. Of a place of which nobody knows where it lies only its own name is known.
    """
    return one == other or not _covered(one).isdisjoint(_covered(other))


def _may_touch(one: str, other: str) -> bool:
    if touch(one, other):
        return True
    here, there = _covered(one), _covered(other)
    if bool(here) is bool(there):
        return False  # both are known, or both are names of places elsewhere
    outside = other if here else one
    return outside not in _elsewhere()


@lru_cache(maxsize=2_048)
def _covered(key: str) -> frozenset[str]:
    """Return the communes of today that the place `key` covers or lies in; none for places elsewhere."""
    bare = key.removeprefix("thanh pho ")
    names = [name for name in _names().values() if name.key == bare]
    return frozenset(code for name in names for code in (*name.communes, *name.district))


@cache
def _elsewhere() -> frozenset[str]:
    return frozenset(fold(name) for name in stored("landmarks.json")["elsewhere"])
