"""The reader of pairs learns: a few layers of the encoder read two texts together.

A cross-encoder (Nogueira and Cho 2019, Passage re-ranking with BERT): every word of one text sees every word
of the other, which two vectors made apart cannot. It grows from the first layers of the encoder that has
learnt, and keeps that one's words.
"""

import copy
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from transformers import BertModel

from corpus.distil import pairs
from corpus.distil.pairs import ELSEWHERE, Lesson, Said
from corpus.encoder import Vectors
from corpus.reader import BEGIN, EACH, END

Pieces = tuple[Sequence[int], Sequence[int]]  # of both texts

_PAD = 1
_SORTED = 16  # batches whose pairs are drawn together
_WARM = 60  # steps
_SMOOTHED = 0.05  # share of what is learnt that every answer gets alike
_TOGETHER = 128  # pairs in one pass when nothing is learnt


@dataclass(frozen=True)
class Course:
    """How long, how many layers read, the size of a batch, the highest learning rate, the seed, and where."""

    minutes: float
    layers: int = 6
    size: int = 64
    rate: float = 1e-4
    seed: int = 171
    device: str = "cpu"


def at_hand() -> dict[str, Any]:
    """Return where to learn here, and in batches of how many pairs."""
    return {"device": "cuda", "size": 256} if torch.cuda.is_available() else {"device": "cpu", "size": 64}


@dataclass(frozen=True)
class Deck:
    """Pairs to draw from. `pieces` has every version of every text, `places` its place in their order.

    `versions[text]` are the first and the last version of a text; `kinds` has rows of left, right and said
    (`pairs.MEANT` and `pairs.ELSEWHERE` as well).
    """

    pieces: list[npt.NDArray[np.uint16]]
    places: npt.NDArray[np.int32]
    versions: npt.NDArray[np.int32]
    kinds: list[npt.NDArray[np.int32]]
    shares: tuple[float, ...]

    def drawn(
        self, size: int, rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return pairs of versions, each in its order, shape (n, 2), and what is said."""
        shares = rng.multinomial(size, self.shares)
        rows = np.concatenate(
            [
                kind[rng.integers(len(kind), size=count)]
                for kind, count in zip(self.kinds, shares, strict=True)
            ]
        )
        versions = rng.integers(*np.moveaxis(self.versions[rows[:, :2]], -1, 0)).astype(np.int32)
        turned = self.places[versions[:, 0]] > self.places[versions[:, 1]]
        versions[turned] = versions[turned, ::-1]
        return versions, rows[:, 2]

    def batches(
        self, size: int, rng: np.random.Generator
    ) -> Iterator[tuple[list[Pieces], npt.NDArray[np.int32]]]:
        """Yield batches without end, each of pairs of like length: little is wasted on filling them up."""
        while True:
            versions, said = self.drawn(size * _SORTED, rng)
            lengths = [len(self.pieces[one]) + len(self.pieces[other]) for one, other in versions]
            order = np.argsort(lengths)
            for some in rng.permutation(order.reshape(_SORTED, size)):
                yield [(self.pieces[one], self.pieces[other]) for one, other in versions[some]], said[some]


def dealt(found: Mapping[str, Sequence[Lesson]], tokenizer: Tokenizer, *, versions: int, seed: int) -> Deck:
    """Return the deck of what `pairs.gathered` found, every text as it may be sent in so many versions."""
    names = dict.fromkeys(
        text for some in found.values() for left, right, _ in some for text in (left, right)
    )
    texts = {text: number for number, text in enumerate(names)}
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:  # threads are running here
        sent = list(pool.map(partial(pairs.as_sent, versions=versions, seed=seed), texts, chunksize=500))
    written = [text for some in sent for text in some]
    ends = np.cumsum([len(some) for some in sent])
    bounds = np.stack([ends - [len(some) for some in sent], ends], axis=1)
    kinds = [kind for kind in pairs.SHARES if found[kind]]  # without headlines there are no rivals
    whole = sum(pairs.SHARES[kind] for kind in kinds)
    order = sorted(range(len(written)), key=written.__getitem__)
    places = np.empty(len(written), np.int32)
    places[order] = np.arange(len(written))
    return Deck(
        [
            np.array(one.ids[:EACH], np.uint16)
            for one in tokenizer.encode_batch(written, add_special_tokens=False)
        ],
        places,
        bounds.astype(np.int32),
        [
            np.array([(texts[left], texts[right], said) for left, right, said in found[kind]], np.int32)
            for kind in kinds
        ],
        tuple(pairs.SHARES[kind] / whole for kind in kinds),
    )


class Head(torch.nn.Module):
    """From the means of both texts' words to so many numbers."""

    def __init__(self, hidden: int, numbers: int) -> None:
        super().__init__()
        self.inner = torch.nn.Linear(4 * hidden, hidden)
        self.outer = torch.nn.Linear(hidden, numbers)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """Return the numbers, shape (n, numbers), from two means, each of shape (n, hidden)."""
        both = torch.cat([left, right, (left - right).abs(), left * right], dim=1)
        numbers: torch.Tensor = self.outer(torch.nn.functional.gelu(self.inner(both)))
        return numbers


class Reader(torch.nn.Module):
    """Pairs of texts in, what each says out.

    While it learns a second head says whether both are of one matter, which is all that many reports teach;
    with one head for both, these made paraphrases look like other things.
    """

    def __init__(self, encoder: BertModel, layers: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        config = copy.deepcopy(encoder.config)
        config.num_hidden_layers, config.type_vocab_size = layers, 2
        config._attn_implementation = "eager"  # noqa: SLF001  the quicker one here, and no public name
        config.hidden_dropout_prob = config.attention_probs_dropout_prob = dropout
        self.model = BertModel(config, add_pooling_layer=False)
        kinds = encoder.embeddings.token_type_embeddings.weight
        state = {
            name: values
            for name, values in encoder.state_dict().items()
            if name in self.model.state_dict() and "token_type" not in name
        }
        state["embeddings.token_type_embeddings.weight"] = kinds[:1].repeat(2, 1)
        self.model.load_state_dict(state)
        self.model.embeddings.word_embeddings.weight.requires_grad_(False)
        self.said, self.meant = Head(config.hidden_size, len(Said)), Head(config.hidden_size, 1)

    def forward(self, ids: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        """Return the numbers of both heads, shape (n, 4), of pairs as `_padded` lays them out.

        Of what is said as logarithms that want a softmax, and the log-odds of one matter.
        """
        mask = (ids != _PAD).long()
        hidden = self.model(input_ids=ids, attention_mask=mask, token_type_ids=second).last_hidden_state
        means = _mean(hidden, mask * (1 - second)), _mean(hidden, mask * second)
        return torch.cat([self.said(*means), self.meant(*means)], dim=1)

    def begin_meant(self) -> None:
        """Let the second head begin as what the first one knows of it."""
        self.meant.inner.load_state_dict(self.said.inner.state_dict())
        with torch.no_grad():
            for mine, others in zip(self.meant.outer.parameters(), self.said.outer.parameters(), strict=True):
                mine.copy_(others[: Said.APART].mean(0, keepdim=True) - others[Said.APART])


def _mean(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)


def taught(reader: Reader, deck: Deck, course: Course, *, tell: Callable[[int, float], None]) -> None:
    """Train `reader` in place on pairs drawn from `deck`; `tell` gets each step and its loss."""
    reader.train()
    where = reader.model.device
    learning = [values for values in reader.parameters() if values.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=course.rate, weight_decay=0.02, fused=True)
    began, step, passed = time.monotonic(), 0, 0.0
    batches = deck.batches(course.size, np.random.default_rng(course.seed))
    while passed < 1:
        step += 1
        pairs_, said = next(batches)
        passed = (time.monotonic() - began) / 60 / course.minutes
        pace = min(step / _WARM, 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, passed))))
        for group in optimiser.param_groups:
            group["lr"] = course.rate * pace
        ids, second = (values.to(where) for values in _padded(pairs_))
        with torch.autocast(where.type, torch.bfloat16):
            told = reader(ids, second)
        missed = loss(told.float(), torch.from_numpy(said).long().to(where))
        missed.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        tell(step, float(missed.detach()))


def loss(told: torch.Tensor, said: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy of both heads; the first learns only where it is known what the pair says."""
    shares = torch.nn.functional.log_softmax(told[:, : len(Said)], dim=1)
    known = said < len(Said)
    right = shares.gather(1, said.clamp(max=Said.APART)[:, None])[:, 0]
    first = -((1 - _SMOOTHED) * right + _SMOOTHED * shares.mean(1))[known].sum() / len(said)
    meant = ((said != Said.APART) & (said != ELSEWHERE)).float()
    aim = meant * (1 - _SMOOTHED) + _SMOOTHED / 2
    second = torch.nn.functional.binary_cross_entropy_with_logits(told[:, len(Said)], aim)
    return first + second


def read(reader: Reader, tokenizer: Tokenizer, found: Sequence[tuple[str, str]]) -> Vectors:
    """Return the probabilities of what is said, shape (n, 3), of pairs as the service reads them."""
    reader.eval()
    shares = np.empty((len(found), len(Said)), np.float32)
    order = np.argsort([len(left) + len(right) for left, right in found])  # little is wasted on filling up
    for start in range(0, len(found), _TOGETHER):
        some = order[start : start + _TOGETHER]
        texts = [text for at in some for text in sorted(found[at])]
        pieces = [one.ids[:EACH] for one in tokenizer.encode_batch(texts, add_special_tokens=False)]
        given = _padded(list(zip(pieces[::2], pieces[1::2], strict=True)))
        with torch.no_grad():
            told = reader(*(values.to(reader.model.device) for values in given))
        shares[some] = told[:, : len(Said)].softmax(1).cpu().numpy()
    return shares


def _padded(found: Sequence[Pieces]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the pieces of pairs in rows, and which of them belong to the second text."""
    longest = max(len(one) + len(other) for one, other in found) + 4
    ids = np.full((len(found), longest), _PAD)
    second = np.zeros_like(ids)
    for row, (one, other) in enumerate(found):
        cut, end = len(one) + 2, len(one) + len(other) + 4
        ids[row, [0, cut - 1, cut, end - 1]] = BEGIN, END, END, END
        ids[row, 1 : cut - 1], ids[row, cut + 1 : end - 1] = one, other
        second[row, cut:end] = 1
    return torch.from_numpy(ids), torch.from_numpy(second)
