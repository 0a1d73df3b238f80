"""What is left of two texts when all that both say is taken away, wherever it stands. Pure.

A short text that only leaves something out says the same; one in which something is left on both sides says
something else in its place, though the order of words may be another.
"""

from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz

from corpus import reworded, synonyms
from corpus.polarity import stands
from corpus.syllables import is_syllable
from corpus.wordlists import of
from corpus.words import Aligned, Words

SHORT: Final = 14  # words of a text in which a single word weighs
_SLIP: Final = 75  # likeness of two words, 0..100, from which one may be the other mistyped or inflected
_STEM: Final = 4  # letters that two forms of a word begin with; Vietnamese syllables hardly have more
_SINGLE, _SEVERAL = 1, 4  # weighty words and numbers of the shorter and of the longer text
_LIGHT: Final = of("light")
_SLANG: Final = of("slang")
_TALK: Final = of("talk")
_KEPT: Final = 512  # texts of which this is kept, as a claim is compared with many reports


def on_both_sides(pair: Aligned) -> bool:
    """Whether each of two short texts in one language says something that the other has no word for."""
    if pair.ours.lang != pair.theirs.lang or max(len(pair.ours.folded), len(pair.theirs.folded)) > SHORT:
        return False
    if pair.ours.unsure or pair.theirs.unsure:
        return False
    return _left(pair.ours, pair.theirs) and _left(pair.theirs, pair.ours)


def leaves_most_out(pair: Aligned) -> bool:
    """Whether one text says a single thing of the several that the other says: "Sa Pa có tuyết"."""
    few, many = sorted((_said(pair.ours), _said(pair.theirs)))
    return few <= _SINGLE and many >= _SEVERAL


def _said(words: Words) -> int:
    """Return how many weighty words and numbers `words` have; places and dates say nothing of themselves."""
    return len(_weighty(words)) + len(words.numbers)


def _left(words: Words, others: Words) -> bool:
    """Whether a weighty word of `words` has no like in `others`."""
    meant, sides, initials = _meant(others), _sides(others), "".join(word[0] for word in others.folded)
    left = [
        place
        for place, found in _weighty(words)
        if words.folded[place] not in others.known
        and not found & meant
        and not _sides_at(words, place) & sides
        and (len(words.folded[place]) < 2 or words.folded[place] not in initials)  # noqa: PLR2004
    ]
    strange = {others.folded[place] for place, _ in _weighty(others)} - words.known if left else set()
    alone = len(left) == 1 and words.lang == "vi"
    return any(
        not any(_one_word(words.folded[place], other, alone=alone) for other in strange) for place in left
    )


def _one_word(one: str, other: str, *, alone: bool) -> bool:
    """Whether one may be the other mistyped, or inflected: "releases", "releasing".

    A single syllable is also taken for one that sounds alike: "gòi" for "rồi".
    """
    if (len(one) > _STEM < len(other) and one[:_STEM] == other[:_STEM]) or fuzz.ratio(one, other) >= _SLIP:
        return True
    return alone and not reworded.two_syllables(one, other)


@lru_cache(maxsize=_KEPT)
def _weighty(words: Words) -> list[tuple[int, frozenset[int]]]:
    """Return the words that say something, with their sets of synonyms. Numbers are compared elsewhere."""
    counted = {
        place for one in words.numbers for place in range(one.run[0], one.run[1] + (one.measure is not None))
    }
    dated = {place for fact in words.facts for place in range(*words.run((fact.start, fact.end)))}
    placed = {place for hit in words.places for place in range(*words.run((hit.start, hit.end)))}
    found = synonyms.places(words.marked)
    return [
        (place, frozenset(found[place]))
        for place, word in enumerate(words.marked)
        if not (word in _LIGHT or word in _SLANG or words.folded[place] in _TALK)
        and not (place in counted or place in dated or place in placed)
        and (words.lang != "vi" or is_syllable(word))
    ]


@lru_cache(maxsize=_KEPT)
def _meant(words: Words) -> frozenset[int]:
    return synonyms.meanings(words.marked)


def _sides_at(words: Words, place: int) -> set[tuple[int, int]]:
    return {(one.group, one.side) for one in stands(words) if one.run[0] <= place < one.run[1]}


@lru_cache(maxsize=_KEPT)
def _sides(words: Words) -> set[tuple[int, int]]:
    return {(one.group, one.side) for one in stands(words)}
