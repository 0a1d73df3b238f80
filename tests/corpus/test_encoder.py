import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from corpus import encoder

GOLDEN = json.loads(Path("tests/golden/vectors.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def direct() -> encoder.Encoder:
    return encoder.load()


def test_encode_gives_the_golden_vectors(direct: encoder.Encoder) -> None:
    assert str(direct.description) == GOLDEN["encoder"]
    for text, first in GOLDEN["query"].items():
        assert np.allclose(direct.encode_query([text])[0, : len(first)], first, atol=1e-4)


def test_encode_returns_unit_vectors_in_order(direct: encoder.Encoder) -> None:
    texts = ["vỡ đập", "xả lũ", "mưa to"]
    vectors = direct.encode_passage(texts)
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors[1], direct.encode_passage(texts[1:2])[0])


def test_encode_takes_no_texts_and_refuses_a_bare_one(direct: encoder.Encoder) -> None:
    assert direct.encode_query([]).shape == (0, 384)
    with pytest.raises(TypeError, match="sequence"):
        direct.encode_query("vỡ đập")


def test_encode_survives_hostile_text() -> None:
    code = (
        "from corpus.encoder import load\n"
        "texts = ['\\ufdfa' * 1000, 'a' + '\\u0301\\u0323' * 10000, 'x\\0\\ud800', '', 'tin ' * 100000]\n"
        "print(load().encode_query(texts).shape)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603  our own
    assert (done.returncode, done.stdout.strip()) == (0, "(5, 384)")


def test_direct_runtime_never_imports_torch() -> None:
    code = (
        "import sys, corpus.encoder as e\n"
        "heavy = {'torch', 'sentence_transformers', 'onnxruntime'}\n"
        "assert not heavy & set(sys.modules)\n"
        "e.load().encode_query(['a'])\n"
        "assert not heavy - {'onnxruntime'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)  # noqa: S603  our own interpreter


def test_harmless_cuts_and_composes() -> None:
    assert encoder.harmless("ho\u0301a\0\ud800") == "hóa"
    assert len(encoder.harmless("\ufdfa" * 1000)) == 2000


def test_load_refuses_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no model folder"):
        encoder.load(str(tmp_path / "none"))


@pytest.mark.encoder
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of libraries, while they are imported
def test_both_runtimes_give_the_same_vectors(direct: encoder.Encoder) -> None:
    worker = encoder.load(runtime="sentence-transformers")
    texts = list(GOLDEN["query"])
    assert worker.description == direct.description
    assert np.allclose(worker.encode_query(texts), direct.encode_query(texts), atol=1e-6)
    assert np.allclose(worker.encode_passage(texts), direct.encode_passage(texts), atol=1e-6)
