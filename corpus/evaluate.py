"""How good a ranking is: the usual figures of retrieval, and how far its probabilities can be trusted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_BINS = 10  # of the calibration error


@dataclass(frozen=True)
class Ranked:
    """The answer to one query, best first."""

    group: str
    hits: list[bool]  # whether each ranked text is relevant
    probabilities: list[float]  # of each ranked text
    known: int  # how many relevant texts there are; 0: the query matches nothing


def figures(answers: Sequence[Ranked]) -> dict[str, float]:
    """Return map@5, mrr, p@1, success@5, success@10, ndcg@10, ece and auc_match of `answers`.

    All but the last two are means over the queries that match something. `ece` is the expected calibration
    error of the best candidate's probability; `auc_match` says how well that probability tells queries with a
    match from those without (absent when either kind is missing).
    """
    matching = [answer for answer in answers if answer.known]
    result = {
        "map@5": _mean([_average_precision(answer, 5) for answer in matching]),
        "mrr": _mean([_reciprocal_rank(answer.hits) for answer in matching]),
        "p@1": _mean([any(answer.hits[:1]) for answer in matching]),
        "success@5": _mean([any(answer.hits[:5]) for answer in matching]),
        "success@10": _mean([any(answer.hits[:10]) for answer in matching]),
        "ndcg@10": _mean([_ndcg(answer, 10) for answer in matching]),
        "ece": _calibration_error(answers),
    }
    tops = [max(answer.probabilities, default=0.0) for answer in answers]
    auc = _auc(
        [top for top, answer in zip(tops, answers, strict=True) if answer.known],
        [top for top, answer in zip(tops, answers, strict=True) if not answer.known],
    )
    return result if auc is None else {**result, "auc_match": auc}


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0


def _average_precision(answer: Ranked, depth: int) -> float:
    found, total = 0, 0.0
    for place, hit in enumerate(answer.hits[:depth], 1):
        if hit:
            found += 1
            total += found / place
    return total / min(depth, answer.known)


def _reciprocal_rank(hits: Sequence[bool]) -> float:
    return next((1 / place for place, hit in enumerate(hits, 1) if hit), 0.0)


def _ndcg(answer: Ranked, depth: int) -> float:
    gain = sum(1 / math.log2(place + 1) for place, hit in enumerate(answer.hits[:depth], 1) if hit)
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(depth, answer.known) + 1))
    return gain / ideal


def ece_by_chance(answers: Sequence[Ranked]) -> float:
    """Return the calibration error that these probabilities show on average where every one of them is right.

    What few queries scatter by themselves (Bröcker and Smith 2007 draw the same as consistency bars): an
    error near it says nothing against the probabilities. In a bin the sum of the misses is taken as normal.
    """
    tops, bins = _tops(answers)
    spread = np.bincount(bins, weights=tops * (1 - tops), minlength=_BINS)
    return float(np.sqrt(2 / math.pi * spread).sum() / max(1, len(tops)))


def _calibration_error(answers: Sequence[Ranked]) -> float:
    tops, bins = _tops(answers)
    right = np.array([answer.hits[0] for answer in answers if answer.probabilities], dtype=float)
    gaps = np.bincount(bins, weights=tops - right, minlength=_BINS)
    return float(np.abs(gaps).sum() / max(1, len(tops)))


def _tops(answers: Sequence[Ranked]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    """Return the probability of the best of each answer that has any, and the bin in which it lies."""
    tops = np.array([answer.probabilities[0] for answer in answers if answer.probabilities], dtype=np.float64)
    return tops, np.minimum((tops * _BINS).astype(np.intp), _BINS - 1)


def _auc(with_match: Sequence[float], without: Sequence[float]) -> float | None:
    if not with_match or not without:
        return None
    first, second = np.array(with_match)[:, None], np.array(without)[None, :]
    return float(((first > second) + 0.5 * (first == second)).mean())
