import math

import numpy as np
import pytest

from corpus import calibration


def drawn(off: float, count: int, *, seed: int = 3) -> tuple[list[float], list[bool]]:
    """Return log-odds that miss the true ones by `off`, and what proved right."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0.0, 2.0, count)
    return (true - off).tolist(), (rng.random(count) < 1 / (1 + np.exp(-true))).tolist()


@pytest.mark.parametrize("off", [-2.0, -0.7, 0.0, 0.7, 2.0])
def test_what_is_missed_everywhere_is_mended(off: float) -> None:
    assert calibration.moved(*drawn(off, 2000)) == pytest.approx(off, abs=0.15)


@pytest.mark.parametrize("off", [-1.5, 1.5])
def test_moved_probabilities_are_as_often_right_as_they_say(off: float) -> None:
    odds, right = drawn(off, 4000)
    by = calibration.moved(odds, right)
    plain, told = (np.array([calibration.probability(one + more) for one in odds]) for more in (0.0, by))
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        some = (told >= low) & (told < low + 0.2)
        assert np.mean(np.array(right)[some]) == pytest.approx(np.mean(told[some]), abs=0.08)
    assert abs(np.mean(told) - np.mean(right)) < 0.01 < abs(np.mean(plain) - np.mean(right))


def test_of_few_texts_little_is_believed() -> None:
    assert calibration.moved([], []) == 0
    some = [calibration.moved([0.0] * count, [True] * count) for count in (1, 5, 50, 500)]
    assert some == sorted(some)
    assert some[0] < 0.1
    assert -0.2 < calibration.moved([3.0], [False]) < -0.1
    assert some[-1] > 2


def test_nothing_moves_without_bounds() -> None:
    for odds, right in ((-50.0, True), (50.0, False)):
        assert abs(calibration.moved([odds] * 10_000, [right] * 10_000)) == calibration.MOST


@pytest.mark.parametrize("value", [0.0, 1e-9, 0.2, 0.5, 1.0])
def test_log_odds_are_finite_and_lead_back(value: float) -> None:
    height = calibration.log_odds(value)
    assert math.isfinite(height)
    assert calibration.probability(height) == pytest.approx(value, abs=1e-5)
