"""The communes of the province: today's 99, and every older name under which people know them. Pure.

On 1 July 2025 Lào Cai and Yên Bái were joined and the district level ended; people go on saying "Bát Xát"
and "huyện Văn Chấn". The data is `data/places.json` (made by scripts/build-places, origin inside).
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from corpus.syllables import fold

_UNIT = re.compile(r"^(?:xa|phuong|huyen|thi xa|thanh pho|thi tran|tinh|tp|tx|tt) (?=.)")
_DISTRICT_UNITS: Final = ("huyen ", "thi xa ", "thanh pho ", "tp ", "tx ")
_ALPHABET: Final = {char: rank for rank, char in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz", start=1)}
_TONES: Final = {"̀": 1, "̉": 2, "̃": 3, "́": 4, "̣": 5}
_QUESTION_LIMIT: Final = 200  # characters of a name that somebody types
PROVINCES: Final = frozenset({"lao cai", "yen bai"})  # bare, they name the province of today or of before


@dataclass(frozen=True)
class Commune:
    """A commune or ward of today. `code` is the national code, `old` the units that went into it."""

    code: str
    name: str  # with its kind: "Xã Bát Xát"
    short: str
    old: tuple[tuple[str, str], ...]  # (old commune, old district)


def stored(name: str) -> dict[str, Any]:
    """Return the JSON file of `corpus/data` called `name`."""
    content: dict[str, Any] = json.loads(resources.files("corpus.data").joinpath(name).read_text("utf-8"))
    return content


def collation(name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return a sort key in the order of Vietnamese dictionaries: letters first, tones break ties."""
    letters: list[str] = []
    tones: list[int] = []
    for char in unicodedata.normalize("NFD", name.lower()):
        if char in _TONES and tones:
            tones[-1] = _TONES[char]
        elif unicodedata.combining(char) and letters:
            letters[-1] = unicodedata.normalize("NFC", letters[-1] + char)
        else:
            letters.append(char)
            tones.append(0)
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
        for row in stored("places.json")["communes"]
    ]
    return tuple(sorted(made, key=lambda commune: collation(commune.short)))


@cache
def _codes() -> dict[str, Commune]:
    return {commune.code: commune for commune in communes()}


def by_code(code: str | None) -> Commune | None:
    """Return the commune with this national code, or None."""
    return _codes().get(code or "")


def _bare(words: str) -> str:
    return _UNIT.sub("", fold(words[:_QUESTION_LIMIT]))


@dataclass(frozen=True)
class _Known:
    """A commune with its names folded, without unit and blanks."""

    commune: Commune
    short: str
    old: frozenset[str]
    districts: frozenset[str]


@cache
def _known() -> tuple[_Known, ...]:
    return tuple(
        _Known(
            commune,
            glued(fold(commune.short)),
            frozenset(glued(_bare(name)) for name, _ in commune.old),
            frozenset(glued(_bare(district)) for _, district in commune.old),
        )
        for commune in communes()
    )


def find(words: str) -> Commune | None:
    """Return the one commune of today that `words` name, or None when there is none or several.

    "Cốc Lếu", an old ward, is found by the ward it went into; "huyện Bát Xát", an old district, is
    several communes of today.
    """
    folded, bare = fold(words[:_QUESTION_LIMIT]), glued(_bare(words))
    if folded.startswith(_DISTRICT_UNITS) or folded in PROVINCES:
        return None  # several communes of today; `suggest` offers them
    today = [known.commune for known in _known() if known.short == bare]
    if today and not folded.startswith("thi tran"):
        return today[0] if len(today) == 1 else None
    old = [known.commune for known in _known() if bare in known.old]
    return old[0] if len(old) == 1 else None


def suggest(words: str, limit: int = 12) -> list[Commune]:
    """Return communes of today for what somebody is typing: today's name first, then older names."""
    bare = glued(_bare(words))
    if len(bare) < 2:  # noqa: PLR2004  one letter names nothing
        return []
    ranked = [(rank, known.commune) for known in _known() if (rank := _rank(known, bare)) is not None]
    return [commune for _, commune in sorted(ranked, key=lambda pair: pair[0])][:limit]


def _rank(known: "_Known", bare: str) -> int | None:
    if known.short == bare:
        return 0
    if known.short.startswith(bare):
        return 1
    if bare in known.old:
        return 2
    if bare in known.districts:
        return 3
    return 4 if bare in known.short or any(name.startswith(bare) for name in known.old) else None


def glued(folded: str) -> str:
    """Return a folded name without blanks, so that "SaPa" is "Sa Pa"."""
    return folded.replace(" ", "")
