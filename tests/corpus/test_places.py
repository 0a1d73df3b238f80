"""Places: today's communes, older names, names in running text."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import places
from corpus.syllables import unmarked


def test_the_province_has_99_units_made_of_319_older_ones() -> None:
    older = {part for commune in places.communes() for part in commune.old}
    assert (len(places.communes()), len(older)) == (99, 319)
    assert len({district for _, district in older}) == 18
    assert all(re.fullmatch(r"\d{5}", commune.code) and commune.old for commune in places.communes())


def test_order_is_that_of_vietnamese_dictionaries() -> None:
    ordered = [
        "A Mú Sung",
        "Âu Lâu",
        "Bản Hồ",
        "Bảo Hà",
        "Dền Sáng",
        "Đông Cuông",
        "Pa",
        "Pà",
        "Pá",
        "Văn Bàn",
    ]
    backwards = ordered[::-1]
    assert sorted(backwards, key=places.collation) == ordered
    assert [commune.short for commune in places.communes()][:3] == ["A Mú Sung", "Âu Lâu", "Bản Hồ"]


def test_a_code_names_a_commune() -> None:
    found = places.by_code("02647")
    assert found is not None
    assert found.name == "Phường Lào Cai"
    assert [places.by_code(code) for code in ("1", "", None)] == [None, None, None]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Bát Xát", "Xã Bát Xát"),
        ("bat xat", "Xã Bát Xát"),
        ("Bản Hồ", "Xã Bản Hồ"),
        ("SaPa", "Phường Sa Pa"),
        ("phường Cốc Lếu", "Phường Lào Cai"),
        ("TT. Phố Ràng", "Xã Bảo Yên"),
        ("Nậm Pung", "Xã Mường Hum"),
        ("huyện Bát Xát", None),
        ("TP Yên Bái", None),
        ("Lào Cai", None),
        ("Hà Nội", None),
        ("", None),
    ],
)
def test_words_name_one_commune_or_none(words: str, expected: str | None) -> None:
    found = places.find(words)
    assert (found and found.name) == expected


@pytest.mark.parametrize(
    ("words", "first", "least"),
    [
        ("huyện Mù Cang Chải", "Mù Cang Chải", 5),
        ("huyện Văn Chấn", "Văn Chấn", 6),
        ("TP Lào Cai", "Lào Cai", 5),
        ("sapa", "Sa Pa", 6),
        ("ta v", "Tả Van", 1),
        ("y", "", 0),
    ],
)
def test_what_is_typed_offers_communes_and_an_old_district_all_of_its_own(
    words: str, first: str, least: int
) -> None:
    offered = [commune.short for commune in places.suggest(words)]
    assert (offered or [""])[0] == first
    assert least <= len(offered) <= 12


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Đập thủy điện Nậm Pung ở Bát Xát đã vỡ", {"nam pung", "bat xat"}),
        ("dap nam pung o bat xat vo roi", {"nam pung", "bat xat"}),
        ("ĐẬP CỐC LY Ở BẮC HÀ VỠ!!!", {"coc ly", "bac ha"}),
        ("Sapa, SaPa và thị trấn Sa Pa", {"sa pa"}),
        ("huyện Bát Xát; TX. Nghĩa Lộ", {"bat xat", "nghia lo"}),
        ("tuyết trên đỉnh Phan Xi Păng", {"fansipan"}),
        ("mưa lớn từ Mường Hum đến Hoà Bình và Huế", {"muong hum", "hoa binh", "hue"}),
        ("TP Yên Bái ngập, tỉnh Lào Cai họp", {"thanh pho yen bai"}),
        ("sông Hồng và sông Chảy", {"song hong", "song chay"}),
        ("xã Hạnh Phúc", {"hanh phuc"}),
        ("xa van ban bi sat lo", {"van ban"}),
    ],
)
def test_places_in_running_text(text: str, expected: set[str]) -> None:
    assert places.keys(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "gia đình hạnh phúc ở trung tâm",
        "bản hồ sơ của tôi",
        "Theo văn bản hỏa tốc, chúng ta vẫn cần tìm hiểu năm đằng đẵng",
        "theo van ban hoa toc, chung ta van can tim hieu nam dang dang",
        "ông Lê Văn Năm, bà Bùi Xuân Hòa và anh Trần Bình Minh",
        "anh Trần Sơn là đại gia, đổi lại cháu được quà",
        "Nhật Bản, Liên doanh",
        "o xa trung tam, tinh hoa binh than",
        "cơ bản công ty thống nhất phúc lợi, yên bình",
        "Lào Cai và Yên Bái hợp nhất, Bác Hồ Chí Minh",
    ],
)
def test_ordinary_words_are_no_places(text: str) -> None:
    assert places.keys(text) == set()


def test_a_hit_says_where_and_which_communes_of_today() -> None:
    text = "Lũ ở Tả Van, huyện Bát Xát"
    found = [(text[hit.start : hit.end], len(hit.codes)) for hit in places.mentions(text)]
    assert found == [("Tả Van", 1), ("Bát Xát", 8)]


def test_every_name_of_today_is_found_with_its_unit_marked_or_not() -> None:
    for commune in places.communes():
        for text in (f"Mưa lũ ở {commune.name} chiều nay", unmarked(f"mua lu o {commune.name} chieu nay")):
            assert any(commune.code in hit.codes for hit in places.mentions(text)), text


@given(st.text())
def test_never_raises(text: str) -> None:
    length = len(unicodedata.normalize("NFC", text))
    assert all(0 <= hit.start < hit.end <= length for hit in places.mentions(text))
    places.find(text)
    places.suggest(text)


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        ("huyện Bảo Yên", "xã Phúc Khánh", False),  # the commune lies in what was the district
        ("thôn Làng Nủ", "xã Phúc Khánh", False),  # a village of the old commune
        ("thị trấn Sa Pa", "phường Sa Pa", False),
        ("xã Bát Xát", "xã Phúc Khánh", True),
        ("huyện Bát Xát", "huyện Bảo Yên", True),
        ("xã Phúc Khánh", "tỉnh Bắc Giang", True),
        ("tỉnh Bắc Giang", "tỉnh Cao Bằng", True),
        ("xã Phúc Khánh", "Sông Hồng", False),  # the river passes many
        ("xã Phúc Khánh", "", False),
    ],
)
def test_places_are_apart_unless_one_may_hold_the_other(left: str, right: str, wanted: bool) -> None:  # noqa: FBT001
    ours, theirs = places.keys(left), places.keys(right)
    assert places.apart(ours, theirs) is places.apart(theirs, ours) is wanted
