"""Strokes: a copy has the same ones everywhere, another digit is seen in one window."""

import numpy as np
import pytest

from bench import sights
from corpus import closely, likeness
from intake import redraw

TEXT = "Khẩn: cầu Cốc Lếu vừa bị sập lúc 5 giờ ngày 20/8, mọi người tránh xa và báo cho người thân ngay"
Drawn = tuple[likeness.Grey, bytes]


def drawn(image: sights.Sight) -> Drawn:
    found = redraw.redraw(sights.encoded(image, quality=92))
    content, width, height = found["grey"]
    return np.frombuffer(content, np.uint8).reshape(height, width).astype(np.float32), found["page"][1]


def strokes(mine: Drawn, other: Drawn) -> closely.Strokes:
    way = likeness.compare(mine[0], other[0]).way
    (high, wide), (high_other, wide_other) = mine[0].shape, other[0].shape
    return closely.strokes(mine[1], other[1], way, ((wide, high), (wide_other, high_other)))


@pytest.fixture(scope="module")
def first() -> Drawn:
    return drawn(sights.notice(sights.seeded(3), TEXT))


@pytest.mark.parametrize("change", ["a third, quality 25", "cropped up to 8 %", "brighter"])
def test_a_copy_has_the_same_strokes_everywhere(first: Drawn, change: str) -> None:
    copy = drawn(sights.CHANGES[change](sights.notice(sights.seeded(3), TEXT), sights.seeded(4)))
    found = strokes(copy, first)
    assert found.windows > 500
    assert found.worst() > 0.75


@pytest.mark.parametrize("told", ["6 giờ", "3 giờ"])
def test_another_digit_is_another_stroke(first: Drawn, told: str) -> None:
    other = drawn(sights.notice(sights.seeded(3), TEXT.replace("5 giờ", told)))
    found = strokes(other, first)
    assert found.worst() < 0.8
    assert found.other(0.8) < 0.01  # all else is the same


def test_a_banner_at_the_end_is_left_out(first: Drawn) -> None:
    image = sights.notice(sights.seeded(3), TEXT)
    image.paste("black", (0, 0, image.width, image.height // 40))
    found = strokes(drawn(image), first)
    assert found.worst() < 0.3
    assert found.worst(0.05) > 0.8


def test_what_is_too_small_says_nothing() -> None:
    tiny = drawn(sights.photo(sights.seeded(1)).resize((40, 40)))
    found = strokes(tiny, tiny)
    assert (found.windows, found.worst(), found.other(0.5)) == (0, -1.0, 0.0)
