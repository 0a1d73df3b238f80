"""Folded texts compared by their characters and words, without any state to keep in step.

What scikit-learn's vectorisers count, counted for a query and all its candidates at once: every gram becomes
a number, and one sort brings equal ones together. Of 10^8 pairs of texts one has two grams that chance made
the same number.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

TEXT_LIMIT: Final = 2_000  # folded characters compared; a long post says what it is about early

Scores = npt.NDArray[np.float64]
_Numbers = npt.NDArray[np.uint64]

_SHORTEST, _LONGEST = 3, 5  # characters of a gram
_FEWEST: Final = 31  # texts among which rarity is judged: with fewer, as if the others had no such gram
_KEY_BITS: Final = np.uint64(48)  # of a gram; the other 16 say in which text it stands
_KEY: Final = np.uint64(2**48 - 1)
# Odd 64-bit numbers without meaning: the character at each place of a gram is multiplied by one of them.
_FACTORS: Final = np.random.default_rng(48).integers(2**63, size=11, dtype=np.uint64) * np.uint64(
    2
) + np.uint64(1)
_POWERS: Final = np.cumprod(np.full(TEXT_LIMIT + 1, _FACTORS[10]))  # by which the letters of a word count
_SLOT: Final = np.uint64(2**16 - 1)  # the last one of the table in which the grams of a query are looked up
_TEXT_BITS: Final = np.uint64(12)  # of a slot among those for the grams of one text
_TRIED: Final = range(4, 33, 4)  # ways to put grams into slots


class Shared(NamedTuple):
    """What a query and each candidate have in common of one kind of gram, 0..1."""

    cosine: Scores  # of the counts
    found: (
        Scores  # share of the query's grams that the candidate has; the rarer among the candidates, the more
    )
    both: Scores  # geometric mean of `found` and the share of the candidate's grams that the query has


class Likeness(NamedTuple):
    """How alike a query and each candidate are."""

    char: Shared  # character 3- to 5-grams inside words: typing errors, joined words, other inflections
    word: Shared  # words and neighbouring pairs


def similarity(query: str, candidates: Sequence[str], *, worded: str | None = None) -> Likeness:
    """Return how alike the folded `query` and each folded candidate (at most 65,000) are.

    The words of `worded`, where given, are compared instead of those of `query`. The first 2,000 characters
    of each text count. Empty texts are like nothing.
    """
    if not candidates:
        return Likeness(_nothing(0), _nothing(0))
    others = [text[:TEXT_LIMIT] for text in candidates]
    letters, words = query[:TEXT_LIMIT], (query if worded is None else worded)[:TEXT_LIMIT]
    return Likeness(
        _shared(*_char_grams([letters, *others]), len(others) + 1),
        _shared(*_word_grams([words, *others]), len(others) + 1),
    )


def _nothing(count: int) -> Shared:
    return Shared(np.zeros(count), np.zeros(count), np.zeros(count))


def _char_grams(texts: Sequence[str]) -> tuple[_Numbers, _Numbers]:
    """Return, gram by gram, the number of the text and the gram as a number.

    A gram may begin with the blank before a word and end with the one after it, and holds none inside.
    """
    lines = [f" {text} \n" for text in texts]
    written = "".join(lines).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(written, dtype=np.uint32).astype(np.uint64)
    apart = codes <= ord(" ")
    rows = np.repeat(np.arange(len(lines), dtype=np.uint64), [len(line) for line in lines])
    where, grams = [], []
    broken = np.zeros(len(codes), dtype=bool)  # whether a blank stands inside the gram that begins here
    mixed = codes * _FACTORS[0]
    for size in range(2, _LONGEST + 1):
        end = max(0, len(codes) - size + 1)
        mixed = mixed[:end] + codes[size - 1 :] * _FACTORS[size - 1]
        broken = broken[:end] | (apart[size - 2 :][:end] if size > 2 else False)  # noqa: PLR2004  none inside two
        if size >= _SHORTEST:
            whole = np.flatnonzero(~broken)
            where.append(rows[whole])
            grams.append(mixed[whole] ^ _FACTORS[_LONGEST + size])
    return np.concatenate(where), np.concatenate(grams)


def _word_grams(texts: Sequence[str]) -> tuple[_Numbers, _Numbers]:
    lines = [f"{text}\n" for text in texts]
    written = "".join(lines).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(written, dtype=np.uint32).astype(np.uint64)
    apart = codes <= ord(" ")
    ends = np.flatnonzero(apart)
    begins = np.concatenate([[0], ends[:-1] + 1]).astype(np.intp)
    kept = begins < ends  # an empty text has no word
    places = np.arange(len(codes)) - np.repeat(begins, ends - begins + 1)
    codes[apart] = 0
    words = np.add.reduceat(codes * _POWERS[places], begins)[kept] * _FACTORS[0]
    where = np.repeat(np.arange(len(lines), dtype=np.uint64), [len(line) for line in lines])
    rows = where[begins[kept]]
    together = rows[1:] == rows[:-1]
    pairs = (words[:-1] * _FACTORS[1] + words[1:])[together]
    return np.concatenate([rows, rows[1:][together]]), np.concatenate([words, pairs])


def _shared(rows: _Numbers, grams: _Numbers, count: int) -> Shared:
    """Return what the counted grams of text 0 have in common with those of each other text."""
    found, times = _counted((rows << _KEY_BITS) | (grams >> np.uint64(16)))
    owners, keys = (found >> _KEY_BITS).astype(np.intp), found & _KEY
    ours = int(np.searchsorted(owners, 1))
    if not ours:
        return _nothing(count - 1)
    lengths = np.sqrt(np.bincount(owners, times * times, minlength=count))
    sizes = np.bincount(owners, minlength=count)
    places = _places(keys[:ours], keys[ours:])
    shared = np.flatnonzero(keys[places] == keys[ours:])
    places, theirs = places[shared], owners[ours:][shared]
    dots = np.bincount(theirs, times[ours:][shared] * times[places], minlength=count)[1:]
    weights = np.log((max(count, _FEWEST) + 1) / (np.bincount(places, minlength=ours) + 0.5))
    covered = np.bincount(theirs, weights[places], minlength=count)[1:] / weights.sum()
    back = np.bincount(theirs, minlength=count)[1:] / np.maximum(sizes[1:], 1)
    cosine = dots / np.maximum(lengths[0] * lengths[1:], 1e-12)
    return Shared(cosine.astype(np.float64), covered.astype(np.float64), np.sqrt(covered * back))


def _counted(packed: _Numbers) -> tuple[_Numbers, Scores]:
    """Return the different ones of `packed` with how often each comes: those of text 0 first, ascending.

    Most come once, which a slot of their own shows; only the others need sorting.
    """
    low = (np.uint64(1) << _TEXT_BITS) - np.uint64(1)
    slots = ((packed >> _KEY_BITS << _TEXT_BITS) | (packed & low)).astype(np.intp)
    alone = np.bincount(slots)[slots] == 1
    again = np.sort(packed[~alone])
    first = (
        np.flatnonzero(np.concatenate([[True], again[1:] != again[:-1]])) if len(again) else np.zeros(0, int)
    )
    found = np.concatenate([packed[alone], again[first]])
    times = np.concatenate([np.ones(int(alone.sum())), np.diff(first, append=len(again))])
    asking = found <= _KEY
    order = np.concatenate([np.flatnonzero(asking)[np.argsort(found[asking])], np.flatnonzero(~asking)])
    return found[order], times[order]


def _places(ours: _Numbers, theirs: _Numbers) -> npt.NDArray[np.intp]:
    """Return for each of `theirs` the only place in `ours`, ascending, where it may stand.

    A table in which no two of `ours` share a slot answers several times as fast as bisection.
    """
    for shift in _TRIED:
        slots = (ours >> np.uint64(shift)) & _SLOT
        table = np.zeros(int(_SLOT) + 1, dtype=np.int32)
        table[slots] = np.arange(len(ours))
        if (table[slots] == np.arange(len(ours))).all():
            return np.asarray(table[(theirs >> np.uint64(shift)) & _SLOT], dtype=np.intp)
    return np.minimum(np.searchsorted(ours, theirs), len(ours) - 1)
