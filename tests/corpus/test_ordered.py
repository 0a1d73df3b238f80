import pytest

from corpus import ordered
from corpus.words import Aligned, Words, align


def pair(ours: str, theirs: str, lang: str) -> Aligned:
    return align(Words(ours, lang), Words(theirs, lang))


def crossed(ours: str, theirs: str, lang: str) -> bool:
    return ordered.crossed(pair(ours, theirs, lang)) is not None


@pytest.mark.parametrize(
    ("ours", "theirs", "lang"),
    [
        ("Xã thu tiền trước khi cắm mốc", "Trước khi thu tiền, xã cắm mốc", "vi"),
        ("xa thu tien truoc khi cam moc", "xa thu tien sau khi cam moc", "vi"),
        ("Gạo Cốc Ly đắt hơn gạo Bản Lầu", "So với Cốc Ly, gạo Bản Lầu đắt hơn", "vi"),
        ("Chợ cháy vì kho xăng nổ", "Kho xăng nổ vì chợ cháy", "vi"),
        ("Đàn trâu từ Y Tý tràn sang Bản Lầu", "Đàn trâu đang tràn sang Y Tý từ Bản Lầu", "vi"),
        ("Đàn trâu từ Y Tý tràn sang Bản Lầu", "Từ Bản Lầu đàn trâu tràn sang Y Tý", "vi"),
        ("The ferry opens before the bridge is closed", "The bridge closes before the ferry opening", "en"),
        ("A miller was bitten by a tourist", "A tourist was bitten by a miller", "en"),
        ("上村把水卖给下村", "水是下村卖给上村的", "zh"),
    ],
)
def test_two_things_the_other_way_round_are_crossed(ours: str, theirs: str, lang: str) -> None:
    assert crossed(ours, theirs, lang)
    assert crossed(theirs, ours, lang)


@pytest.mark.parametrize(
    ("ours", "theirs", "lang"),
    [
        ("Xã thu tiền trước khi cắm mốc", "Sau khi thu tiền, xã cắm mốc", "vi"),
        ("Xã thu tiền trước khi cắm mốc", "Trước khi cắm mốc, xã đã thu tiền của dân", "vi"),
        ("Gạo Cốc Ly đắt hơn gạo Bản Lầu", "So với Bản Lầu, gạo Cốc Ly đắt hơn", "vi"),
        ("Gạo Cốc Ly đắt hơn gạo Bản Lầu", "Gạo Bản Lầu rẻ hơn gạo Cốc Ly", "vi"),
        ("Đàn trâu từ Y Tý tràn sang Bản Lầu", "Từ Y Tý, đàn trâu đã sang Bản Lầu", "vi"),
        ("Hơn 40 hộ ở Bản Lầu mất điện", "Ở Bản Lầu hơn 40 hộ mất điện", "vi"),
        (
            "The ferry opens before the bridge is closed",
            "Before the bridge closes, the ferry will open",
            "en",
        ),
        ("Xã thu tiền trước khi cắm mốc", "The commune set marks before it took money", "vi"),
    ],
)
def test_the_same_order_in_other_words_is_not_crossed(ours: str, theirs: str, lang: str) -> None:
    assert not crossed(ours, theirs, lang)
    assert not crossed(theirs, ours, lang)


def test_the_words_that_changed_sides_are_told() -> None:
    both = pair("Xã thu tiền trước khi cắm mốc", "Trước khi thu tiền, xã cắm mốc", "vi")
    found = ordered.crossed(both)
    assert found is not None
    assert both.ours.text[slice(*both.ours.span(found[0]))] == "thu tiền"
    assert both.theirs.text[slice(*both.theirs.span(found[1]))] == "thu tiền"


def test_texts_of_two_languages_tell_no_order() -> None:
    words = Words("The miller came before the tourist"), Words("The tourist came before the miller", "en")
    assert ordered.crossed(align(*words)) is None


def test_two_orders_of_one_kind_in_a_text_tell_nothing() -> None:
    assert ordered.orders(Words("Cầu sập trước khi lũ về, lũ về trước khi dân chạy")) == []
