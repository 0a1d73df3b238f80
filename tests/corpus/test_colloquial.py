import re
import unicodedata
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.colloquial import in_digits, official
from corpus.diacritics import mended, readable

ROWS = [
    line.split("\t")
    for line in resources.files("corpus").joinpath("data/colloquial.tsv").read_text("utf-8").splitlines()
    if not line.startswith("//")
]


@pytest.mark.parametrize(
    ("said", "officially"),
    [
        ("Nghe nói sắp gộp tỉnh nữa", "Nghe nói sắp sáp nhập tỉnh nữa"),
        ("GỘP TỈNH NỮA", "sáp nhập tỉnh NỮA"),
        ("xóm tôi bị cúp điện", "xóm tôi bị cắt điện"),
        ("quay phim là bị phạt 5 củ", "quay phim là bị phạt 5 triệu đồng"),
        ("mua 5 củ khoai", "mua 5 củ khoai"),
        ("gộp  tỉnh, gộp, tỉnh", "gộp  tỉnh, gộp, tỉnh"),  # nothing but one blank inside a phrase
        ("", ""),
    ],
)
def test_what_people_say_is_put_officially(said: str, officially: str) -> None:
    assert official(said) == officially


@given(st.text(max_size=200))
def test_any_text_can_be_put_officially(text: str) -> None:
    assert isinstance(official(text), str)


@given(st.lists(st.sampled_from([word for said, _ in ROWS for word in said.split()]), max_size=12))
def test_what_stands_around_a_phrase_stays(words: list[str]) -> None:
    assert official(f"Xx, {' '.join(words)} !yy").startswith("Xx, ")
    assert official(f"Xx, {' '.join(words)} !yy").endswith(" !yy")


@pytest.mark.parametrize(
    ("words", "digits"),
    [
        ("ba mươi tư tỉnh còn mười sáu", "34 tỉnh còn 16"),
        ("sáu mươi ba xuống ba mươi mốt", "63 xuống 31"),
        ("hai người chết, năm nay", "hai người chết, năm nay"),
        ("hai triệu đồng", "hai triệu đồng"),
        ("", ""),
    ],
)
def test_numbers_are_written_in_digits(words: str, digits: str) -> None:
    assert in_digits(words) == digits


def test_only_machines_read_it_so() -> None:
    sent = "sắp gộp tỉnh, ba mươi tư còn mười sáu"
    assert readable(sent, "vi") == "sắp sáp nhập tỉnh, 34 còn 16"
    assert mended(sent, "vi") == sent
    assert readable("co dong gop tinh", "en") == "co dong gop tinh"


def test_the_list_is_in_order_and_says_something_else() -> None:
    said = [one for one, _ in ROWS]
    assert len(said) == len(set(said)) > 500
    assert said == sorted(said)
    for one, officially in ROWS:
        assert one == unicodedata.normalize("NFC", one) == one.lower()
        assert re.fullmatch(r"(#|[^\W_]+)( [^\W_]+)*", one), one
        assert official(official(one)) == official(one), one  # the end of no chain
        assert official(officially).lower() == officially.lower(), one  # what is official stays


def test_a_line_that_changes_nothing_keeps_a_longer_phrase_whole() -> None:
    kept = [one for one, officially in ROWS if one == officially.lower()]
    inside = [one for one in kept if any(f" {said} " in f" {one} " for said, _ in ROWS if said != one)]
    assert inside == kept
