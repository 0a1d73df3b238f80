"""From signals to a probability that both texts make the same statement.

A logistic regression whose coefficients stand in `data/ranker.json`, with what it was trained on and how well
it did, and a second, small one that takes in what the reader of pairs thinks of the best. What is told
allows for how often suggestions prove right where it serves (corpus/calibration.py). Another artefact,
or another module with `load` and the methods of `Ranker`, can replace it.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from corpus import calibration
from corpus.reader import Opinion
from corpus.signals import DEAR, Signals, Table
from models.match import Band

MOST_READ = 3  # pairs for one text that asks; those in the same words count once
_LEAST_SHARE = 1e-5  # what an opinion counts at least


@dataclass(frozen=True)
class SecondOpinion:
    """How the reader's opinion of a pair moves its probability: `sigmoid(bias + weights · log-odds)`.

    Asked for of the best where its probability is at least `least` and less than `most`, what is surer stays
    as it is; and of those that come within `close` log-odds of it.
    """

    least: float
    most: float
    close: float
    weights: tuple[float, float, float]  # of the log-odds of the probability, of "apart" and of "same"
    bias: float

    def asked(
        self, probabilities: Sequence[float], read: Callable[[int], Opinion]
    ) -> tuple[list[float], dict[int, Opinion]]:
        """Return the probabilities after reading, and the opinions of those places that were read.

        `read` gets a place. Read are the best and those close to it, and as long as another one is the best
        then, that one.
        """
        found, opinions = list(probabilities), dict[int, Opinion]()
        waiting = self._close(found)
        while found and len(set(opinions.values())) < MOST_READ:
            best = next(waiting, None)
            if best is None:
                best = max(range(len(found)), key=found.__getitem__)
            if best in opinions or not self.least <= found[best] < self.most:
                break
            opinions[best] = read(best)
            found[best] = self.of(found[best], opinions[best])
        return found, opinions

    def _close(self, found: Sequence[float]) -> Iterator[int]:
        """Return the places of the best and of those close to it, best first."""
        order = sorted(range(len(found)), key=lambda place: (-found[place], place))
        if not order or found[order[0]] >= self.most:
            return iter(())
        least = max(self.least, calibration.probability(calibration.log_odds(found[order[0]]) - self.close))
        return iter([place for place in order if found[place] >= least])

    def of(self, probability: float, opinion: Opinion) -> float:
        """Return the probability of a pair that was read."""
        height = np.dot(self.weights, heights(probability, opinion)) + self.bias
        return float(1 / (1 + np.exp(-height)))


def heights(probability: float, opinion: Opinion) -> list[float]:
    """Return the log-odds that a second opinion weighs."""
    shares = (
        min(max(one, _LEAST_SHARE), 1 - _LEAST_SHARE) for one in (probability, opinion.apart, opinion.same)
    )
    return [math.log(one / (1 - one)) for one in shares]


@dataclass(frozen=True)
class Ranker:
    """A fitted ranker: `probability = sigmoid(bias + weights · (signals - mean) / scale)`."""

    version: str  # stored with every match
    features: tuple[str, ...]  # names in `Signals`, in the order of the numbers below
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    bands: dict[Band, float]  # least probability of each band; below the lowest nothing is suggested
    about: dict[str, Any]  # training data, their origins, and the figures measured on held-out claims
    second: SecondOpinion
    moved: float = 0.0  # log-odds between its own probabilities and those that are told

    def told(self, probability: float) -> float:
        """Return the probability that is told of a pair that, read and all, has `probability`."""
        if not self.moved:
            return probability
        return calibration.probability(calibration.log_odds(probability) + self.moved)

    def score(self, signals: Sequence[Signals]) -> list[float]:
        """Return the probability (0..1) of each pair."""
        return self.of_table(
            np.array([[getattr(pair, name) for name in self.features] for pair in signals], dtype=np.float64)
        )

    def of_table(self, rows: Table) -> list[float]:
        """Return the probability (0..1) of each row of signals, whose columns are `features`."""
        if not len(rows):
            return []
        heights = ((rows - self.mean) / self.scale) @ np.array(self.weights) + self.bias
        return [1 / (1 + math.exp(-max(-50.0, min(50.0, height)))) for height in heights.tolist()]

    @cached_property
    def hopeful(self) -> "Ranker":
        """A ranker that does without the dearest signals (`DEAR`) and never says less than this one."""
        known = [place for place, name in enumerate(self.features) if name not in DEAR]
        best = [
            max((end - mean) / scale * weight for end in (0.0, 1.0))
            for name, mean, scale, weight in self._rows()
            if name in DEAR
        ]
        return replace(
            self,
            features=tuple(self.features[place] for place in known),
            mean=tuple(self.mean[place] for place in known),
            scale=tuple(self.scale[place] for place in known),
            weights=tuple(self.weights[place] for place in known),
            bias=self.bias + sum(best),
        )

    @property
    def floor(self) -> float:
        """The least probability, told, at which anything is suggested."""
        return min(self.bands.values())

    @property
    def least(self) -> float:
        """The probability that is told as the floor."""
        if not self.moved:
            return self.floor
        return calibration.probability(calibration.log_odds(self.floor) - self.moved)

    def contributions(self, pair: Signals) -> dict[str, float]:
        """Return what each signal added to the log-odds of `pair`, for people to look at."""
        return {
            name: (getattr(pair, name) - mean) / scale * weight for name, mean, scale, weight in self._rows()
        }

    def _rows(self) -> Iterator[tuple[str, float, float, float]]:
        return zip(self.features, self.mean, self.scale, self.weights, strict=True)

    def band(self, probability: float) -> Band | None:
        """Return the band of a probability, or None below the floor: then nothing is suggested."""
        reached = [band for band, least in self.bands.items() if probability >= least]
        return max(reached, key=lambda band: self.bands[band], default=None)


def read(text: str) -> Ranker:
    """Return the ranker written as JSON. Raises ValueError when it does not fit the signals."""
    stored = json.loads(text)
    features = tuple(stored["features"])
    if unknown := set(features) - set(Signals._fields):
        raise ValueError(f"the ranker weighs signals that are not measured here: {sorted(unknown)}")
    columns = [tuple(map(float, stored[name])) for name in ("mean", "scale", "weights")]
    if {len(features)} != set(map(len, columns)):
        raise ValueError("the ranker's lists differ in length")
    return Ranker(
        version=stored["version"],
        features=features,
        mean=columns[0],
        scale=columns[1],
        weights=columns[2],
        bias=float(stored["bias"]),
        bands={Band(name): float(least) for name, least in stored["bands"].items()},
        about=stored["about"],
        second=_second(stored["second_opinion"]),
    )


def _second(stored: dict[str, Any]) -> SecondOpinion:
    own, apart, same = map(float, stored["weights"])
    return SecondOpinion(
        float(stored["least"]),
        float(stored["most"]),
        float(stored["close"]),
        (own, apart, same),
        float(stored["bias"]),
    )


@cache
def load(path: Path | None = None) -> Ranker:
    """Return the ranker in the file at `path`, or the bundled one."""
    bundled = resources.files("corpus").joinpath("data/ranker.json")
    return read((path or bundled).read_text("utf-8"))
