"""Folded texts compared by their characters and words, without any state to keep in step.

scikit-learn is loaded at the first comparison: it takes 90 MB, which the web process does not have to spare.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

_FEATURES = 2**18  # hash buckets; a handful of texts fills few of them

_WORD = r"\S+"

Scores = npt.NDArray[np.float64]


class Likeness(NamedTuple):
    """Cosine of a query with each candidate, 0..1."""

    char: Scores  # character 3- to 5-grams inside words: typing errors, joined words, other inflections
    word: Scores  # words and neighbouring pairs


def similarity(query: str, candidates: Sequence[str]) -> Likeness:
    """Return how alike the folded `query` and each folded candidate are. Empty texts are like nothing."""
    if not candidates:
        return Likeness(np.zeros(0), np.zeros(0))
    return Likeness(*(_cosines(vectoriser, query, candidates) for vectoriser in _vectorisers()))


def _cosines(vectoriser: Any, query: str, candidates: Sequence[str]) -> Scores:  # noqa: ANN401  untyped library
    rows = vectoriser.transform([query, *candidates])
    return np.asarray((rows[1:] @ rows[0].T).toarray().ravel(), dtype=np.float64)


@cache
def _vectorisers() -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415  see the module's first lines

    shared = {"norm": "l2", "alternate_sign": False, "n_features": _FEATURES, "lowercase": False}
    return (
        HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), **shared),
        HashingVectorizer(analyzer="word", ngram_range=(1, 2), token_pattern=_WORD, **shared),
    )
