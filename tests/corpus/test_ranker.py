import itertools
import json

import numpy as np
import pytest

from corpus import ranker
from corpus.signals import DEAR, Signals, measure
from models.match import Band
from tests.corpus.test_signals import CLAIM, side

ZERO = Signals(*[0.0] * len(Signals._fields))


def test_bundled_ranker_says_how_it_was_made() -> None:
    known = ranker.load()
    assert known.version
    assert set(known.about) >= {"origin", "queries", "held_out", "baselines", "bands"}
    assert set(known.bands) == set(Band)


def test_score_grows_with_what_two_texts_share() -> None:
    known = ranker.load()
    texts = [
        CLAIM,
        "dap thuy dien nam pung o bat xat vo roi ha moi nguoi",
        "Đập Cốc Ly vỡ",
        "Giá xăng tăng gấp đôi",
    ]
    vectors = [[1.0, 0.0], [0.93, 0.367], [0.85, 0.526], [0.6, 0.8]]
    claim = side(CLAIM, [1.0, 0.0])
    scores = [known.score(measure(side(t, v), [claim]))[0] for t, v in zip(texts, vectors, strict=True)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.85
    assert scores[-1] < 0.5


@pytest.mark.parametrize("name", ["cosine", "cosine_over", "char_found", "word_found"])
def test_score_is_monotone_in_the_leading_signals(name: str) -> None:
    low, high = ranker.load().score([ZERO._replace(**{name: 0.2}), ZERO._replace(**{name: 0.9})])
    assert low < high


def test_score_of_nothing_is_nothing() -> None:
    assert ranker.load().score([]) == []


def test_band_below_the_floor_is_none() -> None:
    known = ranker.load()
    floor = known.bands[Band.POSSIBLE]
    assert known.band(floor - 0.001) is None
    assert [known.band(p) for p in (floor, known.bands[Band.LIKELY], 1.0)] == [
        Band.POSSIBLE,
        Band.LIKELY,
        Band.STRONG,
    ]


def test_contributions_add_up_to_the_score() -> None:
    known = ranker.load()
    (score,) = known.score([ZERO])
    assert 1 / (
        1 + 2.718281828459045 ** -(known.bias + sum(known.contributions(ZERO).values()))
    ) == pytest.approx(score)


def test_read_refuses_an_artefact_that_does_not_fit() -> None:
    about = {"version": "x", "bias": 0, "bands": {}, "about": {}}
    one = {"mean": [0], "scale": [1], "weights": [1]}
    with pytest.raises(ValueError, match="not measured"):
        ranker.read(json.dumps({**about, **one, "features": ["smell"]}))
    with pytest.raises(ValueError, match="length"):
        ranker.read(json.dumps({**about, **one, "features": ["cosine", "char"]}))


def test_doing_without_the_dearest_signals_never_says_less() -> None:
    known = ranker.load()
    dear = [dict(zip(DEAR, ends, strict=True)) for ends in itertools.product((0.0, 1.0), repeat=len(DEAR))]
    for one in dear:
        pair = ZERO._replace(cosine=0.9, **one)
        row = np.array([[getattr(pair, name) for name in known.hopeful.features]])
        assert known.hopeful.of_table(row)[0] >= known.score([pair])[0] - 1e-12
    assert not set(DEAR) & set(known.hopeful.features)
