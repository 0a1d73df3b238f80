from pathlib import Path

from corpus import train


def test_train_diacritics_states_its_origin(tmp_path: Path) -> None:
    rows = tmp_path / "texts.jsonl"
    rows.write_text('{"text": "vỡ đập"}\n{"claim": "vỡ đập", "correction": "không vỡ"}\n', "utf-8")
    assert b"PK" in train.train_diacritics([(rows, "own")])[:4]
