"""The student learns: noised and asking texts come to lie where the unchanged encoder puts what was meant.

Distillation with contrast. The teacher is the packaged model, frozen; the student starts as its copy. A batch
holds texts of one kind. The loss is the cosine to the teacher's vector of the meant text and the cross
entropy of finding it among those of the batch and the last few thousand of the same kind. Texts in the
passage role are only held where they were, so that an index made by the teacher stays good.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from transformers import BertModel

from corpus.distil.lessons import Batch, Lessons, batches
from corpus.distil.student import pooled

_QUEUE = 4_096  # vectors of meant texts kept as further wrong answers, for each kind
_TEMPERATURE = 0.03
_SAME = 0.985  # cosine above which two meant texts count as the same one
_WARM = 40  # steps
_TOKENS = 64  # of a text, while learning
_TOGETHER = 16  # texts of like length in one pass
_PAD = 1


@dataclass
class Course:
    """How long, in batches of how many texts, the highest learning rate, and the seed of the draws."""

    minutes: float
    size: int = 48
    rate: float = 1.2e-4
    seed: int = 171


def vectors(model: BertModel, tokenizer: Tokenizer, texts: list[str], role: str) -> torch.Tensor:
    """Return unit vectors, shape (n, hidden), of texts behind their role's prefix."""
    encoded = tokenizer.encode_batch([f"{role}: {text}" for text in texts])
    order = sorted(range(len(texts)), key=lambda i: len(encoded[i].ids))
    parts = []
    for start in range(0, len(order), _TOGETHER):
        chunk = [encoded[i] for i in order[start : start + _TOGETHER]]
        longest = len(chunk[-1].ids)
        ids = torch.tensor([e.ids + [_PAD] * (longest - len(e.ids)) for e in chunk])
        parts.append(pooled(model, ids, (ids != _PAD).long()))
    back = torch.tensor(order).argsort()
    return torch.cat(parts)[back]


def taught(
    student: BertModel,
    teacher: BertModel,
    tokenizer: Tokenizer,
    lessons: Lessons,
    course: Course,
    *,
    tell: Callable[[int, float, str], None],
) -> BertModel:
    """Train `student` in place and return it; `tell` gets the step, its loss and the name of its batch."""
    tokenizer.no_padding()
    tokenizer.enable_truncation(_TOKENS)
    student.train()
    teacher.eval()  # type: ignore[no-untyped-call]
    optimiser = torch.optim.AdamW(student.parameters(), lr=course.rate, weight_decay=0.01, fused=True)
    queues: dict[str, torch.Tensor] = {}
    began = time.monotonic()
    for step, batch in enumerate(_ahead(lessons, course), start=1):
        passed = (time.monotonic() - began) / 60 / course.minutes
        for group in optimiser.param_groups:
            group["lr"] = course.rate * _pace(step, passed)
        with torch.no_grad():
            meant = vectors(teacher, tokenizer, batch.meant, batch.meant_as)
        asked = vectors(student, tokenizer, batch.asking, batch.asks_as)
        loss = _loss(
            asked, meant, queues.get(batch.name), weight=1.0 if batch.name.startswith("noise") else 0.15
        )
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        queues[batch.name] = torch.cat([meant, queues.get(batch.name, meant[:0])])[:_QUEUE]
        tell(step, float(loss.detach()), batch.name)
        if passed >= 1:
            break
    return student


def _loss(
    asked: torch.Tensor, meant: torch.Tensor, queue: torch.Tensor | None, *, weight: float
) -> torch.Tensor:
    pool = meant if queue is None else torch.cat([meant, queue])
    scores = asked @ pool.T / _TEMPERATURE
    same = (meant @ pool.T > _SAME) & ~torch.eye(len(meant), len(pool), dtype=torch.bool)
    scores = scores.masked_fill(same, -1e4)
    found = torch.nn.functional.cross_entropy(scores, torch.arange(len(meant)))
    near = (1 - (asked * meant).sum(1)).mean()
    return found * 0.5 + near * 10 * weight


def _pace(step: int, passed: float) -> float:
    """Return the share of the highest rate: up over the first steps, then down as time passes."""
    return min(step / _WARM, 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * min(1.0, passed))))


def _ahead(lessons: Lessons, course: Course) -> Iterator[Batch]:
    """Batches made by another process while this one learns."""
    import multiprocessing  # noqa: PLC0415  only here

    context = multiprocessing.get_context("fork")
    queue = context.Queue(maxsize=24)

    def make() -> None:
        for batch in batches(lessons, size=course.size, seed=course.seed):
            queue.put(batch)

    maker = context.Process(target=make, daemon=True)
    maker.start()
    try:
        while True:
            yield queue.get(timeout=120)
    finally:
        maker.kill()
