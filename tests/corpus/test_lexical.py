import numpy as np

from corpus.lexical import similarity


def test_similarity_ranks_the_same_words_first() -> None:
    likeness = similarity("vo dap nam pung", ["vo dap nam pung", "dap nam pung vo roi", "gia xang tang"])
    for scores in likeness:
        assert np.isclose(scores[0], 1)
        assert scores[0] > scores[1] > scores[2]


def test_similarity_of_nothing_is_nothing() -> None:
    assert [len(scores) for scores in similarity("vo dap", [])] == [0, 0]
    assert [scores.tolist() for scores in similarity("", ["vo dap", ""])] == [[0, 0], [0, 0]]
