"""From the encoder and the pairs to the folder that the service loads: `corpus/data/reader`."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tokenizers import Tokenizer

from corpus import encoder
from corpus.distil import building, graph, lessons, pairs, pieces, reading, statements, student, weights
from corpus.distil.pairs import Pair, Said
from corpus.encoder import CARD, GRAPH, TOKENIZER

NAME: Final = "kiemtin-reader"
_VERSIONS: Final = 4  # of every text, as it may be sent
_MOST: Final = 1_500  # texts of a kind for which others are looked up that lie near
_SHELF: Final = 4_000  # texts among which
_NEAR: Final = range(24)  # places on the shelf, from the nearest
_SAME_TEXT: Final = 0.95  # cosine from which a text near by may say the same
_KEPT_NEAR: Final = 12


def build(
    texts: Path,
    out: Path,
    course: reading.Course,
    *,
    tell: Callable[[str], None],
    start: Path | None = None,
) -> building.Made:
    """Teach a reader of pairs over the shipped encoder and write it; `texts` as for `building.build`.

    `start`: the folder of an earlier reader, from whose weights this one goes on. Takes `course.minutes` and
    some five more on two cores. Of the statements one in seven is kept back; the card says what is reached on
    those.
    """
    whole = weights.read(weights.packaged())
    kept = pieces.of(whole, encoder.FOLDER / TOKENIZER)
    grown = student.made(whole, kept)
    graph.read(encoder.FOLDER, grown)
    tokenizer = weights.tokenizer(whole, kept)
    tokenizer.no_padding()
    stored = list(statements.stored())
    learnt = [one for one in stored if not pairs.held_back(one)]
    taught = lessons.gathered(texts)
    near = _near(taught, encoder.load(threads=2).encode_passage)
    found = pairs.gathered(learnt, taught, near, seed=course.seed)
    tell(", ".join(f"{len(some)} pairs {kind}" for kind, some in found.items()))
    deck = reading.dealt(found, tokenizer, versions=_VERSIONS, seed=course.seed)
    torch.manual_seed(course.seed)
    reader = reading.Reader(grown, course.layers)
    before = [] if start is None else _taken_over(reader, start)
    steps = 0

    def step(number: int, loss: float) -> None:
        nonlocal steps
        steps = number
        if number % 100 == 0:
            tell(f"step {number}: {loss:.2f}")

    reading.taught(reader.to(course.device), deck, course, tell=step)
    out.mkdir(parents=True, exist_ok=True)
    graph.write_pair(reader.cpu(), out / GRAPH)
    how = {**vars(course), "steps": steps, "statements": len(learnt)}
    card = write_card(out, [*before, how], reached(reader, tokenizer, stored))
    return building.Made(out, card)


def _near(
    taught: lessons.Lessons, encode: Callable[[Sequence[str]], encoder.Vectors]
) -> Mapping[str, Sequence[str]]:
    """Return for texts to be found what lies near them on their shelf and says something else."""
    found = dict[str, Sequence[str]]()
    for kind in pairs.ALIKE:
        texts = list(dict.fromkeys(text for _, text in taught.pairs[kind]))[:_MOST]
        read = list(map(lessons.ready, texts))
        shelf = list(dict.fromkeys([*read, *taught.shelf(kind)[:_SHELF]]))
        vectors = encode(shelf)
        for text, likeness in zip(texts, vectors[: len(texts)] @ vectors.T, strict=False):
            nearest = np.argsort(-likeness)[: len(_NEAR)]
            found[text] = [shelf[at] for at in nearest if likeness[at] < _SAME_TEXT][:_KEPT_NEAR]
    return found


def _taken_over(reader: reading.Reader, start: Path) -> list[dict[str, Any]]:
    graph.read_pair(start / GRAPH, reader)
    courses: list[dict[str, Any]] = json.loads((start / CARD).read_text(encoding="utf-8"))["courses"]
    return courses


def reached(
    reader: reading.Reader, tokenizer: Tokenizer, stored: Sequence[statements.Statement]
) -> dict[str, Any]:
    """Return what `reader` says of the pairs of statements that were kept back, in shares of each kind."""
    by_said: dict[Said, list[Pair]] = defaultdict(list)
    for one in filter(pairs.held_back, stored):
        for pair in pairs.of(one):
            by_said[pair[2]].append(pair)
    told = {}
    for said, some in by_said.items():
        ready = [(lessons.ready(left), lessons.ready(right)) for left, right, _ in some]
        best = reading.read(reader, tokenizer, ready).argmax(1)
        shares = {other.name.lower(): round(float((best == other).mean()), 4) for other in Said}
        told[said.name.lower()] = {"pairs": len(some), "read_as": shares}
    return told


def write_card(out: Path, courses: Sequence[Mapping[str, Any]], told: Mapping[str, Any]) -> dict[str, Any]:
    """Write `model_card.json` beside the graph it describes and return it."""
    digest = hashlib.sha256((out / GRAPH).read_bytes()).hexdigest()
    card = {
        "name": NAME,
        "revision": digest[:12],
        "base": f"the first layers and the words of {encoder.described(encoder.FOLDER)}",
        "courses": courses,
        "kept_back": told,
        "origins": {**lessons.ORIGINS},
        "sha256": {GRAPH: digest},
    }
    (out / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return card
