"""What matching is measured against: plain rankings of a whole corpus.

`BM25` counts folded words (Okapi, k1 1.2, b 0.75), `Characters` compares folded character 3- to 5-grams with
scikit-learn, `rrf` adds the reciprocal ranks (k 60; Cormack, Clarke and Büttcher 2009) of several rankings.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]

_K1, _B = 1.2, 0.75
_RRF = 60


class BM25:
    """A corpus of folded texts, counted once."""

    def __init__(self, documents: Sequence[str]) -> None:
        counts = [Counter(document.split()) for document in documents]
        lengths = np.array([max(1, count.total()) for count in counts], dtype=np.float32)
        self._damped = _K1 * (1 - _B + _B * lengths / lengths.mean())
        found: dict[str, list[tuple[int, int]]] = {}
        for number, count in enumerate(counts):
            for word, times in count.items():
                found.setdefault(word, []).append((number, times))
        self._postings = {word: np.array(where).T for word, where in found.items()}

    def scores(self, queries: Sequence[str]) -> Scores:
        """Return the score of every folded query (row) for every text of the corpus (column)."""
        size = len(self._damped)
        scores = np.zeros((len(queries), size), dtype=np.float32)
        for row, query in enumerate(queries):
            for word in set(query.split()) & self._postings.keys():
                where, times = self._postings[word]
                weight = math.log(1 + (size - len(where) + 0.5) / (len(where) + 0.5))
                scores[row, where] += weight * times * (_K1 + 1) / (times + self._damped[where])
        return scores


class Characters:
    """A corpus of folded texts as TF-IDF weighted character n-grams."""

    def __init__(self, documents: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415  slow to load

        self._vectoriser = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(3, 5), lowercase=False, sublinear_tf=True, dtype=np.float32
        )
        self._rows = self._vectoriser.fit_transform(documents).T.tocsr()

    def scores(self, queries: Sequence[str]) -> Scores:
        """Return the cosine of every folded query (row) with every text of the corpus (column)."""
        return np.asarray((self._vectoriser.transform(queries) @ self._rows).toarray(), dtype=np.float32)


def rrf(*rankings: Scores) -> Scores:
    """Return the sum of 1 / (60 + rank) over all rankings, row by row."""
    return np.asarray(sum(1 / (_RRF + _ranks(scores)) for scores in rankings), dtype=np.float32)


def best(scores: Scores, count: int) -> npt.NDArray[np.intp]:
    """Return the places of the `count` highest scores, best first; of equal ones the earlier first."""
    if count < len(scores):
        least = np.partition(scores, len(scores) - count)[len(scores) - count]
        above = np.flatnonzero(scores >= least)
        return above[np.argsort(-scores[above], kind="stable")][:count]
    return np.argsort(-scores, kind="stable")[:count]


def _ranks(scores: Scores) -> Scores:
    order = np.argsort(-scores, axis=1, kind="stable")
    ranks = np.empty(scores.shape, dtype=np.float32)
    np.put_along_axis(ranks, order, np.arange(1, scores.shape[1] + 1, dtype=np.float32)[None, :], axis=1)
    return ranks
