"""The numbers of a text with the words around them, for comparing two texts. Pure.

Beyond the numbers of corpus.numbers: single words before whatever they count ("hai thanh niên", "two dams",
"三人"), rough sizes ("hàng nghìn"), and a "một" that may be an article.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Final

from corpus import keys
from corpus.wordlists import of

Run = tuple[int, int]  # of words, [first, last)

_DIGITS: Final = {
    word: value
    for value, names in enumerate(
        (
            "một one 一", "hai two 二 两 兩", "ba three 三", "bốn four 四", "năm five 五", "sáu six 六",
            "bảy bẩy seven 七", "tám eight 八", "chín nine 九", "mười ten 十", "eleven", "twelve",
        ),
        1,
    )
    for word in names.split()
} | {"double": 2, "triple": 3, "dozen": 12, "twenty": 20}  # fmt: skip
_SCALES: Final = {
    "chục": 10, "trăm": 100, "nghìn": 1000, "ngàn": 1000, "vạn": 10_000, "triệu": 10**6, "tỷ": 10**9,
    "tỉ": 10**9,
}  # fmt: skip
_STORED: Final = json.loads(resources.files("corpus").joinpath("data/numbers.json").read_text("utf-8"))
_MEASURES: Final = {
    unit: (dimension, factor)
    for dimension, units in _STORED["measures"].items()
    for unit, factor in units.items()
}
_COUNTED: Final = {unit: units for units in _STORED["counted_apart"] for unit in units.split()}
_HALF_DAY: Final = 12  # hours
_REACH: Final = 4  # words behind an hour, less before it, in which a part of the day is looked for
_PARTS: Final = {  # parts of the day, with the hours by the clock that are of its second half in them
    **dict.fromkeys(("sáng", "sang", "am", "morning", "晨"), range(0)),
    "trưa": range(1, 4),
    **dict.fromkeys(("chiều", "chieu", "pm", "afternoon"), range(1, 12)),
    **dict.fromkeys(("tối", "toi", "evening", "晚"), range(5, 12)),
    **dict.fromkeys(("đêm", "dem", "khuya", "night", "夜"), range(7, 12)),
}
_TIMES: Final = {"đôi": 2.0, "rưỡi": 1.5}  # behind "gấp"
_FEW: Final = ("vài", "mấy", "dăm")
_FIGURES: Final = "0123456789.,"
_NO_NUMBER_AFTER: Final = of("no_number_after")
_YEAR_BEFORE: Final = of("year_before")
_FATHER_BEFORE: Final = of("father_before")


@dataclass(frozen=True)
class Quantity:
    """A number at words `run`: its value, what it counts or the word after it, its folded neighbours.

    `loose` for "hàng nghìn", any number of that size, and for a "một" that may be an article.
    """

    value: float
    unit: str
    run: Run
    before: str
    after: str
    loose: bool = False

    @property
    def measure(self) -> tuple[str, float] | None:
        """What is measured, and how much of it in one unit: 2 km are 2,000 m. None for what is counted."""
        dimension, factor = _MEASURES.get(self.unit, ("", 0.0))
        return (dimension, self.value * factor) if dimension else None

    @property
    def sort(self) -> str | None:
        """What sort of thing is counted or measured: people, households, length. None where unknown."""
        return _MEASURES[self.unit][0] if self.unit in _MEASURES else _COUNTED.get(self.unit)


def of_text(
    marked: Sequence[str], folded: Sequence[str], facts: Sequence[tuple[keys.Fact, Run]]
) -> Iterator[Quantity]:
    """Yield the numbers among the words of a text, given with marks and folded, and its facts with theirs."""
    taken: set[int] = set()
    # "Bắc Khê 1 ngày 7/10" counts no days.
    followed = [run[0] - 1 for fact, run in facts if fact.kind == "date"]
    folded = ["" if place in followed else word for place, word in enumerate(folded)]
    for fact, run in facts:
        taken.update(range(*run))
        if fact.kind == "num" and run[1] > run[0]:
            _, value, unit = fact.key.split(":")[:3]
            size = float(value) + (_HALF_DAY if unit == "gio" and _is_later(marked, float(value), run) else 0)
            yield _quantity(folded, size, unit or folded[run[1] - 1].lstrip(_FIGURES), run)
    for size, run, loose in _in_words(marked):
        if not taken & set(range(*run)):
            yield _quantity(folded, size, _unit(marked, run), run, loose=loose)


def _quantity(folded: Sequence[str], value: float, unit: str, run: Run, *, loose: bool = False) -> Quantity:
    before = folded[run[0] - 1] if run[0] else ""
    after = folded[run[1]] if run[1] < len(folded) else ""
    return Quantity(value, unit or after, run, before, after, loose)


def _is_later(words: Sequence[str], hour: float, run: Run) -> bool:
    """Whether the hour is one of the second half of the day: "5 giờ chiều", "tối qua lúc 9 giờ"."""
    near = [*words[run[1] : run[1] + _REACH], *words[max(0, run[0] - _REACH + 1) : run[0]][::-1]]
    part = next((word for word in near if word in _PARTS), "am")
    return int(hour) in _PARTS[part]


def _unit(words: Sequence[str], run: Run) -> str:
    """Return what a number in words counts, where that is not just the next word."""
    if list(words[run[1] : run[1] + 2]) == ["phần", "trăm"]:
        return "%"
    return "lan" if words[run[0]] in _TIMES else ""


def _in_words(words: Sequence[str]) -> Iterator[tuple[float, Run, bool]]:
    for at, word in enumerate(words):
        if word == "hàng" and words[at + 1 : at + 2] and words[at + 1] in _SCALES:
            end, value = at + 1, 1.0
            while end < len(words) and words[end] in _SCALES:
                value *= _SCALES[words[end]]
                end += 1
            yield value, (at, end), True
        elif word in _FEW and words[at + 1 : at + 2]:
            scaled = words[at + 1] in _SCALES
            yield 3.0 * _SCALES.get(words[at + 1], 1), (at, at + 1 + scaled), True
        elif word in _TIMES and at and words[at - 1] == "gấp":
            yield _TIMES[word], (at, at + 1), False
        elif word in _DIGITS and not _is_other_word(words, at):
            yield _DIGITS[word], (at, at + 1), _DIGITS[word] == 1


def _is_other_word(words: Sequence[str], at: int) -> bool:
    word, before = words[at], words[at - 1] if at else ""
    after = words[at + 1] if at + 1 < len(words) else ""
    if word == "năm":
        return (
            before in _NO_NUMBER_AFTER
            or before.isdigit()
            or after in _YEAR_BEFORE
            or after.isdigit()
            or not after
        )
    if word == "ba":
        return after in _FATHER_BEFORE or before in {"ông", "con"}
    return before == "thứ"
