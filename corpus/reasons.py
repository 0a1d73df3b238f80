"""Why two texts were put side by side: what they share, what differs, which signals fired.

Codes and character spans only; templates turn them into words. Spans are [start, end) in the canonical texts.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rapidfuzz.distance import Indel

from corpus.diacritics import rarity
from corpus.differences import Difference, Span, Words, differences, words
from corpus.signals import Side, Signals
from models.match import Relation

_PASSES = 3  # alignments; the second and third find phrases that changed places
_LEAST_RARITY = 0.5  # of a single shared word worth showing
_ALIKE = 0.6  # share of the shorter text's words, by rarity, that makes "the same words"
# The least value at which a signal is worth telling a person about, chosen on the development reports.
_FIRED = {
    "cosine": 0.88,
    "char": 0.45,
    "word": 0.4,
    "query_covered": 0.6,
    "candidate_covered": 0.6,
    "token_set": 0.8,
    "names_found": 0.6,
    "numbers_shared": 0.3,
    "dates_shared": 1.0,
    "places_shared": 1.0,
}


@dataclass(frozen=True)
class Shared:
    """The same words on both sides."""

    left: Span
    right: Span


@dataclass(frozen=True)
class Reasons:
    """What a verifier is shown beside a suggested pair."""

    relation: Relation
    shared: tuple[Shared, ...]  # in the order of the left text
    differences: tuple[Difference, ...]
    fired: tuple[str, ...]  # names of `Signals`, and "link" or "id" for an equal key

    def as_json(self) -> dict[str, Any]:
        """Return the reasons as they are stored with a match."""
        return {**asdict(self), "relation": self.relation.value}


def explain(left: Side, right: Side, signals: Signals | None = None) -> Reasons:
    """Return why `left` (a case) and `right` (a claim or an older case) belong together or do not.

    The relation is *same* for the same words, *variant* for the same words with another number, date, place,
    name or polarity, else *other*. Only the first 2,000 characters of each text are looked at.
    """
    ours, theirs = words(left.canonical), words(right.canonical)
    shared = _align(ours, theirs)
    told = differences(ours, theirs, left.places, right.places)
    mine = [span for one in told for span in one.left_spans]
    yours = [span for one in told for span in one.right_spans]
    alike = max(ours.covered_by(theirs, but=mine), theirs.covered_by(ours, but=yours)) >= _ALIKE
    relation = (Relation.VARIANT if told else Relation.SAME) if alike else Relation.OTHER
    return Reasons(relation, shared, told, _fired(left, right, signals))


def _align(ours: Words, theirs: Words) -> tuple[Shared, ...]:
    left, right = list(range(len(ours.folded))), list(range(len(theirs.folded)))
    found: list[Shared] = []
    for _ in range(_PASSES):
        blocks = [
            (left[code.src_start : code.src_end], right[code.dest_start : code.dest_end])
            for code in Indel.opcodes([ours.folded[i] for i in left], [theirs.folded[i] for i in right])
            if code.tag == "equal"
        ]
        runs = [run for block in blocks for run in _runs(*block)]
        kept = [run for run in runs if len(run[0]) > 1 or rarity(ours.folded[run[0][0]]) >= _LEAST_RARITY]
        if not kept:
            break
        found += [Shared(_cover(ours.spans, mine), _cover(theirs.spans, yours)) for mine, yours in kept]
        left = sorted(set(left) - {i for mine, _ in kept for i in mine})
        right = sorted(set(right) - {i for _, yours in kept for i in yours})
    return tuple(sorted(found, key=lambda one: one.left))


def _runs(left: Sequence[int], right: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Split an aligned block where either side skips a word."""
    runs: list[tuple[list[int], list[int]]] = []
    for i, j in zip(left, right, strict=True):
        if runs and runs[-1][0][-1] == i - 1 and runs[-1][1][-1] == j - 1:
            runs[-1][0].append(i)
            runs[-1][1].append(j)
        else:
            runs.append(([i], [j]))
    return runs


def _cover(spans: Sequence[Span], places: Sequence[int]) -> Span:
    return spans[places[0]][0], spans[places[-1]][1]


def _fired(left: Side, right: Side, signals: Signals | None) -> tuple[str, ...]:
    fired = [name for name, least in _FIRED.items() if signals and getattr(signals, name) >= least]
    equal = set(left.keys) & set(right.keys)
    fired += [
        code
        for code, prefix in (("link", "url:"), ("id", "id:"))
        if any(key.startswith(prefix) for key in equal)
    ]
    return tuple(fired)
