from dataclasses import replace

import numpy as np
import pytest
from rapidfuzz import fuzz

from corpus.diacritics import rarity
from corpus.side import Side
from corpus.signals import Comparison, Signals, measure
from corpus.text import normalise

CLAIM = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ ngày 9/9/2024, 12 người chết."


def side(text: str, vector: list[float] | None = None, places: tuple[str, ...] = ()) -> Side:
    return Side.of(normalise(text), None if vector is None else np.array(vector, dtype=np.float32), places)


def test_measure_of_the_same_text_is_full() -> None:
    (pair,) = measure(side(CLAIM, [1, 0], ("a",)), [side(CLAIM, [1, 0], ("a", "b"))])
    full = (
        "cosine",
        "query_covered",
        "candidate_covered",
        "token_set",
        "names_found",
        "dates_shared",
        "places_shared",
    )
    assert [getattr(pair, name) for name in full] == pytest.approx([1] * len(full))
    assert pair.numbers_missing == pair.names_missing == pair.dates_apart == pair.foreign == 0


def test_measure_tells_what_differs() -> None:
    query = side("Đập Cốc Ly vỡ ngày 10/9/2024, 20 người chết", [0.6, 0.8], ("b",))
    pair = measure(query, [side(CLAIM, [1, 0], ("a",))])[0]
    assert pair.cosine == pytest.approx(0.6)
    assert (pair.names_missing, pair.dates_apart, pair.places_apart, pair.numbers_missing) == (1, 1, 1, 1)


def test_measure_counts_gaps_from_the_best_of_the_list() -> None:
    pairs = measure(side("vỡ đập", [1, 0]), [side("mưa to", [0.6, 0.8]), side("vỡ đập rồi", [0.8, 0.6])])
    assert [pair.cosine_gap for pair in pairs] == pytest.approx([0.2, 0])
    assert pairs[0].char_gap > pairs[1].char_gap == 0


def test_measure_without_vectors_or_words_does_not_fail() -> None:
    assert measure(side(""), []) == []
    (pair,) = measure(side(""), [side("")])
    assert pair.char == pair.query_covered == 0


def test_a_missing_vector_is_estimated_from_the_letters() -> None:
    near, far, known = measure(
        side("vỡ đập Nậm Pung", [1, 0]),
        [side("vỡ đập Nậm Pung"), side("giá xăng tăng"), side("vỡ đập Nậm Pung", [0.9, 0.436])],
    )
    assert near.cosine == pytest.approx(0.95)
    assert far.cosine < near.cosine
    assert known.cosine == pytest.approx(0.9)


def test_two_reports_are_as_near_as_the_mean_of_both_ways() -> None:
    def turned(one: Side, vector: list[float]) -> Side:
        return replace(one, turned=np.array(vector, dtype=np.float32))

    query = turned(side("vỡ đập Nậm Pung", [1, 0]), [0, 1])
    both, one_way, unknown = measure(
        query,
        [
            turned(side("vỡ đập rồi", [0.8, 0.6]), [0.6, 0.8]),
            side("mưa to", [0.6, 0.8]),
            side("vỡ đập Nậm Pung"),
        ],
    )
    assert both.cosine == pytest.approx(0.8)  # 0.8 there and 0.8 back
    assert one_way.cosine == pytest.approx(0.6)
    assert unknown.cosine == pytest.approx(0.95)
    (asked,) = measure(side("vỡ đập", [1, 0]), [turned(side("vỡ đập rồi", [0.8, 0.6]), [0, 1])])
    assert asked.cosine == pytest.approx(0.8)  # a query that is not found itself: one way


def test_texts_of_one_owner_and_in_the_same_words_are_no_rivals() -> None:
    query = side("vỡ đập Nậm Pung", [1, 0])
    best, again, entry, other = (
        side("Vỡ đập Nậm Pung!", [0.8, 0.6]),
        side("vỡ đập 'Nậm Pung'", [0.8, 0.6]),
        side("đập Nậm Pung vỡ rồi", [0.78, 0.6258]),
        side("mưa to ở Sa Pa", [0.7, 0.7141]),
    )

    def leads(candidates: list[Side], owners: list[int]) -> list[float]:
        return Comparison(query, candidates, owners).table(["cosine_lead"])[:, 0].tolist()

    assert leads([best, other], [1, 2]) == pytest.approx([0.1, 0])
    assert leads([best, again, other], [1, 2, 3]) == pytest.approx([0.1, 0.1, 0])
    assert leads([best, entry, other], [1, 1, 3]) == pytest.approx([0.1, 0, 0])
    assert leads([best, entry, other], [1, 2, 3]) == pytest.approx([0.02, 0, 0], abs=1e-4)
    assert leads([], []) == []


def test_a_lone_candidate_is_judged_as_if_unrelated_ones_stood_beside_it() -> None:
    query = side(CLAIM, [1, 0])
    (alone,) = measure(query, [side(CLAIM, [0.98, 0.199])])
    others = [side(f"giá xăng tăng lần {i}", [0.65, 0.76]) for i in range(30)]
    among = measure(query, [side(CLAIM, [0.98, 0.199]), *others])[0]
    assert alone.cosine_over == pytest.approx(among.cosine_over, abs=1e-3)
    assert alone.cosine_lead == pytest.approx(among.cosine_lead, abs=1e-3)
    assert alone.char_found == pytest.approx(1) == pytest.approx(alone.word_both)


def test_words_are_also_measured_beside_the_best_of_the_list() -> None:
    texts = [CLAIM, "Đập Cốc Ly vỡ vì mưa lớn, ba người chết", "Giá xăng tăng 5% từ 15h"]
    found = measure(side(CLAIM), [side(text) for text in texts])
    best, second, last = found
    assert best.word_both_part == 1 > second.word_both_part > last.word_both_part
    assert second.word_both_part == pytest.approx(second.word_both / best.word_both)
    assert best.word_both_lead == pytest.approx(best.word_both - second.word_both)
    assert second.word_both_lead == last.word_both_lead == 0


def test_a_single_shared_word_is_not_taken_for_all_that_can_be_shared() -> None:
    query = side("Giá xăng tăng từ 15h chiều nay tại các cửa hàng ở thành phố")
    (alone,) = measure(
        query, [side("Lịch thi đấu bóng chuyền tối nay của đội tuyển quốc gia nữ Việt Nam có gì mới không")]
    )
    assert 0 < alone.word_both_part < 0.9
    assert alone.word_both_lead == 0


def test_words_say_nothing_of_the_best_between_two_languages() -> None:
    (foreign,) = measure(side("The dam in Bat Xat has burst"), [side(CLAIM)])
    assert foreign.foreign == 1
    assert (foreign.word_both_part, foreign.word_both_lead) == (0, 0)


def test_foreign_queries_are_told_apart() -> None:
    pair = measure(side("The dam in Bat Xat has burst", [1, 0]), [side(CLAIM, [1, 0])])[0]
    assert pair.foreign == 1
    assert pair.foreign_cosine == pair.cosine


def test_a_table_equals_what_each_pair_gives_alone() -> None:
    """Measured many at a time or one by one, by other means: the same numbers."""
    others = [
        CLAIM,
        "Gia xang tang 5% tu 15h",
        "",
        "The dam in Bat Xat has burst, 12 dead",
        "Nậm Pung vỡ đập",
    ]
    vectors = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], None, [0.8, 0.6]]
    query = side("Đập Nậm Pung vỡ hôm 9/9/2024 làm 20 người chết", [0.8, 0.6], ("a",))
    candidates = [side(text, vector, ("a",)) for text, vector in zip(others, vectors, strict=True)]
    table = Comparison(query, candidates).table(Signals._fields)
    assert table == pytest.approx(np.array(measure(query, candidates)))
    relative = ("gap", "over", "lead", "part", "found", "both")  # to the list, or to what is rare in it
    rarities = {word: rarity(word) for word in query.folded.split()}
    for row, one in zip(map(Signals._make, table.tolist()), candidates, strict=True):
        shared = rarities.keys() & set(one.folded.split())
        alone = measure(query, [one])[0]._asdict()
        assert row.token_set == pytest.approx(fuzz.token_set_ratio(query.folded, one.folded) / 100)
        assert row.partial == pytest.approx(fuzz.partial_ratio(query.folded, one.folded) / 100)
        assert row.query_covered == pytest.approx(sum(map(rarity, shared)) / sum(rarities.values()))
        assert {
            name: value for name, value in row._asdict().items() if not name.endswith(relative)
        } == pytest.approx({name: value for name, value in alone.items() if not name.endswith(relative)})


def test_names_kept_with_a_text_are_not_looked_for_again() -> None:
    known = Side("đập nậm pung", "dap nam pung", (), "vi", stored_names=frozenset({"nam", "pung"}))
    (pair,) = measure(side("đập Nậm Pung vỡ rồi"), [known])
    assert (pair.names_found, pair.names_missing) == (1, 0)


def test_signal_names_are_stable() -> None:
    assert {"cosine", "cosine_gap", "char", "char_gap", "word", "query_short"} <= set(Signals._fields)
    assert len(Signals._fields) == 35


def test_some_rows_of_a_table_are_the_same_as_in_the_whole() -> None:
    beside = Comparison(side(CLAIM), [side("Giá xăng tăng"), side(CLAIM.lower()), side("Đập Cốc Ly vỡ")])
    whole = beside.table(Signals._fields)
    some = Comparison(beside.query, beside.candidates).table(Signals._fields, [2, 0])
    assert some.tolist() == whole[[2, 0]].tolist()
    assert beside.table(Signals._fields, []).shape == (0, len(Signals._fields))


def test_chinese_is_compared_by_its_words_read_aloud() -> None:
    query = side("茶荣市有小学生放学后被人绑架,是真的吗?", [1, 0])
    near, far = measure(
        query,
        [
            side("Học sinh tiểu học ở thành phố Trà Vinh bị bắt cóc sau giờ tan học.", [0.6, 0.8]),
            side("Cô giáo giằng co, đuổi người bịt mặt xông vào lớp mầm non", [0.6, 0.8]),
        ],
    )
    assert near.chinese == far.chinese == near.foreign == 1
    assert near.chinese_word_both == near.word_both > far.chinese_word_both == far.word_both
    assert near.candidate_covered > 0.3 > far.candidate_covered
    assert near.names_found == 1


def test_two_chinese_texts_are_in_one_language() -> None:
    (pair,) = measure(side("茶荣市有小学生被人绑架", [1, 0]), [side("茶榮市有小學生被人綁架", [1, 0])])
    assert pair.chinese == pair.foreign == pair.chinese_word_both == 0
    assert pair.word_both == pytest.approx(1)  # the same words in the other script


def test_english_is_not_read_aloud() -> None:
    (pair,) = measure(
        side("The Nam Pung dam in Bat Xat has burst, is it true?", [1, 0]), [side(CLAIM, [1, 0])]
    )
    assert (pair.foreign, pair.chinese, pair.chinese_word_both) == (1, 0, 0)
