from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import diacritics, tokens
from corpus.syllables import unmarked
from corpus.text import normalise


def test_restore_puts_marks_back() -> None:
    assert diacritics.restore("trung quoc xa lu") == "trung quốc xả lũ"
    assert (
        diacritics.restore("CA da bat doi tuong, hoc sinh nghi hoc")
        == "CA đã bắt đối tượng, học sinh nghỉ học"
    )


def test_restore_leaves_marked_text_alone() -> None:
    text = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, dân ta chạy lên cao."
    assert diacritics.restore(text) == text


def test_restore_judges_each_word_by_its_neighbours() -> None:
    text = "Kính gửi Trung tâm, bài đăng này khiến bà con rất lo lắng: hoc sinh nghi hoc ca tuan"
    assert diacritics.restore(text).endswith("lo lắng: học sinh nghỉ học cả tuần")


def test_restore_leaves_other_languages_alone() -> None:
    for text in ("", "水坝已经决堤了吗", "Facebook wwwxyz"):
        assert diacritics.restore(text) == text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_restore_never_raises_and_only_adds_marks(text: str) -> None:
    assert unmarked(diacritics.restore(text)) == unmarked(text)


def test_rarity_tells_names_from_fillers() -> None:
    assert 0 < diacritics.rarity("la") < diacritics.rarity("pung") < diacritics.rarity("xyzzy") <= 1


def test_table_says_where_its_counts_come_from() -> None:
    assert "CC BY-SA" in diacritics.table().origin


def test_readable_leaves_other_languages_alone() -> None:
    assert diacritics.readable("nation to lose my jobs", "en") == "nation to lose my jobs"
    assert diacritics.readable("trung quoc xa lu", "vi") == "trung quốc xả lũ"


def test_the_same_words_quoted_otherwise_are_read_alike() -> None:
    read = {
        diacritics.readable(text, "en")
        for text in ('A "MAGA" hat, it\'s said', "A 'MAGA' hat, it’s said", "A «MAGA» hat, it's ‘said’")
    }
    assert read == {"A MAGA hat, it's said"}
    assert diacritics.unquoted("Bài đăng “vỡ đập” là giả") == "Bài đăng vỡ đập là giả"
    assert diacritics.unquoted('đập"vỡ"rồi') == "đập vỡ rồi"


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab đ你,.'\"“”‘’«»`"), max_size=40))
def test_leaving_quotation_marks_out_leaves_the_words(text: str) -> None:
    canonical = normalise(text).canonical
    plain = diacritics.unquoted(canonical)
    assert tokens.folded(plain) == tokens.folded(canonical)
    assert diacritics.unquoted(plain) == plain
