"""Queries of measured sets beside their candidates: what the ranker learns from and is judged by.

Every set of a folder is asked as the service would be: candidates by meaning and by words, measured,
labelled. So that a probability also says whether anything is meant at all, half of the queries come again
(of reports on statements a twelfth), what answers them hidden, and some with a handful of candidates only, as
in a young corpus. Queries that the encoder knows by heart are left out.
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

from corpus import diacritics, places
from corpus.distil import lessons, noise, statements
from corpus.distil.statements import Statement
from corpus.evaluation import Collection, Question, read
from corpus.meanings import Meanings
from corpus.shelf import Shelf
from corpus.side import Side
from corpus.signals import Comparison
from corpus.text import normalise, reading

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
    "chinese",
    "chinese_word_both",
    "query_short",
    "longer",
)
FOLDS = 5
_MOST = 700  # queries of one set
TOLD = "told"  # the set that is most like what the service is asked
_MORE = {TOLD: 2_500}
_FEW = 6  # candidates at most in the lists that stand for a young corpus
_HIDDEN, _YOUNG = 0.5, 0.25  # shares of queries asked again without their answer, and among few
_SELDOM = {TOLD: 1 / 6}  # of those shares: then nearly nine in ten have an answer
_HEAPED = 0.4  # share of disturbed queries asked with every noise too; more makes plain ones less certain
_LARGEST = 5_000  # texts of a set beside those that answer; enough for hard neighbours
_WHOLE = ("reports", TOLD)  # sets of which nothing is left out
_BY_HEART = "checkthat"  # sets whose learnt pairs say nothing about others
# The encoder learnt from some of what is kept back there, as it stands among the paraphrases too.
_SEEN = "vi_vnpara"
_NOISES = ("noisy", "heaped")
_LENGTHS = ((8, "up to 8 words"), (20, "up to 20"), (48, "up to 48"))
_DISTURBED = ("vi_news_clusters", "vi_vietnews_title2lead", "vi_vnpara", "reports")  # asked with noise too


Table = npt.NDArray[np.float64]


def trained_on(name: str, known: Collection) -> Collection:
    """Return what of a set the ranker learns from: no queries known by heart, not all of a large corpus."""
    if name.startswith(_BY_HEART):
        kept = [one for one in known.questions if lessons.kept_back(lessons.key_of(one.id))]
        return Collection(known.corpus, kept)
    if name in _WHOLE:
        return known
    meant = set().union(*(one.answers for one in known.questions))
    others = [one for one in known.corpus if one not in meant][:_LARGEST]
    return Collection(
        {one: known.corpus[one] for one in [*sorted(meant & set(known.corpus)), *others]}, known.questions
    )


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
    """One query beside its candidates: a row of `FEATURES` each, its text, and whether it is meant.

    `sent` and `texts` are as the encoder reads them. `unseen`: neither it nor the reader learnt from that
    query.
    """

    kind: Kind
    source: str
    group: str
    fold: int
    table: Table
    labels: npt.NDArray[np.bool_]
    known: int  # how many right answers there are, found or not
    sent: str
    texts: Sequence[str]
    unseen: bool


def sets(folder: Path) -> Iterator[tuple[str, Collection]]:
    """Yield the sets under `folder/retrieval`, and some among news titles.

    Those are reports against confirmed claims, and the invented statements of which nothing was learnt, with
    what says the same and with reports of them.
    """
    for path in sorted((folder / "retrieval").iterdir()):
        if (path / "qrels.tsv.gz").exists() or (path / "qrels.tsv").exists():
            yield path.name, read(path)
    yield from _translations(folder / "retrieval")
    every = headlines(folder)
    among = dict(list(every.items())[::10])
    yield "reports", _reports(folder, among)
    if among:
        held = [one for one in statements.stored() if lessons.kept_back(one.claim)]
        yield "statements", _statements(held, among)
        yield TOLD, told(held, every)  # as many as a service may hold after years


def headlines(folder: Path) -> Mapping[str, str]:
    """Return the news titles under `folder` by their ids, none where it has none."""
    titles = folder / "retrieval" / "vi_distractors" / "vietnews_titles.jsonl.gz"
    return {row["id"]: row["text"] for row in lessons.rows(titles)} if titles.exists() else {}


def _translations(folder: Path) -> Iterator[tuple[str, Collection]]:
    for path in sorted(folder.glob("*/sentences.jsonl.gz")):
        rows = list(lessons.rows(path))
        questions = [
            Question(row[lang], f"{path.parent.name} {lang}", frozenset({row["id"]}), id=lang + row["id"])
            for row in rows[::3]
            for lang in ("en", "zh")
        ]
        yield path.parent.name, Collection({row["id"]: row["vi"] for row in rows}, questions)


def _statements(held: Sequence[Statement], among: Mapping[str, str]) -> Collection:
    asked = [
        Question(text, "statements same", frozenset({one.claim}), id=one.claim)
        for one in held
        for text in one.stated
    ]
    none = [
        Question(text, "statements none", frozenset(), id=one.claim) for one in held for text in one.apart
    ]
    return Collection(_shelf(held, among), [*asked, *none])


def told(about: Sequence[Statement], among: Mapping[str, str]) -> Collection:
    """Return the set of what citizens tell of some statements, which stand among other texts."""
    asked = [Question(text, TOLD, frozenset({one.claim}), id=one.claim) for one in about for text in one.told]
    return Collection(_shelf(about, among), asked)


def _shelf(held: Sequence[Statement], among: Mapping[str, str]) -> Mapping[str, str]:
    return {one.claim: one.claim for one in held} | dict(among)


def _reports(folder: Path, among: Mapping[str, str]) -> Collection:
    def lines(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]

    corpus = {row["id"]: row["claim"] for row in lines("confirmed_claims.jsonl")}
    corpus |= among
    asked = [
        Question(row["text"], f"reports {row['lang']}", frozenset({row["case_id"]}), id=row["case_id"])
        for row in lines("reports_dev.jsonl")
    ]
    none = [Question(row["text"], "reports none", frozenset()) for row in lines("reports_no_match_dev.jsonl")]
    return Collection(corpus, [*asked, *none])


def asked(
    name: str, known: Collection, meanings: Meanings, *, seed: int = 171, most: int | None = None
) -> Iterator[Asked]:
    """Yield the queries of a set beside their candidates: as they are, disturbed, unanswered, among few.

    `most`: of how many queries, if not of as many as of every set of that name.
    """
    rng = random.Random(f"{seed}{name}")  # noqa: S311  draws, no secrets
    questions = list(_questions(name, known, rng, _MORE.get(name, _MOST) if most is None else most))
    normal = [normalise(one.text) for one in questions]
    read_as = [diacritics.readable(one.canonical, one.lang) for one in normal]
    vectors = meanings.of(read_as, is_query=True)
    shelf = Shelf(known, meanings)
    for question, sent, readable, vector in zip(questions, normal, read_as, vectors, strict=True):
        text = reading(sent, diacritics.mended(sent.canonical, sent.lang))
        query = Side.of(sent, vector, places.keys(sent.canonical), mended=text.folded)
        own, answers = shelf.standing({question.exclude}), shelf.standing(question.answers)
        near, others = shelf.near(text, vector, own, own | answers)
        one = _Question(name, replace(question, answers=answers), query, readable)
        yield from one.lists(shelf, near, others, rng)


def _questions(name: str, known: Collection, rng: random.Random, most: int) -> Iterator[Question]:
    drawn = list(known.questions)
    rng.shuffle(drawn)
    for one in drawn[:most]:
        group = one.group if one.group.startswith(name) else f"{name} {one.group}".removesuffix(" all")
        yield replace(one, group=group)
        if name.startswith(_DISTURBED) and one.answers and not group.endswith((" en", " zh")):
            yield replace(one, text=noise.noised(one.text, rng), group=f"{name} noisy")
            if rng.random() < _HEAPED:
                yield replace(one, text=noise.heaped(one.text, rng), group=f"{name} heaped")


@dataclass(frozen=True)
class _Question:
    """A question of a set with its text as it is compared and as the encoder reads it."""

    name: str
    question: Question
    query: Side
    sent: str

    def lists(self, shelf: Shelf, near: list[int], others: list[int], rng: random.Random) -> Iterator[Asked]:
        """Yield it beside those near it, now and then beside the `others` alone, and beside a few."""
        group, share = self.question.group, _SELDOM.get(self.name, 1.0)
        yield self._beside(group, shelf, near, len(self.question.answers))
        if any(self._right(shelf, near)) and others and rng.random() < _HIDDEN * share:
            yield self._beside(f"{group} ~none", shelf, others, 0)
        if near and rng.random() < _YOUNG * share:
            few = rng.sample(near, min(len(near), rng.randint(1, _FEW)))
            yield self._beside(f"{group} ~few", shelf, few, int(self._right(shelf, few).sum()))

    def _right(self, shelf: Shelf, places: list[int]) -> npt.NDArray[np.bool_]:
        return np.array([shelf.ids[place] in self.question.answers for place in places], dtype=bool)

    def _beside(self, group: str, shelf: Shelf, kept: list[int], known: int) -> Asked:
        # Queries of one claim share a fold, so no claim is judged by weights that saw it.
        key = min(self.question.answers, default=self.question.text)
        return Asked(
            Kind.of(self.query, self.question.group),
            self.name,
            group,
            int(hashlib.sha256(key.encode()).hexdigest(), 16) % FOLDS,
            Comparison(self.query, [shelf.side(place) for place in kept]).table(FEATURES),
            self._right(shelf, kept),
            known,
            self.sent,
            [shelf.read[place] for place in kept],
            _unseen(self.name, self.question),
        )


def _unseen(name: str, question: Question) -> bool:
    """Return whether neither the encoder nor the reader learnt from that query."""
    return name != _SEEN and (not question.id or lessons.kept_back(lessons.key_of(question.id)))
