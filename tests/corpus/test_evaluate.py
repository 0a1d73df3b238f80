import pytest

from corpus.evaluate import Ranked, figures


def test_figures_of_a_perfect_ranking() -> None:
    found = figures([Ranked("a", [True, False], [1.0, 0.0], 1), Ranked("a", [False], [0.0], 0)])
    assert found == {name: pytest.approx(1 if name != "ece" else 0) for name in found}
    assert set(found) == {"map@5", "mrr", "p@1", "success@5", "success@10", "ndcg@10", "ece", "auc_match"}


def test_figures_count_what_was_missed() -> None:
    found = figures([Ranked("a", [False, True], [0.9, 0.8], 2), Ranked("a", [], [], 1)])
    assert found["map@5"] == pytest.approx(0.125)
    assert found["mrr"] == pytest.approx(0.25)
    assert found["p@1"] == 0
    assert found["ece"] == pytest.approx(0.9)
    assert "auc_match" not in found
