import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import misspelt
from corpus.diacritics import mended
from corpus.syllables import folded_syllables


@pytest.mark.parametrize(
    ("word", "syllable"),
    [
        ("nguoii", "nguoi"),
        ("nugoi", "nguoi"),
        ("nguo", "nguoi"),
        ("nguoj", "nguoi"),
        ("thuyr", "thuy"),
        ("phuuongg", "phuong"),
        ("heinn", "hien"),
    ],
)
def test_a_slip_leads_to_the_syllable(word: str, syllable: str) -> None:
    assert syllable in dict(misspelt.meant(word))


def test_near_slips_are_likelier_than_far_ones() -> None:
    chances = dict(misspelt.meant("duomg"))
    assert chances["duong"] > max(chance for syllable, chance in chances.items() if syllable != "duong")


@pytest.mark.parametrize("word", ["đập", "dap", "ko", "xe", "VTV", "covid", "video", "visa", "Sapa", "bb"])
def test_syllables_chat_short_words_capitals_and_words_from_abroad_are_left(word: str) -> None:
    assert not misspelt.may_be(word)


@given(st.sampled_from(sorted(folded_syllables())), st.integers(0, 2**32))
def test_every_letter_too_many_is_found(syllable: str, seed: int) -> None:
    rng = random.Random(seed)
    at = rng.randrange(len(syllable))
    longer = syllable[:at] + rng.choice("abcdeghiklmnopqrstuvxyw") + syllable[at:]
    assert syllable == longer or syllable in dict(misspelt.meant(longer))
    assert all(chance < 0 for _, chance in misspelt.meant(longer))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("dap thuy dien da vo, nguoi dna phai hcay lu", "đập thủy điện đã vỡ, người dân phải chạy lũ"),
        ("Học snih Lào Cai được nghỉ học cả tuầnn", "Học sinh Lào Cai được nghỉ học cả tuần"),
        ("Trung Quốc đag xả lũ xuống sông Hồng", "Trung Quốc đang xả lũ xuống sông Hồng"),
    ],
)
def test_slips_are_mended_by_their_neighbours(sent: str, read: str) -> None:
    assert mended(sent, "vi") == read


@pytest.mark.parametrize(
    "text",
    [
        "Fansipan có tuyết, du khách đăng video lên Facebook",
        "Tổng thống Trump đến Hà Nội bằng máy bay Boeing",
        "Vinamilk bán sữa cho Walmart",
        "xyzw qwrt pfff zzzz",
    ],
)
def test_names_and_words_from_abroad_stay(text: str) -> None:
    assert mended(text, "vi") == text


def test_other_languages_are_not_mended() -> None:
    assert mended("The damn brok last nite", "en") == "The damn brok last nite"


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(mended(text, "vi"), str)


@pytest.mark.parametrize("word", ["ngh" * 3_000, "uo" * 5_000, "z" * 10_000])
def test_endless_words_are_no_slips(word: str) -> None:
    assert not misspelt.may_be(word)
    assert mended(word, "vi").startswith(word[:2_000])
