"""Which of the 250,000 pieces stay: those that our languages use, most used first."""

import itertools
import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tokenizers import Tokenizer

from corpus.distil.weights import SPECIAL, Weights, tokenizer

# Where the first levels lie: the characters of everyday writing, in mainland China and in Taiwan.
_COMMON = (
    ("gb2312", range(0xB0, 0xD8), range(0xA1, 0xFF)),
    ("big5", range(0xA4, 0xC7), (*range(0x40, 0x7F), *range(0xA1, 0xFF))),
)
SCRIPTS = ("LATIN", "CJK", "DIGIT", "COMBINING")


def chosen(weights: Weights, texts: Iterable[str], *, most: int) -> list[int]:
    """Return the ids of at most `most` pieces, in their old order.

    First the special ones and the common Han characters, then every piece that `texts` use, most used first,
    then the likeliest pieces written in Latin or Han letters, digits and signs: a word nobody wrote yet still
    falls into known pieces. A Latin word falls into letters at worst, but a Han character without a piece of
    its own is lost, and with it what was said: hence the common ones stay, whether `texts` have them or not.
    """
    splitter = tokenizer(weights, limit=100_000)
    used: Counter[int] = Counter()
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == 1_000:
            used.update(_ids(splitter, batch))
            batch = []
    used.update(_ids(splitter, batch))
    common = set(_common_han())
    likely = sorted(range(len(weights.pieces)), key=lambda at: -weights.scores[at])
    wanted = itertools.chain(
        range(SPECIAL),
        (at for at, piece in enumerate(weights.pieces) if piece in common),
        (at for at, _ in used.most_common()),
        (at for at in likely if _ours(weights.pieces[at])),
    )
    return sorted(itertools.islice(dict.fromkeys(wanted), most))


def of(weights: Weights, path: Path) -> list[int]:
    """Return the ids of the pieces that the tokenizer stored at `path` has, in its order.

    A row of words learnt for one piece says nothing of another: who goes on learning keeps them.
    """
    places = {piece: at for at, piece in enumerate(weights.pieces)}
    stored = json.loads(path.read_text("utf-8"))["model"]["vocab"]
    return [*range(SPECIAL), *(places[piece] for piece, _ in stored[SPECIAL:])]


def rows(stored: Sequence[int], kept: Sequence[int]) -> list[int]:
    """Return for each of the pieces `stored` its row among those `kept`, or -1 where it is not among them."""
    places = {piece: row for row, piece in enumerate(kept)}
    return [places.get(piece, -1) for piece in stored]


def _common_han() -> Iterator[str]:
    """Yield the common characters of both scripts: the first levels of GB 2312 and of Big5."""
    for encoding, first, second in _COMMON:
        for pair in itertools.product(first, second):
            char = bytes(pair).decode(encoding, "ignore")  # not every pair stands for one
            if "\u4e00" <= char <= "\u9fff":
                yield char


def _ids(splitter: Tokenizer, batch: list[str]) -> Iterator[int]:
    return (
        piece
        for encoding in splitter.encode_batch_fast(batch, add_special_tokens=True)
        for piece in encoding.ids
    )


def _ours(piece: str) -> bool:
    return all(unicodedata.name(char, "").startswith(SCRIPTS) or not char.isalpha() for char in piece)
