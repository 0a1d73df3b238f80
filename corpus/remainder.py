"""What is left of two texts when all that both say is taken away, wherever it stands. Pure.

A text that only leaves something out says the same; one in which something is left on both sides may say
something else in its place, though the order of words may be another.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from rapidfuzz import fuzz

from corpus import reworded, synonyms
from corpus.diacritics import rarity
from corpus.polarity import stands, times
from corpus.syllables import is_syllable
from corpus.wordlists import of
from corpus.words import Aligned, Words

SHORT: Final = 14  # words of a text in which a single word weighs
_NEAR: Final = 2  # from word to word of one place
_HEAVY: Final = 0.42  # rarity of the words of a place that says something
_SLIP: Final = 75  # likeness of two words, 0..100, from which one may be the other mistyped or inflected
_STEM: Final = 4  # letters that two forms of a word begin with; Vietnamese syllables hardly have more
_SINGLE, _SEVERAL = 1, 4  # weighty words and numbers of the shorter and of the longer text
_LIGHT: Final = of("light")
_SLANG: Final = of("slang")
_TALK: Final = of("talk")
_KEPT: Final = 512  # texts of which this is kept, as a claim is compared with many reports


def on_both_sides(pair: Aligned) -> bool:
    """Whether each of two texts in one language says something that the other has no word for.

    In short texts wherever it stands; in longer ones, and in such without marks, only where that is a single
    place of each: who tells the same in other words changes several.
    """
    if pair.ours.lang != pair.theirs.lang:
        return False
    mine, yours = _left(pair.ours, pair.theirs), _left(pair.theirs, pair.ours)
    if not mine or not yours:
        return False
    short = max(len(pair.ours.folded), len(pair.theirs.folded)) <= SHORT
    sure = not (pair.ours.unsure or pair.theirs.unsure)
    return (short and sure) or (_is_one_place(pair.ours, mine) and _is_one_place(pair.theirs, yours))


def counted(pair: Aligned) -> tuple[int, int]:
    """Return how many weighty words of each of two texts in one language the other has no like for."""
    return len(_left(pair.ours, pair.theirs)), len(_left(pair.theirs, pair.ours))


def leaves_most_out(pair: Aligned) -> bool:
    """Whether one text says a single thing of the several that the other says: "Sa Pa có tuyết"."""
    few, many = sorted((_said(pair.ours), _said(pair.theirs)))
    return few <= _SINGLE and many >= _SEVERAL


def _said(words: Words) -> int:
    """Return how many weighty words and numbers `words` have; places and dates say nothing of themselves."""
    return len(_weighty(words)) + len(words.numbers)


def _left(words: Words, others: Words) -> list[int]:
    """Return the weighty words of `words` that have no like in `others`, nor are one of them mistyped."""
    strange = _strange(others, words)
    meant = frozenset[int]().union(*(_meant(others)[place] for place in strange))
    sides = {(one.group, one.side) for one in stands(others) if not strange.isdisjoint(range(*one.run))}
    initials = "".join(word[0] for word in others.folded)
    left = [
        place
        for place in sorted(_strange(words, others) & _weighty(words))
        if not _meant(words)[place] & meant
        and not _sides_at(words, place) & sides
        and not _shortens(words.written(place), initials)
    ]
    written = {others.folded[place] for place in strange & _weighty(others)}
    alone = len(left) == 1 and words.lang == "vi"
    return [
        place
        for place in left
        if not any(_one_word(words.folded[place], other, alone=alone) for other in written)
    ]


def _shortens(word: str, initials: str) -> bool:
    """Whether the word as written, "BHYT", stands for words with these `initials`."""
    return len(word) > 1 and word.lower() in initials


def _strange(words: Words, others: Words) -> set[int]:
    """Return the words that `others` do not have. Where both have marks, "trường" is not "trưởng"."""
    if words.unsure or others.unsure:
        return {place for place, word in enumerate(words.folded) if word not in others.known}
    known, own = frozenset(others.marked), frozenset(words.marked)
    free = {fold for fold, word in zip(others.folded, others.marked, strict=True) if word not in own}
    return {
        place
        for place, (fold, word) in enumerate(zip(words.folded, words.marked, strict=True))
        if word not in known and fold not in free
    }


def _is_one_place(words: Words, left: Sequence[int]) -> bool:
    """Whether what is left stands together; what says as little as "gửi" may stand elsewhere."""
    heavy, weight = 0, 0.0
    for before, place in pairwise([-_NEAR, *left]):
        weight = rarity(words.folded[place]) + (weight if place - before <= _NEAR else 0.0)
        heavy += weight >= _HEAVY > weight - rarity(words.folded[place])
    return heavy <= 1


def _one_word(one: str, other: str, *, alone: bool) -> bool:
    """Whether one may be the other mistyped, or inflected: "releases", "releasing".

    A single syllable is also taken for one that sounds alike: "gòi" for "rồi".
    """
    if (len(one) > _STEM < len(other) and one[:_STEM] == other[:_STEM]) or fuzz.ratio(one, other) >= _SLIP:
        return True
    return alone and reworded.sound_alike(one, other)


@lru_cache(maxsize=_KEPT)
def _weighty(words: Words) -> frozenset[int]:
    """Return the words that say something. Numbers, dates and places are compared elsewhere."""
    counted = {
        place for one in words.numbers for place in range(one.run[0], one.run[1] + (one.measure is not None))
    }
    dated = {place for fact in words.facts for place in range(*words.run((fact.start, fact.end)))}
    dated |= {place for run in times(words) for place in range(*run)}
    placed = {place for hit in words.places for place in range(*words.run((hit.start, hit.end)))}
    return frozenset(
        place
        for place, word in enumerate(words.marked)
        if not (word in _LIGHT or word in _SLANG or word in _TALK)
        and not (place in counted or place in dated or place in placed)
        and (words.lang != "vi" or is_syllable(word))
    )


@lru_cache(maxsize=_KEPT)
def _meant(words: Words) -> list[set[int]]:
    return synonyms.places(words.marked)


def _sides_at(words: Words, place: int) -> set[tuple[int, int]]:
    return {(one.group, one.side) for one in stands(words) if one.run[0] <= place < one.run[1]}
