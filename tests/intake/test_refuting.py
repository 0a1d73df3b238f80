import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake import refuting


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Công an tỉnh bác bỏ tin bắt cóc trẻ em ở Sa Pa", "bác bỏ tin"),
        ("Thông tin vỡ đập ở Nậm Pung là sai sự thật.", "là sai sự thật"),
        ("UBND xã cho biết không có vụ vỡ đập nào như mạng xã hội lan truyền", "không có"),
        ("The province said the video is false", "is false"),
    ],
)
def test_denials_are_told_by_their_words(text: str, words: str) -> None:
    assert words in refuting.cue(text)


@pytest.mark.parametrize(
    "text",
    [
        "Vỡ đập ở Nậm Pung, nước dâng rất cao, bà con chạy ngay",
        "Học sinh toàn tỉnh nghỉ học từ thứ hai",
        "Không có điện suốt hai ngày ở Bát Xát",
    ],
)
def test_plain_news_has_no_cue(text: str) -> None:
    assert refuting.cue(text) == ""


def test_a_cue_is_shown_with_what_stands_around_it() -> None:
    text = (
        "Đầu bài rất dài. " * 20 + "Sở khẳng định tin này là bịa đặt hoàn toàn. " + "Cuối bài cũng dài. " * 20
    )
    cue = refuting.cue(text)
    assert cue.startswith("… ")
    assert cue.endswith(" …")
    assert cue.strip("… ") in " ".join(text.split())


@given(st.text())
def test_any_text_is_borne(text: str) -> None:
    assert isinstance(refuting.cue(text), str)
