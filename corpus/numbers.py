"""Numbers with what they count, as figures or in words, in Vietnamese, English and Chinese. Pure.

A key is "num:140:nguoi": the value, and the folded Vietnamese name of what is counted where that is known.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final

from corpus.communes import stored
from corpus.syllables import unmarked

_SCALE = r"(?:trieu|tr|ty|ti|nghin|ngan|ngin|tram|van|chuc|k|thousand|million|billion|hundred|bn)(?![^\W\d_])"
_NUMBER: Final = re.compile(
    rf"(?:(?<=[\u3400-\u9fff])|(?<![\w.,])(?<![^\W\d_]-))(\d{{1,3}}(?:[.,]\d{{3}})+|\d+(?:[.,]\d+)?)\s?"
    rf"({_SCALE}(?:\s{_SCALE})?|[百千万萬亿億]+)?(?![\d])\s?(%|phan tram|[^\W\d_]+)?"
)
_MIXED: Final = re.compile(
    r"(?<![\w.,])(\d{1,3})\s?(trieu|tr|ty|ti|nghin|ngan|tram|van)"
    r"(?:\s?(ruoi)|(\d)|\s(\d{1,3})\s?(trieu|tr|nghin|ngan|k))(?![\w.,%])"
)
_MIXED_SIGN: Final = re.compile(r"\d\s?[tnv]")
_SCALES: Final = {
    **dict.fromkeys(("chuc",), 10),
    **dict.fromkeys(("tram", "hundred", "百"), 100),
    **dict.fromkeys(("nghin", "ngan", "ngin", "k", "thousand", "千"), 1000),
    **dict.fromkeys(("van", "万", "萬"), 10**4),
    **dict.fromkeys(("trieu", "tr", "million"), 10**6),
    **dict.fromkeys(("ty", "ti", "billion", "bn"), 10**9),
    **dict.fromkeys(("亿", "億"), 10**8),
}
_STORED: Final = stored("numbers.json")
_UNITS: Final = frozenset(_STORED["units"].split())
_UNIT_NAMES: Final = {
    name: unit for unit, names in _STORED["unit_names"].items() for name in names.split("|")
}
_HAN_UNITS: Final = sorted((name for name in _UNIT_NAMES if not name.isascii() and name != "vnđ"), key=len)[
    ::-1
]

# Words: a digit, or a scale that multiplies what stands before it.
_DIGITS: Final[dict[str, int]] = _STORED["digits"]
_TENS: Final = {"mươi": 10, "mười": 10, "chục": 10}
_POWERS: Final = {"nghìn": 10**3, "ngàn": 10**3, "vạn": 10**4, "triệu": 10**6, "tỷ": 10**9, "tỉ": 10**9}
_HUNDRED: Final = 100
_FILLERS: Final = frozenset({"linh", "lẻ"})
_BARE: Final[dict[str, str]] = _STORED["without_marks"]
_STARTS: Final = frozenset({"một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "bẩy", "tám", "chín", "mười"})
_SAFE_BARE: Final = frozenset({"hai", "ba", "bon", "muoi"})  # mean the number even where no word has marks
_NO_COUNT: Final = {
    "ba": {"con", "chau", "xa"},
    "bon": {"em", "con", "chau"},
}  # bà con, bọn em
_COUNTED: Final = frozenset(_STORED["counted"].split())
_ENGLISH: Final[dict[str, int]] = _STORED["english"]
_ENGLISH_SCALES: Final = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}
_HAN_DIGITS: Final = {char: value for value, char in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "兩": 2,
}
_HAN: Final = re.compile(r"(?:百分之)?[一二两兩三四五六七八九十][零〇一二两兩三四五六七八九十百千万萬亿億]*")
_DIGIT: Final = re.compile(r"\d")
_WORD: Final = re.compile(r"[^\W\d_]+")
_DATED: Final = re.compile(r"\s\d{1,2}(?:\s?[/.-]\s?\d|\sthang\s\d)")  # behind "ngày": the figures of a date
_FIRST: Final = _STARTS | _ENGLISH.keys() | {word for word, full in _BARE.items() if full in _STARTS} | {"a"}
_GO_ON: Final = frozenset(  # words of which a number may have more after its first
    {
        "trăm",
        "rưỡi",
        "phần",
        "and",
        *_FILLERS,
        *_DIGITS,
        *_TENS,
        *_POWERS,
        *_BARE,
        *_ENGLISH,
        *_ENGLISH_SCALES,
    }
)
_TELLS: Final = re.compile(rf"[{''.join(_HAN_DIGITS)}十]|{'|'.join(_ENGLISH_SCALES)}", re.IGNORECASE)

Found = tuple[str, int, int]  # key, start, end


def has_figures(word: str) -> bool:
    """Whether a word has a digit in it, as numbers, dates and ids have that are not in words."""
    return _DIGIT.search(word) is not None


def may_tell(word: str) -> bool:
    """Whether a word can be part of a number, or of a date, that is written in words."""
    return _TELLS.search(word) is not None or not _FIRST.isdisjoint(_WORD.findall(word.lower()))


def numbers(canonical: str, plain: str, *, figures: bool = True, words: bool = True) -> Iterator[Found]:
    """Yield (key, start, end) of the numbers in a text; `plain` is the text in lower case without marks.

    Who knows that the text has no digits or no words of numbers in it says so, which saves looking for them.
    """
    if figures and _DIGIT.search(plain):
        yield from _figures(plain)
    if words:
        yield from _spoken(canonical)
        if _HAN.search(plain):
            yield from _han(plain)


def _figures(plain: str) -> Iterator[Found]:
    for match in _MIXED.finditer(plain) if _MIXED_SIGN.search(plain) else ():
        whole, scale, half, tenth, rest, lower = match.groups()
        size = _SCALES[scale]
        value = int(whole) * size + (
            int(tenth or 5) * size // 10 if half or tenth else int(rest) * _SCALES[lower]
        )
        named = re.match(r"\s(\w+)", plain[match.end() : match.end() + 12])
        yield _key(value, named.group(1) if named else ""), match.start(), match.end()
    for match in _NUMBER.finditer(plain):
        number, scale, unit = match.groups()
        if unit == "ngay" and _DATED.match(plain, match.end()):
            unit = None  # "Bắc Khê 1 ngày 7/10"
        if not (unit and match.start(3) == match.end(1) and not _unit(unit) and not _is_han(unit)):
            end = max(match.end(1), match.end(2))
            yield _figure_key(number[:40], scale or "", (unit or "")[:40]), match.start(1), end


@lru_cache(maxsize=8192)
def _figure_key(number: str, scale: str, unit: str) -> str:
    """Return the key of a number in digits; the same few come again and again."""
    exact = Decimal(_plain(number)[:20])
    for part in scale if scale and _is_han(scale) else scale.split():
        exact *= _SCALES[part]
    return _key(exact, unit)


def _plain(number: str) -> str:
    grouped = re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", number)
    return re.sub(r"[.,]", "", number) if grouped else number.replace(",", ".")


def _is_han(word: str) -> bool:
    return "\u3400" <= word[0] <= "\u9fff"


def _unit(word: str) -> str:
    """Return what is counted, "" where `word` is no unit."""
    if word and _is_han(word):
        return next((_UNIT_NAMES[unit] for unit in _HAN_UNITS if word.startswith(unit)), "")
    name = _UNIT_NAMES.get(word, word)
    return name if name in _UNITS else ""


def _key(value: Decimal | int, unit: str) -> str:
    return f"num:{format(Decimal(value).normalize(), 'f')}:{_unit(unit)}"


def _spoken(canonical: str) -> Iterator[Found]:
    """Yield the numbers written in words; single ones only before what is counted ("hai người")."""
    said = _WORD.findall(canonical.lower())
    if _FIRST.isdisjoint(said):
        return
    nexts = [*said[1:], ""]
    if all(word not in _FIRST or _idle(word, after) for word, after in zip(said, nexts, strict=True)):
        return
    words = list(_WORD.finditer(canonical))
    lower = [word.group().lower() for word in words]
    touching = [
        canonical[words[i].end() : words[i + 1].start()] in {" ", "-"} for i in range(len(words) - 1)
    ] + [False]
    at = 0
    while at < len(words):
        size, value = 0, 0
        if lower[at] in _FIRST:
            line = _line(lower, touching, at)
            size, value = max(_vietnamese(line), _english(line))
        if not size:
            at += 1
            continue
        after = at + size
        unit = lower[after] if after < len(words) and touching[after - 1] else ""
        if unit == "phần" and lower[after + 1 : after + 2] == ["trăm"]:
            unit = "phan tram"
        taken = size == 1 and unit in _NO_COUNT.get(lower[at], ()) and canonical.isascii()
        if size > 1 or (not taken and _counts(lower[at], unit, value)):
            yield _key(value, unmarked(unit)), words[at].start(), words[after - 1].end()
        at = after


@lru_cache(maxsize=8192)
def _idle(word: str, following: str) -> bool:
    """Whether a number cannot begin with `word` before `following`: most "một" are no numbers."""
    return following not in _GO_ON and not _counts(word, following, 2)


def _line(lower: Sequence[str], touching: Sequence[bool], at: int) -> list[str]:
    """Return the words from `at` on that stand together, as many as a number may have, and one more."""
    end = at
    while end < len(touching) and touching[end] and end - at < 16:  # noqa: PLR2004  longer than any real one
        end += 1
    return list(lower[at : end + 1])


def _counts(word: str, unit: str, value: int) -> bool:
    """Whether a single number word is meant as a number: before something counted, and safely so."""
    if value < 2 or not unit:  # noqa: PLR2004  "một người" is any person
        return False
    if word in _ENGLISH:
        return unit in _UNIT_NAMES
    return unmarked(unit) in _COUNTED and (word in _STARTS or word in _SAFE_BARE)


def _vietnamese(line: Sequence[str]) -> tuple[int, int]:
    """Return (how many words, value) of the Vietnamese number with which `line` begins, (0, 0) if none."""
    so_far, size = _Spoken(), 0
    for i, raw in enumerate(line):
        word = _BARE.get(raw, raw)
        if word in _FILLERS and so_far.takes_filler():
            continue
        following = _BARE.get(line[i + 1], line[i + 1]) if i + 1 < len(line) else ""
        before = line[i - 1] if i else ""
        if word in _DIGITS and _is_digit(raw, word, before, following, gap=so_far.gap):
            if not so_far.takes_digit(_DIGITS[word]):
                break
        elif not so_far.takes_scale(word):
            break
        size = i + 1
    return size, so_far.value()


def _is_digit(raw: str, word: str, before: str, following: str, *, gap: bool) -> bool:
    """Whether a word that can be a digit is one where it stands."""
    if not before:
        return word in _STARTS
    if _goes_on(following):
        return True
    if word == "tư":
        return before in {"mươi", "muoi"} or gap
    if word == "năm" and not gap:
        return False  # "mười năm" is ten years
    return raw not in _BARE or raw in {"mot", "bon", "chin"}  # "hai tram sau" may be "after"


class _Spoken:
    """A number as its words come in."""

    def __init__(self) -> None:
        self.gap = False  # after "linh": what follows are ones
        self._total = self._group = self._last = 0
        self._digit: int | None = None

    def takes_filler(self) -> bool:
        self.gap = self._last >= _HUNDRED and self._digit is None
        return self.gap

    def takes_digit(self, digit: int) -> bool:
        if self._digit is not None:
            return False
        self._digit = digit
        return True

    def takes_scale(self, word: str) -> bool:
        """Multiply by `word`; whether that was possible."""
        digit, started = self._digit, self._digit is not None or self._group > 0
        if word == "mười" and not started and not self._total:
            self._group = self._last = 10
        elif word in _TENS and digit:
            self._group, self._last = self._group + digit * 10, 10
        elif word == "trăm" and digit is not None:
            self._group, self._last = self._group + digit * 100, 100
        elif word in _POWERS and (started or self._total):
            self._raise(_POWERS[word])
        elif word == "rưỡi" and self._last >= _HUNDRED and digit is None:
            self._group += self._last // 2
        else:
            return False
        self._digit, self.gap = None, False
        return True

    def _raise(self, power: int) -> None:
        group = self._group + (self._digit or 0)
        if self._total and self._total < power:  # nghìn tỷ
            self._total = (self._total + group) * power
        else:
            self._total += group * power
        self._group, self._last = 0, power

    def value(self) -> int:
        digit = self._digit or 0
        if self._last >= _HUNDRED and not self.gap and not self._group % 100:
            digit = digit * self._last // 10  # "một triệu hai" is 1,200,000
        return self._total + self._group + digit


def _goes_on(word: str) -> bool:
    return word in _TENS or word in _POWERS or word == "trăm"


def _english(line: Sequence[str]) -> tuple[int, int]:
    """Return (how many words, value) of the English number with which `line` begins, (0, 0) if none."""
    total = group = size = 0
    for i, word in enumerate(line):
        if word in _ENGLISH and (not group % 100 or (group % 100 >= 20 and _ENGLISH[word] < 10)):  # noqa: PLR2004
            group += _ENGLISH[word]
        elif word == "a" and not i and len(line) > 1 and line[1] in _ENGLISH_SCALES:
            group = 1
        elif word == "hundred" and group:
            group *= 100
        elif word in _ENGLISH_SCALES and group:
            total, group = total + group * _ENGLISH_SCALES[word], 0
        elif word == "and" and i and line[i - 1] in _ENGLISH_SCALES and i + 1 < len(line):
            if line[i + 1] not in _ENGLISH:
                break
            continue
        else:
            break
        size = i + 1
    return size, total + group


def _han(plain: str) -> Iterator[Found]:
    for match in _HAN.finditer(plain):
        written = match.group().removeprefix("百分之")
        percent = len(written) < len(match.group())
        value = _han_value(written)
        unit = "%" if percent else plain[match.end() : match.end() + 3]
        named = percent or (bool(unit) and _unit(unit) != "")
        tens = len(written) > 1 and "十" in written
        if value > 1 and (named or tens or (len(written) > 2 and value >= 20)):  # noqa: PLR2004  shorter ones are mostly words
            yield _key(value, unit), match.start(), match.end()


def _han_value(written: str) -> int:
    total = group = digit = 0
    for char in written:
        if char in _HAN_DIGITS:
            digit = _HAN_DIGITS[char]
        elif char in "十百千":
            group += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            digit = 0
        else:
            total = (total + group + digit) * _SCALES[char]
            group = digit = 0
    return total + group + digit
