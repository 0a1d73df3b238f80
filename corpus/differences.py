"""What two texts tell differently: a number, a date, a place, a name, or yes against no.

A thing that only one side mentions is no difference. Every rule can be shown: it names the very words.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from corpus import exchanged, keys, ordered, places, polarity, replaced, reworded
from corpus.diacritics import rarity
from corpus.keys import Fact
from corpus.quantities import Quantity, Run
from corpus.wordlists import of
from corpus.words import Aligned, Span, Words

_ALMOST = 0.05  # share by which two numbers may differ where one is said to be rough
_ROUGH: Final = of("rough")
_ORDINALS: Final = of("ordinals")
_ANCHOR = 0.3  # rarity from which a word before two numbers says that they count the same


@dataclass(frozen=True)
class Difference:
    """Something both sides tell differently: `kind` is number, date, place, name, polarity, word or order."""

    kind: str
    left: tuple[str, ...]  # the words, as they are written
    right: tuple[str, ...]
    left_spans: tuple[Span, ...] = ()
    right_spans: tuple[Span, ...] = ()


def differences(pair: Aligned) -> tuple[Difference, ...]:
    """Return what the two texts tell differently, of each kind the first, the same words only once."""
    found: list[Difference] = []
    for told in (_numbers, _dates, _places, _names, _yes_and_no):
        found += [one for one in _first(told(pair)) if not any(_same_words(one, other) for other in found)]
    kinds = {one.kind for one in found}
    others = [one for one in _exclusive(pair) if one.kind not in kinds]
    return (*found, *others[:1]) or tuple(_first((*_other_words(pair), *_exchanged(pair))))


def _first(found: Iterable[Difference]) -> Iterable[Difference]:
    return itertools.islice(found, 1)


def _same_words(one: Difference, other: Difference) -> bool:
    """Whether both are about the same words of both texts: "Sa Pa" is a place and a name."""
    return _overlap(one.left_spans, other.left_spans) and _overlap(one.right_spans, other.right_spans)


def _overlap(some: Sequence[Span], others: Sequence[Span]) -> bool:
    return any(start < last and first < end for start, end in some for first, last in others)


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
        articles = one.loose and other.loose and one.value == other.value == 1 and one.unit == other.unit
        if (_of_the_same(one, other) or _alone_of_its_sort(pair, one, other)) and not articles:
            spans = [_counted(pair.ours, one, other)], [_counted(pair.theirs, other, one)]
            yield _told("number", pair, *spans)


def _alone_of_its_sort(pair: Aligned, one: Quantity, other: Quantity) -> bool:
    """Whether each text has a single number of such things: 45 pupils here, 25 children there."""
    if one.sort is None or one.sort != other.sort or one.loose or other.loose:
        return False
    return all(
        sum(number.sort == one.sort for number in side.numbers) == 1 for side in (pair.ours, pair.theirs)
    )


def _counted(side: Words, one: Quantity, other: Quantity) -> Span:
    """Return where the number stands, with its unit where only that differs."""
    more = one.value == other.value and one.run[1] < len(side.folded) and side.folded[one.run[1]] == one.unit
    return side.span((one.run[0], one.run[1] + more))


def _agree_in_place(one: Quantity, other: Quantity) -> bool:
    if _measured_alike(one, other) is False or _of_other_sorts(one, other):
        return False
    return one.value == other.value and (one.unit == other.unit or one.before == other.before)


def _agree(one: Quantity, other: Quantity) -> bool:
    alike = _measured_alike(one, other)
    if alike is not None:
        return alike
    if one.value == other.value:
        return not _of_other_sorts(one, other)
    if not one.value or not other.value:
        return False
    if (one.loose and one.value > 1) or (other.loose and other.value > 1):
        return abs(math.log10(one.value) - math.log10(other.value)) < 1
    return _almost(one, other, one.value, other.value)


def _of_other_sorts(one: Quantity, other: Quantity) -> bool:
    """Whether the same figure counts other things: 14 households are not 14 people."""
    same = one.value == other.value and not (one.loose or other.loose)
    return same and None not in (one.sort, other.sort) and one.sort != other.sort


def _measured_alike(one: Quantity, other: Quantity) -> bool | None:
    """Whether both are as long, heavy... in whatever units; None where they do not measure the same thing."""
    here, there = one.measure, other.measure
    loose = (one.loose and one.value > 1) or (other.loose and other.value > 1) or one.loose != other.loose
    if loose or here is None or there is None or here[0] != there[0]:
        return None
    return math.isclose(here[1], there[1], rel_tol=0.01) or _almost(one, other, here[1], there[1])


def _almost(one: Quantity, other: Quantity, value: float, another: float) -> bool:
    rough = one.before in _ROUGH or other.before in _ROUGH
    return rough and abs(value - another) <= _ALMOST * max(value, another)


def _of_the_same(one: Quantity, other: Quantity) -> bool:
    """Whether both count the same things. A "một" that may be an article must stand before the same word."""
    if one.before in _ORDINALS and one.before == other.before:
        return True
    if one.loose or other.loose:
        return one.after == other.after != ""
    if one.measure is not None and other.measure is not None and one.measure[0] == other.measure[0]:
        return True
    if _of_other_sorts(one, other) or one.unit == other.unit != "" or one.after == other.after != "":
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
    """Compare places: each side names one that is neither the other's nor inside it nor around it.

    Near the same words that is a difference; elsewhere only where no place is shared and the two lie apart.
    """
    ours, theirs = pair.ours.places, pair.theirs.places
    shared = any(replaced.same_place(one, other) for one in ours for other in theirs)
    left, right = {one.key for one in ours}, {one.key for one in theirs}
    for one, other in itertools.product(ours, theirs):
        if one.key in right or other.key in left or replaced.same_place(one, other):
            continue
        spans = (one.start, one.end), (other.start, other.end)
        near = pair.meet(pair.ours.run(spans[0]), pair.theirs.run(spans[1]))
        known = bool(one.codes and other.codes) or places.apart([one.key], [other.key])
        if near or (known and not shared):
            yield _told("place", pair, [spans[0]], [spans[1]])
    turned_pair = pair.turned()
    for hit in ours:
        if hit.key not in right:
            yield from _renamed(pair, (hit.start, hit.end), "place")
    for hit in theirs:
        if hit.key not in left:
            yield from map(turned, _renamed(turned_pair, (hit.start, hit.end), "place"))


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
        yield from _renamed(pair, span, "name")
    for span in pair.theirs.names:
        yield from map(turned, _renamed(turned_pair, span, "name"))
    mine, yours = replaced.unknown(pair), replaced.unknown(turned_pair)
    for one, other in itertools.product(mine, yours):
        runs = pair.ours.run(one), pair.theirs.run(other)
        if pair.meet(*runs) and not replaced.one_place(pair, *runs):
            yield _told("name", pair, [one], [other])


def _renamed(pair: Aligned, span: Span, kind: str) -> Iterator[Difference]:
    found = replaced.renamed(pair, span)
    if found is not None:
        yield _told(kind, pair, [pair.ours.span(found[0])], [pair.theirs.span(found[1])])


def _other_words(pair: Aligned) -> Iterator[Difference]:
    for run, facing in reworded.other_words(pair):
        yield _told("word", pair, [pair.ours.span(run)], [pair.theirs.span(facing)])


def _exchanged(pair: Aligned) -> Iterator[Difference]:
    for found in filter(None, (exchanged.exchanged(pair), ordered.crossed(pair))):
        yield _told("order", pair, [pair.ours.span(found[0])], [pair.theirs.span(found[1])])


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
