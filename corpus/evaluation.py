"""Matching measured on a set of texts with known answers, the way reports are matched.

A folder holds `corpus.jsonl`, `queries.jsonl` (rows with `id` and `text`) and `qrels.tsv` (ids of a query and
of a text that answers it), each plain or as `.gz`. A `title` of a corpus row stands before its text, as in
the headline of a published check. A query without a line in `qrels` is answered by nothing. The group of a
query is its `group`, `style` or `lang`, whichever it has first. The text that a query names in `exclude` (its
own article, for example) is left out of every ranking.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from corpus import baselines, calibration, passages, ranker, search
from corpus.diacritics import readable
from corpus.encoder import Encoder, Vectors
from corpus.evaluate import Ranked, ece_by_chance, figures
from corpus.lines import rows
from corpus.meanings import Meanings
from corpus.text import NormalText, normalise
from models import ClaimOrigin, ConfirmedClaim, Passage, Rating

_BATCH = 256  # texts encoded at a time
_SHOWN = 11  # of a ranking: as deep as the figures look, and one that may be excluded
_BLOCK = 100  # queries that a baseline answers at a time: a row of scores is as long as the corpus
_OF_PROBABILITIES = "ece"  # a baseline's scores are none
_OF_ALL = frozenset({"ece", "auc_match"})  # the others are means over the queries that something answers


@dataclass(frozen=True)
class Question:
    """One query, the group it is counted in, the ids of what answers it, and of what never counts."""

    text: str
    group: str
    answers: frozenset[str]
    exclude: str = ""
    id: str = ""


@dataclass(frozen=True)
class Collection:
    """A set as its files have it: texts by id, and what is asked."""

    corpus: Mapping[str, str]
    questions: Sequence[Question]


@dataclass
class Loaded:
    """The corpus as the database and the baselines hold it; positions are the same everywhere."""

    ids: list[str] = field(default_factory=list)
    normal: list[NormalText] = field(default_factory=list)
    vectors: list[Vectors] = field(default_factory=list)
    by_claim: dict[int, str] = field(default_factory=dict)  # ids of the set by confirmed claim


@dataclass(frozen=True)
class Answered:
    """What the service answered to one question, and what it was asked with."""

    ranked: Ranked
    seconds: float
    normal: NormalText
    vector: Vectors


def read(folder: Path) -> Collection:
    """Return the set in `folder`. Raises OSError, KeyError or ValueError when its files are not as said."""
    answers: dict[str, set[str]] = {}
    for line in rows(folder / "qrels.tsv"):
        if line.strip():
            query, document = line.split("\t")[:2]
            answers.setdefault(query, set()).add(document.strip())
    corpus = {str(row["id"]): headed(row) for row in _rows(folder / "corpus.jsonl")}
    questions = [
        Question(
            text=str(row["text"]),
            group=_group(row),
            answers=frozenset(answers.get(str(row["id"]), ())),
            exclude=str(row.get("exclude") or ""),
            id=str(row["id"]),
        )
        for row in _rows(folder / "queries.jsonl")
    ]
    if not corpus or not questions:
        raise ValueError("no texts or no queries")
    return Collection(corpus, questions)


def headed(row: Mapping[str, Any]) -> str:
    """Return the text of a corpus row behind its title, unless the text has it already."""
    title, words = str(row.get("title") or "").strip(), str(row["text"])
    return words if title in words else f"{title}. {words}"


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in rows(path) if line.strip())


def _group(row: Mapping[str, Any]) -> str:
    return str(next((row[name] for name in ("group", "style", "lang") if row.get(name)), "all"))


def load(
    session: Session, known: Collection, meanings: Meanings, *, at: datetime, owner: bool = False
) -> Iterator[Loaded]:
    """Make every text of `known` a confirmed claim with its vector; yields the growing whole after a batch.

    An `owner` of the tables has the indexes of vectors built once at the end, in a fifth of the time. The
    tables get fresh statistics, as a running database has them.
    """
    rebuilt = _without_vector_indexes(session) if owner else []
    done = Loaded()
    ids = list(known.corpus)
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        normal = [normalise(known.corpus[one]) for one in batch]
        vectors = meanings.of([readable(one.canonical, one.lang) for one in normal], is_query=False)
        claims = _claims(session, [(one, known.corpus[one]) for one in batch], at)
        columns = [
            {
                "claim_id": claim_id,
                **passages.values(form, vector if form.informative else None, str(meanings.description)),
            }
            for claim_id, form, vector in zip(claims, normal, vectors, strict=True)
        ]
        session.execute(insert(Passage).values(columns))
        done.by_claim |= dict(zip(claims, batch, strict=True))
        done.ids += batch
        done.normal += normal
        done.vectors += list(vectors)
        yield done
    for definition in rebuilt:
        session.execute(text(definition))
    session.execute(text("ANALYZE passages, confirmed_claims"))


def _without_vector_indexes(session: Session) -> list[str]:
    """Drop the indexes of vectors and return the statements that make them again."""
    found = session.execute(
        text(
            "SELECT indexname, indexdef FROM pg_indexes"
            " WHERE tablename = 'passages' AND indexdef LIKE '%hnsw%'"
        )
    ).all()
    for row in found:
        session.execute(text(f'DROP INDEX "{row.indexname}"'))
    session.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
    return [row.indexdef for row in found]


def _claims(session: Session, rows: Sequence[tuple[str, str]], at: datetime) -> Sequence[int]:
    """Make a confirmed claim of each id and text, and return their ids in the same order."""
    same = {
        "origin": ClaimOrigin.IMPORTED,
        "rating": Rating.FALSE,
        "truth": "…",
        "concluded_by": [],
        "sources": [],
        "added_at": at,
    }
    made = insert(ConfirmedClaim).returning(ConfirmedClaim.id, sort_by_parameter_order=True)
    values = [{"external_id": name, "claim": words if words.strip() else "…", **same} for name, words in rows]
    return session.scalars(made, values).all()


def ask(session: Session, question: Question, loaded: Loaded, encoder: Encoder) -> Answered:
    """Put `question` to the search that serves reports, without its floor, and take the time of it all."""
    began = perf_counter()
    normal = normalise(question.text)
    query = search.Query.of(normal, encoder)
    hits = search.claims(session, query, limit=_SHOWN, floor=False)
    seconds = perf_counter() - began
    ids = {hit.owner_id: loaded.by_claim[hit.owner_id] for hit in hits}
    counted = [hit for hit in hits if ids[hit.owner_id] != question.exclude]
    found = [ids[hit.owner_id] in question.answers for hit in counted]
    ranked = Ranked(question.group, found, [hit.probability for hit in counted], len(question.answers))
    vector = query.vector
    if vector is None:  # too short for the service; the dense baseline compares it all the same
        vector = encoder.encode_query([readable(normal.canonical, normal.lang)])[0]
    return Answered(ranked, seconds, normal, vector)


def compare(known: Collection, loaded: Loaded, answered: Sequence[Answered]) -> dict[str, dict[str, float]]:
    """Return the figures of each baseline over the whole corpus, cut at the depth of the service."""
    corpus = [one.folded for one in loaded.normal]
    words, characters = baselines.BM25(corpus), baselines.Characters(corpus)
    meanings = np.array(loaded.vectors, dtype=np.float32)
    ranked: dict[str, list[Ranked]] = {name: [] for name in ("bm25", "tfidf_char", "dense", "rrf")}
    for start in range(0, len(answered), _BLOCK):
        block, questions = answered[start : start + _BLOCK], known.questions[start : start + _BLOCK]
        folded = [one.normal.folded for one in block]
        bm25, dense = words.scores(folded), np.array([one.vector for one in block]) @ meanings.T
        scored = (bm25, characters.scores(folded), dense, baselines.rrf(bm25, dense))
        for answers, scores in zip(ranked.values(), scored, strict=True):
            answers += [_cut(row, one, loaded.ids) for row, one in zip(scores, questions, strict=True)]
    return {
        name: {key: value for key, value in _figures(answers).items() if key != _OF_PROBABILITIES}
        for name, answers in ranked.items()
    }


def _cut(scores: baselines.Scores, question: Question, ids: Sequence[str]) -> Ranked:
    order = baselines.best(scores, search.DEPTH + 1).tolist()
    best = [i for i in order if ids[i] != question.exclude][: search.DEPTH]
    hits = [ids[i] in question.answers for i in best]
    return Ranked(question.group, hits, [float(scores[i]) for i in best], len(question.answers))


def summary(
    known: Collection, loaded: Loaded, answered: Sequence[Answered], encoder: Encoder
) -> dict[str, Any]:
    """Return everything measured, as `kiemtin evaluate --json` prints it."""
    ranked = [one.ranked for one in answered]
    groups = sorted({one.group for one in ranked})
    times = np.array([one.seconds for one in answered]) * 1000
    whole: dict[str, Any] = {
        **_figures(ranked),
        "ece_calibrated": _figures(calibrated(ranked))[_OF_PROBABILITIES],
        "ece_by_chance": ece_by_chance(ranked),
        "latency_ms": {"p50": float(np.percentile(times, 50)), "p95": float(np.percentile(times, 95))},
        "queries": len(known.questions),
        "corpus": len(known.corpus),
        "ranker": ranker.load().version,
        "encoder": str(encoder.description),
        "groups": {
            group: {"queries": sum(one.group == group for one in ranked)}
            | _figures([one for one in ranked if one.group == group])
            for group in groups
        },
        "baselines": compare(known, loaded, answered),
    }
    return _rounded(whole)


def calibrated(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Return the same with the probabilities that are told where people have decided as many others.

    As the service does it (verify/calibrations.py); each half is moved by the answers to the other half.
    """
    halves = [[one for one in ranked[start::2] if one.probabilities] for start in (1, 0)]
    model = ranker.load()
    judges = [
        replace(
            model,
            moved=calibration.moved(
                [calibration.log_odds(one.probabilities[0]) for one in half], [one.hits[0] for one in half]
            ),
        )
        for half in halves
    ]
    return [
        replace(one, probabilities=[judges[place % 2].told(value) for value in one.probabilities])
        for place, one in enumerate(ranked)
    ]


def _figures(ranked: Sequence[Ranked]) -> dict[str, float]:
    """Return the figures that `ranked` allows: no ranking is judged where nothing is to be found."""
    found = figures(ranked)
    if any(one.known for one in ranked):
        return found
    return {name: value for name, value in found.items() if name in _OF_ALL}


def _rounded(tree: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            result[name] = _rounded(value)
        else:
            result[name] = round(value, 4) if isinstance(value, float) else value
    return result
