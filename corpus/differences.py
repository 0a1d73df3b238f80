"""What two texts tell differently: a number, a date, a place, a name, or yes against no.

A thing that only one side mentions is no difference. Every rule can be shown: it names the very words.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from corpus import keys, polarity
from corpus.diacritics import rarity
from corpus.keys import Fact
from corpus.places import PlaceHit
from corpus.quantities import Quantity, Run
from corpus.syllables import is_syllable
from corpus.wordlists import of
from corpus.words import Aligned, Span, Words

_ALMOST = 0.05  # share by which two numbers may differ where one is said to be rough
_ROUGH: Final = of("rough")
_ORDINALS: Final = of("ordinals")
_TYPO = 70  # likeness of two words, 0..100, from which one may be the other mistyped
_LONGEST_NAME = 5  # words of a name with what belongs to it
_ANCHOR = 0.3  # rarity from which a word before two numbers says that they count the same
_ACRONYM = 6  # letters of the longest
_WEIGHTY = 0.3  # mean rarity from which words without capitals may be a name
_ALIASES = (
    frozenset({"sai gon", "hcm", "tp hcm", "tphcm", "thanh pho hcm", "ho chi minh", "tp", "thanh pho"}),
    frozenset({"ha noi", "hn", "thu do", "hanoi"}),
    frozenset({"evn", "dien luc", "tap doan dien luc", "nganh dien"}),
)
_NO_NAME: Final = of("no_name")


@dataclass(frozen=True)
class Difference:
    """Something both sides tell differently: `kind` is number, date, place, name or polarity."""

    kind: str
    left: tuple[str, ...]  # the words, as they are written
    right: tuple[str, ...]
    left_spans: tuple[Span, ...] = ()
    right_spans: tuple[Span, ...] = ()


def differences(pair: Aligned) -> tuple[Difference, ...]:
    """Return what the two texts tell differently, of each kind the first."""
    found = [
        *_first(_numbers(pair)),
        *_first(_dates(pair)),
        *_first(_places(pair)),
        *_first(_names(pair)),
        *_first(_yes_and_no(pair)),
    ]
    kinds = {one.kind for one in found}
    others = [one for one in _exclusive(pair) if one.kind not in kinds]
    return (*found, *others[:1])


def _first(found: Iterable[Difference]) -> Iterable[Difference]:
    return itertools.islice(found, 1)


def _told(kind: str, pair: Aligned, mine: Sequence[Span], yours: Sequence[Span]) -> Difference:
    left = tuple(pair.ours.text[start:end] for start, end in mine)
    right = tuple(pair.theirs.text[start:end] for start, end in yours)
    return Difference(kind, left, right, tuple(mine), tuple(yours))


# --- numbers ---------------------------------------------------------------------------------------


def _numbers(pair: Aligned) -> Iterator[Difference]:
    """Compare numbers of the same things: each side has one that the other lacks."""
    mine, yours = list(pair.ours.numbers), list(pair.theirs.numbers)
    for agree in (_agree_in_place, _agree):
        for one in tuple(mine):
            other = next((other for other in yours if agree(one, other)), None)
            if other is not None:
                mine.remove(one)
                yours.remove(other)
    for one, other in itertools.product(mine, yours):
        if _of_the_same(one, other) and not (one.loose and other.loose):
            spans = [pair.ours.span(one.run)], [pair.theirs.span(other.run)]
            yield _told("number", pair, *spans)


def _agree_in_place(one: Quantity, other: Quantity) -> bool:
    return one.value == other.value and (one.unit == other.unit or one.before == other.before)


def _agree(one: Quantity, other: Quantity) -> bool:
    if one.value == other.value:
        return True
    if not one.value or not other.value:
        return False
    if (one.loose and one.value > 1) or (other.loose and other.value > 1):
        return abs(math.log10(one.value) - math.log10(other.value)) < 1
    rough = one.before in _ROUGH or other.before in _ROUGH
    return rough and abs(one.value - other.value) <= _ALMOST * max(one.value, other.value)


def _of_the_same(one: Quantity, other: Quantity) -> bool:
    """Whether both count the same things. A "một" that may be an article must stand before the same word."""
    if one.before in _ORDINALS and one.before == other.before:
        return True
    if one.loose or other.loose:
        return one.after == other.after != ""
    if one.unit == other.unit != "" or one.after == other.after != "":
        return True
    return one.before == other.before != "" and rarity(one.before) >= _ANCHOR


# --- dates -----------------------------------------------------------------------------------------


def _dates(pair: Aligned) -> Iterator[Difference]:
    """Compare dates: each side has one that can be compared with the other's and agrees with none."""
    ours = [fact for fact in pair.ours.facts if fact.kind == "date"]
    theirs = [fact for fact in pair.theirs.facts if fact.kind == "date"]
    mine, yours = _apart(ours, theirs), _apart(theirs, ours)
    if mine and yours:
        spans = [[(fact.start, fact.end) for fact in facts] for facts in (mine, yours)]
        yield _told("date", pair, *spans)


def _apart(facts: Sequence[Fact], others: Sequence[Fact]) -> list[Fact]:
    keys_of = [fact.key for fact in others]
    return [fact for fact in facts if keys.compare_dates([fact.key], keys_of) == "apart"]


# --- places ----------------------------------------------------------------------------------------


def _places(pair: Aligned) -> Iterator[Difference]:
    """Compare places: each side names one that is neither the other's nor inside it nor around it."""
    ours, theirs = pair.ours.places, pair.theirs.places
    shared = any(_same_place(one, other) for one in ours for other in theirs)
    left, right = {one.key for one in ours}, {one.key for one in theirs}
    for one, other in itertools.product(ours, theirs):
        if one.key in right or other.key in left or _same_place(one, other):
            continue
        spans = (one.start, one.end), (other.start, other.end)
        if not shared or pair.meet(pair.ours.run(spans[0]), pair.theirs.run(spans[1])):
            yield _told("place", pair, [spans[0]], [spans[1]])
    turned_pair = pair.turned()
    for hit in ours:
        found = None if hit.key in right else _renamed(pair, (hit.start, hit.end), "place")
        if found is not None:
            yield found
    for hit in theirs:
        found = None if hit.key in left else _renamed(turned_pair, (hit.start, hit.end), "place")
        if found is not None:
            yield turned(found)


def _same_place(one: PlaceHit, other: PlaceHit) -> bool:
    return one.key == other.key or bool(set(one.codes) & set(other.codes))


def turned(found: Difference) -> Difference:
    """Return the difference seen from the other side."""
    return Difference(found.kind, found.right, found.left, found.right_spans, found.left_spans)


# --- names -----------------------------------------------------------------------------------------


def _names(pair: Aligned) -> Iterator[Difference]:
    """Compare proper names: in one place of the texts stand two different ones.

    Where a text has no capitals, what stands in the place of the other's name counts as a name.
    """
    turned_pair = pair.turned()
    for span in pair.ours.names:
        found = _renamed(pair, span, "name")
        if found is not None:
            yield found
    for span in pair.theirs.names:
        found = _renamed(turned_pair, span, "name")
        if found is not None:
            yield turned(found)
    mine, yours = _unknown(pair), _unknown(turned_pair)
    for one, other in itertools.product(mine, yours):
        runs = pair.ours.run(one), pair.theirs.run(other)
        if pair.meet(*runs) and not _one_place(pair, *runs):
            yield _told("name", pair, [one], [other])


def _unknown(pair: Aligned) -> list[Span]:
    """Return the names of two words or more of which the right text has no word, not even shortened."""
    found = []
    for span in pair.ours.names:
        first, last = pair.ours.run(span)
        parts = pair.ours.folded[first:last]
        alien = not any(place in pair.there for place in range(first, last)) and not pair.theirs.known & set(
            parts
        )
        if len(parts) > 1 and alien and not _abbreviated(parts, pair.theirs):
            found.append(span)
    return found


def _abbreviated(parts: Sequence[str], others: Words) -> bool:
    """Whether `others` shorten the words to initials, or write out what `parts` shorten."""
    if len(parts) > 1 and "".join(part[0] for part in parts) in others.known:
        return True
    letters = "".join(parts)
    return len(letters) <= _ACRONYM and letters in "".join(word[0] for word in others.folded)


def _renamed(pair: Aligned, span: Span, kind: str) -> Difference | None:
    """Return the difference when other words stand exactly in the place of a name or of a part of it."""
    for run in _alone(pair, pair.ours.run(span)):
        facing = pair.facing(run)
        if facing is None or facing[1] - facing[0] > _LONGEST_NAME:
            continue
        size = run[1] - run[0] + 1
        if pair.theirs.bare and facing[1] - facing[0] > (
            size if facing[1] == len(pair.theirs.folded) else max(size, 3)
        ):
            continue  # more words than a name has, or small talk at the end
        ours, theirs = pair.ours.folded[slice(*run)], pair.theirs.folded[slice(*facing)]
        if not _is_name(pair.ours, run) or not _is_name(pair.theirs, facing) or _mistyped(ours, theirs):
            continue
        if ours[0] == theirs[0] or ours[-1] == theirs[-1]:
            continue  # perhaps the same name with a title or shortened; what is left of it comes next
        if _one_place(pair, run, facing):
            continue
        if (
            not _abbreviated(ours, pair.theirs)
            and not _abbreviated(theirs, pair.ours)
            and not _known_as(ours, theirs)
        ):
            return _told(kind, pair, [pair.ours.span(run)], [pair.theirs.span(facing)])
    return None


def _one_place(pair: Aligned, run: Run, facing: Run) -> bool:
    """Whether places that are one, or one inside the other, stand there."""
    mine, yours = pair.ours.span(run), pair.theirs.span(facing)
    return any(
        _same_place(one, other)
        for one in pair.ours.places
        if one.start < mine[1] and mine[0] < one.end
        for other in pair.theirs.places
        if other.start < yours[1] and yours[0] < other.end
    )


def _known_as(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether both are names of one thing."""
    return any({" ".join(ours), " ".join(theirs)} <= names for names in _ALIASES)


def _alone(pair: Aligned, run: Run) -> Iterator[Run]:
    """Yield `run`, and the runs of words without a partner on the right that reach into it.

    Where capitals tell names, first as they stand and then with what belongs to them at both ends.
    """
    if any(place not in pair.there for place in range(*run)):
        yield run
    for grown in (False, True) if not (pair.ours.bare or pair.theirs.bare) else (False,):
        place = run[0]
        while place < run[1]:
            first = last = place
            while grown and first > 0 and first - 1 not in pair.there and not pair.ours.ends[first - 1]:
                first -= 1
            limit = len(pair.ours.folded) if grown else run[1]
            while last < limit and last not in pair.there and (last == first or not pair.ours.ends[last - 1]):
                last += 1
            if 0 < last - first <= _LONGEST_NAME and last > place:
                yield first, last
            place = max(last, place) + 1


def _is_name(words: Words, run: Run) -> bool:
    """Whether the words at `run` may be a name: with a capital, or in a text without any, if weighty."""
    written = [words.written(place) for place in range(*run)]
    if all(word in _NO_NAME for word in words.folded[slice(*run)]) or written[0].isdigit():
        return False
    if words.bare or words.shouted:
        return sum(map(rarity, words.folded[slice(*run)])) >= _WEIGHTY * len(written)
    cries = len(written) > 1 and all(word.isupper() for word in written)
    return not cries and any(_is_proper(words, place) for place in range(*run))


def _is_proper(words: Words, place: int) -> bool:
    """Whether the word at `place` has a capital that is not owed to the beginning of a sentence."""
    word = words.written(place)
    if not word[0].isupper():
        return False
    start = words.spans[place][0]
    begins = not words.text[:start].rstrip() or words.text[:start].rstrip()[-1] in ".!?:;\"'(-"
    return not begins or (not is_syllable(word) and words.lang == "vi")


def _mistyped(one: Sequence[str], other: Sequence[str]) -> bool:
    return fuzz.ratio(" ".join(one), " ".join(other)) >= _TYPO


# --- yes and no ------------------------------------------------------------------------------------


def _yes_and_no(pair: Aligned) -> Iterator[Difference]:
    turned_pair = pair.turned()
    for one in polarity.negated(pair):
        yield _opposed(pair, one)
    for one in polarity.negated(turned_pair):
        yield turned(_opposed(turned_pair, one))


def _exclusive(pair: Aligned) -> list[Difference]:
    return [_opposed(pair, one) for one in polarity.opposed(pair)]


def _opposed(pair: Aligned, one: polarity.Opposed) -> Difference:
    return _told(one.kind, pair, [pair.ours.span(one.ours)], [pair.theirs.span(one.theirs)])


__all__ = ["Difference", "Run", "Span", "differences", "turned"]
