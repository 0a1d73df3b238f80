import gzip
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.orm import Session

from corpus import baselines, encoder, evaluation
from corpus.evaluate import Ranked, figures
from corpus.meanings import Meanings

_CLAIMS = {
    "dam": "Đập thủy điện Suối Mu đã vỡ, nước tràn về thôn Bản Vược.",
    "milk": "Sữa học đường nhiễm chì làm ba mươi học sinh nhập viện.",
    "bank": "Ngân hàng sẽ khóa mọi tài khoản chưa nộp phí định danh.",
}
_ASKED = (
    {"id": "1", "text": "nghe noi dap suoi mu vo roi, nuoc ve ban vuoc", "style": "bare"},
    {"id": "2", "text": "Không nộp phí định danh là ngân hàng khóa tài khoản à?", "style": "asked"},
    {"id": "3", "text": "Ngày mai chợ phiên có mở cửa không?", "style": "none"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    texts = "\n".join(json.dumps({"id": name, "text": text}) for name, text in _CLAIMS.items())
    (tmp_path / "corpus.jsonl.gz").write_bytes(gzip.compress(texts.encode()))
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, _ASKED)) + "\n", "utf-8")
    (tmp_path / "qrels.tsv").write_text("1\tdam\n2\tbank\n", "utf-8")
    return tmp_path


def test_the_way_of_reports_is_measured(folder: Path, session: Session, at: datetime) -> None:
    known, model = evaluation.read(folder), encoder.load()
    *_, loaded = evaluation.load(session, known, Meanings(model), at=at)
    answered = [evaluation.ask(session, one, loaded, model) for one in known.questions]
    found = evaluation.summary(known, loaded, answered, model)
    assert (found["p@1"], found["queries"], found["corpus"]) == (1.0, 3, 3)
    assert found["latency_ms"]["p95"] >= found["latency_ms"]["p50"] > 0
    assert found["groups"]["bare"]["mrr"] == 1.0
    assert found["ece_calibrated"] >= 0
    assert 0 < found["ece_by_chance"] < 0.5
    assert set(found["groups"]["none"]) == {"queries", "ece"}  # nothing to be found: no ranking is judged
    assert set(found["baselines"]) == {"bm25", "tfidf_char", "dense", "rrf"}
    assert "ece" not in found["baselines"]["bm25"]
    json.dumps(found)


def test_each_half_is_calibrated_by_the_answers_to_the_other() -> None:
    doubtful, sure = [0.3, 0.2], [0.94, 0.4, 0.01]
    ranked = [
        Ranked("g", [True] + [False] * (len(found) - 1), found, 1)
        for found in [sure, sure, doubtful, doubtful] * 40
    ]
    told = evaluation.calibrated(ranked)
    assert [one.hits for one in told] == [one.hits for one in ranked]
    assert all(one.probabilities == sorted(one.probabilities, reverse=True) for one in told)
    assert figures(told)["ece"] < figures(ranked)["ece"] / 2
    # Of a handful little is believed; a half says nothing of itself.
    few = evaluation.calibrated(ranked[2:4])
    assert few[0].probabilities == few[1].probabilities
    assert doubtful[0] < few[0].probabilities[0] < 0.5
    right, wrong = ranked[2], replace(ranked[2], hits=[False, False])
    of_right, of_wrong = evaluation.calibrated([right, wrong])
    assert of_right.probabilities[0] < 0.3 < of_wrong.probabilities[0]
    assert evaluation.calibrated([]) == []
    assert evaluation.calibrated([Ranked("g", [], [], 1)])[0].probabilities == []


def test_every_candidate_counts_however_unlikely(folder: Path, session: Session, at: datetime) -> None:
    known, model = evaluation.read(folder), encoder.load()
    *_, loaded = evaluation.load(session, known, Meanings(model), at=at)
    assert len(evaluation.ask(session, known.questions[2], loaded, model).ranked.hits) == len(_CLAIMS)


def test_an_excluded_text_is_in_no_ranking(folder: Path, session: Session, at: datetime) -> None:
    asked = {**_ASKED[0], "exclude": "bank"}
    (folder / "queries.jsonl").write_text(json.dumps(asked), "utf-8")
    known, model = evaluation.read(folder), encoder.load()
    *_, loaded = evaluation.load(session, known, Meanings(model), at=at)
    (question,) = known.questions
    answer = evaluation.ask(session, question, loaded, model)
    assert len(answer.ranked.hits) == len(_CLAIMS) - 1
    assert evaluation.compare(known, loaded, [answer])["bm25"]["p@1"] == 1.0


@pytest.mark.parametrize("name", ["corpus.jsonl.gz", "queries.jsonl", "qrels.tsv"])
def test_a_missing_file_is_an_error(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(OSError, match=name.partition(".")[0]):
        evaluation.read(folder)


def test_bm25_prefers_rare_words_and_short_texts() -> None:
    documents = ["vo dap", "vo dap suoi mu o xa", "nuoc"]
    corpus = baselines.BM25(documents)
    (row,) = corpus.scores(["dap suoi"])
    assert row.argmax() == 1
    assert row[2] == 0
    (row,) = corpus.scores(["dap"])
    assert row[0] > row[1] > row[2]


def test_tfidf_of_the_same_text_is_one() -> None:
    (row,) = baselines.Characters(["vo dap", "sua hoc duong"]).scores(["vo dap"])
    assert row[0] == pytest.approx(1)
    assert row[1] < 0.1


def test_rrf_adds_reciprocal_ranks() -> None:
    first, second = np.array([[3.0, 2.0, 1.0]]), np.array([[1.0, 3.0, 2.0]])
    assert baselines.rrf(first, second)[0].tolist() == pytest.approx(
        [1 / 61 + 1 / 63, 1 / 62 + 1 / 61, 1 / 63 + 1 / 62]
    )


def test_best_takes_the_highest_and_the_earlier_of_equals() -> None:
    assert baselines.best(np.array([1.0, 3.0, 2.0, 3.0], dtype=np.float32), 3).tolist() == [1, 3, 2]
    assert baselines.best(np.array([1.0, 3.0], dtype=np.float32), 5).tolist() == [1, 0]


def test_a_title_stands_before_its_text_unless_it_is_there() -> None:
    assert evaluation.headed({"title": "Vỡ đập", "text": "Đập đã vỡ."}) == "Vỡ đập. Đập đã vỡ."
    assert evaluation.headed({"title": "Đập", "text": "Đập đã vỡ."}) == "Đập đã vỡ."
    assert evaluation.headed({"text": "Đập đã vỡ."}) == "Đập đã vỡ."
