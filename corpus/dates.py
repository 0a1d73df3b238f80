"""Dates as people write them, in Vietnamese with or without marks, English and Chinese. Pure.

A key is "date:2025-07-27" with the parts left out that the text leaves out: "date:--07-27", "date:2025-07",
"date:2025".
"""

import itertools
import re
from collections.abc import Collection, Iterator
from typing import Final, Literal, NamedTuple

_DAY = r"(\d{1,2})"
_YEAR = r"((?:19|20)\d\d)"
_TIME_WORD = r"(?:ngay|hom|sang|trua|chieu|toi|dem|mung|mong|tu|den|vao|sau|truoc)"
_NAMES: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_CLEAR_MONTH = _MONTH.replace("|may|", "|")  # "may 20" is a sewing machine in a text without marks
_ORDINAL = r"(?:st|nd|rd|th)"
_SPOKEN_DAYS: Final = {
    "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9,
    "muoi": 10, "muoi mot": 11, "muoi hai": 12, "gieng": 1, "chap": 12,
}  # fmt: skip
_SPOKEN = rf"({'|'.join(sorted(_SPOKEN_DAYS, key=len, reverse=True))})"
_SPOKEN_MONTH = _SPOKEN.replace("|sau", "")  # "tháng sau" is next month


class _Way(NamedTuple):
    """A way to write a date: the signs without which it cannot stand in a text, and what the groups mean."""

    signs: str
    pattern: re.Pattern[str]
    order: str


def _way(signs: str, pattern: str, order: str) -> _Way:
    return _Way(signs, re.compile(pattern), order)


_NUMERIC, _THANG, _HAN, _ENGLISH, _ALONE = "numeric", "thang", "han", "english", "alone"
_WAYS: Final = (
    _way(_NUMERIC, rf"(?<!\d){_DAY}\s?[/.-]\s?{_DAY}\s?[/.-]\s?{_YEAR}(?!\d)", "dmy"),
    _way(_NUMERIC, rf"(?<!\d){_YEAR}[/.-](\d\d?)[/.-](\d\d?)(?!\d)", "ymd"),
    _way(_NUMERIC, rf"(?<![\d/]){_DAY}/{_DAY}/(\d\d)(?![\d/])", "dmy"),
    _way(_HAN, rf"(?<!\d){_YEAR}\s?年\s?(\d\d?)\s?月\s?(\d\d?)\s?[日号號]", "ymd"),
    _way(_HAN, r"(?<!\d)(\d\d?)\s?月\s?(\d\d?)\s?[日号號]", "md"),
    _way(_HAN, rf"(?<!\d){_YEAR}\s?年\s?(\d\d?)\s?月", "ym"),
    _way(_HAN, r"(?<!\d)(\d\d?)\s?月(?!\w*间)", "m"),
    _way(_THANG, rf"(?<!\d){_DAY}\s+thang\s+{_DAY}(?:\s*,?\s*nam\s+|\s*[,/-]\s*){_YEAR}(?!\d)", "dmy"),
    _way(_THANG, rf"(?<!\d){_DAY}\s+thang\s+{_DAY}(?!\d)", "dm"),
    _way(_THANG, rf"(?<!\w)(?:ngay|mung|mong)\s+{_DAY}\s+thang\s+{_SPOKEN_MONTH}(?!\w)", "dm"),
    _way(_THANG, rf"(?<!\w)(?:ngay|mung|mong)\s+{_SPOKEN}\s+thang\s+{_SPOKEN_MONTH}(?!\w)", "dm"),
    _way(_THANG, rf"thang\s+{_DAY}(?:\s*[/-]\s*|\s*,?\s+nam\s+){_YEAR}(?!\d)", "my"),
    _way(_ENGLISH, rf"(?<!\w){_DAY}{_ORDINAL}?(?:\s+of)?\s+{_MONTH},?\s+{_YEAR}(?!\d)", "dny"),
    _way(_ENGLISH, rf"(?<!\w){_MONTH}\s+{_DAY}{_ORDINAL}?,?\s+{_YEAR}(?!\d)", "ndy"),
    _way(_ENGLISH, rf"(?<!\w){_DAY}{_ORDINAL}(?:\s+of)?\s+{_MONTH}(?!\w)", "dn"),
    _way(_ENGLISH, rf"(?<!\w){_MONTH}\s+{_DAY}{_ORDINAL}(?!\w)", "nd"),
    _way(_ENGLISH, rf"(?<!\w){_DAY}\s+{_CLEAR_MONTH}(?!\w)", "dn"),
    _way(_ENGLISH, rf"(?<!\w){_CLEAR_MONTH}\s+{_DAY}(?![\w%])", "nd"),
    _way(_ENGLISH, rf"(?<!\w){_MONTH},?\s+{_YEAR}(?!\d)", "ny"),
    _way(_NUMERIC, rf"(?<!\d){_DAY}\s?[/-]\s?{_YEAR}(?!\d)", "my"),
    _way(_NUMERIC, rf"{_TIME_WORD}\s+{_DAY}\s?[/-]\s?{_DAY}(?![\d/])", "dm"),
    _way(_NUMERIC, rf"\({_DAY}[/-]{_DAY}\)", "dm"),
    _way(
        _NUMERIC,
        r"(?<!\d)(?!24/7)(3[01]|2\d|1[3-9]|0[1-9])[/-](1[0-2]|0?[1-9])(?![\d/]|\s*(?:lan|phan))",
        "dm",
    ),
    _way(_THANG, rf"thang\s+{_DAY}(?!\d)", "m"),
    _way(_ALONE, rf"(?<![\d.,]){_YEAR}(?![\d%]|[.,]\d)", "y"),
)
_DIGIT: Final = re.compile(r"\d")
_SIGNS: Final = {
    _NUMERIC: re.compile(r"\d\s?[/.-]\s?\d"),
    _ENGLISH: re.compile(rf"(?<!\w){_MONTH}(?!\w)"),
    _ALONE: re.compile(r"(?:19|20)\d\d"),
}


def dates(plain: str) -> Iterator[tuple[str, int, int]]:
    """Yield (key, start, end) of the dates in a text in lower case without marks, the fullest ways first.

    Spans may overlap; the first has it. A key is "" where the figures are no date.
    """
    if "thang" not in plain and not _DIGIT.search(plain):
        return
    present = {kind for kind, sign in _SIGNS.items() if sign.search(plain)}
    if "thang" in plain:
        present.add(_THANG)
    if "月" in plain:
        present.add(_HAN)
    for way in _WAYS:
        if way.signs in present:
            for match in way.pattern.finditer(plain):
                yield _key(match.groups(), way.order), match.start(), match.end()


def _key(groups: tuple[str | None, ...], order: str) -> str:
    parts = {letter: _value(value) for letter, value in zip(order, groups, strict=True) if value}
    day, month, year = parts.get("d"), parts.get("m", parts.get("n")), parts.get("y")
    if not (1 <= (month or 1) <= 12 and 1 <= (day or 1) <= 31):  # noqa: PLR2004  the calendar
        return ""
    if month is None:
        return f"date:{year:04}"
    head = f"{year if year > 99 else 2000 + year:04}-" if year else "--"  # noqa: PLR2004  two figures: of this century
    return f"date:{head}{month:02}" + (f"-{day:02}" if day else "")


def _value(written: str) -> int:
    if written in _SPOKEN_DAYS:
        return _SPOKEN_DAYS[written]
    return _NAMES.index(written[:3]) + 1 if written[:3] in _NAMES else int(written)


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
