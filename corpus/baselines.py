"""What matching is measured against: four plain rankings of a whole corpus.

`bm25` counts folded words (Okapi, k1 1.2, b 0.75), `tfidf_char` compares folded character 3- to 5-grams with
scikit-learn, the dense one takes the cosine of the encoder's vectors, and `rrf` adds the reciprocal ranks
(k 60; Cormack, Clarke and Büttcher 2009) of the first and the last.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]

_K1, _B = 1.2, 0.75
_RRF = 60


def bm25(queries: Sequence[str], documents: Sequence[str]) -> Scores:
    """Return the BM25 score of every folded query (row) for every folded document (column)."""
    counts = [Counter(document.split()) for document in documents]
    lengths = np.array([max(1, count.total()) for count in counts], dtype=np.float64)
    damped = _K1 * (1 - _B + _B * lengths / lengths.mean())
    postings: dict[str, list[tuple[int, int]]] = {}
    for number, count in enumerate(counts):
        for word, times in count.items():
            postings.setdefault(word, []).append((number, times))
    scores = np.zeros((len(queries), len(documents)))
    for row, query in enumerate(queries):
        for word in set(query.split()) & postings.keys():
            where, times = np.array(postings[word]).T
            weight = math.log(1 + (len(documents) - len(where) + 0.5) / (len(where) + 0.5))
            scores[row, where] += weight * times * (_K1 + 1) / (times + damped[where])
    return scores


def tfidf_char(queries: Sequence[str], documents: Sequence[str]) -> Scores:
    """Return the cosine of TF-IDF weighted character n-grams, fitted on the documents."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415  slow to load

    vectoriser = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), lowercase=False, sublinear_tf=True)
    rows = vectoriser.fit_transform(documents)
    return np.asarray((vectoriser.transform(queries) @ rows.T).toarray(), dtype=np.float64)


def rrf(*rankings: Scores) -> Scores:
    """Return the sum of 1 / (60 + rank) over all rankings, row by row."""
    return np.asarray(sum(1 / (_RRF + _ranks(scores)) for scores in rankings), dtype=np.float64)


def _ranks(scores: Scores) -> Scores:
    order = np.argsort(-scores, axis=1, kind="stable")
    ranks = np.empty(scores.shape)
    np.put_along_axis(ranks, order, np.arange(1, scores.shape[1] + 1)[None, :].astype(float), axis=1)
    return ranks
