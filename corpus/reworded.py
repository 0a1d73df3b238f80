"""Another word in the place of a word, in two texts that are otherwise alike. Pure.

No list has all opposites, so a word that stands for another is a difference unless both may say the same:
synonyms (data/synonyms.json), slips, slang, initials, one place under two names.
"""

import math
import re
from collections.abc import Iterator
from typing import Final

from corpus import synonyms
from corpus.diacritics import rarity
from corpus.quantities import Run
from corpus.replaced import abbreviated, mistyped, one_place
from corpus.syllables import is_syllable
from corpus.wordlists import of
from corpus.words import Aligned, Words

_FRAMES = {1: 0.75, 2: 0.8}  # share of the longer text's words that are the same, by how many words differ
_BRIEF = 14  # words of a text in which even a light word may make another of it
_SHORT = 10  # words of a text of which a second piece may be another
_LONGEST = 3  # syllables of a word
_ANCHOR = 0.3  # rarity from which a word tells something
_MOST = 0.6  # share of the words of a piece that must be well written
_RARE = 0.8  # rarity from which a single syllable is likelier a slip than a word
_SLANG: Final = of("slang")
_LIGHT: Final = of("light")  # words that say little: two texts may differ in them
_ONSET = re.compile(r"(?:ngh|ch|gh|gi|kh|ng|nh|ph|qu|th|tr|[bcdghklmnpqrstvx])?")


def other_words(pair: Aligned) -> Iterator[tuple[Run, Run]]:
    """Yield the words that stand for each other and do not say the same, in the order of the left text.

    Only in texts that are alike but for one word or two, and for words of no more than three syllables.
    """
    runs = list(_replaced(pair))
    words = max(map(len, (_weighty_runs(pair), _weighty_runs(pair.turned()))))
    if len(pair.there) >= _FRAMES.get(words, math.inf) * max(len(pair.ours.folded), len(pair.theirs.folded)):
        yield from (one for one in runs if max(last - first for first, last in one) <= _LONGEST)


def unexplained(pair: Aligned) -> bool:
    """Whether something else, of whatever length, stands in a place of texts alike but for that.

    Who says another thing changes one place of a text; who rewords it changes several.
    """
    runs = max(map(len, (_weighty_runs(pair), _weighty_runs(pair.turned()))))
    short = max(len(pair.ours.folded), len(pair.theirs.folded)) <= _SHORT
    few = runs <= (max(_FRAMES) if short else min(_FRAMES))
    return few and (any(_replaced(pair)) or _only_here(pair))


def _only_here(pair: Aligned) -> bool:
    """Whether short texts differ in one place alone, by words that do not say the same, however light."""
    if pair.ours.lang != pair.theirs.lang or max(len(pair.ours.folded), len(pair.theirs.folded)) > _BRIEF:
        return False
    runs = _alone(pair), _alone(pair.turned())
    if [len(found) for found in runs] != [1, 1] or pair.ours.unsure or pair.theirs.unsure:
        return False
    (mine,), (yours,) = runs
    if pair.facing(mine) != yours or one_place(pair, mine, yours):
        return False
    counted = _counted(pair.ours, mine) or _counted(pair.theirs, yours)
    return not counted and _says_another(pair, mine, yours)


def _replaced(pair: Aligned) -> Iterator[tuple[Run, Run]]:
    if pair.ours.lang != pair.theirs.lang:
        return
    for run in _weighty_runs(pair):
        facing = pair.facing(run)
        if facing is None or one_place(pair, run, facing):
            continue
        mine, yours = _heavy(pair.ours, run), _heavy(pair.theirs, facing)
        if mine is None or yours is None or _counted(pair.ours, mine) or _counted(pair.theirs, yours):
            continue
        if _says_another(pair, mine, yours):
            yield run, facing


def _weighty_runs(pair: Aligned) -> list[Run]:
    return [run for run in _alone(pair) if _weighty(pair.ours, run)]


def _says_another(pair: Aligned, mine: Run, yours: Run) -> bool:
    sizes = mine[1] - mine[0], yours[1] - yours[0]
    if (pair.ours.unsure or pair.theirs.unsure) and min(sizes) == 1:
        return False
    if _moved(pair, mine) or _moved(pair.turned(), yours):
        return False
    if not (_well_written(pair.ours, mine) and _well_written(pair.theirs, yours)):
        return False
    ours, theirs = pair.ours.folded[slice(*mine)], pair.theirs.folded[slice(*yours)]
    if pair.ours.lang == "vi" and max(sizes) == 1 and not two_syllables(ours[0], theirs[0]):
        return False
    if mistyped(ours, theirs) or abbreviated(ours, pair.theirs) or abbreviated(theirs, pair.ours):
        return False
    return not synonyms.alike(pair.ours.marked[slice(*mine)], pair.theirs.marked[slice(*yours)])


def _counted(words: Words, run: Run) -> bool:
    """Whether a number is all that stands at `run`: numbers are compared as such."""
    numbers = {place for one in words.numbers for place in range(*one.run)}
    return numbers.issuperset(range(*run))


def _moved(pair: Aligned, run: Run) -> bool:
    """Whether the right text has all words at `run`, somewhere."""
    return pair.theirs.known.issuperset(pair.ours.folded[slice(*run)])


def _heavy(words: Words, run: Run) -> Run | None:
    """Return `run` without the light words at its ends; None if it has no others."""
    first, last = run
    while first < last and words.marked[first] in _LIGHT:
        first += 1
    while last > first and words.marked[last - 1] in _LIGHT:
        last -= 1
    return (first, last) if first < last else None


def two_syllables(one: str, other: str) -> bool:
    """Whether two folded syllables are two words. What sounds alike is a slip or dialect: "gòi" for "rồi"."""
    return max(rarity(one), rarity(other)) < _RARE and not sound_alike(one, other)


def sound_alike(one: str, other: str) -> bool:
    """Whether two folded syllables begin or end alike."""
    onsets = [_onset(word) for word in (one, other)]
    rimes = [word[len(onset) :] for word, onset in zip((one, other), onsets, strict=True)]
    return onsets[0] == onsets[1] or rimes[0] == rimes[1]


def _onset(syllable: str) -> str:
    found = _ONSET.match(syllable)
    return found.group() if found else ""


def _alone(pair: Aligned) -> list[Run]:
    """Return the runs of left words without a partner."""
    found, first = [], None
    for place in range(len(pair.ours.folded) + 1):
        alone = place < len(pair.ours.folded) and place not in pair.there
        if alone and first is None:
            first = place
        elif not alone and first is not None:
            found.append((first, place))
            first = None
    return found


def _well_written(words: Words, run: Run) -> bool:
    """Whether most words at `run` are no slips, slang or laughter as far as spelling tells."""
    marked = words.marked[slice(*run)]
    if words.lang == "vi":
        well = [_is_word(word) or word.isdecimal() for word in marked]
    else:
        well = [len(word) > 1 or word.isdecimal() or "\u3400" <= word <= "\u9fff" for word in marked]
    return sum(well) > _MOST * len(well)


def _is_word(word: str) -> bool:
    return (len(word) > 1 or word == "y") and is_syllable(word) and word not in _SLANG


def _weighty(words: Words, run: Run) -> bool:
    return any(rarity(words.folded[place]) >= _ANCHOR for place in range(*run))
