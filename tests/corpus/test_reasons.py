import json

import pytest

from corpus.reasons import Reasons, explain
from corpus.signals import measure
from models.match import Relation
from tests.corpus.test_signals import side


def reasons(left: str, right: str) -> Reasons:
    return explain(side(left), side(right))


@pytest.mark.parametrize(
    ("left", "right", "relation", "kinds"),
    [
        ("dap thuy dien ban ve vo roi", "Đập thủy điện Bản Vẽ (Nghệ An) vỡ chiều 27/7/2025.", "same", []),
        (
            "Hà Nội bị phong tỏa vì Covid-19 phải không mọi người",
            "Hà Nội bị phong tỏa vì Covid-19.",
            "same",
            [],
        ),
        (
            "Hà Nội không bị phong tỏa vì Covid-19",
            "Hà Nội bị phong tỏa vì Covid-19.",
            "variant",
            ["polarity"],
        ),
        (
            "gia dien giam gap doi tu thang sau",
            "Giá điện sinh hoạt tăng gấp đôi từ tháng sau.",
            "variant",
            ["polarity"],
        ),
        (
            "Mậu A có 150 người nhiễm bệnh",
            "Mậu A (Văn Yên) có hơn 140 người nhiễm bệnh",
            "variant",
            ["number"],
        ),
        ("Từ 1/10 cấm xe máy cũ", "Từ ngày 1/11/2025 cấm xe máy cũ", "variant", ["date"]),
        ("Đập thủy điện Bản Vẽ đã vỡ", "Đập thủy điện Trung Sơn đã vỡ", "variant", ["name"]),
        ("Trời hôm nay đẹp quá", "Hà Nội bị phong tỏa vì Covid-19.", "other", []),
        ("", "", "other", []),
    ],
)
def test_explain_tells_copies_from_variants(left: str, right: str, relation: str, kinds: list[str]) -> None:
    found = reasons(left, right)
    assert found.relation.value == relation
    assert [one.kind for one in found.differences] == kinds


def test_explain_compares_the_places_given() -> None:
    left, right = (
        side("cả xã đã bị cô lập vì lũ", places=("1",)),
        side("cả xã đã bị cô lập vì lũ", places=("2",)),
    )
    found = explain(left, right)
    assert found.relation is Relation.VARIANT
    assert (found.differences[0].left, found.differences[0].right) == (("1",), ("2",))


def test_explain_marks_shared_phrases_wherever_they_stand() -> None:
    left, right = (
        side("thủy điện Nậm Pung vỡ rồi, dân Bát Xát chạy ngay"),
        side("Dân Bát Xát chạy vì thủy điện Nậm Pung vỡ"),
    )
    found = explain(left, right)
    texts = [
        (left.canonical[slice(*one.left)].lower(), right.canonical[slice(*one.right)].lower())
        for one in found.shared
    ]
    assert ("thủy điện nậm pung vỡ", "thủy điện nậm pung vỡ") in texts
    assert ("dân bát xát chạy", "dân bát xát chạy") in texts


def test_explain_names_the_signals_that_fired() -> None:
    left, right = (
        side("xem https://a.vn/x tin vỡ đập Nậm Pung", [1, 0]),
        side("vỡ đập Nậm Pung https://a.vn/x", [1, 0]),
    )
    fired = explain(left, right, measure(left, [right])[0]).fired
    assert {"cosine", "candidate_covered", "link"} <= set(fired)
    assert "dates_shared" not in fired


def test_reasons_are_json() -> None:
    stored = json.loads(
        json.dumps(reasons("có 150 người ở Mậu A nhiễm", "có 140 người ở Mậu A nhiễm").as_json())
    )
    assert stored["relation"] == "variant"
    assert stored["differences"][0]["left_spans"] == [[3, 6]]
