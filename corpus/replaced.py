"""What stands in the place of what: another name, in two aligned texts. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from rapidfuzz import fuzz

from corpus import places
from corpus.diacritics import rarity
from corpus.places import PlaceHit
from corpus.quantities import Run
from corpus.syllables import is_syllable
from corpus.wordlists import of
from corpus.words import Aligned, Span, Words

_TYPO = 70  # likeness of two words, 0..100, from which one may be the other mistyped
_LONGEST_NAME = 5  # words of a name with what belongs to it
_ACRONYM = 6  # letters of the longest
_WEIGHTY = 0.3  # mean rarity from which words without capitals may be a name
_ALIASES = (
    frozenset({"sai gon", "hcm", "tp hcm", "tphcm", "thanh pho hcm", "ho chi minh", "tp", "thanh pho"}),
    frozenset({"ha noi", "hn", "thu do", "hanoi"}),
    frozenset({"evn", "dien luc", "tap doan dien luc", "nganh dien"}),
)
_NO_NAME: Final = of("no_name")


def renamed(pair: Aligned, span: Span) -> tuple[Run, Run] | None:
    """Return a name or a part of it, and the other name that stands exactly in its place, if any."""
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
        if not _is_name(pair.ours, run) or not _is_name(pair.theirs, facing) or mistyped(ours, theirs):
            continue
        if ours[0] == theirs[0] or ours[-1] == theirs[-1]:
            continue  # perhaps the same name with a title or shortened; what is left of it comes next
        if one_place(pair, run, facing):
            continue
        if (
            not abbreviated(ours, pair.theirs)
            and not abbreviated(theirs, pair.ours)
            and not _known_as(ours, theirs)
        ):
            return run, facing
    return None


def unknown(pair: Aligned) -> list[Span]:
    """Return the names of two words or more of which the right text has no word, not even shortened."""
    found = []
    for span in pair.ours.names:
        first, last = pair.ours.run(span)
        parts = pair.ours.folded[first:last]
        alien = not any(place in pair.there for place in range(first, last)) and not pair.theirs.known & set(
            parts
        )
        if len(parts) > 1 and alien and not abbreviated(parts, pair.theirs):
            found.append(span)
    return found


def one_place(pair: Aligned, run: Run, facing: Run) -> bool:
    """Whether places that are one, or one inside the other, stand there."""
    mine, yours = pair.ours.span(run), pair.theirs.span(facing)
    return any(
        same_place(one, other)
        for one in pair.ours.places
        if one.start < mine[1] and mine[0] < one.end
        for other in pair.theirs.places
        if other.start < yours[1] and yours[0] < other.end
    )


def same_place(one: PlaceHit, other: PlaceHit) -> bool:
    """Whether the two are one place, under whatever name, or one is known to lie inside the other.

    Two old districts may share a commune of today and are two places all the same.
    """
    if one.codes and other.codes:
        return set(one.codes) <= set(other.codes) or set(other.codes) <= set(one.codes)
    return places.touch(one.key, other.key)


def abbreviated(parts: Sequence[str], others: Words) -> bool:
    """Whether `others` shorten the words to initials, or write out what `parts` shorten."""
    if len(parts) > 1 and "".join(part[0] for part in parts) in others.known:
        return True
    letters = "".join(parts)
    return len(letters) <= _ACRONYM and letters in "".join(word[0] for word in others.folded)


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


def mistyped(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether one may be the other with a slip of the hand. Takes folded words."""
    return fuzz.ratio(" ".join(one), " ".join(other)) >= _TYPO
