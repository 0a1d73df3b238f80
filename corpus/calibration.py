"""How far probabilities must move to be as often right as they say, told by what people have decided.

A ranker's probabilities hold for texts like those it learnt from, of which as many are answered. Where more
or fewer are, as in the week of one rumour or with an empty stock, or other texts come in, the mean of what it
says misses the share that proves right. One number of log-odds mends that and changes no order (calibration
in the large: Cox 1958, Two further applications of a model for binary regression).
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

MOST: Final = 3.0  # log-odds; whoever decides what he likes moves nothing further
_WIDTH: Final = 0.4  # standard deviation of what is expected before anything was decided, log-odds
_ROUNDS: Final = 30
_SETTLED: Final = 1e-6
_SUREST: Final = 12.0  # log-odds


def moved(found: Sequence[float], right: Sequence[bool]) -> float:
    """Return the log-odds, at most MOST either way, by which all probabilities must move.

    `found`: the log-odds that the best suggestion for each text answers it, as the ranker says; `right`:
    whether people found that it does. Of few texts little is believed, and without any it is 0.
    """
    heights = np.clip(np.array(found, dtype=np.float64), -_SUREST, _SUREST)
    answers = np.array(right, dtype=np.float64)
    now = 0.0
    for _ in range(_ROUNDS):  # Newton's steps towards the likeliest; the function has one summit
        likely = 1 / (1 + np.exp(-(heights + now)))
        slope = float((answers - likely).sum()) - now / _WIDTH**2
        step = slope / (float((likely * (1 - likely)).sum()) + 1 / _WIDTH**2)
        now = min(MOST, max(-MOST, now + min(1.0, max(-1.0, step))))
        if abs(step) < _SETTLED:
            break
    return now


def log_odds(probability: float) -> float:
    """Return the log-odds of `probability`, finite for 0 and 1, too."""
    if not 0 < probability < 1:
        return math.copysign(_SUREST, probability - 0.5)
    return max(-_SUREST, min(_SUREST, math.log(probability / (1 - probability))))


def probability(height: float) -> float:
    """Return the probability of log-odds."""
    return 1 / (1 + math.exp(-max(-_SUREST, min(_SUREST, height))))
