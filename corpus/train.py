"""How the learned artefacts of this room are made: the ranker's coefficients and the syllable counts.

    python -m corpus.train ranker VERSION FOLDER... --vectors CACHE.npz --origin TEXT
    python -m corpus.train diacritics FILE=ORIGIN...

A folder holds `corpus.jsonl[.gz]` and `queries.jsonl[.gz]` (rows with id and text) and `qrels.tsv[.gz]` (ids
of a query and a corpus row). A query without a line there matches nothing.
"""

import argparse
import gzip
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from corpus import diacritics, encoder, places, ranker
from corpus.evaluate import Ranked, figures
from corpus.signals import Side, Signals, measure
from corpus.text import normalise

_DATA = Path(__file__).parent / "data"
_DEPTH = 15  # candidates taken by vectors, and as many by words
_FOLDS = 5
# Measured and shown, but not weighed: what they say stands in the others, and with both the signs turn odd.
_NOT_WEIGHED = frozenset({"char", "partial", "candidate_covered", "names_found", "numbers_shared"})
_STRENGTH = 0.3  # inverse regularisation: few claims, so keep the weights small
_BANDS = {"strong": 0.85, "likely": 0.5, "possible": 0.2}


@dataclass(frozen=True)
class Pairs:
    """One query beside its candidates."""

    group: str
    fold: int
    signals: list[Signals]
    labels: list[bool]
    known: int  # how many relevant texts there are, found or not


def rows(path: Path) -> Iterator[str]:
    """Yield the lines of `path` or of `path`.gz."""
    found = path if path.exists() else path.with_name(path.name + ".gz")
    data = found.read_bytes()
    yield from (gzip.decompress(data) if found.suffix == ".gz" else data).decode("utf-8").splitlines()


def read_pairs(folders: Sequence[Path], cache: Path | None) -> list[Pairs]:
    """Return all queries of `folders` beside their candidates from the corpora of all folders together."""
    corpus, queries = dict[str, str](), dict[str, str]()
    relevant: dict[str, set[str]] = {}
    for folder in folders:
        corpus |= {
            f"{folder.name}/{row['id']}": row["text"]
            for row in map(json.loads, rows(folder / "corpus.jsonl"))
        }
        queries |= {
            f"{folder.name}/{row['id']}": row["text"]
            for row in map(json.loads, rows(folder / "queries.jsonl"))
        }
        for line in rows(folder / "qrels.tsv"):
            query, document = line.rstrip("\n").split("\t")[:2]
            relevant.setdefault(f"{folder.name}/{query}", set()).add(f"{folder.name}/{document}")
    documents = dict(zip(corpus, _sides(list(corpus.values()), cache, is_query=False), strict=True))
    asked = dict(zip(queries, _sides(list(queries.values()), cache, is_query=True), strict=True))
    words = process.cdist(
        [side.folded for side in asked.values()],
        [side.folded for side in documents.values()],
        scorer=fuzz.token_set_ratio,
    )
    return [
        _pairs((name, side), documents, row, relevant.get(name, set()))
        for (name, side), row in zip(asked.items(), words, strict=True)
    ]


def _sides(texts: list[str], cache: Path | None, *, is_query: bool) -> list[Side]:
    normal = [normalise(text) for text in texts]
    ready = [diacritics.readable(text.canonical, text.lang) for text in normal]
    names = [hashlib.sha256(f"{is_query}{text}".encode()).hexdigest() for text in ready]
    stored = dict(np.load(cache)) if cache and cache.exists() else {}
    missing = [i for i, name in enumerate(names) if name not in stored]
    if missing:
        model = encoder.load()
        encode = model.encode_query if is_query else model.encode_passage
        stored |= dict(zip([names[i] for i in missing], encode([ready[i] for i in missing]), strict=True))
        if cache:
            np.savez(cache, **stored)
    return [
        Side.of(text, stored[name], places.keys(text.canonical))
        for text, name in zip(normal, names, strict=True)
    ]


def _pairs(
    query: tuple[str, Side], documents: dict[str, Side], likeness: npt.NDArray[Any], relevant: set[str]
) -> Pairs:
    name, asked = query
    ids, sides = list(documents), list(documents.values())
    dense = np.array([side.vector for side in sides]) @ np.asarray(asked.vector)
    near = dict.fromkeys([*np.argsort(-dense)[:_DEPTH].tolist(), *np.argsort(-likeness)[:_DEPTH].tolist()])
    # Queries of one claim share a fold, so no claim is judged by weights that saw it.
    fold = (
        int(hashlib.sha256(min(relevant, default=name.rpartition("-")[0]).encode()).hexdigest(), 16) % _FOLDS
    )
    return Pairs(
        group=name.partition("/")[0],
        fold=fold,
        signals=measure(asked, [sides[i] for i in near]),
        labels=[ids[i] in relevant for i in near],
        known=len(relevant),
    )


def fit(pairs: Sequence[Pairs], features: Sequence[str]) -> dict[str, Any]:
    """Return mean, scale, weights and bias of a logistic regression on all candidates of `pairs`."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  slow to load, wanted here alone

    table = np.array(
        [[getattr(signals, name) for name in features] for one in pairs for signals in one.signals]
    )
    labels = np.array([label for one in pairs for label in one.labels])
    mean, scale = table.mean(axis=0), np.maximum(table.std(axis=0), 1e-3)
    model = LogisticRegression(C=_STRENGTH, max_iter=2000).fit((table - mean) / scale, labels)
    return {
        "features": list(features),
        "mean": np.round(mean, 5).tolist(),
        "scale": np.round(scale, 5).tolist(),
        "weights": np.round(model.coef_[0], 5).tolist(),
        "bias": round(float(model.intercept_[0]), 5),
    }


def train_ranker(pairs: Sequence[Pairs], version: str, origin: str) -> str:
    """Fit on all `pairs` and return the artefact, with figures of folds whose claims were not trained on."""
    features = [name for name in Signals._fields if name not in _NOT_WEIGHED]
    held_out: list[Ranked] = []
    for fold in range(_FOLDS):
        rest = fit([one for one in pairs if one.fold != fold], features)
        judge = ranker.read(json.dumps({**rest, "version": version, "bands": _BANDS, "about": {}}))
        held_out += [_ranked(one, judge.score(one.signals)) for one in pairs if one.fold == fold]
    groups = sorted({one.group for one in pairs})
    about = {
        "origin": origin,
        "queries": {group: sum(one.group == group for one in pairs) for group in groups},
        "candidates": sum(len(one.labels) for one in pairs),
        "held_out": {group: _rounded([one for one in held_out if one.group == group]) for group in groups},
        "baselines": {name: _baseline(pairs, name, groups) for name in ("cosine", "char", "word")},
        "bands": {name: _reached(held_out, least) for name, least in _BANDS.items()},
    }
    artefact = {"version": version, **fit(pairs, features), "bands": _BANDS, "about": about}
    return json.dumps(artefact, ensure_ascii=False, indent=1) + "\n"


def _ranked(one: Pairs, scores: Sequence[float]) -> Ranked:
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    return Ranked(one.group, [one.labels[i] for i in order], [scores[i] for i in order], one.known)


def _baseline(pairs: Sequence[Pairs], name: str, groups: Sequence[str]) -> dict[str, float]:
    ranked = [_ranked(one, [getattr(signals, name) for signals in one.signals]) for one in pairs]
    return {group: _rounded([one for one in ranked if one.group == group])["map@5"] for group in groups}


def _rounded(answers: Sequence[Ranked]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures(answers).items()}


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
            sum(max(one.probabilities) >= least for one in silent) / max(1, len(silent)), 4
        ),
    }


def train_diacritics(sources: Sequence[tuple[Path, str]]) -> bytes:
    """Count the syllables of JSON lines (every field that holds text) and return the table as a file."""
    texts: list[str] = []
    for path, _ in sources:
        for row in map(json.loads, rows(path)):
            texts += [
                normalise(row[name]).canonical for name in ("text", "claim", "correction") if name in row
            ]
    return diacritics.build(texts, "; ".join(origin for _, origin in sources))


def main() -> None:
    """Read the command line, train, and write the artefact into `corpus/data`."""
    parser = argparse.ArgumentParser(prog="python -m corpus.train")
    kinds = parser.add_subparsers(dest="kind", required=True)
    weights = kinds.add_parser("ranker")
    weights.add_argument("version")
    weights.add_argument("folders", nargs="+", type=Path)
    weights.add_argument("--vectors", type=Path, help="file that keeps vectors between runs")
    weights.add_argument("--origin", required=True, help="whose texts these are")
    counts = kinds.add_parser("diacritics")
    counts.add_argument("sources", nargs="+", help="FILE=ORIGIN")
    asked = parser.parse_args()
    if asked.kind == "ranker":
        artefact = train_ranker(read_pairs(asked.folders, asked.vectors), asked.version, asked.origin)
        (_DATA / "ranker.json").write_text(artefact, "utf-8")
        sys.stdout.write(artefact)
    else:
        split = [source.rpartition("=") for source in asked.sources]
        (_DATA / "syllables.npz").write_bytes(
            train_diacritics([(Path(path), origin) for path, _, origin in split])
        )


if __name__ == "__main__":
    main()
