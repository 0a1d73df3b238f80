"""Which of the 250,000 pieces stay: those that our languages use, most used first."""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import Tokenizer

from corpus.distil.weights import SPECIAL, Weights, tokenizer

SCRIPTS = ("LATIN", "CJK", "DIGIT", "COMBINING")


def chosen(weights: Weights, texts: Iterable[str], *, most: int) -> list[int]:
    """Return the ids of at most `most` pieces, in their old order.

    First the special ones, then every piece that `texts` use, most used first, then the likeliest pieces
    written in Latin or Han letters, digits and signs: a word nobody wrote yet still falls into known pieces.
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
    kept = dict.fromkeys(range(SPECIAL))
    kept |= dict.fromkeys(piece for piece, _ in used.most_common(most - SPECIAL))
    likely = sorted(range(len(weights.pieces)), key=lambda i: -weights.scores[i])
    for piece in likely:
        if len(kept) >= most:
            break
        if _ours(weights.pieces[piece]):
            kept[piece] = None
    return sorted(kept)


def of(weights: Weights, path: Path) -> list[int]:
    """Return the ids of the pieces that the tokenizer stored at `path` has, in its order.

    A row of words learnt for one piece says nothing of another: who goes on learning keeps them.
    """
    places = {piece: at for at, piece in enumerate(weights.pieces)}
    stored = json.loads(path.read_text("utf-8"))["model"]["vocab"]
    return [*range(SPECIAL), *(places[piece] for piece, _ in stored[SPECIAL:])]


def _ids(splitter: Tokenizer, batch: list[str]) -> Iterator[int]:
    return (
        piece
        for encoding in splitter.encode_batch_fast(batch, add_special_tokens=True)
        for piece in encoding.ids
    )


def _ours(piece: str) -> bool:
    return all(unicodedata.name(char, "").startswith(SCRIPTS) or not char.isalpha() for char in piece)
