"""How the ranker's coefficients are made: `kiemtin train FOLDER`.

A logistic regression learns which candidate of a list (corpus/lists.py) is meant. A second, small one learns
what the reader's opinion of the best is worth, from the queries alone of which neither encoder nor reader
learnt anything.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np

from corpus import ranker
from corpus.evaluate import Ranked, figures
from corpus.lists import FEATURES, FOLDS, Asked
from corpus.reader import Opinion

_STRENGTH = 1.0  # inverse regularisation
# Sets in which what answers may say something else of the same event.
_LOOSELY = ("checkthat2021_2b_en", "vi_news_clusters", "vi_vietnews_title2lead")
_INVENTED = ("statements", "told")
# Probabilities of the best between which it is read, and the log-odds within which others are read beside it.
_READ = {"least": 0.003, "most": 0.95, "close": 1.5}
_UNHEARD = {"least": 1.0, "most": 0.0, "close": 0.0, "weights": [1.0, 0.0, 0.0], "bias": 0.0}
_BANDS = {"strong": 0.85, "likely": 0.5, "possible": 0.2}
_BALANCE = 0.5  # exponent by which small sets count more
# Reports and claims are what the service is for, most of all reports of real rumours. Two titles of one event
# are rarely the same claim; translations that the encoder knows by heart are nearer than any report.
_COUNT = {
    "reports": 10.0,
    "statements": 2.0,
    "told": 6.0,
    "vi_handmade_claims": 2.0,
    "vi_news_clusters": 0.4,
    "vi_vietnews_title2lead": 0.4,
    "xl_ntrex_en_zh_vi": 0.2,
}
Read = Callable[[str, str], Opinion]


class ReadsPairs(Protocol):
    """What gives opinions, and under which name."""

    revision: str

    def read(self, one: str, other: str, /) -> Opinion:
        """Return what is thought of two texts."""


def fit(lists: Sequence[Asked]) -> dict[str, Any]:
    """Return mean, scale, weights and bias of a logistic regression on all candidates of `lists`."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  slow to load, wanted here alone

    table = np.concatenate([one.table for one in lists])
    labels = np.concatenate([one.labels for one in lists])
    worth = _worth(lists)
    counts = np.concatenate([np.full(len(one.labels), worth[one.source]) for one in lists])
    mean, scale = table.mean(axis=0), np.maximum(table.std(axis=0), 1e-3)
    model = LogisticRegression(C=_STRENGTH, max_iter=3000).fit(
        (table - mean) / scale, labels, sample_weight=counts
    )
    return {
        "features": list(FEATURES),
        "mean": np.round(mean, 5).tolist(),
        "scale": np.round(scale, 5).tolist(),
        "weights": np.round(model.coef_[0], 4).tolist(),
        "bias": round(float(model.intercept_[0]), 4),
    }


def _worth(lists: Sequence[Asked]) -> dict[str, float]:
    """Return how much a query of each set counts."""
    sizes = Counter(one.source for one in lists)
    return {name: _COUNT.get(name, 1.0) * (1000 / size) ** _BALANCE for name, size in sizes.items()}


def fit_second(
    lists: Sequence[Asked], probabilities: Sequence[Sequence[float]], read: Read
) -> dict[str, Any]:
    """Return the weights of what `read` thinks of the best of each list that nothing was learnt from.

    Left out are sets in which a text may answer without saying the same. Without lists, right ones and wrong
    ones, no opinion is asked for.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  slow to load, wanted here alone

    rows, labels, counts = [], [], []
    worth = _worth([one for one in lists if _heard(one)])
    for one, found in zip(lists, probabilities, strict=True):
        best = _best(found)
        if _heard(one) and best is not None and _READ["least"] <= found[best] < _READ["most"]:
            rows.append(ranker.heights(found[best], read(one.sent, one.texts[best])))
            labels.append(one.labels[best])
            counts.append(worth[one.source])
    if len(set(labels)) < 2:  # noqa: PLR2004  right and wrong
        return _UNHEARD
    model = LogisticRegression(C=_STRENGTH, max_iter=3000).fit(rows, labels, sample_weight=counts)
    weights = np.round(model.coef_[0], 4).tolist()
    return {**_READ, "weights": weights, "bias": round(float(model.intercept_[0]), 4)}


def _heard(one: Asked) -> bool:
    return one.unseen and one.source not in _LOOSELY


def _best(found: Sequence[float]) -> int | None:
    return max(range(len(found)), key=found.__getitem__, default=None)


def _fitted(lists: Sequence[Asked], version: str, read: Read) -> dict[str, Any]:
    """Return an artefact without figures, fitted to `lists`."""
    first = {"version": version, **fit(lists), "second_opinion": _UNHEARD, "bands": _BANDS, "about": {}}
    judge = ranker.read(json.dumps(first))
    probabilities = [judge.of_table(one.table) for one in lists]
    return {**first, "second_opinion": fit_second(lists, probabilities, read)}


def train_ranker(lists: Sequence[Asked], version: str, origin: str, reader: ReadsPairs) -> str:
    """Fit on all `lists` and return the artefact, with figures of folds whose claims were not trained on."""
    read = cache(reader.read)
    judged: list[tuple[Asked, Ranked]] = []
    for fold in range(FOLDS):
        judge = ranker.read(json.dumps(_fitted([one for one in lists if one.fold != fold], version, read)))
        judged += [(one, _ranked(one, _judged(one, judge, read))) for one in lists if one.fold == fold]
    held_out = [ranked for _, ranked in judged]
    cosines = [_ranked(one, one.table[:, 0].tolist()) for one in lists]
    unseen = [ranked for one, ranked in judged if one.unseen]
    written = [ranked for one, ranked in judged if one.unseen and one.source not in _INVENTED]
    about = {
        "origin": origin,
        "reader": reader.revision,
        "queries": {group: sum(one.group == group for one in lists) for group in _groups(held_out)},
        "candidates": sum(len(one.labels) for one in lists),
        "held_out": _by_group(held_out),
        "unseen": {**_by_group(unseen), "but statements": {"lists": len(written), **_rounded(written)}},
        "kinds": {name: _by_kind(judged, name) for name in ("language", "noise", "length")},
        "baselines": {
            "cosine": {
                group: _rounded([one for one in cosines if one.group == group])["map@5"]
                for group in _groups(held_out)
            }
        },
        "bands": {name: _reached(held_out, least) for name, least in _BANDS.items()},
    }
    artefact = {**_fitted(lists, version, read), "about": about}
    return json.dumps(artefact, ensure_ascii=False, indent=1) + "\n"


def _judged(one: Asked, judge: ranker.Ranker, read: Read) -> list[float]:
    """Return the probabilities of the candidates, the best read as the service reads them."""
    return judge.second.asked(judge.of_table(one.table), lambda place: read(one.sent, one.texts[place]))[0]


def _groups(answers: Sequence[Ranked]) -> list[str]:
    return sorted({one.group.partition(" ~")[0] for one in answers})


def _by_group(answers: Sequence[Ranked]) -> dict[str, dict[str, float]]:
    """Return the figures of all, and of each group: as it was asked and with what answers it hidden."""
    told = {"all": {"lists": len(answers), **_rounded(answers)}}
    for group in _groups(answers):
        some = [one for one in answers if one.group.partition(" ~few")[0] in (group, f"{group} ~none")]
        told[group] = {"lists": len(some), **_rounded(some)}
    return told


def _ranked(one: Asked, scores: Sequence[float]) -> Ranked:
    order = sorted(range(len(scores)), key=lambda i: -round(scores[i], 6))  # as the service sorts
    return Ranked(one.group, [bool(one.labels[i]) for i in order], [scores[i] for i in order], one.known)


def _rounded(answers: Sequence[Ranked]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures(answers).items()}


def _by_kind(judged: Sequence[tuple[Asked, Ranked]], name: str) -> dict[str, dict[str, float]]:
    """Return the figures of the queries of each kind, few candidates and hidden answers included."""
    of: dict[str, list[Ranked]] = {}
    for one, ranked in judged:
        of.setdefault(getattr(one.kind, name), []).append(ranked)
    return {kind: {"queries": len(found), **_rounded(found)} for kind, found in sorted(of.items())}


def _reached(answers: Sequence[Ranked], least: float) -> dict[str, float]:
    """Return how many suggestions of at least this probability are right, and how many matches they find."""
    judged = [(hit, p) for one in answers for hit, p in zip(one.hits, one.probabilities, strict=True)]
    shown = [hit for hit, p in judged if p >= least]
    known = sum(one.known for one in answers)
    silent = [one for one in answers if not one.known]
    return {
        "precision": round(sum(shown) / max(1, len(shown)), 4),
        "recall": round(sum(shown) / max(1, known), 4),
        "no_match_shown": round(
            sum(max(one.probabilities, default=0) >= least for one in silent) / max(1, len(silent)), 4
        ),
    }
