import unicodedata

import pytest

from bench.noise import KINDS, disturb

TEXT = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, 12 người chết, mọi người không được hoạt động hòa bình."


@pytest.mark.parametrize("kind", KINDS)
def test_disturb_says_the_same_for_the_same_seed(kind: str) -> None:
    assert disturb(TEXT, kind, 1) == disturb(TEXT, kind, 1)
    assert (disturb(TEXT, kind, 1) == TEXT) == (kind == "none")
    for odd in ("", "?", "中国 dam", "a\ud800"):
        assert isinstance(disturb(odd, kind, 1), str)


def test_noise_does_what_its_name_says() -> None:
    assert disturb(TEXT, "no_marks", 1).isascii()
    assert disturb(TEXT, "nfd", 1) == unicodedata.normalize("NFD", TEXT)
    assert disturb("hòa thúy quý", "tone_placement", 1) == "hoà thuý quý"
    assert disturb("ĐÀ", "lower", 1) == "đà"
    assert any("dda" in disturb("đập đập đập", "telex", seed) for seed in range(9))
    assert any("d9" in disturb("đập đập đập", "vni", seed) for seed in range(9))
    assert len(disturb("một hai ba bốn " * 50, "dropped", 1).split()) in range(110, 150)
