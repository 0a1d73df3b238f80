import numpy as np
import pytest

from corpus.evaluate import Ranked, ece_by_chance, figures


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


def test_probabilities_that_are_all_right_err_by_chance_and_less_the_more_there_are() -> None:
    rng = np.random.default_rng(7)
    told = rng.beta(1.5, 0.5, size=400)

    def drawn() -> float:
        return figures([Ranked("a", [rng.random() < one], [one], 1) for one in told])["ece"]

    expected = ece_by_chance([Ranked("a", [False], [one], 1) for one in told])
    assert np.mean([drawn() for _ in range(200)]) == pytest.approx(expected, rel=0.06)
    more = [Ranked("a", [False], [one], 1) for one in told for _ in range(4)]
    assert ece_by_chance(more) == pytest.approx(expected / 2)
    assert ece_by_chance([Ranked("a", [False], [1.0], 1), Ranked("a", [], [], 1)]) == 0
    assert ece_by_chance([]) == 0
