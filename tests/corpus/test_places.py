"""Places: today's communes, older names, names in running text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import places


def test_the_province_has_99_units_made_of_319_older_ones() -> None:
    older = {part for commune in places.communes() for part in commune.old}
    assert (len(places.communes()), len(older)) == (99, 319)


def test_order_is_that_of_vietnamese_dictionaries() -> None:
    names = ["Văn Bàn", "Âu Lâu", "Đông Cuông", "A Mú Sung", "Dền Sáng", "Bảo Hà", "Bản Hồ"]
    assert sorted(names, key=places.collation) == [
        "A Mú Sung",
        "Âu Lâu",
        "Bản Hồ",
        "Bảo Hà",
        "Dền Sáng",
        "Đông Cuông",
        "Văn Bàn",
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Bát Xát", "Xã Bát Xát"),
        ("bat xat", "Xã Bát Xát"),
        ("phường Cốc Lếu", "Phường Lào Cai"),
        ("Nậm Pung", "Xã Mường Hum"),
        ("huyện Bát Xát", None),
        ("TP Yên Bái", None),
        ("Hà Nội", None),
        ("", None),
    ],
)
def test_words_name_one_commune_or_none(words: str, expected: str | None) -> None:
    found = places.find(words)
    assert (found and found.name) == expected


def test_an_old_district_offers_its_communes() -> None:
    assert {commune.short for commune in places.suggest("huyện Mù Cang Chải")} >= {"Mù Cang Chải"}
    assert len(places.suggest("huyện Văn Chấn")) > 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Đập thủy điện Nậm Pung ở Bát Xát đã vỡ", {"nam pung", "bat xat"}),
        ("dap nam pung o bat xat vo roi", {"nam pung", "bat xat"}),
        ("Đập Cốc Ly ở Bắc Hà vỡ", {"coc ly", "bac ha"}),
        ("gia đình hạnh phúc ở trung tâm", set()),
        ("bản hồ sơ của tôi", set()),
        ("xã Hạnh Phúc", {"hanh phuc"}),
    ],
)
def test_places_in_running_text(text: str, expected: set[str]) -> None:
    assert places.keys(text) == expected


@given(st.text())
def test_never_raises(text: str) -> None:
    places.keys(text)
    places.find(text)
    places.suggest(text)
