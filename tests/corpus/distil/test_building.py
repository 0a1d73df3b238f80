import dataclasses
import gzip
import hashlib
import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from corpus import encoder
from corpus.distil import building, graph, learning, lessons, noise, pieces, student, weights

FOLDER = Path("corpus/data/encoder")


def test_the_card_tells_of_the_files_beside_it() -> None:
    card = json.loads((FOLDER / "model_card.json").read_text("utf-8"))
    for name, digest in card["sha256"].items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 40_000_000


def test_noise_is_the_same_for_the_same_seed_and_changes_texts() -> None:
    text = "Đập thủy điện Suối Vàng nứt lớn, bà con phía dưới phải chạy ngay trong đêm"
    first = [noise.noised(text, random.Random(seed)) for seed in range(40)]
    assert first == [noise.noised(text, random.Random(seed)) for seed in range(40)]
    assert len(set(first)) > 30
    for kind, _ in noise.SINGLE[1:]:
        assert any(kind(text, random.Random(seed)) != text for seed in range(5)), kind.__name__


def test_a_heaped_text_has_no_marks_of_its_own_and_words_around() -> None:
    heaped = [noise.heaped("Đập thủy điện Suối Vàng nứt lớn", random.Random(seed)) for seed in range(40)]
    assert heaped == [noise.heaped("Đập thủy điện Suối Vàng nứt lớn", random.Random(i)) for i in range(40)]
    assert not any(mark in text for text in heaped for mark in ("thủy", "điện", "Suối", "Vàng", "lớn"))
    assert max(map(len, heaped)) > 45


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    claims = [{"id": f"c{i}", "claim": f"Đập số {i} ở xã {i} bị vỡ trong đêm mưa."} for i in range(12)]
    reports = [{"id": f"r{i}", "case_id": f"c{i}", "text": f"nghe nói đập {i} vỡ rồi à?"} for i in range(12)]
    for name, rows in (("confirmed_claims.jsonl", claims), ("reports_dev.jsonl", reports)):
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (tmp_path / "retrieval" / "vi_distractors").mkdir(parents=True)
    (tmp_path / "text_vi").mkdir()
    for path in ("retrieval/vi_distractors/vietnews_titles", "retrieval/vi_distractors/vietnews_leads_40k"):
        rows = [
            {"id": f"n{i}", "text": f"Tin số {i} về thời tiết miền núi phía Bắc hôm nay."} for i in range(20)
        ]
        (tmp_path / f"{path}.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    (tmp_path / "text_vi/sentences.jsonl.gz").write_bytes(gzip.compress(b'{"text": "M\\u01b0a l\\u1edbn."}'))
    return tmp_path


def test_no_text_kept_back_is_learnt_from(folder: Path) -> None:
    found = lessons.gathered(folder)
    assert not set(found.held["news"]) & set(found.pairs["news"])
    assert len(found.held["news"]) + len(found.pairs["news"]) == 20
    first, again = (lessons.batches(found, size=4, seed=3) for _ in range(2))
    assert [next(first) for _ in range(5)] == [next(again) for _ in range(5)]


def test_common_han_characters_stay_whatever_the_lessons_say() -> None:
    whole = weights.read(weights.packaged())
    kept = {whole.pieces[at] for at in pieces.chosen(whole, ["Đập vỡ"], most=9_000)}
    assert {"▁Đ", "乡", "坊", "镇", "骗", "鄉", "鎮", "騙", "厂", "廠"} - kept == set()
    shipped = {whole.pieces[at] for at in pieces.of(whole, FOLDER / "tokenizer.json")}
    assert set("听说乡镇派出所垃圾车撞了電線桿請問騙錢") - shipped == set()


@pytest.mark.encoder
@pytest.mark.filterwarnings("ignore")  # of the tracer and of libraries, while they are imported
def test_a_small_encoder_is_built_whole(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = weights.read(weights.packaged())
    one_layer = dataclasses.replace(whole, shape={**whole.shape, "layers": 1})
    monkeypatch.setattr(weights, "read", lambda _: one_layer)
    monkeypatch.setattr(building, "PIECES", 8_000)
    made = building.build(
        folder, tmp_path / "out", learning.Course(minutes=0.02, size=4), tell=lambda _: None
    )
    assert made.card["courses"][0]["steps"] >= 1
    monkeypatch.setattr(building, "PIECES", 7_000)  # who goes on keeps the pieces its rows were learnt for
    more = learning.Course(minutes=0.02, size=4, seed=5)
    again = building.build(folder, tmp_path / "more", more, tell=lambda _: None, start=made.folder)
    assert [course["seed"] for course in again.card["courses"]] == [171, 5]
    assert (again.folder / "words.npz").read_bytes() == (made.folder / "words.npz").read_bytes()
    assert (again.folder / "model.onnx").read_bytes() != (made.folder / "model.onnx").read_bytes()
    with pytest.raises(ValueError, match="the words of another model"):
        graph.read(FOLDER, student.made(one_layer, range(400)))
    with pytest.raises(ValueError, match="no graph of this model"):
        graph.read(made.folder, student.made(whole, pieces.of(whole, made.folder / "tokenizer.json")))
    assert (again.folder / "tokenizer.json").read_bytes() == (made.folder / "tokenizer.json").read_bytes()
    both = learning.Course(minutes=0, kept=0.1)
    mixed = building.build(
        folder, tmp_path / "both", both, tell=lambda _: None, start=made.folder, other=(again.folder, 0.5)
    )
    assert mixed.card["courses"][-1]["mixed_with"]["courses"][-1]["seed"] == 5
    # Chosen anew, the pieces that stay keep what they learnt, also where a build with others is mixed in.
    fewer = building.build(
        folder, tmp_path / "fewer", both, tell=lambda _: None, start=made.folder, other=(again.folder, 0.5),
        anew=True,
    )  # fmt: skip
    old, new = (pieces.of(whole, one.folder / "tokenizer.json") for one in (made, fewer))
    assert len(old) == 8_000
    assert len(new) == 7_000
    rows = pieces.rows(new, old)
    assert rows.count(-1) == len(set(new) - set(old))
    words = [np.load(one.folder / "words.npz")["whole"] for one in (made, fewer)]
    near = np.abs(words[0][rows].astype(int) - words[1])[np.array(rows) >= 0]
    assert near.max() <= 26  # a tenth is the package's again
    back = learning.Course(minutes=0, kept=1.0)
    building.build(folder, tmp_path / "back", back, tell=lambda _: None, start=made.folder)
    unlearnt = encoder.direct(tmp_path / "back")(["Đập số 3 bị vỡ"], True)
    tokenizer = weights.tokenizer(one_layer, pieces.of(one_layer, made.folder / "tokenizer.json"))
    teacher = student.made(one_layer, pieces.of(one_layer, made.folder / "tokenizer.json")).eval()
    tokenizer.no_padding()
    first = learning.vectors(teacher, tokenizer, ["Đập số 3 bị vỡ"], "query").detach().numpy()
    assert (unlearnt * first).sum() > 0.98
    embed = encoder.direct(made.folder)
    vectors = embed(["Đập số 3 bị vỡ", "Tin về thời tiết"], True)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert not np.allclose(vectors[0], vectors[1])


def test_what_answers_too_is_no_wrong_answer_on_a_shelf(folder: Path) -> None:
    found = lessons.gathered(folder)
    assert set(found.shelf("news")) == {lessons.ready(text) for _, text in found.pairs["news"]}
    shelf = learning.Shelf(["a", "b", "c", "a again"], torch.eye(4)[[0, 1, 2, 0]])
    batch = lessons.Batch("news", ["?", "??"], ["a", "b"], "query", "passage", [["a"], ["b", "c"]])
    places, also = shelf.meant(batch)
    assert places.tolist() == [0, 1]
    assert also.tolist() == [[False, False, False, True], [False, False, True, False]]


@pytest.mark.encoder
@pytest.mark.filterwarnings("ignore")  # of libraries, while they are imported
def test_who_goes_on_from_the_shipped_graph_begins_with_its_vectors() -> None:
    whole = weights.read(weights.packaged())
    kept = pieces.of(whole, FOLDER / "tokenizer.json")
    model = student.made(whole, kept)
    graph.read(FOLDER, model)
    texts = ["Đập thủy điện Suối Vàng nứt lớn!", "Is it true that 5G spreads COVID-19?", "水库大坝要塌了"]
    tokenizer = weights.tokenizer(whole, kept)
    tokenizer.no_padding()
    read = learning.vectors(model.eval(), tokenizer, texts, "query").detach().numpy()
    unchanged = learning.vectors(student.made(whole, kept).eval(), tokenizer, texts, "query").detach().numpy()
    shipped = encoder.direct(FOLDER)(texts, True)
    assert ((read * shipped).sum(1) > 0.98).all()  # the graph also rounds what passes through it
    assert ((unchanged * shipped).sum(1) < 0.97).all()
