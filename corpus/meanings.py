"""Vectors of texts that are measured again and again, kept in a file between runs."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from corpus.encoder import DIMENSION, Description, Encoder, Vectors

_KEPT_AFTER = 5_000  # new vectors, so that a run that is stopped loses little


class Meanings:
    """Gives the vectors of texts; those that the file at `path` has are not worked out again.

    A vector is found by its text, its role and the weights that made it, so a file is never out of date.
    It is kept with the 11 bits a number that the database keeps too.
    """

    def __init__(self, encoder: Encoder, path: Path | None = None) -> None:
        self._encoder, self._path = encoder, path
        self._known: dict[bytes, Vectors] = {}
        if path and path.exists():
            with np.load(path) as stored:
                self._known = dict(zip(map(bytes, stored["names"]), stored["vectors"], strict=True))

    @property
    def description(self) -> Description:
        """Which weights make the vectors."""
        return self._encoder.description

    def of(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        """Return one unit vector a text, shape (n, 384)."""
        encode = self._encoder.encode_query if is_query else self._encoder.encode_passage
        names = [self._name(text, is_query=is_query) for text in texts]
        missing = {name: text for name, text in zip(names, texts, strict=True) if name not in self._known}
        waiting = list(missing.items())
        for start in range(0, len(waiting), _KEPT_AFTER):
            batch = waiting[start : start + _KEPT_AFTER]
            found = encode([text for _, text in batch]).astype(np.float16)
            self._known |= dict(zip([name for name, _ in batch], found, strict=True))
            self._keep()
        return np.array([self._known[name] for name in names], dtype=np.float32).reshape(-1, DIMENSION)

    def _name(self, text: str, *, is_query: bool) -> bytes:
        told = f"{is_query}{self._encoder.description}{text}"
        return hashlib.sha256(told.encode(errors="surrogatepass")).digest()

    def _keep(self) -> None:
        if self._path:
            names = np.frombuffer(b"".join(self._known), dtype=np.uint8).reshape(len(self._known), -1)
            fresh = self._path.with_suffix(".fresh.npz")
            np.savez(fresh, names=names, vectors=np.array(list(self._known.values()), dtype=np.float16))
            fresh.replace(self._path)
