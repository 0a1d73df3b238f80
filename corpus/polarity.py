"""Yes against no: what a negation in a text denies, and which side of an opposition it stands on. Pure."""

import itertools
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from corpus.quantities import Run
from corpus.syllables import has_marks, unmarked
from corpus.wordlists import of
from corpus.words import Aligned, Words

_NEGATIONS: Final = of("negations")
# Words that may stand for a negation, or come near one: where the other text has such, nothing is claimed.
_NEARLY: Final = of("nearly_negations")
_BARE_NEGATIONS: Final = frozenset(map(unmarked, _NEGATIONS))
_SHORT_NOT: Final = of("short_not")
# Words around a negation with which it negates nothing: "hàng không", "không chỉ", "chưa chắc đã".
_NO_NEGATION_AFTER: Final = of("no_negation_after")
_NO_NEGATION_BEFORE: Final = of("no_negation_before")
_ASKED_BEFORE: Final = of("asked_before")
_AFTER_QUESTION: Final = of("after_question")
# Words between a negation and what it denies.
_BETWEEN: Final = of("between_negation")
_REACH: Final = 6  # words after a negation in which its object is looked for
_ASKING: Final = frozenset({"có", "không", "co", "khong", "hông", "ko"})  # beside "phải"
_KEPT: Final = 512  # texts of which these are kept, as a claim is compared with many reports
_SHORT: Final = 16  # words of a text that says so little that its opposites need not be near to anything
_DAYS_APART: Final = 40  # words of a text in which the times need not be near to anything
_NONE: Final = frozenset({"không", "chẳng", "chả", "khong", "ko", "hổng"})
_NOBODY: Final = ("không", "ai")
_LONGEST: Final = 4  # words of a phrase in the list of opposites


@dataclass(frozen=True)
class Negation:
    """A negation at word `at`, and the word that it denies."""

    at: int
    denied: int


@dataclass(frozen=True)
class Stand:
    """A phrase at words `run` that stands on `side` of the opposition number `group`."""

    group: int
    side: int
    run: Run
    guessed: bool = False  # a single word without marks, which may be another word


@dataclass(frozen=True)
class Opposed:
    """Two phrases that say opposite or exclusive things. `kind` as in corpus.differences."""

    kind: str
    ours: Run
    theirs: Run


@lru_cache(maxsize=_KEPT)
def negations(words: Words) -> list[Negation]:
    """Return the negations of a text with what each denies. Endings of questions deny nothing."""
    found = []
    for at, word in enumerate(words.marked):
        is_not = word in _NEGATIONS or (word == "t" and at > 0 and words.marked[at - 1] in _SHORT_NOT)
        if is_not and not _asks(words, at) and not _is_idle(words, at):
            denied = next(_objects(words, at), None)
            if denied is not None:
                found.append(Negation(at, denied))
    return found


def _objects(words: Words, at: int) -> Iterator[int]:
    """Yield the words that a negation at `at` may deny: the first of the clause that says something."""
    for place in range(at + 1, min(at + 1 + _REACH, len(words.marked))):
        if words.ends[place - 1]:
            return
        if words.marked[place] not in _BETWEEN and words.marked[place] not in _NEGATIONS:
            yield place


def _asks(words: Words, at: int) -> bool:
    if words.marked[at] not in {"không", "chưa"}:
        return False
    after = words.marked[at + 1] if at + 1 < len(words.marked) else ""
    return (
        words.ends[at]
        or after in _AFTER_QUESTION
        or (at > 0 and words.marked[at - 1] in _ASKED_BEFORE and after != "có" and not _told(words, at))
    )


def _told(words: Words, at: int) -> bool:
    """Whether "hay" before a negation at `at` is "cho hay", not "or"."""
    return words.marked[max(0, at - 2) : at] == ["cho", "hay"]


def _is_idle(words: Words, at: int) -> bool:
    after = words.marked[at + 1] if at + 1 < len(words.marked) else ""
    return after in _NO_NEGATION_BEFORE or (at > 0 and words.marked[at - 1] in _NO_NEGATION_AFTER)


def negated(pair: Aligned) -> Iterator[Opposed]:
    """Yield what the left text denies and the right one says, with words they share around it."""
    theirs = {
        pair.theirs.folded[place] for one in negations(pair.theirs) for place in _scope(pair.theirs, one)
    }
    for one in negations(pair.ours):
        there = pair.there.get(one.denied)
        if there is None or pair.theirs.folded[there] in theirs or _any_near(pair.theirs, there):
            continue
        sure = not pair.ours.unsure and not pair.theirs.unsure
        if sure and pair.ours.marked[one.denied] != pair.theirs.marked[there]:
            continue
        if pair.meet((one.at, one.denied + 1), (there, there + 1)):
            yield Opposed("polarity", (one.at, one.denied + 1), (there, there + 1))


def _scope(words: Words, one: Negation) -> range:
    return range(one.at + 1, min(one.denied + 2, len(words.folded)))


def _any_near(words: Words, place: int) -> bool:
    """Whether a word that may be a negation stands before `place` in its clause, whatever it denies."""
    for before in range(place - 1, max(-1, place - 1 - _REACH), -1):
        if words.ends[before]:
            return False
        if _may_negate(words, before):
            return not _asks(words, before)
    return False


def _may_negate(words: Words, place: int) -> bool:
    """Whether the word is a negation or nearly one, or may be one that was written without marks."""
    if words.marked[place] in _NEGATIONS or words.marked[place] in _NEARLY:
        return True
    bare = words.unsure and not has_marks(words.written(place))
    return bare and words.folded[place] in _BARE_NEGATIONS


def opposed(pair: Aligned) -> Iterator[Opposed]:
    """Yield the phrases of the two texts that stand on different sides of one opposition.

    They must stand exactly in each other's place, or near shared words where neither text has both sides.
    """
    ours, theirs = _grouped(pair.ours), _grouped(pair.theirs)
    longest = max(len(pair.ours.folded), len(pair.theirs.folded))
    for group in sorted(ours.keys() & theirs.keys()):
        anywhere = longest <= (_DAYS_APART if _is_date(group) else _SHORT)
        mine, yours = ours[group], theirs[group]
        shared = {one.side for one in mine} & {one.side for one in yours}
        for one, other in itertools.product(mine, yours):
            if _opposites().exact[group] and (one.guessed or other.guessed):
                continue
            if one.side != other.side and (
                _replaced(pair, one, other)
                if shared
                or _is_common(pair, group, one, other, anywhere=anywhere)
                or (one.guessed and other.guessed)
                else anywhere
                or pair.meet(one.run, other.run, 1 if one.guessed or other.guessed else _reach(group))
            ):
                yield Opposed(_opposites().kinds[group], one.run, other.run)
                break


def _is_common(pair: Aligned, group: int, one: Stand, other: Stand, *, anywhere: bool) -> bool:
    """Whether words so common stand there that they must stand in each other's place."""
    if not _opposites().exact[group]:
        return False
    return (
        not anywhere
        or not pair.theirs.known.isdisjoint(_ends(pair.ours, one.run))
        or not pair.ours.known.isdisjoint(_ends(pair.theirs, other.run))
    )


def _ends(words: Words, run: Run) -> tuple[str, str]:
    """Return the first and the last word of a phrase: "hộ" in "không hộ nào" is what both texts speak of."""
    return words.folded[run[0]], words.folded[run[1] - 1]


def _replaced(pair: Aligned, one: Stand, other: Stand) -> bool:
    facing = pair.facing(one.run)
    if _unchanged(pair.there, one.run) and _unchanged(pair.back, other.run):
        return False  # "một số" has "một" in it
    if _is_date(one.group) and _begin_alike(pair, one.run[0], other.run[0]):
        return True
    return facing is not None and facing[0] <= other.run[0] and other.run[1] <= facing[1]


def _begin_alike(pair: Aligned, here: int, there: int) -> bool:
    """Whether the same word stands there behind the same word: "cúp nước ban đêm", "cúp nước ban ngày"."""
    return here > 0 and pair.there.get(here) == there and pair.there.get(here - 1) == there - 1


def _unchanged(partners: Mapping[int, int], run: Run) -> bool:
    return all(place in partners for place in range(*run))


def _is_date(group: int) -> bool:
    return _opposites().kinds[group] == "date"


def _reach(group: int) -> int:
    return 5 if _opposites().kinds[group] == "polarity" else 3


def _grouped(words: Words) -> Mapping[int, list[Stand]]:
    found: dict[int, list[Stand]] = {}
    for one in stands(words):
        found.setdefault(one.group, []).append(one)
    return found


@lru_cache(maxsize=_KEPT)
def stands(words: Words) -> list[Stand]:
    """Return the phrases of a text that stand on a side of some opposition, the longest at each word.

    What a negation denies is left out: `negated` compares that.
    """
    known, dated = _opposites().phrases, _dated(words)
    denied = {place for one in negations(words) for place in range(one.at, one.denied + 1)}
    found: list[Stand] = []
    at = 0
    while at < len(words.marked):
        head = words.marked[at] in known.heads or (words.unsure and words.folded[at] in known.heads)
        size = min(_LONGEST, len(words.marked) - at) if head else 0
        while size and not (meant := _meant(words, at, size, known)):
            size -= 1
        if none := _none(words, at):
            found += [Stand(group, side, (at, at + none)) for group, side in known.marked[_NOBODY]]
        if size and not _says_nothing(words, at):
            standing = _standing(words, at, size, meant, denied)
            found += (one for one in standing if at not in dated or not _is_unit(one.group))
        at += size or 1
    return found


def _dated(words: Words) -> set[int]:
    """Return the words of dates, and the ones before: "ngày 20/8" and "tháng 8" are no units of time."""
    runs = [words.run((fact.start, fact.end)) for fact in words.facts if fact.kind == "date"]
    return {place for first, last in runs for place in range(first - 1, last)}


def _is_unit(group: int) -> bool:
    return _is_date(group) and bool(_opposites().exact[group])


def _none(words: Words, at: int) -> int:
    """Return how many words from `at` on say that there is none of a thing: "không hộ nào"; 0 if none do."""
    if words.marked[at] not in _NONE:
        return 0
    for place in range(at + 2, min(at + _LONGEST, len(words.marked))):
        if words.ends[place - 1]:
            return 0
        if words.surely(place, "nào"):
            return place + 1 - at
    return 0


def times(words: Words) -> Iterator[Run]:
    """Yield the parts of a day and the days that a text names, as far as `opposed` compares them."""
    yield from (one.run for one in stands(words) if _is_date(one.group))


def _says_nothing(words: Words, at: int) -> bool:
    """Whether the word is part of "phải không", which lays no duty on anyone, or of "mọi người ơi"."""
    before, after = (
        words.marked[at - 1] if at else "",
        words.marked[at + 1] if at + 1 < len(words.marked) else "",
    )
    if words.surely(at, "mọi"):
        return unmarked(after) == "nguoi"
    return words.surely(at, "phải") and not {before, after}.isdisjoint(_ASKING)


def _standing(
    words: Words, at: int, size: int, meant: Sequence[tuple[int, int]], denied: Collection[int]
) -> Iterator[Stand]:
    """Yield where the phrase of `size` words at `at` stands, and the shorter ones that begin it."""
    free = not any(place in denied for place in range(at, at + size))
    guessed = tuple(words.marked[at : at + size]) not in _opposites().phrases.marked and size == 1
    for group, side in meant:
        if free or (_opposites().exact[group] and words.marked[at] in _NEGATIONS):
            yield Stand(group, side, (at, at + size), guessed)
    for less in range(1, size) if free else ():  # "đêm nay" is a day and a part of it
        for group, side in _meant(words, at, less, _opposites().phrases):
            if _opposites().exact[group] or (less == 1 and _is_date(group)):
                yield Stand(group, side, (at, at + less))


@dataclass(frozen=True)
class _Phrases:
    heads: frozenset[str]
    marked: Mapping[tuple[str, ...], Sequence[tuple[int, int]]]
    folded: Mapping[tuple[str, ...], Sequence[tuple[int, int]]]


@dataclass(frozen=True)
class _Opposites:
    kinds: Sequence[str]
    exact: Sequence[
        str
    ]  # words so common that they must stand in each other's place: "always", or not in "brief" texts
    phrases: _Phrases


def _meant(words: Words, at: int, size: int, known: _Phrases) -> Sequence[tuple[int, int]]:
    found = known.marked.get(tuple(words.marked[at : at + size]), ())
    if found or not words.unsure:
        return found
    return known.folded.get(tuple(words.folded[at : at + size]), ())


@cache
def _opposites() -> _Opposites:
    sets = json.loads(resources.files("corpus").joinpath("data/opposites.json").read_text("utf-8"))["sets"]
    marked: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    folded: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for group, one in enumerate(sets):
        for side, phrases in enumerate(one["sides"]):
            for phrase in phrases:
                parts = tuple(phrase if _is_han(phrase) else phrase.split())
                marked.setdefault(parts, []).append((group, side))
                if len(parts) > 1 or one["kind"] == "polarity":
                    folded.setdefault(tuple(map(unmarked, parts)), []).append((group, side))
    heads = frozenset(parts[0] for parts in (*marked, *folded))
    kinds, exact = [one["kind"] for one in sets], [one.get("exact", "") for one in sets]
    return _Opposites(kinds, exact, _Phrases(heads, marked, folded))


def _is_han(phrase: str) -> bool:
    return "\u3400" <= phrase[0] <= "\u9fff"
