"""The words of a page: language, heading, differences, citation."""

from zoneinfo import ZoneInfo

from models import CorrectionKind
from publish import showing
from tests.publish.conftest import a_correction


def test_the_language_is_the_one_that_is_there() -> None:
    correction = a_correction()
    assert showing.told(correction, "en").claim == "The dam has burst."
    assert showing.told(correction, "en").basis_lang == "vi"
    assert showing.told(correction, "zh").lang == "vi"
    half = a_correction(
        translations={"zh": {"claim": "x", "truth": " "}, "en": {"claim": "a", "truth": "b", "basis": "c"}}
    )
    assert showing.told(half, "zh").lang == "vi"
    assert showing.told(half, "en").basis_lang == "en"


def test_the_heading_is_the_first_sentence() -> None:
    assert showing.told(a_correction(), "vi").lead == "Đập Nậm Pung an toàn."
    assert showing.told(a_correction(truth="安全。正常。"), "vi").lead == "安全。"
    long = showing.told(a_correction(truth="từ " * 200), "vi").lead
    assert len(long) <= showing.LEAD + 2
    assert len(showing.told(a_correction(truth="x" * 500), "vi").lead) <= showing.LEAD + 2


def test_differences_give_both_texts_back() -> None:
    before, after = "Mực nước thấp hơn 2 m.", "Mực nước hồ thấp hơn 2,5 m."
    spans = showing.spans(before, after)
    assert "".join(words for kind, words in spans if kind != "new") == before
    assert "".join(words for kind, words in spans if kind != "gone") == after
    assert showing.spans("a b", "a") == [("same", "a"), ("gone", " b")]
    assert showing.changes(a_correction(), a_correction()) == []
    assert [change.part for change in showing.changes(a_correction(basis="khác"), a_correction())] == [
        "basis"
    ]


def test_a_withdrawal_takes_the_rating_back() -> None:
    assert showing.word(a_correction()) == "rating.fake"
    assert showing.word(a_correction(kind=CorrectionKind.VOID)) == "version.void"


def test_the_citation_says_who_what_when_where() -> None:
    text = showing.citation(
        a_correction(),
        agency="Trung tâm",
        label="Tin giả",
        url="https://x/y",
        zone=ZoneInfo("Asia/Ho_Chi_Minh"),
    )
    assert (
        text
        == "Trung tâm, kết luận số 2026-0007 (bản 2, 21/11/2026): “Đập Nậm Pung đã vỡ.” – Tin giả. https://x/y"
    )


def test_places_have_names_or_none() -> None:
    assert (showing.place_name(None), showing.place_name("x")) == ("", "")
    assert showing.place_name("02680")
