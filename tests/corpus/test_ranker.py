import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from corpus import ranker, reader
from corpus.encoder import CARD
from corpus.reader import Opinion
from corpus.signals import DEAR, Signals, measure
from models.match import Band
from tests.corpus.test_signals import CLAIM, side

ZERO = Signals(*[0.0] * len(Signals._fields))


def test_bundled_ranker_says_how_it_was_made() -> None:
    known = ranker.load()
    assert known.version
    assert set(known.about) >= {"origin", "queries", "held_out", "unseen", "baselines", "bands"}
    # Its second opinion is fitted to this reader's; after a new one run `kiemtin train`.
    card = json.loads((reader.FOLDER / CARD).read_text("utf-8"))
    assert known.about["reader"] == card["revision"]
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


@pytest.mark.parametrize("moved", [-2.0, -0.4, 1.5])
def test_what_is_told_moves_by_log_odds(moved: float) -> None:
    known = ranker.load()
    here = replace(known, moved=moved)
    told = [here.told(p) for p in (0.01, 0.2, 0.5, 0.99)]
    assert told == sorted(told)
    assert told[2] == pytest.approx(1 / (1 + np.exp(-moved)))
    assert here.told(here.least) == pytest.approx(here.floor)
    assert known.told(0.37) == 0.37
    assert known.least == known.floor


def test_contributions_add_up_to_the_score() -> None:
    known = ranker.load()
    (score,) = known.score([ZERO])
    assert 1 / (
        1 + 2.718281828459045 ** -(known.bias + sum(known.contributions(ZERO).values()))
    ) == pytest.approx(score)


def test_read_refuses_an_artefact_that_does_not_fit() -> None:
    about = {"version": "x", "bias": 0, "bands": {}, "about": {}, "second_opinion": {}}
    one = {"mean": [0], "scale": [1], "weights": [1]}
    with pytest.raises(ValueError, match="not measured"):
        ranker.read(json.dumps({**about, **one, "features": ["smell"]}))
    with pytest.raises(ValueError, match="length"):
        ranker.read(json.dumps({**about, **one, "features": ["cosine", "char"]}))


SECOND = ranker.SecondOpinion(0.01, 0.95, 0.0, (0.6, -0.4, 0.1), 0.0)
APART, SAME = Opinion(0.01, 0.01, 0.98), Opinion(0.9, 0.09, 0.01)


def test_the_best_is_read_until_the_best_was_read() -> None:
    asked: list[int] = []

    def read(place: int) -> Opinion:
        asked.append(place)
        return SAME if place == 2 else APART

    found, opinions = SECOND.asked([0.2, 0.8, 0.6, 0.001], read)
    assert asked == [1, 2]
    assert opinions == {1: APART, 2: SAME}
    assert found[1] < 0.6 < found[2]
    assert (found[0], found[3]) == (0.2, 0.001)


def test_what_comes_close_to_the_best_is_read_beside_it() -> None:
    asked: list[int] = []

    def read(place: int) -> Opinion:
        asked.append(place)
        return SAME if place == 2 else Opinion(0.5, 0.45, 0.05)

    close = replace(SECOND, close=1.0)
    found, _ = close.asked([0.1, 0.6, 0.5, 0.02], read)
    assert asked == [1, 2]
    assert max(found) == found[2]
    asked.clear()
    SECOND.asked([0.1, 0.6, 0.5, 0.02], read)
    assert asked == [1]  # good enough to stay the best
    assert (
        len(close.asked([0.6] * 5, lambda place: APART._replace(changed=place / 100))[1]) == ranker.MOST_READ
    )
    assert close.asked([0.96, 0.94], lambda _: pytest.fail("read"))[1] == {}


@pytest.mark.parametrize("found", [[], [0.001, 0.0005], [0.96, 0.5], [0.95]])
def test_what_is_sure_or_hopeless_is_not_read(found: list[float]) -> None:
    assert SECOND.asked(found, lambda _: pytest.fail("read")) == (found, {})


def test_no_more_than_a_few_are_read_but_such_in_the_same_words() -> None:
    asked: list[int] = []

    def read(place: int) -> Opinion:
        asked.append(place)
        return APART._replace(apart=0.98 - place / 100)

    SECOND.asked([0.9 - place / 100 for place in range(9)], read)
    assert asked == list(range(ranker.MOST_READ))
    found, _ = SECOND.asked([0.9] * 9, lambda _: APART)
    assert len(set(found)) == 1


def test_an_artefact_without_opinions_asks_for_none() -> None:
    unheard = replace(SECOND, least=1.0, most=0.0)
    assert unheard.asked([0.5], lambda _: pytest.fail("read")) == ([0.5], {})


@pytest.mark.parametrize("probability", [0.003, 0.3, 0.9])
def test_a_second_opinion_moves_either_way_and_stays_a_probability(probability: float) -> None:
    second = ranker.load().second
    for sure in (Opinion(1.0, 0.0, 0.0), Opinion(0.0, 0.0, 1.0)):
        assert 0 < second.of(probability, sure) < 1
    assert second.of(probability, APART) < second.of(probability, SAME)


def test_doing_without_the_dearest_signals_never_says_less() -> None:
    known = ranker.load()
    dear = [dict(zip(DEAR, ends, strict=True)) for ends in itertools.product((0.0, 1.0), repeat=len(DEAR))]
    for one in dear:
        pair = ZERO._replace(cosine=0.9, **one)
        row = np.array([[getattr(pair, name) for name in known.hopeful.features]])
        assert known.hopeful.of_table(row)[0] >= known.score([pair])[0] - 1e-12
    assert not set(DEAR) & set(known.hopeful.features)
