"""What can be measured on a pair of texts: a query beside each of its candidates.

The names in `Signals` are stable: stored with every match, shown to verifiers and weighed by the ranker. A
new signal is a name with its meaning there and a line in `_COLUMNS`, which measures all candidates at once.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from corpus import lexical
from corpus.diacritics import rarity
from corpus.keys import compare_dates
from corpus.lexical import TEXT_LIMIT
from corpus.side import Side

_TOP: Final = 10  # best of a list
_UNRELATED: Final = 0.65  # cosine that unrelated texts have with the bundled encoder; near copies have .95
_HAIR: Final = 1e-6  # by which equal texts may differ: sums are not made in one order
_LEAST, _OF_LIKENESS = 0.6, 0.35  # of an estimated cosine
_PARTIAL_LIMIT = 1_000  # characters aligned; its time grows with the product of both lengths

Column = npt.NDArray[np.float64]  # one number for each candidate
Table = npt.NDArray[np.float64]  # a row for each candidate, a column for each signal


class Signals(NamedTuple):
    """Measurements of one pair. Shares and cosines lie in 0..1, gaps are 0 for the best of the list."""

    cosine: float  # of the two vectors; estimated by `char` when one is missing
    cosine_gap: float  # the list's best cosine minus this one
    cosine_over: float  # how far it stands above the mean of the list's ten best
    cosine_lead: float  # of the best of the list: its distance to the next matter; 0 for the others
    char: float  # folded character n-grams
    char_gap: float
    char_found: float  # share of the query's grams, by rarity in the list, that the candidate has
    char_both: float  # geometric mean of that and the share of the candidate's grams that the query has
    char_both_gap: float
    word: float  # folded words and pairs
    word_found: float
    word_both: float
    word_both_gap: float
    word_both_part: float  # of the list's best, 1 for that; 0 where languages differ
    word_both_lead: float  # of the best: its distance to the next matter; 0 where languages differ
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
    foreign_over: float  # `cosine_over` where the languages differ, else 0
    chinese: float  # 1 when just one of both is Chinese, read aloud
    chinese_word_both: float  # `word_both` where it is, else 0
    query_short: float  # 1 for a query of one word, 0 from 20 words on
    longer: float  # log of the candidate's words per word of the query


class Comparison:
    """A query beside its candidates. What several signals need is worked out once, when first asked for.

    `owners`: whose the candidates are. Texts of one owner, and such in the same words, are no rivals.
    """

    def __init__(self, query: Side, candidates: Sequence[Side], owners: Sequence[int] = ()) -> None:
        self.query, self.candidates = query, candidates
        self._owners = owners or range(len(candidates))
        self._texts = [candidate.compared for candidate in candidates]
        self._columns: dict[str, Column] = {}

    def table(self, wanted: Sequence[str], among: Sequence[int] | None = None) -> Table:
        """Return the `wanted` signals: one row for each candidate, or for those at `among` alone."""
        if not self.candidates or (among is not None and not among):
            return np.zeros((0, len(wanted)))
        if among is None:
            return np.array([self._column(name) for name in wanted], dtype=np.float64).T
        places = list(among)
        few = Comparison(self.query, [self.candidates[place] for place in places])
        columns = [few._column(name) if name in DEAR else self._column(name)[places] for name in wanted]
        return np.array(columns, dtype=np.float64).T

    def _column(self, name: str) -> Column:
        if name not in self._columns:
            self._columns[name] = _COLUMNS[name](self)
        return self._columns[name]

    def each(self, of: Callable[[Side], float]) -> Column:
        """Return `of` of each candidate."""
        return np.array([of(one) for one in self.candidates], dtype=np.float64)

    @cached_property
    def _matters(self) -> list[int]:
        first: dict[str, int] = {}
        return [
            first.setdefault(one.folded, owner)
            for one, owner in zip(self.candidates, self._owners, strict=True)
        ]

    def rivals(self, column: Column) -> Column:
        """Return the best of `column` for each of those that may be meant."""
        best: dict[int, float] = {}
        for matter, value in zip(self._matters, column.tolist(), strict=True):
            best[matter] = max(value, best.get(matter, value))
        return np.array(list(best.values()))

    def lead(self, column: Column, usual: float) -> Column:
        """Return how far the best stands above the best of another matter, 0 for the others.

        `usual`: what the best of many unrelated ones has, as for a gap.
        """
        second, best = np.sort(np.concatenate([self.rivals(column), [usual]]))[-2:]
        return np.where(column >= best - _HAIR, best - second, 0.0)

    def evenly(self, number: float) -> Column:
        """Return the same `number` for each candidate."""
        return np.full(len(self.candidates), number)

    @cached_property
    def cosine(self) -> Column:
        """Cosine of the two vectors; where one is missing, what texts of such likeness usually have.

        A claim is found from the moment of its commit, by its words, until the worker has encoded it. Two
        texts that both ask and are found have the mean of both ways.
        """
        there, back = self._cosines(attrgetter("vector")), self._cosines(attrgetter("turned"))
        found = np.where(np.isnan(back), there, (there + back) / 2)
        missing = np.isnan(found)
        if missing.any():
            found[missing] = (_LEAST + _OF_LIKENESS * self.likeness.char.cosine)[missing]
        return found

    def _cosines(self, role: Callable[[Side], npt.NDArray[np.float32] | None]) -> Column:
        """Return the cosines of the vectors in one role, not below 0; NaN where either is missing."""
        asking, found = role(self.query), np.full(len(self.candidates), np.nan)
        vectors = [None if asking is None else role(one) for one in self.candidates]
        have = [i for i, one in enumerate(vectors) if one is not None]
        if have and asking is not None:
            found[have] = np.maximum(0.0, np.array([vectors[i] for i in have], dtype=np.float32) @ asking)
        return found

    @cached_property
    def cosine_over(self) -> Column:
        """How far each stands above the mean of the ten best; fewer are filled up with unrelated ones."""
        best = np.sort(np.concatenate([self.rivals(self.cosine), np.full(_TOP, _UNRELATED)]))[-_TOP:]
        return np.asarray(self.cosine - best.mean(), dtype=np.float64)

    @cached_property
    def likeness(self) -> lexical.Likeness:
        """Cosines of characters and of words."""
        return lexical.similarity(self.query.compared, self._texts, worded=self.query.worded)

    @cached_property
    def foreign(self) -> Column:
        """1 where the languages differ."""
        return self.each(lambda one: one.lang != self.query.lang)

    @cached_property
    def chinese(self) -> Column:
        """1 where just one of both is Chinese: of a text read aloud, not all are words of the other."""
        return self.each(lambda one: (one.lang == "zh") != (self.query.lang == "zh"))

    @property
    def same_language(self) -> Column:
        """1 where the languages are the same: only there words say who is nearer."""
        return 1 - self.foreign

    @cached_property
    def _weights(self) -> dict[str, float]:
        return {word: rarity(word) for word in set(self.query.worded.split())}

    @cached_property
    def covered(self) -> tuple[Column, Column]:
        """Shares by rarity: of the query's words a candidate has, and of its words the query has."""
        ours, total = self._weights, sum(self._weights.values())
        asked = ours.keys()
        found, back = [0.0] * len(self._texts), [0.0] * len(self._texts)
        for number, text in enumerate(self._texts):
            words = set(text.split())
            shared = sum([ours[word] for word in asked & words])
            if shared:
                found[number] = shared / total
                back[number] = shared / sum(map(rarity, words))
        return np.array(found), np.array(back)

    @cached_property
    def names_found(self) -> Column:
        """Share of the candidate's names, by rarity, that the query has; -1 without names."""
        ours = self._weights

        def share(one: Side) -> float:
            theirs = one.names if one.stored_names is None else one.stored_names
            total = sum(map(rarity, theirs))
            return sum([ours[word] for word in theirs if word in ours]) / total if total else -1.0

        return self.each(share)

    @cached_property
    def numbers_missing(self) -> Column:
        """Share of the query's numbers that the candidate lacks."""
        ours = self.query.numbers
        return self.each(lambda one: len(ours - one.numbers) / len(ours)) if ours else self.evenly(0.0)

    @cached_property
    def dates(self) -> Column:
        """1 where a date of each agrees, -1 where dates can be compared and none agree, else 0."""
        ours, worth = self.query.dates, {"agree": 1.0, "apart": -1.0, "unknown": 0.0}
        if not ours:
            return self.evenly(0.0)
        return self.each(lambda one: worth[compare_dates(ours, one.dates)] if one.dates else 0.0)

    @cached_property
    def places(self) -> Column:
        """1 where both name the same commune, -1 where both name communes and none is shared, else 0."""
        ours = self.query.places
        if not ours:
            return self.evenly(0.0)
        return self.each(lambda one: (1.0 if ours & one.places else -1.0) if one.places else 0.0)

    @cached_property
    def longer(self) -> Column:
        """Log of the candidate's words per word of the query."""
        words = np.array([text.count(" ") + 1 for text in self._texts])
        return np.asarray(np.log((words + 1) / (self.query.words + 1)), dtype=np.float64)

    def fuzzy(self, scorer: Callable[..., float], asking: str, limit: int) -> Column:
        """Return what a scorer of rapidfuzz says of `asking` and the first `limit` characters, 0..1."""
        texts = [text[:limit] for text in self._texts]
        scores = process.cdist([asking[:limit]], texts, scorer=scorer, dtype=np.float64)
        return np.asarray(scores[0] / 100, dtype=np.float64)


def _gap(column: Column, usual: float) -> Column:
    """Return how far below the best of the list each stands; `usual` is what the best of many unrelated has.

    So the only text of a young corpus is not taken for the best of many.
    """
    return np.asarray(max(usual, column.max()) - column, dtype=np.float64)


def _part(column: Column, usual: float) -> Column:
    """Return how much of the best of the list each has, 1 for the best; `usual` as for a gap."""
    return np.asarray(column / max(usual, column.max()), dtype=np.float64)


_COLUMNS: Final[dict[str, Callable[[Comparison], Column]]] = {
    "cosine": lambda it: it.cosine,
    "cosine_gap": lambda it: _gap(it.cosine, 0.7),
    "cosine_over": lambda it: it.cosine_over,
    "cosine_lead": lambda it: it.lead(it.cosine, _UNRELATED),
    "char": lambda it: it.likeness.char.cosine,
    "char_gap": lambda it: _gap(it.likeness.char.cosine, 0.3),
    "char_found": lambda it: it.likeness.char.found,
    "char_both": lambda it: it.likeness.char.both,
    "char_both_gap": lambda it: _gap(it.likeness.char.both, 0.2),
    "word": lambda it: it.likeness.word.cosine,
    "word_found": lambda it: it.likeness.word.found,
    "word_both": lambda it: it.likeness.word.both,
    "word_both_gap": lambda it: _gap(it.likeness.word.both, 0.1),
    "word_both_part": lambda it: _part(it.likeness.word.both, 0.1) * it.same_language,
    "word_both_lead": lambda it: it.lead(it.likeness.word.both, 0.1) * it.same_language,
    "query_covered": lambda it: it.covered[0],
    "candidate_covered": lambda it: it.covered[1],
    "token_set": lambda it: it.fuzzy(fuzz.token_set_ratio, it.query.worded, TEXT_LIMIT),
    "partial": lambda it: it.fuzzy(fuzz.partial_ratio, it.query.compared, _PARTIAL_LIMIT),
    "names_found": lambda it: np.maximum(it.names_found, 0),
    "names_missing": lambda it: np.where(it.names_found < 0, 0, 1 - it.names_found),
    "numbers_shared": lambda it: it.each(lambda one: min(3, len(it.query.numbers & one.numbers)) / 3),
    "numbers_missing": lambda it: it.numbers_missing,
    "dates_shared": lambda it: it.dates == 1,
    "dates_apart": lambda it: it.dates == -1,
    "places_shared": lambda it: it.places == 1,
    "places_apart": lambda it: it.places == -1,
    "foreign": lambda it: it.foreign,
    "foreign_cosine": lambda it: it.cosine * it.foreign,
    "foreign_gap": lambda it: _gap(it.cosine, 0.7) * it.foreign,
    "foreign_over": lambda it: it.cosine_over * it.foreign,
    "chinese": lambda it: it.chinese,
    "chinese_word_both": lambda it: it.likeness.word.both * it.chinese,
    "query_short": lambda it: it.evenly(max(0.0, 1 - (len(it.query.folded.split()) - 1) / 19)),
    "longer": lambda it: it.longer,
}


# Signals, 0 to 1, that take the longest and depend on nothing but the pair: not on the rest of the list.
DEAR: Final = ("query_covered", "candidate_covered", "token_set", "partial")


def measure(query: Side, candidates: Sequence[Side]) -> list[Signals]:
    """Return all signals of `query` beside each candidate, in their order."""
    return [Signals(*row) for row in Comparison(query, candidates).table(Signals._fields).tolist()]
