import hashlib
import json
from pathlib import Path

import pytest

from corpus import encoder, reader
from corpus.diacritics import readable
from corpus.reader import Reader

CLAIM = "Xe khách lật ở đèo Cổng Gió sáng nay làm 7 người bị thương, tất cả đã chuyển về bệnh viện huyện."
OTHER = "Bệnh viện huyện bác tin nhận nạn nhân: chuyến xe đổ trên Cổng Gió hôm nay không ai bị làm sao cả."


@pytest.fixture(scope="module")
def both() -> Reader:
    return reader.load()


def test_an_opinion_is_shared_out_and_has_no_sides(both: Reader) -> None:
    one = both.read(CLAIM, OTHER)
    assert sum(one[:3]) == pytest.approx(1)
    assert min(one[:3]) >= 0
    assert one.reader == both.revision
    assert one == both.read(OTHER, CLAIM)


def test_the_same_another_thing_and_another_matter_are_told_apart(both: Reader) -> None:
    same = "Sáng nay xe khách bị lật trên đèo Cổng Gió, bảy người bị thương đều được đưa vào bệnh viện huyện."
    apart = "Xã Tân Lập thu phí vệ sinh 30 nghìn đồng một tháng từ quý tới."
    told = [both.read(CLAIM, text)[:3] for text in (same, OTHER, apart)]
    assert [one.index(max(one)) for one in told] == [0, 1, 2]


@pytest.mark.parametrize(
    "text", ["", "\0", "\ufdfa" * 10, "a\u0301" * 20_000, "\ud800 x", "\u200d" * 100_000, "đập " * 250_000]
)
def test_hostile_texts_are_read_like_others(both: Reader, text: str) -> None:
    assert sum(both.read(text, CLAIM)[:3]) == pytest.approx(1)
    assert sum(both.read(text, text)[:3]) == pytest.approx(1)


def test_it_reads_the_words_of_the_encoder_that_is_shipped() -> None:
    card = json.loads(Path("corpus/data/reader/model_card.json").read_text("utf-8"))
    words = hashlib.sha256((encoder.FOLDER / encoder.WORDS).read_bytes()).hexdigest()
    assert card["sha256"]["words.npz"] == words
    assert sum(path.stat().st_size for path in reader.FOLDER.iterdir()) < 15_000_000
    assert reader.load() is reader.load()
    assert readable(CLAIM, "vi") == CLAIM
