"""Words in pictures are read by the shipped model, in a limited child process."""

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from bench import sights
from corpus.syllables import fold
from intake import apart, ocr

TEXT = "Khẩn: cầu Cốc Lếu vừa bị sập lúc 5 giờ ngày 20/8, mọi người tránh xa"


def test_the_model_is_the_one_that_was_measured() -> None:
    model = (ocr.MODEL / "vie.traineddata").read_bytes()
    assert hashlib.sha256(model).hexdigest() in (ocr.MODEL / "README.md").read_text(encoding="utf-8")
    assert Path(ocr.MODEL).is_dir()


@pytest.mark.parametrize("make", [sights.card, sights.post, sights.chat])
def test_vietnamese_words_are_read(make: sights.Maker) -> None:
    image = make(sights.seeded(3), TEXT)  # type: ignore[call-arg]  these makers take the words, too
    words, sure = apart.run("intake.ocr:read", sights.encoded(image, quality=80), wall_s=60)
    read, wanted = set(fold(words).split()), fold(TEXT).split()
    assert sum(word in read for word in wanted) / len(wanted) > 0.8
    assert 50 < sure <= 100


def test_nothing_is_read_where_nothing_stands() -> None:
    assert ocr.read(sights.encoded(Image.new("RGB", (400, 300), "gray"))) == ("", 0.0)
