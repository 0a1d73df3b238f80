"""Two texts read together: whether they say the same, something else of the same matter, or speak of another.

A small cross-encoder beside the encoder, with the same words (`data/reader`; `model_card.json` there says how
it was made and what it reaches). It says something of a pair whose words alone do not tell; what it says is
a reason among others, never a verdict.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from corpus import encoder
from corpus.encoder import CARD, GRAPH, Pieces, Vectors

FOLDER: Final = Path(__file__).parent / "data" / "reader"
BEGIN: Final = 0  # the piece before both texts
END: Final = 2  # the piece behind each, and between them
EACH: Final = 96  # pieces of one text


class Opinion(NamedTuple):
    """How likely the texts say the same, something else of the same matter, or speak of another; sum 1.

    `reader` is the revision of the weights that think so.
    """

    same: float
    changed: float
    apart: float
    reader: str = ""


class Reader:
    """Reads pairs. Safe to share between threads; made by `load`."""

    def __init__(self, pieces: Pieces, folder: Path) -> None:
        self._pieces, self._graph = pieces, encoder.session(folder / GRAPH)
        self.revision: str = json.loads((folder / CARD).read_text("utf-8"))["revision"]

    def read(self, one: str, other: str) -> Opinion:
        """Return what is thought of two texts as the encoder reads them; their order does not matter."""
        left, right = (
            self._pieces.ids(encoder.harmless(text), ends=False)[:EACH] for text in sorted((one, other))
        )
        ids = [BEGIN, *left, END, END, *right, END]
        second = np.zeros((len(ids), 1), dtype=np.float32)
        second[len(left) + 2 :] = 1
        said = self._graph({"words": self._pieces.rows(ids), "second": second})
        same, changed, apart = _shares(said).tolist()
        return Opinion(same, changed, apart, self.revision)


@cache
def load(folder: Path = FOLDER) -> Reader:
    """Return the bundled reader, without torch; once a process, and only in one that encodes."""
    return Reader(encoder.shared(), folder)


def _shares(logits: Vectors) -> Vectors:
    powers = np.exp(logits - logits.max())
    shares: Vectors = powers / powers.sum()
    return shares
