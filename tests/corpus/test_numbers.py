import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.keys import facts
from corpus.numbers import has_figures, may_tell
from corpus.text import normalise

PIECES = "hai ba trăm nghìn tỷ mươi rưỡi linh năm tu two hundred and a million 三百 万 12 , 5".split()  # noqa: SIM905


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("hai trăm người", "num:200:nguoi"),
        ("hai tram nguoi", "num:200:nguoi"),
        ("ba nguoi chet", "num:3:nguoi"),
        ("ba con lợn", "num:3:con"),
        ("two hundred people", "num:200:nguoi"),
        ("二百人", "num:200:nguoi"),
        ("ba mươi lăm hộ dân", "num:35:ho"),
        ("một trăm linh năm người", "num:105:nguoi"),
        ("hai mươi năm tù", "num:20:nam"),
        ("một nghìn năm trăm đồng", "num:1500:dong"),
        ("hai nghìn không trăm hai mươi tư", "num:2024:"),
        ("một triệu hai trăm nghìn đồng", "num:1200000:dong"),
        ("2 triệu rưỡi đồng", "num:2500000:dong"),
        ("1tr5", "num:1500000:"),
        ("1 tỷ 200 triệu", "num:1200000000:"),
        ("5 nghìn tỷ", "num:5000000000000:"),
        ("1,5 tỷ đồng", "num:1500000000:dong"),
        ("500k", "num:500000:"),
        ("1.5 million dong", "num:1500000:dong"),
        ("two hundred and fifty people", "num:250:nguoi"),
        ("3万人", "num:30000:nguoi"),
        ("1.5亿越南盾", "num:150000000:dong"),
        ("百分之五十", "num:50:%"),
        ("涨到每天八十块", "num:80:"),
        ("晚上十二点收摊", "num:12:gio"),
        ("水位涨了3厘米", "num:3:cm"),
        ("听说有1.5万人", "num:15000:nguoi"),
        ("một trăm phần trăm", "num:100:%"),
    ],
)
def test_numbers_in_words_and_figures_are_one_key(text: str, wanted: str) -> None:
    assert [fact.key for fact in facts(text)] == [wanted]
    assert normalise(text).keys == (wanted,)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("cháy lúc 2 giờ 30 phút", ("num:2:gio", "num:30:phut")),
        ("tour 5 ngày 3 đêm", ("num:5:ngay", "num:3:")),
        ("án 6 năm 4 tháng tù", ("num:6:nam", "num:4:thang")),
        ("đập Bắc Khê 1 ngày 7/10/2025", ("num:1:", "date:2025-10-07")),
        ("đập Bắc Khê 1 ngày 7 tháng 10", ("num:1:", "date:--10-07")),
    ],
)
def test_only_the_day_of_a_date_is_no_unit(text: str, wanted: tuple[str, ...]) -> None:
    assert normalise(text).keys == wanted


WORDS = "mười năm trước|nam nguoi|sau nguoi do|một người|cả ba mẹ|one of them|hàng nghìn người|không trăm"
WORDS += "|ba con oi|ba con chu y|bon em o xa"  # bà con ơi, bọn em, without their marks


@pytest.mark.parametrize("text", [*WORDS.split("|"), "十分重要", "千万不要", "一个人"])
def test_words_that_count_nothing_are_no_numbers(text: str) -> None:
    assert facts(text) == []


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES)))
def test_numbers_never_raise_and_no_fact_goes_unannounced(words: list[str]) -> None:
    text = " ".join(words)
    figures, said = any(map(has_figures, text.split())), any(map(may_tell, text.split()))
    assert facts(text) == facts(text, figures=figures, words=said)
    assert not facts(text) or figures or said
