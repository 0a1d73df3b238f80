import json
from pathlib import Path

import pytest

from corpus import counts, marking


def test_measure_restores_sentences_it_did_not_count(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    lines = [
        {"text": f"Đập vỡ ở bản {name}.", "origin": "own", "licence": "MIT"} for name in "abcdefghijklmn" * 3
    ]
    rows.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    found = marking.measure(marking.read([rows]))
    assert [one.origin for one in found] == ["own (MIT)"]
    assert 0.5 < found[0].right / found[0].syllables <= 1


def test_the_claims_of_the_repository_are_always_counted() -> None:
    assert "confirmed claims" in counts.read(counts.build(marking.read([]))).origin


def test_read_wants_an_origin(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"text": "vỡ"}\n', "utf-8")
    with pytest.raises(KeyError):
        marking.read([rows])
