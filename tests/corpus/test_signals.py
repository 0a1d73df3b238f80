import numpy as np
import pytest

from corpus.signals import Side, Signals, measure, names
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
    assert pair.cosine == pair.char == pair.query_covered == 0


def test_foreign_queries_are_told_apart() -> None:
    pair = measure(side("The dam in Bat Xat has burst", [1, 0]), [side(CLAIM, [1, 0])])[0]
    assert pair.foreign == 1
    assert pair.foreign_cosine == pair.cosine


def test_names_skips_single_words_at_the_start_of_sentences() -> None:
    assert names("Đập Nậm Pung đã vỡ. Hà Nội mưa; dân Bát Xát chạy") == {
        "dap",
        "nam",
        "pung",
        "ha",
        "noi",
        "bat",
        "xat",
    }
    assert names("Vỡ đập ở xã. Dân chạy") == set()


def test_signal_names_are_stable() -> None:
    assert Signals._fields[:5] == ("cosine", "cosine_gap", "char", "char_gap", "word")
    assert len(Signals._fields) == 21
