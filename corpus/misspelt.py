"""Which syllables a word that is none was meant for: a letter missed, doubled, swapped, struck beside."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from corpus.repair import is_vietnamese
from corpus.syllables import folded_syllables, is_folded_syllable, unmarked
from corpus.wordlists import of

_SHORTEST: Final = 3  # letters; from shorter words nearly every syllable is one letter away
_ROWS: Final = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))  # keys, how far to the right
_BESIDE: Final = 1.3  # widths of a key
# Logarithms of how likely a slip is. Guessed; with one number for all a hundredth fewer words come back.
_DOUBLED, _SWAPPED, _MISSED, _NEAR, _ADDED, _FAR = -1.5, -2.0, -2.5, -3.0, -4.0, -5.0
_LONGEST: Final = 8  # letters of a word one slip away from a syllable
_BORROWED: Final = of("borrowed")
_TWICE: Final = re.compile(r"(.)\1+")
_AT: Final = {
    key: (row, at + shift) for row, (keys, shift) in enumerate(_ROWS) for at, key in enumerate(keys)
}


def may_be(word: str) -> bool:
    """Whether `word` can be a misspelt Vietnamese syllable: it is none, and no word from abroad either."""
    if len(word) < _SHORTEST or word.isupper() or is_vietnamese(word) or unmarked(word) in _BORROWED:
        return False
    return bool(meant(unmarked(word)))


@lru_cache(maxsize=16_384)
def meant(word: str) -> tuple[tuple[str, float], ...]:
    """Return the folded syllables one slip away from the folded `word`, with the logarithm of its chance.

    Letters struck twice may come on top: hardly a syllable has any.
    """
    found = dict(_one_slip(word))
    single = _TWICE.sub(r"\1", word)
    if single != word and len(single) >= _SHORTEST:
        struck = (len(word) - len(single)) * _DOUBLED
        alone = [(single, 0.0)] if is_folded_syllable(single) else []
        for syllable, chance in [*alone, *_one_slip(single)]:
            found[syllable] = max(found.get(syllable, chance + struck), chance + struck)
    return tuple(sorted(found.items()))


def _one_slip(word: str) -> Iterator[tuple[str, float]]:
    if len(word) > _LONGEST:
        return
    known = _by_shorter()
    for syllable in {one for key in {word, *_shorter(word)} for one in known.get(key, ())}:
        if OSA.distance(word, syllable) == 1:
            yield syllable, _slip(word, syllable)


def _slip(word: str, syllable: str) -> float:
    at = next(
        (i for i, (ours, theirs) in enumerate(zip(word, syllable, strict=False)) if ours != theirs), None
    )
    if len(word) < len(syllable):
        return _MISSED
    if len(word) > len(syllable):
        at = len(syllable) if at is None else at
        return _DOUBLED if at and word[at] == word[at - 1] else _ADDED
    if at is None or sorted(word) == sorted(syllable):
        return _SWAPPED
    return _NEAR if _beside(word[at], syllable[at]) else _FAR


def _beside(one: str, other: str) -> bool:
    if one not in _AT or other not in _AT:
        return False
    (row, at), (other_row, other_at) = _AT[one], _AT[other]
    return abs(row - other_row) <= 1 and abs(at - other_at) < _BESIDE


def _shorter(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


@cache
def _by_shorter() -> dict[str, list[str]]:
    """Return the syllables by what is left of each when a letter goes: one slip apart have one in common."""
    found = defaultdict(list)
    for syllable in sorted(folded_syllables()):
        for key in {syllable, *_shorter(syllable)}:
            found[key].append(syllable)
    return dict(found)
