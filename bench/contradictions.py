"""Contradictions made of statements: one decisive number, date, place, actor or yes/no is changed. Pure.

Each way of changing is a generator with a name; those in `HELD_OUT` were written when the rules of
corpus/differences.py and their word lists were done, and nothing was fitted to them since.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Final

from corpus import keys, places
from corpus.naming import name_spans
from corpus.syllables import unmarked

Change = Callable[[str, random.Random], str | None]

_STORED: Final = json.loads(resources.files("bench").joinpath("data/changes.json").read_text("utf-8"))
_REPLACED: Final[dict[str, dict[str, str]]] = _STORED["replaced"]  # by table: what stands for what
_LISTS: Final[dict[str, list[str]]] = _STORED["lists"]
_COUNTED: Final = (
    r"người|bé|cháu|trẻ|học|tỉnh|tuần|ngày|giờ|xe|vụ|hộ|xã|em|con|nhóm|thanh|cán|thùng|lần|phút|đối|ca"
)


@dataclass(frozen=True)
class Pair:
    """A statement and its contradiction."""

    generator: str  # "number.digits"; what stands before the point is the kind
    before: str
    after: str


def of(statement: str, *, seed: int = 1) -> Iterator[Pair]:
    """Yield what each generator makes of `statement`, those that find nothing to change left out."""
    for name, change in GENERATORS.items():
        after = change(statement, random.Random(f"{seed}{name}{statement}"))  # noqa: S311  no secrets
        if after is not None and after != statement:
            yield Pair(name, statement, after)


def _swap(found: re.Match[str] | None, text: str, new: str) -> str | None:
    if found is None:
        return None
    old = found.group()
    new = new[0].upper() + new[1:] if old[:1].isupper() else new
    return text[: found.start()] + new + text[found.end() :]


def _any_of(table: dict[str, str]) -> Change:
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(table, key=len, reverse=True))})(?!\w)", re.IGNORECASE)

    def change(text: str, _: random.Random) -> str | None:
        found = pattern.search(text)
        return None if found is None else _swap(found, text, table[found.group().lower()])

    return change


def _digits(text: str, chance: random.Random) -> str | None:
    numbers = [fact for fact in keys.facts(text) if fact.kind == "num" and text[fact.start].isdigit()]
    if not numbers:
        return None
    fact = chance.choice(numbers)
    number = re.match(r"\d+", text[fact.start :])
    assert number is not None
    old = int(number.group())
    new = old + chance.choice([1, 2, 3]) if old < 10 else old * 2 + chance.choice([1, 5, 10])
    return text[: fact.start] + str(new) + text[fact.start + number.end() :]


def _number_word(text: str, _: random.Random) -> str | None:
    found = re.search(
        rf"(?<!\w)({'|'.join(_REPLACED['words'])})(?= (?:{_COUNTED})(?!\w))", text, re.IGNORECASE
    )
    return None if found is None else _swap(found, text, _REPLACED["words"][found.group().lower()])


def _written_out(text: str, _: random.Random) -> str | None:
    """Write a number of one digit in words, as another one."""
    names = list(_REPLACED["words"])
    found = re.search(r"(?<![\d/.,-])\b([2-9])(?= [a-zà-ỹđ])", text)
    return None if found is None else _swap(found, text, names[(int(found.group()) + 3) % 9])


def _date(part: int) -> Change:
    def change(text: str, chance: random.Random) -> str | None:
        found = re.search(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?:/(\d{4}))?(?![\d/])", text)
        if found is None or found.group(part) is None:
            return None
        old = int(found.group(part))
        new = old - chance.choice([1, 2]) if part == 3 else (old % (28, 12)[part - 1]) + 1
        return text[: found.start(part)] + str(new) + text[found.end(part) :]

    return change


def _year(text: str, _: random.Random) -> str | None:
    found = re.search(r"(?<![\d/.])(20[12]\d)(?!\d)", text)
    return None if found is None else _swap(found, text, str(int(found.group()) - 3))


def _place(text: str, chance: random.Random) -> str | None:
    hits = places.mentions(text)
    if not hits:
        return None
    hit = chance.choice(hits)
    taken = {one.key for one in hits} | {code for one in hits for code in one.codes}
    other = chance.choice([one for one in places.communes() if one.code not in taken])
    return text[: hit.start] + other.short + text[hit.end :]


def _province(text: str, chance: random.Random) -> str | None:
    known = "Hà Nội|Nghệ An|Thanh Hóa|Huế|Gia Lai|Hải Phòng|Quảng Ninh|Quảng Trị|Đồng Tháp|Đà Nẵng"
    found = re.search(f"{known}|Lâm Đồng|Phú Thọ", text)
    return None if found is None else _swap(found, text, chance.choice(_LISTS["provinces"]))


def _tripled(text: str, _: random.Random) -> str | None:
    """Write the last number three times as large, in a text in capitals."""
    numbers = list(re.finditer(r"(?<![\d/.,-])\d{1,3}(?![\d/.,-])", text))
    made = _swap(numbers[-1], text, str(int(numbers[-1].group()) * 3)) if numbers else None
    return None if made is None else made.upper()


def _organisation(text: str, chance: random.Random) -> str | None:
    found = re.search(
        r"(?:Công an|Sở|Bộ|UBND|Ủy ban|Ngân hàng|Bệnh viện|Hội|Cục)"
        r"(?: [A-ZĐ][\w&.]*| (?:tỉnh|huyện|xã|phường))+",
        text,
    )
    if found is None:
        return None
    others = [one for one in _LISTS["organisations"] if one not in found.group() and found.group() not in one]
    return text[: found.start()] + chance.choice(others) + text[found.end() :]


def _name(text: str, chance: random.Random) -> str | None:
    spots = [(hit.start, hit.end) for hit in places.mentions(text)]
    spans = [
        (start, end)
        for start, end in name_spans(text)
        if not any(start < last and first < end for first, last in spots)
        and text[end : end + 2] not in {".H", "&Đ", " n", "’R"}  # half of a name
        and not re.match(r"(?:Công an|Sở|Bộ|UBND|Covid)", text[start:end])
    ]
    if not spans:
        return None
    start, end = chance.choice(spans)
    return text[:start] + chance.choice(_LISTS["names"]) + text[end:]


def _negate(word: str) -> Change:
    pattern = re.compile(
        rf"(?<!không )(?<!chưa )(?<!\w)(?:đã )?({'|'.join(_LISTS['verbs'])})(?!\w)", re.IGNORECASE
    )

    def change(text: str, _: random.Random) -> str | None:
        found = pattern.search(text)
        if found is None:
            return None
        verb = found.group(1)
        new = f"{word} {verb.lower()}"
        return _swap(found, text, new)

    return change


def _not_so(text: str, _: random.Random) -> str | None:
    return f"Không có chuyện {text[0].lower()}{text[1:]}"


def _bare(change: Change) -> Change:
    """Make the change, then leave out marks and capitals as a hurried reporter does."""

    def bare(text: str, chance: random.Random) -> str | None:
        made = change(text, chance)
        return None if made is None else unmarked(made).rstrip(".")

    return bare


def _beside_chatter(change: Change) -> Change:
    def chatter(text: str, chance: random.Random) -> str | None:
        made = change(text, chance)
        return None if made is None else f"Mọi người ơi cho em hỏi, {made.rstrip('.')} có phải không ạ?"

    return chatter


GENERATORS: Final[dict[str, Change]] = {
    "number.digits": _digits,
    "number.word": _number_word,
    "number.written_out": _written_out,
    "number.bare": _bare(_digits),
    "date.day": _date(1),
    "date.month": _date(2),
    "date.year": _year,
    "date.chatter": _beside_chatter(_date(1)),
    "date.part_of_day": _any_of(_REPLACED["day_parts"]),
    "date.relative": _any_of(_REPLACED["times"]),
    "place.commune": _place,
    "place.bare": _bare(_place),
    "place.chatter": _beside_chatter(_place),
    "actor.organisation": _organisation,
    "actor.name": _name,
    "actor.role": _any_of(_REPLACED["roles"]),
    "actor.bare": _bare(_name),
    "polarity.not": _negate("không"),
    "polarity.not_yet": _negate("chưa"),
    "polarity.opposite": _any_of(_REPLACED["opposites"]),
    "polarity.opposite_other": _any_of(_REPLACED["opposites_other"]),
    "polarity.not_so": _not_so,
    "number.tripled": _tripled,
    "date.weeks_later": _beside_chatter(_date(2)),
    "place.province": _province,
    "actor.company": _bare(_any_of(_REPLACED["companies"])),
    "actor.position": _any_of(_REPLACED["positions"]),
    "polarity.never": _negate("chẳng hề"),
    "polarity.stopped": _beside_chatter(_negate("không còn")),
    "polarity.opposite_fresh": _any_of(_REPLACED["opposites_fresh"]),
    "polarity.bare": _bare(_negate("không")),
}
HELD_OUT: Final = frozenset(
    {
        "number.tripled",
        "date.weeks_later",
        "place.province",
        "actor.company",
        "actor.position",
        "polarity.never",
        "polarity.stopped",
        "polarity.opposite_fresh",
    }
)
