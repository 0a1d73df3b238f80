"""Is a changed name only a mistyped one? "Nậm Pun" is Nậm Pung; "Cốc Ly" is another dam. Pure.

A mistyping leaves letters that are no syllable: "Xst", "Oung", "NNậm". Whatever could be another place, a
syllable or a number stays a difference, and a person looks.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rapidfuzz.distance import OSA

from corpus import places
from corpus.syllables import fold, has_marks, is_folded_syllable, is_syllable

_KINDS: Final = frozenset({"name", "place"})
_SHORT: Final = 4  # letters; one stroke may be wrong in a word up to here, two in a longer one
_WORDS: Final = 6  # of a name


def only(ours: str, theirs: str, differences: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether all `differences` (as corpus.reasons stores them) of two texts are mistyped names."""
    return bool(differences) and all(
        one["kind"] in _KINDS and _slip(_cut(ours, one["left_spans"]), _cut(theirs, one["right_spans"]))
        for one in differences
    )


def known_place(ours: str, differences: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a difference names a place on our side that is on the map: a statement of its own."""
    return any(
        one["kind"] in _KINDS and any(True for _ in places.mentions(_cut(ours, one["left_spans"])))
        for one in differences
    )


def _cut(text: str, spans: Sequence[Sequence[int]]) -> str:
    return " ".join(text[start:end] for start, end in spans)


def _slip(ours: str, theirs: str) -> bool:
    mine, yours = ours.split(), theirs.split()
    if len(mine) != len(yours) or not 0 < len(mine) <= _WORDS:
        return False
    return all(_slipped(one, other) for one, other in zip(mine, yours, strict=True))


def _slipped(one: str, other: str) -> bool:
    left, right = fold(one), fold(other)
    if left == right:
        return True
    if not left.isalpha() or not right.isalpha() or (_real(one) and _real(other)):
        return False
    strokes = 1 if max(len(left), len(right)) <= _SHORT else 2
    return OSA.distance(left, right, score_cutoff=strokes) <= strokes


def _real(word: str) -> bool:
    return is_syllable(word) if has_marks(word) else is_folded_syllable(fold(word))
