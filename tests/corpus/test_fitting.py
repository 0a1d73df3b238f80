import gzip
import json
from pathlib import Path

import pytest

from corpus import encoder, fitting, lists, ranker
from corpus.distil import lessons
from corpus.meanings import Meanings
from corpus.reader import Opinion

PLACES = ("Nậm Pung", "Cốc Ly", "Bản Vẽ", "Trung Sơn", "Suối Mu", "Núi Cốc", "Đắk Lôi", "Suối Vàng")


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(json.dumps(row) for row in rows)
    path.write_bytes(gzip.compress(lines.encode()) if path.suffix == ".gz" else lines.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    claims = [f"Đập thủy điện {place} đã vỡ trong đêm" for place in PLACES]
    toy = tmp_path / "retrieval" / "checkthat_toy"
    _write(toy / "corpus.jsonl", [{"id": str(i), "text": text} for i, text in enumerate(claims)])
    _write(
        toy / "queries.jsonl", [{"id": f"q{i}", "text": f"nghe nói đập {p} vỡ"} for i, p in enumerate(PLACES)]
    )
    (toy / "qrels.tsv").write_text("".join(f"q{i}\t{i}\n" for i in range(len(PLACES))), "utf-8")
    _write(
        tmp_path / "retrieval" / "xl_toy" / "sentences.jsonl.gz",
        [{"id": "x1", "vi": claims[0], "en": "The Nam Pung dam burst at night", "zh": "南彭水坝夜间溃决"}],
    )
    _write(
        tmp_path / "confirmed_claims.jsonl", [{"id": f"c{i}", "claim": text} for i, text in enumerate(claims)]
    )
    reports = [{"case_id": f"c{i}", "text": f"đập {p} vỡ rồi à", "lang": "vi"} for i, p in enumerate(PLACES)]
    _write(tmp_path / "reports_dev.jsonl", reports)
    _write(tmp_path / "reports_no_match_dev.jsonl", [{"text": "mai trời có mưa không cả nhà"}])
    return tmp_path


class _Knowing:
    """A reader that knows the places by heart."""

    revision = "by heart"

    def read(self, one: str, other: str) -> Opinion:
        names = [{place for place in PLACES if place.lower() in text.lower()} for text in (one, other)]
        return Opinion(0.9, 0.05, 0.05) if names[0] & names[1] else Opinion(0.05, 0.05, 0.9)


def test_the_ranker_is_fitted_to_the_digit(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "kept_back", lambda _: True)
    meanings = Meanings(encoder.load(), tmp_path / "vectors.npz")
    found = [one for name, known in lists.sets(folder) for one in lists.asked(name, known, meanings)]
    artefact = fitting.train_ranker(found, "toy", "written for this test", _Knowing())
    known = ranker.read(artefact)
    assert known.about["reader"] == "by heart"
    assert known.second.least < known.second.most
    assert known.second.weights[0] > 0
    # Where the ranker knows nothing, all is left to what reads.
    (_, apart, same) = fitting.fit_second(found, [[0.5] * len(one.labels) for one in found], _Knowing().read)[
        "weights"
    ]
    assert apart < -0.1 < 0.1 < same
    assert known.about["unseen"]["all"]["lists"] == len(found)
    assert known.features == lists.FEATURES
    assert known.about["held_out"]["reports vi"]["p@1"] == 1
    assert known.about["queries"]["reports none"] == 1
    kinds = known.about["kinds"]
    assert set(kinds["language"]) >= {"vi", "en", "zh"}
    assert set(kinds["noise"]) <= {"plain", "noisy", "heaped"}
    for kind in kinds.values():
        assert sum(int(one["queries"]) for one in kind.values()) == len(found)
    again = Meanings(encoder.load(), tmp_path / "vectors.npz")
    found = [one for name, known in lists.sets(folder) for one in lists.asked(name, known, again)]
    assert fitting.train_ranker(found, "toy", "written for this test", _Knowing()) == artefact


def test_what_the_encoder_knows_by_heart_is_left_out(folder: Path) -> None:
    sets = dict(lists.sets(folder))
    kept = lists.trained_on("checkthat_toy", sets["checkthat_toy"]).questions
    assert [one.id for one in kept] == [f"q{i}" for i in range(8) if lessons.kept_back(f"q{i}")]
    assert lists.trained_on("reports", sets["reports"]) is sets["reports"]


def test_lists_without_an_answer_hold_none(folder: Path) -> None:
    known = dict(lists.sets(folder))["reports"]
    found = list(lists.asked("reports", known, Meanings(encoder.load(), None)))
    silent = [one for one in found if one.group.endswith("~none")]
    assert silent
    assert not any(one.labels.any() for one in silent)
    assert all(one.known == 0 for one in silent)
