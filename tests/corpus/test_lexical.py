import numpy as np
import numpy.typing as npt
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from corpus.lexical import TEXT_LIMIT, similarity

FOLDED = (
    "vo dap nam pung roi ba con oi",
    "dap thuy dien nam pung o bat xat da vo 12 nguoi chet",
    "gia xang tang a tu 15 gio",
    "中 国 大 坝 vo a bc",
    "a",
    "",
)


def _counted(folded: list[str], **options: object) -> npt.NDArray[np.float64]:
    """Cosines of the first text with the others, as scikit-learn counts grams."""
    counts = CountVectorizer(lowercase=False, **options).fit_transform(folded).toarray().astype(float)
    counts /= np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-12)
    return np.asarray(counts[1:] @ counts[0])


# As many grams as do not fit into a table without sharing slots.
MANY = " ".join("".join(np.random.default_rng(3).choice(list("abcdefghijk  "), 1_900)).split())


@pytest.mark.parametrize("query", [*FOLDED[:4], MANY, "x" * TEXT_LIMIT])
def test_similarity_is_what_scikit_learn_counts(query: str) -> None:
    likeness = similarity(query, FOLDED)
    chars = _counted([query, *FOLDED], analyzer="char_wb", ngram_range=(3, 5))
    words = _counted([query, *FOLDED], ngram_range=(1, 2), token_pattern=r"\S+")
    assert likeness.char.cosine == pytest.approx(chars, abs=1e-9)
    assert likeness.word.cosine == pytest.approx(words, abs=1e-9)


def test_only_the_beginning_of_long_texts_counts() -> None:
    start = ("vo dap " * TEXT_LIMIT)[:TEXT_LIMIT]
    assert similarity(start + " gia xang", [start]).char.cosine == pytest.approx([1.0])


def test_code_points_that_no_text_should_have_do_no_harm() -> None:
    assert len(similarity("\ud800 a\0b", ["\udfff" * 3000, "\0", "vo dap"]).char.cosine) == 3


def test_similarity_ranks_the_same_words_first() -> None:
    likeness = similarity("vo dap nam pung", ["vo dap nam pung", "dap nam pung vo roi", "gia xang tang"])
    for scores in (*likeness.char, *likeness.word):
        assert np.isclose(scores[0], 1)
        assert scores[0] >= scores[1] > scores[2]
    assert likeness.word.both[0] > likeness.word.both[1]


def test_what_few_candidates_have_weighs_more() -> None:
    likeness = similarity("vo dap nam pung", ["vo dap", "nam pung", *["vo dap khac"] * 20])
    assert likeness.word.found[1] > likeness.word.found[0]


def test_similarity_of_nothing_is_nothing() -> None:
    assert [len(scores.found) for scores in similarity("vo dap", [])] == [0, 0]
    for scores in similarity("", ["vo dap", ""]):
        assert [column.tolist() for column in scores] == [[0, 0]] * 3
