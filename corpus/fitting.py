"""How the ranker's coefficients are made: `kiemtin train FOLDER`.

Every set of the folder is asked as the service would be: candidates by meaning and by words, measured,
labelled. A logistic regression learns which candidate is meant. So that its probability also says whether
anything is meant at all, half of the queries come again, what answers them hidden, and some with a
handful of candidates only, as in a young corpus. Queries that the encoder knows by heart are left out.
"""

import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpus import diacritics, places, ranker
from corpus.distil import lessons, noise, statements
from corpus.evaluate import Ranked, figures
from corpus.evaluation import Collection, Question, read
from corpus.meanings import Meanings
from corpus.shelf import Shelf
from corpus.side import Side
from corpus.signals import Comparison
from corpus.text import NormalText, normalise, reading

FEATURES = (
    "cosine",
    "cosine_gap",
    "cosine_over",
    "cosine_lead",
    "char",
    "char_gap",
    "char_found",
    "char_both",
    "char_both_gap",
    "word",
    "word_found",
    "word_both",
    "word_both_gap",
    "word_both_part",
    "word_both_lead",
    "query_covered",
    "candidate_covered",
    "token_set",
    "partial",
    "names_missing",
    "numbers_missing",
    "dates_shared",
    "dates_apart",
    "places_shared",
    "places_apart",
    "foreign",
    "foreign_cosine",
    "foreign_gap",
    "foreign_over",
    "query_short",
    "longer",
)
_FOLDS = 5
_STRENGTH = 1.0  # inverse regularisation
_BANDS = {"strong": 0.85, "likely": 0.5, "possible": 0.2}
_MOST = 700  # queries of one set
_FEW = 6  # candidates at most in the lists that stand for a young corpus
_HIDDEN, _YOUNG = 0.5, 0.25  # shares of queries asked again without their answer, and among few
_HEAPED = 0.4  # share of disturbed queries asked with every noise too; more makes plain ones less certain
_LARGEST = 5_000  # texts of a set beside those that answer; enough for hard neighbours
_BALANCE = 0.5  # exponent by which small sets count more
# Reports and claims are what the service is for; two titles of one event are rarely the same claim.
_COUNT = {
    "reports": 3.0,
    "statements": 2.0,
    "vi_handmade_claims": 2.0,
    "vi_news_clusters": 0.4,
    "vi_vietnews_title2lead": 0.4,
}
_BY_HEART = "checkthat"  # sets whose learnt pairs say nothing about others
_NOISES = ("noisy", "heaped")
_LENGTHS = ((8, "up to 8 words"), (20, "up to 20"), (48, "up to 48"))
_DISTURBED = ("vi_news_clusters", "vi_vietnews_title2lead", "vi_vnpara", "reports")  # asked with noise too

Table = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """What kind of text asks. Its words are figures as well: how well each kind is answered is told apart."""

    language: str
    noise: str  # "plain" as the set has it, "noisy" or "heaped"
    length: str

    @classmethod
    def of(cls, query: Side, group: str) -> "Kind":
        """Return the kind of `query`, which is counted in `group`."""
        noise = next((name for name in _NOISES if group.endswith(f" {name}")), "plain")
        length = next((name for most, name in _LENGTHS if query.words <= most), "longer")
        return cls(query.lang, noise, length)


@dataclass(frozen=True)
class Asked:
    """One query beside its candidates: a row of `FEATURES` each, and whether it is meant."""

    kind: Kind
    source: str
    group: str
    fold: int
    table: Table
    labels: npt.NDArray[np.bool_]
    known: int  # how many right answers there are, found or not


def sets(folder: Path) -> Iterator[tuple[str, Collection]]:
    """Yield the sets under `folder/retrieval`, and two among news titles.

    Those are reports against confirmed claims, and the invented statements of which nothing was learnt.
    """
    for path in sorted((folder / "retrieval").iterdir()):
        if (path / "qrels.tsv.gz").exists() or (path / "qrels.tsv").exists():
            yield path.name, read(path)
    yield from _translations(folder / "retrieval")
    titles = folder / "retrieval" / "vi_distractors" / "vietnews_titles.jsonl.gz"
    among = {row["id"]: row["text"] for row in list(lessons.rows(titles))[::10]} if titles.exists() else {}
    yield "reports", _reports(folder, among)
    if among:
        yield "statements", _statements(among)


def _translations(folder: Path) -> Iterator[tuple[str, Collection]]:
    for path in sorted(folder.glob("*/sentences.jsonl.gz")):
        rows = list(lessons.rows(path))
        questions = [
            Question(row[lang], f"{path.parent.name} {lang}", frozenset({row["id"]}))
            for row in rows[::3]
            for lang in ("en", "zh")
        ]
        yield path.parent.name, Collection({row["id"]: row["vi"] for row in rows}, questions)


def _statements(among: Mapping[str, str]) -> Collection:
    held = [one for one in statements.stored() if lessons.kept_back(one.claim)]
    asked = [Question(text, "statements same", frozenset({one.claim})) for one in held for text in one.same]
    none = [Question(text, "statements none", frozenset()) for one in held for text in one.apart]
    return Collection({one.claim: one.claim for one in held} | dict(among), [*asked, *none])


def _reports(folder: Path, among: Mapping[str, str]) -> Collection:
    def lines(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]

    corpus = {row["id"]: row["claim"] for row in lines("confirmed_claims.jsonl")}
    corpus |= among
    asked = [
        Question(row["text"], f"reports {row['lang']}", frozenset({row["case_id"]}))
        for row in lines("reports_dev.jsonl")
    ]
    none = [Question(row["text"], "reports none", frozenset()) for row in lines("reports_no_match_dev.jsonl")]
    return Collection(corpus, [*asked, *none])


def asked(name: str, known: Collection, meanings: Meanings, *, seed: int = 171) -> Iterator[Asked]:
    """Yield the queries of a set beside their candidates: as they are, disturbed, unanswered, among few."""
    rng = random.Random(f"{seed}{name}")  # noqa: S311  draws, no secrets
    questions = list(_questions(name, known, rng))
    normal = [normalise(one.text) for one in questions]
    vectors = meanings.of([_readable(one) for one in normal], is_query=True)
    shelf = Shelf(known, meanings)
    for question, sent, vector in zip(questions, normal, vectors, strict=True):
        text = reading(sent, _readable(sent))
        query = Side.of(sent, vector, places.keys(sent.canonical), mended=text.folded)
        own, answers = shelf.standing({question.exclude}), shelf.standing(question.answers)
        near, others = shelf.near(text, vector, own, own | answers)
        yield from _lists(name, replace(question, answers=answers), query, shelf, near, others, rng)


def _questions(name: str, known: Collection, rng: random.Random) -> Iterator[Question]:
    drawn = list(known.questions)
    rng.shuffle(drawn)
    for one in drawn[:_MOST]:
        group = one.group if one.group.startswith(name) else f"{name} {one.group}".removesuffix(" all")
        yield Question(one.text, group, one.answers, one.exclude)
        if name.startswith(_DISTURBED) and one.answers and not group.endswith((" en", " zh")):
            yield Question(noise.noised(one.text, rng), f"{name} noisy", one.answers, one.exclude)
            if rng.random() < _HEAPED:
                yield Question(noise.heaped(one.text, rng), f"{name} heaped", one.answers, one.exclude)


def _lists(
    name: str,
    question: Question,
    query: Side,
    shelf: Shelf,
    near: list[int],
    others: list[int],
    rng: random.Random,
) -> Iterator[Asked]:
    # Queries of one claim share a fold, so no claim is judged by weights that saw it.
    key = min(question.answers, default=question.text)
    fold = int(hashlib.sha256(key.encode()).hexdigest(), 16) % _FOLDS

    def right(places: list[int]) -> npt.NDArray[np.bool_]:
        return np.array([shelf.ids[place] in question.answers for place in places], dtype=bool)

    def one(group: str, kept: list[int], known: int) -> Asked:
        sides = [shelf.side(place) for place in kept]
        table = Comparison(query, sides).table(FEATURES)
        return Asked(Kind.of(query, question.group), name, group, fold, table, right(kept), known)

    yield one(question.group, near, len(question.answers))
    if any(right(near)) and others and rng.random() < _HIDDEN:
        yield one(f"{question.group} ~none", others, 0)
    if near and rng.random() < _YOUNG:
        few = rng.sample(near, min(len(near), rng.randint(1, _FEW)))
        yield one(f"{question.group} ~few", few, int(right(few).sum()))


def _readable(text: NormalText) -> str:
    return diacritics.readable(text.canonical, text.lang)


def fit(lists: Sequence[Asked]) -> dict[str, Any]:
    """Return mean, scale, weights and bias of a logistic regression on all candidates of `lists`."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  slow to load, wanted here alone

    table = np.concatenate([one.table for one in lists])
    labels = np.concatenate([one.labels for one in lists])
    sizes: dict[str, int] = {}
    for one in lists:
        sizes[one.source] = sizes.get(one.source, 0) + 1
    worth = {name: _COUNT.get(name, 1.0) * (1000 / size) ** _BALANCE for name, size in sizes.items()}
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


def train_ranker(lists: Sequence[Asked], version: str, origin: str) -> str:
    """Fit on all `lists` and return the artefact, with figures of folds whose claims were not trained on."""
    judged: list[tuple[Asked, Ranked]] = []
    for fold in range(_FOLDS):
        rest = fit([one for one in lists if one.fold != fold])
        judge = ranker.read(json.dumps({**rest, "version": version, "bands": _BANDS, "about": {}}))
        judged += [(one, _ranked(one, judge.of_table(one.table))) for one in lists if one.fold == fold]
    held_out = [ranked for _, ranked in judged]
    groups = sorted({one.group.partition(" ~")[0] for one in lists})
    of = {
        group: [one for one in held_out if one.group.partition(" ~few")[0] in (group, f"{group} ~none")]
        for group in groups
    }
    cosines = [_ranked(one, one.table[:, 0].tolist()) for one in lists]
    about = {
        "origin": origin,
        "queries": {group: sum(one.group == group for one in lists) for group in groups},
        "candidates": sum(len(one.labels) for one in lists),
        "held_out": {"all": _rounded(held_out)} | {group: _rounded(found) for group, found in of.items()},
        "kinds": {name: _by_kind(judged, name) for name in ("language", "noise", "length")},
        "baselines": {
            "cosine": {
                group: _rounded([one for one in cosines if one.group == group])["map@5"] for group in groups
            }
        },
        "bands": {name: _reached(held_out, least) for name, least in _BANDS.items()},
    }
    artefact = {"version": version, **fit(lists), "bands": _BANDS, "about": about}
    return json.dumps(artefact, ensure_ascii=False, indent=1) + "\n"


def trained_on(name: str, known: Collection) -> Collection:
    """Return what of a set the ranker learns from: no queries known by heart, not all of a large corpus."""
    if name.startswith(_BY_HEART):
        kept = [one for one in known.questions if lessons.kept_back(lessons.key_of(one.id))]
        return Collection(known.corpus, kept)
    if name == "reports":
        return known
    meant = set().union(*(one.answers for one in known.questions))
    others = [one for one in known.corpus if one not in meant][:_LARGEST]
    return Collection(
        {one: known.corpus[one] for one in [*sorted(meant & set(known.corpus)), *others]}, known.questions
    )


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
