"""Invented Vietnamese: it states nothing, but has syllables and pairs as often as real texts."""

import json
import random
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

import corpus
from corpus import diacritics
from corpus.syllables import unmarked

_CLAIMS = Path(corpus.__file__).parent / "data" / "confirmed_claims.jsonl"


@cache
def _chain() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.int64], list[str]]:
    """Return cumulated counts of pairs, where each syllable's pairs begin, second syllables, syllables."""
    known = diacritics.table()
    size = len(known.syllables)
    first, second = np.divmod(np.array(known.pairs, dtype=np.int64), size)
    weights = known.pair_counts.astype(np.float64) * (second != 0) * (first != 0)
    begins = np.searchsorted(first, np.arange(size + 1))
    return np.concatenate([[0.0], np.cumsum(weights)]), begins, second, known.syllables


def texts(count: int, *, words: tuple[int, int] = (14, 45), seed: int = 1) -> list[str]:
    """Return `count` texts of `words` (least, most) syllables, each drawn by what follows the one before."""
    cumulated, begins, second, names = _chain()
    random_numbers = np.random.default_rng(seed)
    total = cumulated[-1]
    at = second[np.searchsorted(cumulated, random_numbers.random(count) * total, side="right") - 1]
    columns = [at]
    for _ in range(words[1] - 1):
        low, high = cumulated[begins[at]], cumulated[begins[at + 1]]
        dead = high <= low  # nothing is known to follow: begin anew anywhere
        low, high = np.where(dead, 0.0, low), np.where(dead, total, high)
        drawn = low + random_numbers.random(count) * (high - low)
        at = second[np.minimum(np.searchsorted(cumulated, drawn, side="right") - 1, len(second) - 1)]
        columns.append(at)
    table = np.stack(columns, axis=1)
    lengths = random_numbers.integers(words[0], words[1] + 1, size=count)
    return [
        " ".join(names[i] for i in row[:length]).capitalize()
        for row, length in zip(table.tolist(), lengths.tolist(), strict=True)
    ]


def reports(count: int, *, least: int = 1000, most: int = 2000, seed: int = 2) -> list[str]:
    """Return `count` texts of `least` to `most` bytes in UTF-8, none of them twice."""
    rng = random.Random(seed)  # noqa: S311  invented texts, no secrets
    long = texts(count, words=(350, 420), seed=seed)
    cut = [text.encode()[: rng.randint(least, most - 20)].decode(errors="ignore") for text in long]
    return [f"{text} {number:06d}" for number, text in enumerate(cut)]


def claims() -> list[str]:
    """Return the texts of the starting corpus."""
    lines = _CLAIMS.read_text("utf-8").splitlines()
    return [str(json.loads(line)["claim"]) for line in lines if line]


def disturbed(count: int, *, seed: int = 3) -> list[tuple[int, str]]:
    """Return (index of the claim, how a citizen might pass it on): words lost, half of them without marks."""
    rng, known = random.Random(seed), claims()  # noqa: S311  invented texts, no secrets
    result = []
    for number in range(count):
        index = number % len(known)
        kept = [word for word in known[index].split() if rng.random() > 0.25]
        text = "Nghe nói " + " ".join(kept)
        result.append((index, unmarked(text) if rng.random() < 0.5 else text))
    return result
