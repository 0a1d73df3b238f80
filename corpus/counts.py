"""How often syllables, pairs and threes of them stand in Vietnamese text: counted, written, read back.

The file holds counts alone, in twelfths of a power of two, and says whose text was counted.
"""

import io
import math
import re
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from corpus.repair import place_tones
from corpus.syllables import is_syllable, unmarked

START: Final = 0  # stands for the end of a sentence and for anything that is no Vietnamese syllable
WORD: Final = re.compile(r"[^\W\d_]+")
PAUSE: Final = re.compile(r"[^\s,;:\"'()-]")
_SCALE: Final = 12.0
_DISCOUNT: Final = 0.65  # taken from each count and given to what was not seen; 0.5 to 0.8 do the same
_ELSEWHERE: Final = 0.4  # weight of frequencies counted elsewhere beside those of the texts
_HEAVY: Final = 20  # multiple by which a count is kept whole before weights make fractions of it


@dataclass(frozen=True)
class Table:
    """Chances of syllables after none, one and two others. Syllable 0 is START.

    `pairs` holds first * number of syllables + second, `threes` the place of a pair in `pairs` times the
    number of syllables + third, both ascending. The chance of a syllable after two is `three_shares` of the
    three plus `pair_rests` of the two times its chance after the one, which is made in the same way.
    """

    syllables: list[str]
    forms: dict[str, list[int]]  # by the folded form, most frequent first
    log_counts: npt.NDArray[np.float32]
    log_total: float
    alone: "array[float]"
    pairs: "array[int]"
    pair_counts: npt.NDArray[np.float32]
    pair_shares: "array[float]"
    rests: "array[float]"
    threes: "array[int]"
    three_shares: "array[float]"
    pair_rests: "array[float]"
    origin: str


def build(rows: Iterable[dict[str, Any]]) -> bytes:
    """Count the marked syllables of `rows` and return the table as a file.

    A row has a `text`, its `origin`, and perhaps a `weight` (1 by default). A row with `kind` "name" is a
    name or an entry of a word list: it has no ends, and says once that its syllables go together. A row with
    `kind` "word" gives in `share` how often a syllable stands in a large text elsewhere.
    """
    counted = _Counted()
    for row in rows:
        counted.add(row)
    return counted.file()


class _Counted:
    def __init__(self) -> None:
        self.singles: defaultdict[str, float] = defaultdict(float)
        self.pairs: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.threes: defaultdict[tuple[str, str, str], float] = defaultdict(float)
        self.shares: dict[str, float] = {}
        self.origins: dict[str, None] = {}

    def add(self, row: dict[str, Any]) -> None:
        self.origins[row["origin"]] = None
        text, weight = row["text"], float(row.get("weight", 1))
        if row.get("kind") == "word":
            self.shares[_written(text)] = float(row["share"])
        elif row.get("kind") == "name":
            parts = list(syllables(text))[:-1]
            if "" not in parts:
                self._name(parts, weight)
        else:
            before, previous = "", ""
            for word in syllables(text):
                self.singles[word] += weight
                self.pairs[previous, word] += weight
                if previous:
                    self.threes[before, previous, word] += weight
                before, previous = previous, word

    def _name(self, parts: list[str], weight: float) -> None:
        for word in parts:
            self.singles[word] = max(self.singles[word], weight)
        for pair in pairwise(parts):
            self.pairs[pair] += weight
        for three in zip(parts, parts[1:], parts[2:], strict=False):
            self.threes[three] += weight

    def file(self) -> bytes:
        total = sum(self.singles.values())
        mixed = {word: count for word, count in self.singles.items() if word}
        for word, share in self.shares.items():
            if is_syllable(word):
                mixed[word] = mixed.get(word, 0.0) + share * total * _ELSEWHERE
        ids = {"": START} | {word: i for i, word in enumerate(sorted(mixed), 1)}
        mixed[""] = self.singles[""]
        pairs = sorted((ids[a] * len(ids) + ids[b], count) for (a, b), count in self.pairs.items())
        places = {code: i for i, (code, _) in enumerate(pairs)}
        threes = sorted(
            (places[ids[a] * len(ids) + ids[b]] * len(ids) + ids[c], count)
            for (a, b, c), count in self.threes.items()
        )
        file = io.BytesIO()
        np.savez_compressed(
            file,
            version=np.array(2),
            syllables=np.array("\n".join(ids)),
            counts=_quantised([mixed[word] for word in ids]),
            steps=_steps(pairs),
            pair_counts=_quantised([count for _, count in pairs]),
            three_steps=_steps(threes),
            three_counts=_quantised([count for _, count in threes]),
            origin=np.array("; ".join(self.origins)),
        )
        return file.getvalue()


def _steps(coded: Sequence[tuple[int, float]]) -> npt.NDArray[np.uint32]:
    codes = np.array([0, *(code for code, _ in coded)], dtype=np.uint32)
    return codes[1:] - codes[:-1]


def _quantised(counts: Sequence[float]) -> npt.NDArray[np.uint8]:
    lifted = np.maximum(np.array(counts, dtype=np.float64) * _HEAVY, 1)
    return np.clip(np.rint(np.log2(lifted) * _SCALE), 0, 255).astype(np.uint8)


def _counts(stored: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    return np.asarray(np.exp2(stored.astype(np.float64) / _SCALE) / _HEAVY)


def read(data: bytes) -> Table:
    """Return the table that `build` wrote."""
    stored = np.load(io.BytesIO(data))
    names = str(stored["syllables"]).split("\n")
    size = len(names)
    singles, pair_counts, three_counts = (
        _counts(stored[name]) for name in ("counts", "pair_counts", "three_counts")
    )
    forms: dict[str, list[int]] = {}
    for i in np.argsort(-singles, kind="stable"):
        if i != START:
            forms.setdefault(unmarked(names[i]), []).append(int(i))
    pairs = np.cumsum(stored["steps"], dtype=np.uint32)
    threes = np.cumsum(stored["three_steps"], dtype=np.uint32)
    total = float(singles[1:].sum())
    pair_shares, rests = _shares(pair_counts, pairs // size, size)
    three_shares, pair_rests = _shares(three_counts, threes // size, len(pairs))
    return Table(
        syllables=names,
        forms=forms,
        log_counts=np.log2(singles).astype(np.float32),
        log_total=math.log2(total),
        alone=_packed("f", singles / singles.sum()),
        pairs=_packed("I", pairs),
        pair_counts=pair_counts.astype(np.float32),
        pair_shares=_packed("f", pair_shares),
        rests=_packed("f", rests),
        threes=_packed("I", threes),
        three_shares=_packed("f", three_shares),
        pair_rests=_packed("f", pair_rests),
        origin=str(stored["origin"]),
    )


def _shares(
    counts: npt.NDArray[np.float64], after: npt.NDArray[Any], size: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the discounted share of each count among those after the same, and the rest for the unseen."""
    discount = np.minimum(counts, _DISCOUNT)
    totals = np.bincount(after, weights=counts, minlength=size)
    given = np.bincount(after, weights=discount, minlength=size)
    rests = np.divide(given, totals, out=np.ones_like(totals), where=totals > 0)
    return (counts - discount) / totals[after], rests


def _packed(kind: str, values: npt.NDArray[Any]) -> "array[Any]":
    """Return `values` as an array whose single items plain Python reads quickly."""
    made: array[Any] = array(kind)
    made.frombytes(values.astype({"f": np.float32, "I": np.uint32}[kind]).tobytes())
    return made


def _written(text: str) -> str:
    return place_tones(unicodedata.normalize("NFC", text)).lower()


def syllables(text: str) -> Iterator[str]:
    """Yield the syllables of `text` in lower case, and "" for anything else, at pauses and at the end."""
    end, written = 0, _written(text)
    for match in WORD.finditer(written):
        if end and PAUSE.search(written[end : match.start()]):
            yield ""
        word = match.group()
        yield word if is_syllable(word) else ""
        end = match.end()
    yield ""
