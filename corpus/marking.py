"""How the table of syllables is made, and how well it puts marks back into sentences it was not made from."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from corpus import counts
from corpus.diacritics import Restorer
from corpus.lines import rows as lines
from corpus.syllables import is_syllable, unmarked

_HELD_OUT: Final = 10  # one sentence in ten is measured on
_OWN_WEIGHT: Final = 3  # the starting claims are what reports are compared with
_OWN: Final = Path(__file__).parent / "data" / "confirmed_claims.jsonl"
Row = dict[str, Any]


@dataclass(frozen=True)
class Accuracy:
    """How many syllables of held-out sentences got their marks back."""

    origin: str
    right: int
    syllables: int


def read(paths: Iterable[Path]) -> list[Row]:
    """Return the rows of JSON lines `paths` (or of .gz), and the claims of this repository.

    Raises ValueError or KeyError when a line is no row of `corpus.counts.build`.
    """
    found = [json.loads(line) for line in chain.from_iterable(map(lines, paths))]
    for row in found:
        row["origin"] = f"{row['origin']} ({row['licence']})" if "licence" in row else row["origin"]
    return [*found, *_own()]


def _own() -> Iterator[Row]:
    for claim in map(json.loads, lines(_OWN)):
        for name in ("claim", "correction"):
            text, origin = claim[name], "the confirmed claims of this repository"
            yield {"text": text, "origin": origin, "weight": _OWN_WEIGHT}


def measure(rows: Sequence[Row]) -> list[Accuracy]:
    """Count nine sentences in ten and restore the tenth, without any of its marks, by origin."""
    held_out = [row for row in rows if _is_sentence(row) and not zlib.crc32(row["text"].encode()) % _HELD_OUT]
    told = {id(row) for row in held_out}
    restorer = Restorer(counts.read(counts.build(row for row in rows if id(row) not in told)))
    found: dict[str, tuple[int, int]] = {}
    for row in held_out:
        line = list(counts.syllables(row["text"]))
        given = restorer.walk([unmarked(word) for word in line], range(len(line)))
        pairs = [(word, again) for word, again in zip(line, given, strict=True) if is_syllable(word)]
        right, total = found.get(row["origin"], (0, 0))
        found[row["origin"]] = (right + sum(word == again for word, again in pairs), total + len(pairs))
    return [Accuracy(origin, *values) for origin, values in found.items()]


def _is_sentence(row: Row) -> bool:
    return "kind" not in row and "weight" not in row
