import pytest

from corpus.syllables import fold, from_telex, from_vni, is_folded_syllable, is_syllable, unmarked, with_tone


@pytest.mark.parametrize(
    "word", ["đập", "Nghiêng", "quốc", "gì", "giếng", "khuỷu", "Lắk", "y", "yêu", "thuở", "qua", "hoặc"]
)
def test_is_syllable_takes_vietnamese(word: str) -> None:
    assert is_syllable(word)
    assert is_folded_syllable(unmarked(word))


@pytest.mark.parametrize("word", ["dam", "kan", "ngi", "đ", "Facebook", "cèt", "ậẹ", "zô", "1", ""])
def test_is_syllable_refuses_the_rest(word: str) -> None:
    assert is_syllable(word) == (word == "dam")


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("ddaapj", "đập"),
        ("tieesng", "tiếng"),
        ("dduwowcj", "được"),
        ("hoaf", "hòa"),
        ("vowx", "vỡ"),
        ("loop", ""),
    ],
)
def test_from_telex(typed: str, word: str) -> None:
    assert from_telex(typed) == word


@pytest.mark.parametrize(
    ("typed", "word"),
    [("d9a65p", "đập"), ("d9u7o7c5", "được"), ("vo74", "vỡ"), ("covid19", ""), ("a٣", ""), ("x0", "")],
)
def test_from_vni(typed: str, word: str) -> None:
    assert from_vni(typed) == word


def test_with_tone_follows_the_house_spelling() -> None:
    assert [with_tone(rest, "s") for rest in ("hoa", "thuy", "quy", "toan", "khuyu", "gia")] == [
        *("hóa", "thúy", "quý", "toán", "khuýu", "giá")
    ]


def test_unmarked_keeps_the_length_and_fold_does_not_need_to() -> None:
    assert unmarked("Đập İ 中") == "dap i 中"
    assert fold("Đập-thủy 中国!") == "dap thuy 中 国"
