import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake import codes
from models import Invalid

KEY = b"k" * 32


def test_new_codes_are_128_bits_in_26_characters() -> None:
    made = {codes.new() for _ in range(1_000)}
    assert len(made) == 1_000
    assert all(len(code) == 26 and code[0] <= "7" and set(code) <= set(codes.ALPHABET) for code in made)


def test_grouped_is_written_in_fours_and_read_back() -> None:
    code = codes.new()
    assert [len(group) for group in codes.grouped(code).split("-")] == [4, 4, 4, 4, 4, 4, 2]
    assert codes.normalise(codes.grouped(code)) == code


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("7zq4 8mxt c0rv 9k2h j7wb e5na d3", "7ZQ48MXTC0RV9K2HJ7WBE5NAD3"),
        ("7ZQ4-8MXT-CORV-9K2H-J7WB-E5NA-D3", "7ZQ48MXTC0RV9K2HJ7WBE5NAD3"),
        ("iZQ4—8MXT—C0RV—9K2H—J7WB—E5NA—DL", "1ZQ48MXTC0RV9K2HJ7WBE5NAD1"),
        ("７ZQ4\u200b8MXTC0RV9K2HJ7WBE5NAD3\n", "7ZQ48MXTC0RV9K2HJ7WBE5NAD3"),
    ],
)
def test_normalise_forgives_how_people_write(typed: str, meant: str) -> None:
    assert codes.normalise(typed) == meant


@pytest.mark.parametrize(
    "typed", ["", "abc", "U" * 26, "8" + "ZQ48MXTC0RV9K2HJ7WBE5NAD", "é" * 26, "x" * 10**6]
)
def test_normalise_refuses_what_is_no_code(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        codes.normalise(typed)
    assert refused.value.code == "code-malformed"


@pytest.mark.parametrize(
    "typed", ["0" * 26, "0123456" + codes.ALPHABET[7:26], "01" * 13, "ABCDEFGH" * 3 + "AB"]
)
def test_normalise_refuses_what_anyone_might_guess(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        codes.normalise("0" + typed[1:])
    assert refused.value.code == "code-weak"


@given(st.text(max_size=200))
def test_normalise_never_fails_otherwise(typed: str) -> None:
    with contextlib.suppress(Invalid):
        assert codes.normalise(codes.normalise(typed)) == codes.normalise(typed)


def test_digest_depends_on_code_and_key() -> None:
    code = codes.new()
    assert len(codes.digest(code, KEY)) == 32
    assert codes.digest(code.lower(), KEY) == codes.digest(code, KEY)
    assert codes.digest(code, b"other" * 7) != codes.digest(code, KEY)


def test_no_small_mistake_hits_another_code() -> None:
    code = codes.new()
    places = itertools.product(range(26), codes.ALPHABET)
    near = {code[:place] + char + code[place + 1 :] for place, char in places} - {code}
    digests = {codes.digest(one, KEY) for one in near if one[0] <= "7"}
    assert codes.digest(code, KEY) not in digests
