import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpus
from corpus import cues
from corpus.text import normalise

CLAIMS = Path(corpus.__file__).parent / "data" / "confirmed_claims.jsonl"


@pytest.mark.parametrize(
    ("text", "kind", "official", "words"),
    [
        ("Công an khẳng định tin vỡ đập Bản Vẽ là sai sự thật", "denial", True, "sai sự thật"),
        ("UBND huyện Bát Xát xác nhận đập Nậm Pung không vỡ.", "denial", True, "không vỡ"),
        ("Công an Hà Nội: không chính xác; tiền gửi an toàn.", "denial", True, "không chính xác"),
        ("Không có chuyện vỡ đập Nậm Pung", "denial", False, "Không có chuyện"),
        ("cong an lao cai bac bo thong tin trung quoc xa lu", "denial", True, "bac bo"),
        ("Ảnh con tàu lạ do người đăng dùng AI tạo ra", "denial", False, "dùng AI tạo"),
        ("Cảnh báo thủ đoạn giả danh công an để lừa đảo", "warning", True, "Cảnh báo thủ đoạn giả danh"),
        ("Phạt người tung tin vỡ đập Cốc Ly 7,5 triệu đồng", "sanction", False, "Phạt người tung tin"),
        ("Police deny rumours that the dam has broken", "denial", True, "deny rumours"),
        ("There is no evidence that the dam broke", "denial", False, "There is no"),
        ("警方辟谣：大坝溃坝系谣言", "denial", True, "辟谣"),
    ],
)  # fmt: skip
def test_what_refutes_is_told_with_its_very_words(
    text: str, kind: str, *, official: bool, words: str
) -> None:
    found = cues.refutation(text)
    assert found is not None
    assert (found.kind, found.official) == (kind, official)
    assert words in found.words
    assert text[found.start : found.end] == found.words


@pytest.mark.parametrize(
    "text",
    [
        "Đập Nậm Pung vỡ rồi mọi người ơi",
        "Vỡ đập Nậm Pung có phải tin giả không?",
        "vo dap nam pung la tin gia hay that vay",
        "Đề nghị xác minh tin vỡ đập Bản Vẽ là sai sự thật hay đúng",
        "Cảnh báo bắt cóc trẻ em ở Lào Cai, mọi người chia sẻ gấp",
        "Gạo giả bằng nhựa đã vào Việt Nam.",
        "Chiều nay Hà Nội sẽ không có điện",
        "Is it true that the dam broke?",
        "大坝溃坝了，是真的吗？",
        "",
    ],
)
def test_what_spreads_or_asks_refutes_nothing(text: str) -> None:
    assert cues.refutation(text) is None


def test_the_starting_claims_spread_and_their_corrections_refute() -> None:
    rows = [json.loads(line) for line in CLAIMS.read_text("utf-8").splitlines()]
    spread = [row["claim"] for row in rows if cues.refutation(normalise(row["claim"]).canonical)]
    refuted = [row for row in rows if cues.refutation(normalise(row["correction"]).canonical)]
    assert spread == []
    assert len(refuted) > 0.9 * len(rows)  # the others state what is true without saying what is not


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    for cue in cues.refutations(text):
        assert text[cue.start : cue.end] == cue.words
