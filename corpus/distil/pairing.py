"""From the encoder and the pairs to the folder that the service loads: `corpus/data/reader`."""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tokenizers import Tokenizer

from corpus import encoder, lists, ranker
from corpus.distil import building, graph, lessons, pairs, pieces, reading, statements, student, weights
from corpus.distil.pairs import Pair, Said
from corpus.distil.statements import Statement
from corpus.encoder import CARD, GRAPH, TOKENIZER, WORDS
from corpus.meanings import Meanings

NAME: Final = "kiemtin-reader"
_VERSIONS: Final = 4  # of every text, as it may be sent
_SHELF: Final = 16_000  # texts of a kind among which is looked for what lies near
_LOOKED_AT: Final = 24  # of those, from the nearest
_KEPT_NEAR: Final = 8
_SAME_TEXT: Final = 0.95  # cosine from which a text may say the same as what answers
_RIVALS: Final = 7
_SAME_MATTER: Final = 0.92  # cosine from which what the ranker puts high may be meant as well


def build(
    texts: Path,
    out: Path,
    course: reading.Course,
    *,
    tell: Callable[[str], None],
    start: Path | None = None,
    keep: float = 0.0,
    vectors: Path | None = None,
) -> building.Made:
    """Teach a reader of pairs over the shipped encoder and write it; `texts` as for `building.build`.

    `start`: the folder of an earlier reader, from whose weights this one goes on, and of whose weights the
    share `keep` (0..1) stays in the result. `vectors`: the file that keeps those of texts between runs. Takes
    `course.minutes`, and a quarter of an hour more on two cores, less where all vectors are known. Of the
    statements one in seven is kept back; the card says what is reached on those.
    """
    whole = weights.read(weights.packaged())
    kept = pieces.of(whole, encoder.FOLDER / TOKENIZER)
    grown = student.made(whole, kept)
    graph.read(encoder.FOLDER, grown)
    tokenizer = weights.tokenizer(whole, kept)
    tokenizer.no_padding()
    torch.manual_seed(course.seed)
    reader = reading.Reader(grown, course.layers)
    before = [] if start is None else _taken_over(reader, start)
    stored = list(statements.stored())
    learnt = [one for one in stored if not pairs.held_back(one)]
    taught = lessons.gathered(texts)
    meanings = Meanings(encoder.load(threads=os.cpu_count() or 1), vectors)
    rivals = ranked_high(learnt, lists.headlines(texts), meanings)
    tell(f"{len(rivals)} reports beside what the ranker puts high")
    found = pairs.gathered(learnt, taught, lying_near(taught, meanings), rivals, seed=course.seed)
    tell(", ".join(f"{len(some)} pairs {kind}" for kind, some in found.items()))
    deck = reading.dealt(found, tokenizer, versions=_VERSIONS, seed=course.seed)
    began = {name: values.clone() for name, values in reader.state_dict().items()}
    steps = 0

    def step(number: int, loss: float) -> None:
        nonlocal steps
        steps = number
        if number % 100 == 0:
            tell(f"step {number}: {loss:.2f}")

    reading.taught(reader.to(course.device), deck, course, tell=step)
    reader.cpu().load_state_dict(_mixed(began, reader.state_dict(), keep))
    out.mkdir(parents=True, exist_ok=True)
    graph.write_pair(reader, out / GRAPH)
    how = {**vars(course), "steps": steps, "statements": len(learnt), "kept": keep}
    card = write_card(out, [*before, how], reached(reader, tokenizer, stored))
    return building.Made(out, card)


def lying_near(taught: lessons.Lessons, meanings: Meanings) -> Mapping[str, Sequence[str]]:
    """Return for texts that ask what lies near them on their shelf and answers nothing."""
    near = dict[str, Sequence[str]]()
    for kind, most in pairs.ANSWERED.items():
        answers: dict[str, list[str]] = defaultdict(list)
        for asking, answer in taught.pairs[kind]:
            answers[asking].append(lessons.ready(answer))
        asks = list(dict.fromkeys(asking for asking, _ in taught.pairs[kind][:most]))
        meant = [answer for asking in asks for answer in answers[asking]]
        shelf = list(dict.fromkeys([*meant, *taught.shelf(kind)[:_SHELF]]))
        place = {text: at for at, text in enumerate(shelf)}
        found = meanings.of(shelf, is_query=False)
        asked = meanings.of(list(map(lessons.ready, asks)), is_query=True)
        for asking, vector in zip(asks, asked, strict=True):
            alike = (found @ found[[place[one] for one in answers[asking]]].T).max(axis=1)
            nearest = np.argsort(-(found @ vector))[:_LOOKED_AT]
            near[asking] = [shelf[at] for at in nearest if alike[at] < _SAME_TEXT][:_KEPT_NEAR]
    return near


def ranked_high(
    about: Sequence[Statement], among: Mapping[str, str], meanings: Meanings
) -> Mapping[str, Sequence[str]]:
    """Return for reports, as the service reads them, what the ranker puts highest and they do not mean.

    Looked for as the service looks, and only what the reader would be asked about: it learns of its work.
    """
    judge, found = ranker.load(), dict[str, Sequence[str]]()
    known = lists.told(about, among)
    for one in lists.asked(lists.TOLD, known, meanings, most=len(known.questions)):
        if not one.labels.any():
            continue
        scores = judge.of_table(one.table)
        highest = sorted(range(len(scores)), key=lambda at: -scores[at])[:_RIVALS]
        vectors = meanings.of(one.texts, is_query=False)
        alike = (vectors @ vectors[one.labels].T).max(axis=1)
        # Lists with an answer hidden or with few candidates come after the whole one.
        asked = [at for at in highest if scores[at] >= judge.second.least and alike[at] < _SAME_MATTER]
        found.setdefault(one.sent, [one.texts[at] for at in asked])
    return found


def _taken_over(reader: reading.Reader, start: Path) -> list[dict[str, Any]]:
    graph.read_pair(start / GRAPH, reader)
    reader.begin_meant()
    courses: list[dict[str, Any]] = json.loads((start / CARD).read_text(encoding="utf-8"))["courses"]
    return courses


def _mixed(
    before: Mapping[str, torch.Tensor], after: Mapping[str, torch.Tensor], keep: float
) -> dict[str, torch.Tensor]:
    """Return the mean of two sets of weights, `before` with the share `keep`."""
    return {
        name: torch.lerp(values, before[name], keep) if values.is_floating_point() else values
        for name, values in after.items()
    }


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
    digest, words = (
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (out / GRAPH, encoder.FOLDER / WORDS)
    )
    card = {
        "name": NAME,
        "revision": digest[:12],
        "base": f"the first layers and the words of {encoder.described(encoder.FOLDER)}",
        "courses": courses,
        "kept_back": told,
        "origins": {**lessons.ORIGINS},
        "sha256": {GRAPH: digest, WORDS: words},  # the words lie with the encoder
    }
    (out / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return card
