"""Who does it to whom, and from where to where: two things that changed places around the same words. Pure.

"A đánh B" and "B đánh A" have the same words. They say the same where a word makes a passive of one ("bị",
"được"), or where the order says nothing ("A và B").
"""

import itertools
from collections.abc import Sequence
from typing import Final

from rapidfuzz.distance import Levenshtein

from corpus.diacritics import rarity
from corpus.quantities import Run
from corpus.syllables import unmarked
from corpus.wordlists import of
from corpus.words import Aligned, Words

_LONGEST: Final = 6  # words of either thing, and of what stands between them
_ANCHOR: Final = 0.3
_NEAR: Final = 2  # words between the parts of a passive
_NO_THING: Final = of(
    "no_thing_begins"
)  # words that begin a time, a place or a clause, which may move freely
_NO_ORDER: Final = of("no_order")  # words between two things whose order says nothing
_TURNS: Final = of("turns")  # words that make a passive
_AWAY: Final = frozenset(
    {"từ", "ở", "tại", "trong", "tu", "o", "tai", "from", "in", "at"}
)  # begin what may stand anywhere
_ARTICLES: Final = frozenset({"the", "a", "an"})
_BLOCKS: Final = 40  # shared pieces looked at

_WAYS: Final = dict.fromkeys(
    ("len", "xuong", "ve", "toi", "ra", "vao", "sang", "qua"), "den"
)  # from here to there

_Block = tuple[int, int, int]  # begins on the left, on the right, words


def exchanged(pair: Aligned) -> tuple[Run, Run] | None:
    """Return the first of two things that changed places, and what stands first on the right."""
    unsure = pair.ours.unsure or pair.theirs.unsure
    (ours, mine), (theirs, yours) = (_read(side, unsure=unsure) for side in (pair.ours, pair.theirs))
    if pair.ours.lang != pair.theirs.lang:
        return None
    found = _found(ours, theirs)
    return found and (_back(mine, found[0]), _back(yours, found[1]))


def _found(ours: Sequence[str], theirs: Sequence[str]) -> tuple[Run, Run] | None:
    turns = _turns(ours), _turns(theirs)
    if turns[0] == turns[1]:
        return _around(ours, theirs) or _across(ours, theirs) or _in_slots(ours, theirs)
    if not turns[0]:
        return _suffered(ours, theirs)
    if not turns[1]:
        found = _suffered(theirs, ours)
        return found and (found[1], found[0])
    return None


def _read(side: Words, *, unsure: bool) -> tuple[list[str], list[int]]:
    """Return the words by which order is compared, and where they stand: articles stand anywhere."""
    kept = [place for place, word in enumerate(side.folded) if side.lang != "en" or word not in _ARTICLES]
    said = side.folded if unsure else side.marked
    return [_WAYS.get(side.folded[place], said[place]) for place in kept], kept


def _back(places: Sequence[int], run: Run) -> Run:
    return places[run[0]], places[run[1] - 1] + 1


def _around(ours: Sequence[str], theirs: Sequence[str]) -> tuple[Run, Run] | None:
    """Find two shared pieces that stand the other way round at both ends of a third."""
    blocks = _blocks(ours, theirs)
    for middle in blocks:
        before = [one for one in blocks if _follows(one, middle, left=True)]
        after = [one for one in blocks if _follows(middle, one, left=True)]
        for first in before:
            for second in after:
                right = _follows(second, middle, left=False) and _follows(middle, first, left=False)
                if right and _tells(ours, first) and _tells(ours, second) and _joins(ours, middle):
                    return (first[0], first[0] + first[2]), (second[1], second[1] + second[2])
    return None


def _across(ours: Sequence[str], theirs: Sequence[str]) -> tuple[Run, Run] | None:
    """Find a shared piece behind which stands what the other text has before it, and so in both texts.

    What is done is followed by whom it is done to; who does it may stand anywhere before. A single word is no
    thing: it may be half of a name.
    """
    blocks = _blocks(ours, theirs)
    things = [one for one in blocks if one[2] > 1]
    for verb in blocks:
        mine = [one for one in things if one[0] == verb[0] + verb[2] and one[1] + one[2] <= verb[1]]
        yours = [one for one in things if one[1] == verb[1] + verb[2] and one[0] + one[2] <= verb[0]]
        for one, other in itertools.product(mine, yours):
            if _joins(ours, verb) and _weighs(ours, verb) and _tells(ours, one) and _tells(ours, other):
                return (other[0], other[0] + other[2]), (one[1], one[1] + one[2])
    return None


def _suffered(does: Sequence[str], suffers: Sequence[str]) -> tuple[Run, Run] | None:
    """Find who does it in one text, and it is done to in the other: "A đánh B", "A bị B đánh"."""
    turn = next(place for place, word in enumerate(suffers) if word in _TURNS)
    blocks = _blocks(does, suffers)
    for verb in blocks:
        if verb[1] < turn or not _joins(does, verb):
            continue
        actors = [one for one in blocks if 0 <= verb[0] - one[0] - one[2] <= 1 and one[1] + one[2] <= turn]
        others = [one for one in blocks if 0 <= one[0] - verb[0] - verb[2] <= 1 and turn < one[1]]
        for actor in actors:
            for other in others:
                before = 0 <= verb[1] - other[1] - other[2] <= _NEAR and other[1] - turn <= _NEAR
                if before and _tells(does, actor) and _tells(does, other):
                    return (actor[0], actor[0] + actor[2]), (other[1], other[1] + other[2])
    return None


def _in_slots(ours: Sequence[str], theirs: Sequence[str]) -> tuple[Run, Run] | None:
    """Find two places where each text has what the other has in the other place: "hai ngày một lần"."""
    slots = [
        ((one.src_start, one.src_end), (one.dest_start, one.dest_end))
        for one in Levenshtein.opcodes(ours, theirs)
        if one.tag == "replace"
    ]
    for (mine, yours), (mine_later, yours_later) in itertools.combinations(slots, 2):
        pieces = [
            ours[slice(*mine)],
            theirs[slice(*yours_later)],
            theirs[slice(*yours)],
            ours[slice(*mine_later)],
        ]
        if not (_holds(*pieces[:2]) and _holds(*pieces[2:])):
            continue
        between = ours[mine[1] : mine_later[0]]
        if all(len(piece) == 1 or piece[0] not in _NO_THING for piece in pieces) and not _NO_ORDER.issuperset(
            between
        ):
            return mine, yours
    return None


def _holds(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the shorter begins or ends the longer, which is no more than a word longer."""
    less, more = sorted((one, other), key=len)
    return len(more) - len(less) <= 1 and (less == more[: len(less)] or less == more[len(more) - len(less) :])


def _blocks(ours: Sequence[str], theirs: Sequence[str]) -> list[_Block]:
    """Return the longest pieces that both have, wherever they stand."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(theirs):
        places.setdefault(word, []).append(place)
    found: list[_Block] = []
    for left, word in enumerate(ours):
        for right in places.get(word, ()):
            if left and right and ours[left - 1] == theirs[right - 1]:
                continue
            size = 1
            while ours[left + size : left + size + 1] == theirs[right + size : right + size + 1] != []:
                size += 1
            found.append((left, right, size))
            if len(found) == _BLOCKS:
                return found
    return found


def _follows(one: _Block, other: _Block, *, left: bool) -> bool:
    """Whether `other` begins where `one` ends."""
    side = 0 if left else 1
    return one[side] + one[2] == other[side] and one[2] <= _LONGEST and other[2] <= _LONGEST


def _tells(words: Sequence[str], block: _Block) -> bool:
    return words[block[0]] not in _NO_THING and _weighs(words, block)


def _weighs(words: Sequence[str], block: _Block) -> bool:
    return any(rarity(unmarked(word)) >= _ANCHOR for word in words[block[0] : block[0] + block[2]])


def _joins(words: Sequence[str], block: _Block) -> bool:
    run = words[block[0] : block[0] + block[2]]
    return run[0] not in _AWAY and any(word not in _NO_ORDER for word in run)


def _turns(words: Sequence[str]) -> int:
    return sum(word in _TURNS for word in words)
