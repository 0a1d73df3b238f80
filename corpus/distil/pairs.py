"""What the reader of pairs learns from: two texts, and whether they say the same.

Most comes from the invented statements. Pairs of the encoder's lessons that say the same keep the reader from
taking other words for another thing; a text that lies near on the shelf speaks of something else; and one
word exchanged makes another thing of the same words.
"""

import enum
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from corpus.distil import exchanges, noise
from corpus.distil.lessons import LONGEST, Lessons, kept_back, ready
from corpus.distil.statements import Statement


class Said(enum.IntEnum):
    """What the second of two texts says, seen from the first."""

    SAME = 0
    CHANGED = 1  # something else of the same matter
    APART = 2  # something of another matter


Pair = tuple[str, str, Said]
Near = Mapping[str, Sequence[str]]  # texts of a shelf, and those that lie near but say something else

ALIKE: Final = {
    "paraphrase": 600,
    "vi_vnpara": 600,
    "vi_lexnorm_realnoise": 600,
    "english": 800,
    "chinese": 700,
    "reports": 151,
    "checkthat2020_t2_en": 800,
    "checkthat2022_2a_en": 800,
}  # kinds of the encoder's pairs that say the same, with how many are taken
_BESIDE: Final = 3_000
_EXCHANGED: Final = 5_000  # of each way
SHARES: Final = {
    "same": 0.24,
    "changed": 0.28,
    "apart": 0.08,
    "learnt": 0.14,
    "beside": 0.06,
    "exchanged": 0.2,
}
_NOISY: Final = 0.5  # share of texts that are disturbed, without losing a word
_NOISES: Final[Sequence[noise.Noise]] = (
    noise.unmarked, noise.unmarked, noise.partly_unmarked, noise.mistyped, noise.chatted, noise.wrapped,
    noise.shouted, noise.typed_by_keys,
)  # fmt: skip


def held_back(one: Statement) -> bool:
    """Whether nothing is learnt from that statement."""
    return kept_back(one.claim)


def of(one: Statement) -> Iterator[Pair]:
    """Yield every pair of a statement whose texts say enough to be sure: terse ones leave too much out."""
    full = [one.claim, *one.full]
    for place, text in enumerate(full):
        for other in (*full[place + 1 :], *one.brief):
            yield text, other, Said.SAME
        for other in one.changed:
            yield text, other, Said.CHANGED
    for text in (*full, *one.brief, *one.changed):
        for other in one.apart:
            yield text, other, Said.APART


def gathered(
    stored: Sequence[Statement], lessons: Lessons, near: Near, *, seed: int
) -> dict[str, list[Pair]]:
    """Return the pairs to learn from by their kind (`SHARES`), the same ones for the same seed."""
    rng = random.Random(seed)
    found: dict[str, list[Pair]] = {kind: [] for kind in SHARES}
    for one in stored:
        for pair in of(one):
            found[pair[2].name.lower()].append(pair)
    for kind, most in ALIKE.items():
        some = rng.sample(lessons.pairs[kind], min(most, len(lessons.pairs[kind])))
        found["learnt"] += [(left, right, Said.SAME) for left, right in some]
    for _ in range(_BESIDE):
        left, right, _ = rng.choice(found["learnt"])
        if near.get(right):
            found["beside"].append((left, rng.choice(near[right]), Said.APART))
    claims = [one.claim for one in stored]
    # Only where nothing is left out must the other text have had what is exchanged.
    whole = [(text, other) for one in stored for text in one.full for other in (one.claim, *one.full)]
    ways: tuple[Callable[[str], str | None], ...] = (
        lambda text: exchanges.with_another_number(text, rng),
        lambda text: exchanges.with_an_opposite(text, rng),
        lambda text: exchanges.with_another_thing(text, claims, rng),
    )
    for way in ways:
        found["exchanged"] += _exchanged(whole, claims, way, rng)
    return found


def _exchanged(
    alike: Sequence[tuple[str, str]],
    claims: Sequence[str],
    way: Callable[[str], str | None],
    rng: random.Random,
) -> Iterator[Pair]:
    """Yield pairs of which one has something exchanged: texts in the same words, and in other words."""
    for _ in range(_EXCHANGED):
        text = rng.choice(claims)
        left, right = (text, text) if rng.random() < 0.5 else rng.choice(alike)
        other = way(left)
        if other is not None:
            yield other, right, Said.CHANGED
            # Else whatever is the same but for a slip would be taken for something else.
            yield left, right, Said.SAME


def as_sent(text: str, rng: random.Random, *, versions: int) -> list[str]:
    """Return `text` as the service reads it, first as it is, then as it may be sent."""
    text = text[:LONGEST]
    others = [rng.choice(_NOISES)(text, rng) if rng.random() < _NOISY else text for _ in range(versions - 1)]
    return [ready(text), *map(ready, others)]
