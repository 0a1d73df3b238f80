"""What two texts tell differently: a number, a date, a place, a name, or yes against no.

A thing that only one side mentions is no difference.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from corpus import keys
from corpus.diacritics import rarity, restore
from corpus.naming import name_spans
from corpus.syllables import has_marks, unmarked

Span = tuple[int, int]

_LEAST_WORDS = 3
_LIMIT = 2_000  # characters compared; `restore` stops there too
_WORD = re.compile(r"[^\W_]+")
_NEGATIONS = frozenset({"không", "chưa", "chẳng", "chả", "đừng"})
_ASKED_BEFORE = frozenset({"phải", "đúng", "thật", "thực", "hay", "có"})
_AFTER_QUESTION = frozenset(
    {
        "ạ",
        "à",
        "vậy",
        "thế",
        "hả",
        "hở",
        "nhỉ",
        "nhể",
        "ad",
        "mọi",
        "các",
        "anh",
        "chị",
        "em",
        "bác",
        "bạn",
        "nhé",
    }
    | {"ta", "bà", "cả", "ông", "admin", "nha", "trời", "và", "hay"}
)
_TALK = frozenset(
    {
        "that",
        "khong",
        "a",
        "oi",
        "phai",
        "vay",
        "ha",
        "the",
        "co",
        "dung",
        "hay",
        "sai",
        "tin",
        "nay",
        "roi",
        "la",
        "nhe",
    }
)
_OPPOSITES = (
    *(
        ("tăng", "giảm"),
        ("cấm", "cho phép"),
        ("mở", "đóng"),
        ("bắt", "thả"),
        ("sống", "chết"),
        ("thắng", "thua"),
    ),
    *(
        ("an toàn", "nguy hiểm"),
        ("mở cửa", "đóng cửa"),
        ("được", "bị cấm"),
        ("có", "không có"),
        ("đã", "chưa"),
    ),
)


@dataclass(frozen=True)
class Difference:
    """Something both sides tell differently: `kind` is number, date, place, name or polarity."""

    kind: str
    left: tuple[str, ...]  # keys, commune codes or words
    right: tuple[str, ...]
    left_spans: tuple[Span, ...] = ()
    right_spans: tuple[Span, ...] = ()


class Words:
    """The words of a canonical text: where they stand, folded, and with their marks put back."""

    def __init__(self, canonical: str) -> None:
        self.text = canonical[:_LIMIT]
        mended = restore(self.text)
        self.spans = [match.span() for match in _WORD.finditer(self.text)]
        self.folded = [unmarked(self.text[start:end]) for start, end in self.spans]
        self.marked = [mended[start:end].lower() for start, end in self.spans]
        self.unsure = mended != self.text
        self.vocabulary = {*self.marked, *(self.folded if self.unsure else ())}
        self.facts = keys.facts(self.text)
        self.names = name_spans(self.text)
        self.ends = [
            _closes(self.text, span, after) for span, after in zip(self.spans, self._next(), strict=True)
        ]

    def _next(self) -> list[int]:
        return [*(start for start, _ in self.spans[1:]), len(self.text)] if self.spans else []

    def at(self, place: int, wanted: str) -> bool:
        """Whether the word at `place` is `wanted`, or may be in a text whose marks were left out."""
        if self.marked[place] == wanted:
            return True
        return self.unsure and self.folded[place] == unmarked(wanted) and not has_marks(self.written(place))

    def written(self, place: int) -> str:
        """Return the word at `place` as the text has it."""
        start, end = self.spans[place]
        return self.text[start:end]

    def covered_by(self, other: "Words", *, but: Collection[Span]) -> float:
        """Return the share of these words, by rarity, that `other` has; 0 for fewer than three words.

        Words inside the spans `but` and small talk are left out.
        """
        theirs = set(other.folded)
        weights = {
            word: rarity(word)
            for word, (start, end) in zip(self.folded, self.spans, strict=True)
            if word not in _TALK and not any(first <= start and end <= last for first, last in but)
        }
        if len(weights) < _LEAST_WORDS:
            return 0.0
        return sum(weight for word, weight in weights.items() if word in theirs) / sum(weights.values())


@lru_cache(maxsize=256)
def words(canonical: str) -> Words:
    """Return the words of `canonical`; kept for a while, as a query is compared with thirty candidates."""
    return Words(canonical)


def _closes(text: str, span: Span, following: int) -> bool:
    """Whether a clause ends after the word at `span`."""
    gap = text[span[1] : following]
    return following == len(text) or any(mark in gap for mark in ".,;:!?")


def differences(
    ours: Words, theirs: Words, our_places: Collection[str] = (), their_places: Collection[str] = ()
) -> tuple[Difference, ...]:
    """Return what the two texts tell differently. Places are codes of communes."""
    return (
        *_number_differences(ours, theirs),
        *_date_differences(ours, theirs),
        *_place_differences(our_places, their_places),
        *_name_differences(ours, theirs),
        *_polarity_differences(ours, theirs),
    )


def _number_differences(left: Words, right: Words) -> list[Difference]:
    """Compare numbers of the same unit: each side has one that the other lacks."""
    ours, theirs = _by_unit(left), _by_unit(right)
    found = []
    for unit in sorted(ours.keys() & theirs.keys()):
        mine, yours = _without(ours[unit], theirs), _without(theirs[unit], ours)
        if mine and yours:
            found.append(
                Difference("number", tuple(mine), tuple(yours), tuple(mine.values()), tuple(yours.values()))
            )
    return found


def _without(group: dict[str, Span], others: dict[str, dict[str, Span]]) -> dict[str, Span]:
    values = {key.split(":")[1] for other in others.values() for key in other}
    return {key: span for key, span in group.items() if key.split(":")[1] not in values}


def _by_unit(words: Words) -> dict[str, dict[str, Span]]:
    groups: dict[str, dict[str, Span]] = {}
    for fact in words.facts:
        if fact.kind == "num":
            groups.setdefault(fact.key.split(":")[2], {}).setdefault(fact.key, (fact.start, fact.end))
    return groups


def _date_differences(left: Words, right: Words) -> list[Difference]:
    ours = [fact for fact in left.facts if fact.kind == "date"]
    theirs = [fact for fact in right.facts if fact.kind == "date"]
    if keys.compare_dates([fact.key for fact in ours], [fact.key for fact in theirs]) != "apart":
        return []
    return [
        Difference(
            "date",
            tuple(fact.key for fact in ours),
            tuple(fact.key for fact in theirs),
            tuple((fact.start, fact.end) for fact in ours),
            tuple((fact.start, fact.end) for fact in theirs),
        )
    ]


def _place_differences(left: Collection[str], right: Collection[str]) -> list[Difference]:
    if not left or not right or set(left) & set(right):
        return []
    return [Difference("place", tuple(sorted(left)), tuple(sorted(right)))]


def _name_differences(ours: Words, theirs: Words) -> list[Difference]:
    """Compare proper names: each side has some of which the other has no word."""
    mine = _foreign_names(ours, set(theirs.folded))
    yours = _foreign_names(theirs, set(ours.folded))
    if not mine or not yours:
        return []
    words = [
        tuple(text[start:end] for start, end in spans)
        for text, spans in ((ours.text, mine), (theirs.text, yours))
    ]
    return [Difference("name", words[0], words[1], tuple(mine), tuple(yours))]


def _foreign_names(words: Words, known: set[str]) -> list[Span]:
    return [
        (start, end)
        for start, end in words.names
        if not known & {unmarked(word) for word in _WORD.findall(words.text[start:end])}
    ]


def _polarity_differences(ours: Words, theirs: Words) -> list[Difference]:
    found = []
    for one, other, swapped in ((ours, theirs, False), (theirs, ours, True)):
        for place, word in _negated(one).items():
            if word in set(other.folded) - set(_negated(other).values()):
                where = other.folded.index(word)
                sides = [
                    ((one.marked[place],), (one.spans[place],)),
                    ((other.marked[where],), (other.spans[where],)),
                ]
                (mine, mine_at), (yours, yours_at) = reversed(sides) if swapped else sides
                found.append(Difference("polarity", mine, yours, mine_at, yours_at))
    for pair in _OPPOSITES:
        for here, there in (pair, pair[::-1]):
            spans = _only(ours, here, there), _only(theirs, there, here)
            if spans[0] and spans[1]:
                found.append(Difference("polarity", (here,), (there,), (spans[0],), (spans[1],)))
    return found[:1]


def _negated(words: Words) -> dict[int, str]:
    """Return, by the place of each negation, the folded word it negates. Question endings negate nothing."""
    found = {}
    for i, word in enumerate(words.marked[:-1]):
        asks = (
            words.ends[i]
            or words.marked[i + 1] in _AFTER_QUESTION
            or (i and words.marked[i - 1] in _ASKED_BEFORE)
        )
        if word in _NEGATIONS and not asks:
            found[i] = words.folded[i + 1]
    return found


def _only(words: Words, wanted: str, unwanted: str) -> Span | None:
    """Return where `wanted` stands in a text that lacks `unwanted`."""
    if _find(words, unwanted.split()) is not None:
        return None
    parts = wanted.split()
    place = _find(words, parts)
    return None if place is None else (words.spans[place][0], words.spans[place + len(parts) - 1][1])


def _find(words: Words, parts: list[str]) -> int | None:
    if not all({part, unmarked(part)} & words.vocabulary for part in parts):
        return None  # the usual case, told without walking through the text
    starts = range(len(words.folded) - len(parts) + 1)
    return next((i for i in starts if all(words.at(i + k, part) for k, part in enumerate(parts))), None)
