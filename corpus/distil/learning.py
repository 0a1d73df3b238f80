"""The student learns: noised and asking texts come to lie where the unchanged encoder puts what was meant.

Distillation with contrast. The teacher is the packaged model, frozen; the student starts as its copy. A batch
holds texts of one kind. The loss is the cosine to the teacher's vector of the meant text and the cross
entropy of finding it: where a pair is learnt among all texts of the shelf on which it is searched, else among
those of the batch and the last few thousand of the same kind. Texts in the passage role are only held where
they were, so that an index made by the teacher stays good.
"""

import itertools
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import BertModel

from corpus.distil.lessons import Batch, Lessons, batches
from corpus.distil.student import pooled
from corpus.encoder import Embed, Vectors

_Made = TypeVar("_Made")
_QUEUE = 4_096  # vectors of meant texts kept as further wrong answers, for each kind
_TEMPERATURE = 0.03
_SAME = 0.985  # cosine above which two meant texts count as the same one
_NEAR, _LOOSELY = 10.0, 0.15  # weight of the cosine, and its share where another text was meant, not this one
_WARM = 40  # steps
_TOKENS = 112  # of a text, while learning: a report told at length has its matter anywhere
_TOGETHER = {"cpu": 16, "cuda": 256}  # texts of like length in one pass
_PAD = 1
_AT_ONCE = 4_096  # texts sorted by their length


@dataclass
class Course:
    """How long, in batches of how many texts, the highest learning rate, and the seed of the draws.

    `device` is where torch learns, "cpu" or "cuda"; `makers` processes make the batches.

    `kept` is the share of the teacher's weights in the result. Between what was and what was learnt lie
    weights that do better on other texts than either (Wortsman et al. 2022, Robust fine-tuning of zero-shot
    models).
    """

    minutes: float
    size: int = 48
    rate: float = 1.2e-4
    seed: int = 171
    kept: float = 0.0
    device: str = "cpu"
    makers: int = 1


def at_hand() -> dict[str, Any]:
    """Return where to learn here, in batches of how many texts, and by how many processes those are made."""
    if torch.cuda.is_available():
        return {"device": "cuda", "size": 256, "makers": max(1, (os.cpu_count() or 2) - 1)}
    return {"device": "cpu", "size": 48, "makers": 1}


def vectors(model: BertModel, tokenizer: Tokenizer, texts: list[str], role: str) -> torch.Tensor:
    """Return unit vectors, shape (n, hidden), of texts behind their role's prefix, where the model is."""
    encoded = tokenizer.encode_batch([f"{role}: {text}" for text in texts])
    order = sorted(range(len(texts)), key=lambda i: len(encoded[i].ids))
    parts = []
    together = _TOGETHER[model.device.type]
    for start in range(0, len(order), together):
        chunk = [encoded[i] for i in order[start : start + together]]
        longest = len(chunk[-1].ids)
        ids = torch.tensor([e.ids + [_PAD] * (longest - len(e.ids)) for e in chunk]).to(model.device)
        parts.append(pooled(model, ids, (ids != _PAD).long()))
    back = torch.tensor(order).argsort().to(model.device)
    return torch.cat(parts)[back]


def embedding(model: BertModel, tokenizer: Tokenizer) -> Embed:
    """Return what encodes with `model` where it is."""

    def embed(texts: list[str], is_query: bool) -> Vectors:  # noqa: FBT001  the shape of Embed
        role = "query" if is_query else "passage"
        with torch.no_grad():
            parts = [
                vectors(model, tokenizer, texts[start : start + _AT_ONCE], role).cpu().numpy()
                for start in range(0, len(texts), _AT_ONCE)
            ]
        return np.concatenate(parts)

    return embed


class Shelf:
    """All texts that can be found by those that ask in one kind of pairs, with the teacher's vectors."""

    def __init__(self, texts: list[str], vectors: torch.Tensor) -> None:
        self.vectors = vectors
        self._places = {text: place for place, text in enumerate(texts)}

    def meant(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the places of what was meant, and for each text that asks which others answer it too."""
        places = torch.tensor([self._places[text] for text in batch.meant], device=self.vectors.device)
        also = self.vectors[places] @ self.vectors.T > _SAME
        answers = [(row, self._places[text]) for row, right in enumerate(batch.right) for text in right]
        rows, places_right = torch.tensor(answers, device=also.device).T
        also[rows, places_right] = True
        also[torch.arange(len(places), device=also.device), places] = False
        return places, also


def shelves(lessons: Lessons, embed: Embed, device: str = "cpu") -> dict[str, Shelf]:
    """Return a shelf for each kind of pairs, kept on `device`.

    `embed` encodes as the teacher does; a text of several once.
    """
    texts = {name: lessons.shelf(name) for name in sorted(lessons.pairs)}
    every = list(dict.fromkeys(text for shelf in texts.values() for text in shelf))
    vectors = torch.from_numpy(embed(every, False)).to(device)
    place = {text: number for number, text in enumerate(every)}
    return {name: Shelf(shelf, vectors[[place[text] for text in shelf]]) for name, shelf in texts.items()}


def taught(
    student: BertModel,
    teacher: BertModel,
    tokenizer: Tokenizer,
    lessons: Lessons,
    course: Course,
    on: dict[str, Shelf],
    *,
    tell: Callable[[int, float, str], None],
) -> BertModel:
    """Train `student` in place and return it; `tell` gets the step, its loss and the name of its batch.

    `on`: the shelves on which pairs are searched, by their kind. What needs no gradient stays as it is.
    """
    tokenizer.no_padding()
    tokenizer.enable_truncation(_TOKENS)
    student.train()
    teacher.eval()  # type: ignore[no-untyped-call]
    learning = [one for one in student.parameters() if one.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=course.rate, weight_decay=0.01, fused=True)
    queues: dict[str, torch.Tensor] = {}
    began = time.monotonic()
    for step, batch in enumerate(_ahead(lessons, course), start=1):
        passed = (time.monotonic() - began) / 60 / course.minutes
        for group in optimiser.param_groups:
            group["lr"] = course.rate * _pace(step, passed)
        with torch.autocast(student.device.type, torch.bfloat16):  # twice as many steps on two cores
            asked = vectors(student, tokenizer, batch.asking, batch.asks_as)
        if batch.right:
            loss = _found_on(on[batch.name], batch, asked)
        else:
            with torch.no_grad():
                meant = vectors(teacher, tokenizer, batch.meant, batch.meant_as)
            weight = 1.0 if batch.name.startswith("noise") else _LOOSELY
            loss = _found_among(meant, queues.get(batch.name), asked, weight=weight)
            queues[batch.name] = torch.cat([meant, queues.get(batch.name, meant[:0])])[:_QUEUE]
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        tell(step, float(loss.detach()), batch.name)
        if passed >= 1:
            break
    return student


def _found_on(shelf: Shelf, batch: Batch, asked: torch.Tensor) -> torch.Tensor:
    places, also = shelf.meant(batch)
    near = (1 - (asked * shelf.vectors[places]).sum(1)).mean()
    return _entropy(asked, shelf.vectors, places, also) + near * _NEAR * _LOOSELY


def _found_among(
    meant: torch.Tensor, queue: torch.Tensor | None, asked: torch.Tensor, *, weight: float
) -> torch.Tensor:
    pool = meant if queue is None else torch.cat([meant, queue])
    same = (meant @ pool.T > _SAME) & ~torch.eye(len(meant), len(pool), dtype=torch.bool, device=pool.device)
    near = (1 - (asked * meant).sum(1)).mean()
    return _entropy(asked, pool, torch.arange(len(meant), device=pool.device), same) + near * _NEAR * weight


def _entropy(
    asked: torch.Tensor, pool: torch.Tensor, places: torch.Tensor, also: torch.Tensor
) -> torch.Tensor:
    scores = (asked @ pool.T / _TEMPERATURE).masked_fill(also, -1e4)
    return torch.nn.functional.cross_entropy(scores, places) * 0.5


def _pace(step: int, passed: float) -> float:
    """Return the share of the highest rate: up over the first steps, then down as time passes."""
    return min(step / _WARM, 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * min(1.0, passed))))


def _ahead(lessons: Lessons, course: Course) -> Iterator[Batch]:
    """Batches made by other processes while this one learns; the same ones for as many makers."""
    makers = course.makers
    return ahead(
        [batches(lessons, size=course.size, seed=course.seed * makers + maker) for maker in range(makers)]
    )


def ahead(streams: Sequence[Iterator[_Made]]) -> Iterator[_Made]:
    """Yield from endless `streams` in turn, each of which runs ahead in a process of its own."""
    import multiprocessing  # noqa: PLC0415  only here

    context = multiprocessing.get_context("fork")
    queues = [context.Queue(maxsize=24) for _ in streams]

    def make(stream: Iterator[_Made], queue: Any) -> None:  # noqa: ANN401  a Queue of the context
        for one in stream:
            queue.put(one)

    running = [
        context.Process(target=make, args=pair, daemon=True) for pair in zip(streams, queues, strict=True)
    ]
    for maker in running:
        maker.start()
    try:
        for queue in itertools.cycle(queues):
            yield queue.get(timeout=120)
    finally:
        for maker in running:
            maker.kill()
