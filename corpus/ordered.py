"""Two things in an order that a word tells: first and then, more and less, from here to there. Pure.

"A trước khi B" and "sau khi A, B" say the same of A and B; "B trước khi A" says the opposite with the same
words. So the words on the two sides of such a word are compared, wherever in the text the sides stand.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from corpus.diacritics import rarity
from corpus.quantities import Run
from corpus.syllables import unmarked
from corpus.wordlists import of
from corpus.words import Aligned, Words

_ANCHOR: Final = 0.3  # rarity of words that tell that the same thing is meant
_STEM: Final = 4  # letters that two forms of an English word begin with: "opens", "opening"
_LIGHT: Final = of("light")
_KEPT: Final = 512  # texts of which the orders are kept, as a claim is compared with many reports


@dataclass(frozen=True)
class Order:
    """What `relation` says: the words at the places `first` stand before those at `second`.

    `what` is the word for what the first has more of: who is taller is not who is smaller.
    """

    relation: int
    what: str
    first: frozenset[int]
    second: frozenset[int]


def crossed(pair: Aligned) -> tuple[Run, Run] | None:
    """Return what stands first in the left text and second in the right one, where another thing does too.

    Only for texts that tell one order of a relation each. What both sides of a text have, as a place that
    both things belong to, says nothing.
    """
    if pair.ours.lang != pair.theirs.lang:
        return None
    theirs = {(one.relation, one.what): one for one in orders(pair.theirs)}
    for mine in orders(pair.ours):
        yours = theirs.get((mine.relation, mine.what))
        found = yours and _crossed(pair, mine, yours)
        if found:
            return found
    return None


def _crossed(pair: Aligned, mine: Order, yours: Order) -> tuple[Run, Run] | None:
    ours, theirs = _sides(pair.ours, mine), _sides(pair.theirs, yours)
    over = ours[0] & theirs[1]
    across = min(_weight(over), _weight(ours[1] & theirs[0]))
    straight = min(_weight(ours[0] & theirs[0]), _weight(ours[1] & theirs[1]))
    if across < _ANCHOR or across <= straight:
        return None
    return _run(pair.ours, mine.first, over), _run(pair.theirs, yours.second, over)


def _sides(words: Words, order: Order) -> tuple[frozenset[str], frozenset[str]]:
    """Return the weighty folded words, English ones without endings, that are on one side only."""
    first, second = (
        frozenset(_word(words, place) for place in places if words.marked[place] not in _LIGHT)
        for places in (order.first, order.second)
    )
    return first - second, second - first


def _word(words: Words, place: int) -> str:
    return words.folded[place][: _STEM if words.lang == "en" else None]


def _weight(words: Collection[str]) -> float:
    return sum(map(rarity, words))


def _run(words: Words, places: Collection[int], wanted: Collection[str]) -> Run:
    """Return the longest run of the wanted words among `places`."""
    longest, run = (0, 0), (0, 0)
    for place in sorted(places):
        if _word(words, place) not in wanted:
            continue
        run = (run[0], place + 1) if run[1] == place and run[1] else (place, place + 1)
        longest = max(longest, run, key=lambda one: one[1] - one[0])
    return longest


@lru_cache(maxsize=_KEPT)
def orders(words: Words) -> list[Order]:
    """Return the orders that a text tells, of each relation no more than one."""
    found = [*_between(words), *_on_the_way(words)]
    relations = [one.relation for one in found]
    return [one for one in found if relations.count(one.relation) == 1]


def _between(words: Words) -> Iterator[Order]:
    """Yield the orders told by one word: what follows it in its clause, against the rest of the sentence."""
    for number, relation in enumerate(_stored().relations):
        for run, back in _markers(words, relation.markers):
            behind = frozenset(range(run[1], _clause_end(words, run[1])))
            rest = frozenset(_sentence(words, run[0])) - behind - frozenset(range(*run))
            if behind and rest:
                what = "".join(words.folded[at - 1] for at in _at(words, relation.after_what) if at)
                yield Order(number, what, *((behind, rest) if back else (rest, behind)))


def _on_the_way(words: Words) -> Iterator[Order]:
    """Yield where something goes: "từ A … sang B", "đến B từ A"."""
    ends = _at(words, _stored().end)
    for start in _at(words, _stored().start):
        clause = _sentence(words, start)
        behind = next((end for end in ends if start < end < clause.stop - 1), None)
        before = next((end for end in reversed(ends) if clause.start <= end < start - 1), None)
        if behind is not None:
            here, there = range(start + 1, behind), range(behind + 1, _clause_end(words, behind + 1))
        elif before is not None:
            here, there = range(start + 1, _clause_end(words, start)), range(before + 1, start)
        else:
            continue
        yield Order(-1, "", frozenset(here), frozenset(there))


def _at(words: Words, wanted: Collection[str]) -> list[int]:
    return [place for place, word in enumerate(words.marked) if word in wanted]


def _markers(words: Words, markers: Sequence[tuple[tuple[str, ...], bool]]) -> Iterator[tuple[Run, bool]]:
    """Yield where the longest markers in the text stand, and whether they tell it backwards."""
    longest = 0
    for marker, back in markers:
        if len(marker) < longest:
            return
        for place in range(len(words.marked) - len(marker) + 1):
            if _stands(words, place, marker):
                longest = len(marker)
                yield (place, place + longest), back


def _stands(words: Words, place: int, marker: Sequence[str]) -> bool:
    """Whether the marker stands there. Several words are also known without marks, a single one is not."""
    size = len(marker)
    if tuple(words.marked[place : place + size]) == marker:
        return True
    bare = tuple(map(unmarked, marker))
    return size > 1 and words.unsure and tuple(words.folded[place : place + size]) == bare


def _clause_end(words: Words, place: int) -> int:
    """Return the place behind the clause that has the word at `place`."""
    return next((at + 1 for at in range(place, len(words.ends)) if words.ends[at]), len(words.ends))


def _sentence(words: Words, place: int) -> range:
    """Return the places of the sentence that has the word at `place`."""
    stops = [at + 1 for at in range(len(words.spans) - 1) if _is_full_stop(words, at)]
    first = max((at for at in stops if at <= place), default=0)
    return range(first, min((at for at in stops if at > place), default=len(words.spans)))


def _is_full_stop(words: Words, place: int) -> bool:
    between = words.text[words.spans[place][1] : words.spans[place + 1][0]]
    return any(mark in between for mark in ".!?;。！？；\n")


@dataclass(frozen=True)
class _Relation:
    markers: Sequence[tuple[tuple[str, ...], bool]]  # the longest first, and whether they tell it backwards
    after_what: frozenset[str]


@dataclass(frozen=True)
class _Stored:
    relations: Sequence[_Relation]
    start: frozenset[str]
    end: frozenset[str]


@cache
def _stored() -> _Stored:
    stored = json.loads(resources.files("corpus").joinpath("data/order_words.json").read_text("utf-8"))
    relations = []
    for one in stored["relations"]:
        markers = [(_parts(phrase), name == "back") for name in ("on", "back") for phrase in one[name]]
        markers.sort(key=lambda marker: -len(marker[0]))
        relations.append(_Relation(markers, frozenset(one.get("after_what", ()))))
    return _Stored(relations, frozenset(stored["from"]), frozenset(stored["to"]))


def _parts(phrase: str) -> tuple[str, ...]:
    return tuple(phrase) if "\u3400" <= phrase[0] <= "\u9fff" else tuple(phrase.split())
