import dataclasses
import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from corpus import encoder, reader
from corpus.distil import exchanges, graph, lessons, pairing, pairs, reading, statements, student, weights
from corpus.distil.pairs import Said
from corpus.meanings import Meanings

LINE = json.dumps(
    {
        "claim": "Đập Suối Vàng vỡ lúc 2 giờ sáng, 40 hộ phải di dời.",
        "same": [
            "Hai giờ sáng đập Suối Vàng bị vỡ, 40 hộ di dời.",
            "Bốn mươi nhà phải dời đi vì đập Suối Vàng vỡ lúc 2 giờ sáng.",
            "dap suoi vang vo roi ha ad",
            "vỡ đập suối vàng",
        ],
        "changed": [["number", "Đập Suối Vàng vỡ lúc 2 giờ sáng, 400 hộ phải di dời."]],
        "apart": ["Đập Nậm Khao xả nước định kỳ từ thứ hai."],
    }
)


def test_terse_texts_are_beside_no_contradiction() -> None:
    one = statements.read(LINE)
    found = list(pairs.of(one))
    assert Counter(said for *_, said in found) == {Said.SAME: 9, Said.CHANGED: 3, Said.APART: 6}
    changed = {text for pair in found if pair[2] is Said.CHANGED for text in pair[:2]}
    assert not changed & set(one.brief)


def test_what_citizens_tell_leaves_things_out_and_is_of_the_matter() -> None:
    told = ["đập suối vàng toang r mn ơi", "Vang Dam broke at night, is it true?"]
    one = statements.read(json.dumps({**json.loads(LINE), "told": told}))
    assert one.told == tuple(told)
    assert set(told) <= set(one.brief)
    assert not set(told) & set(one.full)
    known = lessons.Lessons()
    found = pairs.gathered([one], known, {}, {}, seed=1)
    meant = {(left, right) for left, right, said in found["answered"] if said == pairs.MEANT}
    assert {(text, one.changed[0]) for text in one.brief} <= meant
    assert any(left in told and right in one.brief for left, right in meant)
    assert not any(text in one.full for pair in meant for text in pair)


def test_the_stored_statements_are_whole() -> None:
    stored = list(statements.stored())
    assert len(stored) == len({one.claim for one in stored}) > 2_000
    for one in stored:
        texts = [one.claim, *one.same, *one.changed, *one.apart]
        assert all(text.strip() for text in texts)
        assert len(one.ways) == len(one.changed) > 0 < len(one.full)
    held = sum(map(pairs.held_back, stored)) / len(stored)
    assert 0.1 < held < 0.18


@pytest.mark.parametrize("seed", range(5))
def test_exchanges_change_one_place(seed: int) -> None:
    rng = random.Random(seed)
    text = "Giá điện tăng 8 phần trăm từ ngày 1/7"
    number = exchanges.with_another_number(text, rng)
    assert number is not None
    assert number != text
    assert [a for a in number.split() if a in text.split()] != []
    opposite = exchanges.with_an_opposite(text, rng)
    assert opposite is not None
    assert opposite != text
    assert "8 phần trăm" in opposite
    assert opposite.startswith("Giá điện ")
    other = exchanges.with_another_thing(text, ["Bệnh viện Suối Vàng đóng cửa"], rng)
    assert other is None or len(set(text.split()) - set(other.split())) == 1
    assert exchanges.with_another_number("không có số", rng) is None
    assert exchanges.with_an_opposite("xyz", rng) is None


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    found: Tokenizer = Tokenizer.from_file(str(encoder.FOLDER / encoder.TOKENIZER))
    return found


def test_a_deck_gives_pairs_in_their_order_and_shares(tokenizer: Tokenizer) -> None:
    one = statements.read(LINE)
    found = {kind: list(pairs.of(one)) for kind in pairs.SHARES}
    deck = reading.dealt(found, tokenizer, versions=3, seed=1)
    again = reading.dealt(found, tokenizer, versions=3, seed=1)
    assert [one.tolist() for one in deck.pieces] == [one.tolist() for one in again.pieces]
    versions, said = deck.drawn(64, np.random.default_rng(3))
    assert (deck.places[versions[:, 0]] <= deck.places[versions[:, 1]]).all()
    assert set(said.tolist()) == {0, 1, 2}
    batch, told = next(deck.batches(8, np.random.default_rng(3)))
    assert len(batch) == len(told) == 8


def test_what_a_report_leaves_open_teaches_only_whether_it_is_meant() -> None:
    told = torch.tensor(
        [[9.0, 0.0, 0.0, 9.0], [0.0, 9.0, 0.0, 9.0], [0.0, 0.0, 9.0, 9.0], [0.0, 0.0, 9.0, -9.0]]
    )

    def loss(row: int, said: int) -> float:
        return float(reading.loss(told[[row]], torch.tensor([said])))

    assert loss(0, pairs.MEANT) == loss(1, pairs.MEANT) == loss(2, pairs.MEANT)
    assert loss(2, pairs.ELSEWHERE) > loss(2, pairs.MEANT) + 5
    assert loss(3, pairs.ELSEWHERE) < loss(3, Said.APART) + 0.01
    assert loss(3, pairs.MEANT) > loss(3, pairs.ELSEWHERE) + 5
    assert loss(0, Said.CHANGED) > loss(0, Said.SAME) + 5
    assert loss(2, Said.APART) > loss(3, Said.APART) + 5


def test_what_lies_near_answers_nothing() -> None:
    texts = [f"Đập {name} vỡ trong đêm" for name in ("Suối Vàng", "Suối Bạc", "Nậm Khao")]
    known = lessons.Lessons()
    known.pairs["news"] = [("vỡ đập suối vàng", texts[0]), ("vỡ đập suối bạc", texts[1])]
    known.beside["news"] = [texts[2], "Đập  Suối Vàng vỡ trong đêm"]
    near = pairing.lying_near(known, Meanings(encoder.load()))
    assert set(near) == {"vỡ đập suối vàng", "vỡ đập suối bạc"}
    assert set(near["vỡ đập suối bạc"]) >= {lessons.ready(texts[2]), lessons.ready(texts[0])}
    assert not set(near["vỡ đập suối vàng"]) & {lessons.ready(texts[0]), known.beside["news"][1]}
    rivals = {lessons.ready("vỡ đập suối vàng"): [texts[2]]}
    found = pairs.gathered([statements.read(LINE)], known, near, rivals, seed=3)
    assert {said for *_, said in found["answered"]} == {pairs.MEANT}
    assert {said for *_, said in found["beside"]} == {pairs.ELSEWHERE}
    ((asks, other, said),) = found["rivals"]
    assert "vàng" in asks
    assert (other, said) == (texts[2], pairs.ELSEWHERE)


@pytest.mark.encoder
def test_rivals_are_what_the_reader_would_be_asked_about_and_is_not_meant() -> None:
    row = {**json.loads(LINE), "told": ["nghe bảo cái đập ở Suối Vàng vỡ rồi, dân chạy hết"]}
    other = {**row, "claim": "Đập Suối Bạc vỡ giữa trưa, dân chạy lên đồi.", "told": []}
    about = [statements.read(json.dumps(one)) for one in (row, other)]
    among = {"fuel": "Giá xăng tăng từ chiều nay"}
    ((asks, rivals),) = pairing.ranked_high(about, among, Meanings(encoder.load())).items()
    assert asks == lessons.ready(row["told"][0])
    assert rivals == [lessons.ready(other["claim"])]


@pytest.mark.encoder
@pytest.mark.filterwarnings("ignore")  # of the tracer and of libraries, while they are imported
def test_a_small_reader_is_built_goes_on_and_reads_as_it_learnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tokenizer: Tokenizer
) -> None:
    one = statements.read(LINE)
    named = [dataclasses.replace(one, claim=f"{one.claim} {number}") for number in range(30)]
    known = lessons.Lessons()
    for kind in {*pairs.ALIKE, *pairs.ANSWERED}:
        known.pairs[kind] = [(one.claim, one.full[0]), (one.apart[0], one.apart[0])]
    monkeypatch.setattr(statements, "stored", lambda: iter(named))
    monkeypatch.setattr(lessons, "gathered", lambda _: known)
    monkeypatch.setattr(pairs, "_EXCHANGED", 4)
    course = reading.Course(minutes=0.02, layers=1, size=4)
    made = pairing.build(tmp_path, tmp_path / "out", course, tell=lambda _: None)
    assert set(made.card["kept_back"]) == {"same", "changed", "apart"}
    more = dataclasses.replace(course, seed=5)
    again = pairing.build(tmp_path, tmp_path / "more", more, tell=lambda _: None, start=made.folder)
    assert [course["seed"] for course in again.card["courses"]] == [171, 5]
    kept = pairing.build(tmp_path, tmp_path / "kept", more, tell=lambda _: None, start=made.folder, keep=1.0)
    assert kept.card["courses"][-1]["kept"] == 1.0

    whole = weights.read(weights.packaged())
    grown = student.made(whole, range(tokenizer.get_vocab_size()))
    graph.read(encoder.FOLDER, grown)
    learnt = reading.Reader(grown, 1)
    graph.read_pair(again.folder / encoder.GRAPH, learnt)
    learnt.begin_meant()
    left, right = torch.randn(2, 5, learnt.said.inner.out_features)
    said = learnt.said(left, right)
    assert torch.allclose(learnt.meant(left, right)[:, 0], said[:, :2].mean(1) - said[:, 2], atol=1e-4)
    pair = (one.claim, one.changed[0])
    tokenizer.no_padding()
    told = reading.read(learnt, tokenizer, [pair])[0]
    assert np.allclose(told, reader.load(again.folder).read(*pair)[:3], atol=0.02)
    before, after = (reader.load(one.folder).read(*pair)[:3] for one in (made, kept))
    assert np.allclose(before, after, atol=0.02)
