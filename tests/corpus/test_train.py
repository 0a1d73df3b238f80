import json
from pathlib import Path

from corpus import ranker, train


def test_train_ranker_learns_from_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "toy"
    folder.mkdir()
    places = ["Nậm Pung", "Cốc Ly", "Bản Vẽ", "Trung Sơn", "Suối Mu", "Núi Cốc", "Đắk Lôi", "Suối Vàng"]
    claims = [{"id": str(i), "text": f"Đập thủy điện {place} đã vỡ"} for i, place in enumerate(places)]
    queries = [{"id": f"{i}-q", "text": f"nghe nói đập {place} vỡ rồi"} for i, place in enumerate(places)]
    queries.append({"id": "none-q", "text": "mai trời có mưa không"})
    for name, rows in (("corpus", claims), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    (folder / "qrels.tsv").write_text("".join(f"{i}-q\t{i}\n" for i in range(len(places))), "utf-8")
    pairs = train.read_pairs([folder], tmp_path / "vectors.npz")
    known = ranker.read(train.train_ranker(pairs, "toy", "written for this test"))
    assert known.about["held_out"]["toy"]["p@1"] == 1
    assert known.about["queries"] == {"toy": 9}
    assert train.read_pairs([folder], tmp_path / "vectors.npz") == pairs


def test_train_diacritics_states_its_origin(tmp_path: Path) -> None:
    rows = tmp_path / "texts.jsonl"
    rows.write_text('{"text": "vỡ đập"}\n{"claim": "vỡ đập", "correction": "không vỡ"}\n', "utf-8")
    assert b"PK" in train.train_diacritics([(rows, "own")])[:4]
