import gzip
import json
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest

from bench import composing
from bench.noise import KINDS
from corpus import evaluation
from corpus.distil import lessons


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(map(json.dumps, rows)).encode()
    path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    others = tmp_path / "retrieval" / "vi_distractors"
    _write(tmp_path / "confirmed_claims.jsonl", [{"id": "c1", "claim": "Đập thủy điện vỡ"}])
    asked = {"id": "c1-1", "case_id": "c1", "text": "đập vỡ rồi à", "lang": "vi", "style": "chatter"}
    _write(tmp_path / "reports_dev.jsonl", [asked])
    _write(tmp_path / "reports_no_match_dev.jsonl", [{"id": "n1", "text": "mai mưa không", "lang": "vi"}])
    _write(others / "vietnews_titles.jsonl.gz", [{"id": "c1", "text": "Giá xăng tăng"}])
    _write(others / "vietnews_leads_40k.jsonl.gz", [{"id": "l1", "text": "Sáng nay giá xăng tăng mạnh."}])
    _write(tmp_path / "retrieval" / "vi_social_news" / "posts.jsonl.gz", [{"id": "s1", "text": "mưa to quá"}])
    for number, name in enumerate(("vi_vnpara", "vi_news_clusters")):
        folder = tmp_path / "retrieval" / name
        _write(folder / "corpus.jsonl", [{"id": f"d{number}", "text": "Cầu mới thông xe hôm nay"}])
        asked = {"id": f"q{number}", "text": "cầu mới đã thông xe", "exclude": f"e{number}"}
        _write(folder / "queries.jsonl", [asked, {"id": f"none{number}", "text": "mưa"}])
        (folder / "qrels.tsv").write_text(f"q{number}\td{number}\n", "utf-8")
    return tmp_path


def test_reports_are_asked_among_all_headlines(data: Path, tmp_path: Path) -> None:
    composing.write(composing.reports(data), tmp_path / "out")
    known = evaluation.read(tmp_path / "out")
    assert known.corpus == {"c1": "Đập thủy điện vỡ", "title-c1": "Giá xăng tăng"}
    assert [(one.group, one.answers) for one in known.questions] == [
        ("vi chatter", {"c1"}),
        ("none vi", frozenset()),
    ]


def test_citizens_tell_of_confirmed_claims(data: Path) -> None:
    corpus, asked = composing.citizens(data)
    told = [one for one in asked if one.answers]
    known = {
        row["id"]
        for row in map(
            json.loads,
            resources.files("corpus").joinpath("data/confirmed_claims.jsonl").read_text("utf-8").splitlines(),
        )
    }
    assert set(corpus) == {"c1", "title-c1"}
    assert {answer for one in told for answer in one.answers} <= known
    assert len({one.text for one in told}) == len(told) > 300
    assert [one.group for one in asked if not one.answers] == ["none vi"]


@pytest.mark.parametrize(("name", "none"), [("fresh", 100), ("third", 240), ("fourth", 240), ("fifth", 240)])
def test_other_citizens_bring_their_own_reports_that_nothing_answers(
    data: Path, name: str, none: int
) -> None:
    told, before = composing.citizens_anew(data, name)[1], composing.citizens(data)[1]
    assert not {one.text for one in told} & {one.text for one in before}
    assert {answer for one in told for answer in one.answers} == {a for one in before for a in one.answers}
    groups = Counter(one.group.partition(" ")[0] for one in told)
    assert groups["none"] == sum(not one.answers for one in told) == none
    assert len({one.text for one in told}) == len({one.id for one in told}) == len(told) > 400


def test_all_reports_by_other_hands_come_together(data: Path) -> None:
    asked = composing.citizens_together(data)[1]
    apart = [
        composing.citizens(data)[1],
        *(composing.citizens_anew(data, name)[1] for name in composing.ANEW),
    ]
    assert sorted(one.text for one in asked) == sorted(one.text for some in apart for one in some)
    assert len({one.id for one in asked}) == len(asked)


def test_only_answered_queries_are_kept_that_were_never_learnt_from(tmp_path: Path) -> None:
    names = [f"q{number}" for number in range(40)]
    _write(tmp_path / "corpus.jsonl", [{"id": "d", "text": "Cầu mới thông xe"}])
    _write(tmp_path / "queries.jsonl", [{"id": name, "text": "cầu"} for name in [*names, "none"]])
    (tmp_path / "qrels.tsv").write_text("".join(f"{name}\td\n" for name in names), "utf-8")
    kept = {one.id for one in composing.kept_back(tmp_path)[1]}
    assert 0 < len(kept) < len(names)
    assert kept == {name for name in names if lessons.kept_back(name)}


def test_statements_are_asked_in_four_ways(data: Path, tmp_path: Path) -> None:
    composing.write(composing.told(data, "stated"), tmp_path / "out")
    known = evaluation.read(tmp_path / "out")
    assert known.corpus["title-c1"] == "Giá xăng tăng"
    groups = Counter(one.group for one in known.questions)
    assert len(set(groups.values())) == 1
    assert set(groups) == {"lightly reworded", "reworded", "post", "terse", "none"}
    assert all(bool(one.answers) == (one.group != "none") for one in known.questions)


def test_every_noise_is_a_group(data: Path, tmp_path: Path) -> None:
    composing.write(composing.disturbed(data), tmp_path / "out")
    known = evaluation.read(tmp_path / "out")
    assert set(known.corpus) == {"d0", "d1", "other-0", "other-1"}
    assert {one.group for one in known.questions} == set(KINDS)
    assert len(known.questions) == 2 * len(KINDS)  # those that nothing answers are not asked
    assert {(*one.answers, one.exclude) for one in known.questions} == {("d0", "e0"), ("d1", "e1")}
    assert next(one.text for one in known.questions if one.group == "no_marks") == "cau moi da thong xe"
