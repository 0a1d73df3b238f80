from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.sino_vietnamese import spoken, syllables
from corpus.syllables import fold
from corpus.text import normalise


@pytest.mark.parametrize(
    ("chinese", "vietnamese"),
    [
        ("茶荣", "Trà Vinh"),
        ("海防海安坊", "Hải Phòng, Hải An phường"),
        ("海陽荊門", "Hải Dương Kinh Môn"),
        ("小学生", "tiểu học sinh"),
        ("水电", "thủy điện"),
        ("老街省沙巴", "Lào Cai tỉnh, Sa Pa"),
        ("承天順化", "Thừa Thiên Huế"),
        ("Nậm Pung 水电 3 km", "Nậm Pung thủy điện 3 km"),
    ],
)
def test_chinese_is_read_as_vietnamese_reads_it(chinese: str, vietnamese: str) -> None:
    assert spoken(fold(chinese), "zh") == fold(vietnamese)


@pytest.mark.parametrize("lang", ["vi", "en", "other"])
def test_other_languages_stay_as_they_are(lang: str) -> None:
    assert spoken("茶 荣 dam burst", lang) == "茶 荣 dam burst"


def test_what_has_no_reading_stays() -> None:
    assert spoken("\U00031340 か 茶", "zh") == "\U00031340 か tra"


@given(st.text())
def test_any_text_can_be_read_and_once_is_enough(text: str) -> None:
    read = spoken(fold(text), "zh")
    assert spoken(read, "zh") == read == fold(read)


@given(st.text(alphabet=st.sampled_from("老街承天顺化茶荣 ab,")))
def test_syllables_stand_where_they_are_written(text: str) -> None:
    found = syllables(text)
    assert [start for start, _, _ in found] == sorted(start for start, _, _ in found)
    read = [spoken(fold(text[start:end]), "zh").split() for start, end, _ in found]
    assert all(syllable in there for (_, _, syllable), there in zip(found, read, strict=True))


def test_a_name_read_otherwise_stands_as_a_whole() -> None:
    assert syllables("在顺化!") == [(0, 1, "tai"), (1, 3, "hue")]


def test_only_names_that_are_read_otherwise_are_listed() -> None:
    lines = resources.files("corpus").joinpath("data/han_names.tsv").read_text("utf-8").splitlines()
    names = dict(line.split("\t") for line in lines if not line.startswith("#"))
    usual = {name: " ".join(spoken(char, "zh") for char in name) for name in names}
    assert len(names) > 50
    assert not [name for name, vietnamese in names.items() if usual[name] == fold(vietnamese)]
    assert all(spoken(fold(name), "zh") == fold(vietnamese) for name, vietnamese in names.items())
    assert all(normalise(name * 4).lang == "zh" for name in names)
