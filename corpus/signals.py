"""What can be measured on a pair of texts: a query beside each of its candidates.

The names in `Signals` are stable: stored with every match, shown to verifiers and weighed by the ranker.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from corpus import lexical
from corpus.diacritics import rarity
from corpus.keys import compare_dates
from corpus.syllables import fold
from corpus.text import NormalText

_UPPER = "A-ZĐÀ-ÖØ-ÞĂĨŨƠƯ" + "".join(chr(code) for code in range(0x1EA0, 0x1EFA, 2))
_CAPITALISED = re.compile(rf"(?<!\w)[{_UPPER}]\w*(?:[ -][{_UPPER}]\w*)*")
_SENTENCE_END = ".!?:;\"'(-"


@dataclass(frozen=True, eq=False)
class Side:
    """One text of a pair in the forms that are compared. `vector` is None while the encoder has not run."""

    canonical: str
    folded: str
    keys: tuple[str, ...]
    lang: str
    places: frozenset[str] = frozenset()  # commune codes
    vector: npt.NDArray[np.float32] | None = None

    @classmethod
    def of(
        cls,
        text: NormalText,
        vector: npt.NDArray[np.float32] | None = None,
        places: Collection[str] = (),
    ) -> Self:
        """Return the side made of a normal text, its vector and the communes it names."""
        return cls(text.canonical, text.folded, text.keys, text.lang, frozenset(places), vector)


class Signals(NamedTuple):
    """Measurements of one pair. Shares and cosines lie in 0..1, gaps are 0 for the best of the list."""

    cosine: float  # of the two vectors; 0 when one is missing
    cosine_gap: float  # the list's best cosine minus this one
    char: float  # folded character n-grams
    char_gap: float
    word: float  # folded words and pairs
    query_covered: float  # share of the query's words, by rarity, that the candidate has
    candidate_covered: float  # share of the candidate's words, by rarity, that the query has
    token_set: float  # rapidfuzz token_set_ratio
    partial: float  # rapidfuzz partial_ratio
    names_found: float  # share of the candidate's names that the query has; 0 without names
    names_missing: float  # share that it lacks; 0 without names
    numbers_shared: float  # numbers that both have, 3 at most, divided by 3
    numbers_missing: float  # share of the query's numbers that the candidate lacks
    dates_shared: float  # 1 when a date of each agrees
    dates_apart: float  # 1 when dates can be compared and none agree
    places_shared: float  # 1 when both name the same commune
    places_apart: float  # 1 when both name communes and none is shared
    foreign: float  # 1 when the languages differ
    foreign_cosine: float  # `cosine` where the languages differ, else 0
    foreign_gap: float  # `cosine_gap` where the languages differ, else 0
    query_short: float  # 1 for a query of one word, 0 from 20 words on


def measure(query: Side, candidates: Sequence[Side]) -> list[Signals]:
    """Return the signals of `query` beside each candidate, in their order."""
    if not candidates:
        return []
    cosines = [cosine(query, candidate) for candidate in candidates]
    likeness = lexical.similarity(query.folded, [candidate.folded for candidate in candidates])
    best_cosine, best_char = max(cosines), float(likeness.char.max())
    return [
        _pair(query, candidate, (value, best_cosine), (float(char), best_char), float(word))
        for candidate, value, char, word in zip(
            candidates, cosines, likeness.char, likeness.word, strict=True
        )
    ]


def cosine(left: Side, right: Side) -> float:
    """Return the cosine of the two unit vectors, not below 0; 0 when one is missing."""
    if left.vector is None or right.vector is None:
        return 0.0
    return max(0.0, float(np.dot(left.vector, right.vector)))


def _pair(
    query: Side,
    candidate: Side,
    dense: tuple[float, float],
    char: tuple[float, float],
    word: float,
) -> Signals:
    ours, theirs = set(query.folded.split()), set(candidate.folded.split())
    found = _covered(names(candidate.canonical), ours)
    numbers, other_numbers = _values(query, "num"), _values(candidate, "num")
    dates = compare_dates(_values(query, "date"), _values(candidate, "date"))
    foreign = float(query.lang != candidate.lang)
    gap = dense[1] - dense[0]
    return Signals(
        cosine=dense[0],
        cosine_gap=gap,
        char=char[0],
        char_gap=char[1] - char[0],
        word=word,
        query_covered=_covered(ours, theirs) or 0.0,
        candidate_covered=_covered(theirs, ours) or 0.0,
        token_set=fuzz.token_set_ratio(query.folded, candidate.folded) / 100,
        partial=fuzz.partial_ratio(query.folded[:1000], candidate.folded[:1000]) / 100,
        names_found=found or 0.0,
        names_missing=0.0 if found is None else 1 - found,
        numbers_shared=min(3, len(numbers & other_numbers)) / 3,
        numbers_missing=len(numbers - other_numbers) / len(numbers) if numbers else 0.0,
        dates_shared=float(dates == "agree"),
        dates_apart=float(dates == "apart"),
        places_shared=float(bool(query.places & candidate.places)),
        places_apart=float(bool(query.places and candidate.places) and not query.places & candidate.places),
        foreign=foreign,
        foreign_cosine=dense[0] * foreign,
        foreign_gap=gap * foreign,
        query_short=max(0.0, 1 - (len(query.folded.split()) - 1) / 19),
    )


def name_spans(canonical: str) -> list[tuple[int, int]]:
    """Return where proper names stand in a text that uses capitals as one should.

    A single capitalised word at the start of a sentence is no name.
    """
    found = []
    for match in _CAPITALISED.finditer(canonical):
        before = canonical[: match.start()].rstrip()
        starts = not before or before[-1] in _SENTENCE_END
        if not starts or re.search(r"[ -]", match.group()):
            found.append(match.span())
    return found


def names(canonical: str) -> set[str]:
    """Return the folded words of the proper names in `canonical`; see `name_spans`."""
    return {word for start, end in name_spans(canonical) for word in fold(canonical[start:end]).split()}


def _covered(wanted: set[str], present: set[str]) -> float | None:
    """Return the share of `wanted`, weighed by rarity, that is `present`; None when nothing is wanted."""
    weights = {word: rarity(word) for word in wanted}
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in present) / total if total else None


def _values(side: Side, kind: str) -> set[str]:
    """Return the date keys of a side, or the values of its numbers without their units."""
    if kind == "num":
        return {key.split(":")[1] for key in side.keys if key.startswith("num:")}
    return {key for key in side.keys if key.startswith(f"{kind}:")}
