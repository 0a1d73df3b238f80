from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from corpus.encoder import Description, Encoder, Vectors
from corpus.meanings import Meanings


class Counting:
    """Encodes by length, and counts what it was given."""

    def __init__(self, revision: str = "1") -> None:
        self.given: list[str] = []
        self.encoder = Encoder(Description("lengths", revision, 384), self._embed)

    def _embed(self, texts: list[str], is_query: bool) -> Vectors:  # noqa: FBT001  the shape of Embed
        self.given += texts
        return np.array([[len(text), is_query, *[1.0] * 382] for text in texts], dtype=np.float32)


def _of(counting: Counting, path: Path | None, texts: Sequence[str], *, is_query: bool = False) -> Vectors:
    return Meanings(counting.encoder, path).of(texts, is_query=is_query)


def test_what_was_worked_out_is_kept(tmp_path: Path) -> None:
    path, counting = tmp_path / "vectors.npz", Counting()
    first = _of(counting, path, ["mot", "hai ba", "mot"])
    again = _of(counting, path, ["hai ba", "mot"])
    assert counting.given == ["mot", "hai ba"]
    assert first.shape == (3, 384)
    np.testing.assert_array_equal(first[[1, 0]], again)


@pytest.mark.parametrize(("revision", "is_query"), [("2", False), ("1", True)])
def test_another_role_or_other_weights_are_worked_out_anew(
    tmp_path: Path, revision: str, *, is_query: bool
) -> None:
    path, other = tmp_path / "vectors.npz", Counting(revision)
    _of(Counting(), path, ["mot"])
    _of(other, path, ["mot"], is_query=is_query)
    assert other.given == ["mot"]


def test_nothing_and_broken_text_have_their_place() -> None:
    assert _of(Counting(), None, []).shape[0] == 0
    assert _of(Counting(), None, ["\ud800"]).shape == (1, 384)
