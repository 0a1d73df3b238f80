"""What the reader of pairs learns from: two texts, and whether they say the same.

Most comes from the invented statements. Pairs of the encoder's lessons that say the same keep the reader from
taking other words for another thing; of those of which one answers the other it learns what belongs together,
of what lies near on the shelf what does not; and one word exchanged makes another thing of the same words.
"""

import enum
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from corpus.distil import exchanges, noise
from corpus.distil.lessons import ABROAD, LONGEST, Lessons, kept_back, prepared, ready
from corpus.distil.statements import Statement


class Said(enum.IntEnum):
    """What the second of two texts says, seen from the first."""

    SAME = 0
    CHANGED = 1  # something else of the same matter
    APART = 2  # something of another matter


# What a text that asks means, and what it does not: what either says of the other is not learnt from these.
MEANT: Final = len(Said)
ELSEWHERE: Final = MEANT + 1
Pair = tuple[str, str, Said]
Lesson = tuple[str, str, int]  # a pair, or two texts of which one is MEANT by the other or is ELSEWHERE
Near = Mapping[str, Sequence[str]]  # by a text that asks: what lies near it on its shelf but answers nothing

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
ANSWERED: Final = {
    "news": 4_000,
    "titles_en": 1_000,
    "vi_vietnews_title2lead": 1_300,
    "vi_claim2evidence": 600,
    "vi_news_clusters": 600,
    "vi_vnpara": 600,
    "vi_lexnorm_realnoise": 1_000,
    "english": 800,
    "chinese": 800,
    "reports": 151,
    "statements": 6_000,
    "told": 24_000,
    "checkthat2020_t2_en": 800,
    "checkthat2021_2a_en": 800,
    "checkthat2021_2b_en": 600,
    "checkthat2022_2a_en": 800,
}  # kinds of the encoder's pairs of which one answers the other, with how many are taken
_SAID: Final = "statements"  # pairs of SAME and CHANGED already, as are reports, which come again as MEANT
SHARES: Final = {
    "same": 0.2,
    "changed": 0.18,
    "apart": 0.03,
    "learnt": 0.06,
    "exchanged": 0.11,
    "answered": 0.17,
    "beside": 0.08,
    "rivals": 0.17,
}
_EXCHANGED: Final = 5_000  # of each way
_IN_VAIN: Final = {"beside": 2, "rivals": 4}  # of those near it, or put high, that each text asks for
_ASKED_NOISILY: Final = 0.3  # share of texts that ask; each may be disturbed once more (`as_sent`)
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
    stored: Sequence[Statement], lessons: Lessons, near: Near, rivals: Near, *, seed: int
) -> dict[str, list[Lesson]]:
    """Return the pairs to learn from by their kind (`SHARES`), the same ones for the same seed.

    `rivals`: by a report as the service reads it, what the ranker puts highest beside what answers it.
    """
    rng = random.Random(seed)
    found: dict[str, list[Lesson]] = {kind: [] for kind in SHARES}
    for one in stored:
        for pair in of(one):
            found[pair[2].name.lower()].append(pair)
        found["answered"] += _told(one, rng)
    for kind, most in ALIKE.items():
        found["learnt"] += [(left, right, Said.SAME) for left, right in lessons.pairs[kind][:most]]
    for kind, most in ANSWERED.items():
        for asking, answer in lessons.pairs[kind][:most]:
            sent = asking if kind.startswith(ABROAD) else prepared(asking, rng, noisy=_ASKED_NOISILY)
            if kind != _SAID:
                found["answered"].append((sent, answer, MEANT))
            vain = {"beside": near.get(asking, ()), "rivals": rivals.get(ready(asking), ())}
            for name, others in vain.items():
                some = rng.sample(others, min(len(others), _IN_VAIN[name]))
                found[name] += [(sent, other, ELSEWHERE) for other in some]
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


def _told(one: Statement, rng: random.Random) -> Iterator[Lesson]:
    """Yield what leaves details out beside another such text, and beside what contradicts the statement."""
    for text in one.brief:
        for others in (one.brief, one.changed):
            other = rng.choice(others)
            if other != text:
                yield text, other, MEANT


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


def as_sent(text: str, *, versions: int, seed: int) -> list[str]:
    """Return `text` as the service reads it, first as it is, then as it may be sent; each version once."""
    rng = random.Random(f"{seed}{text}")
    text = text[:LONGEST]
    others = [rng.choice(_NOISES)(text, rng) if rng.random() < _NOISY else text for _ in range(versions - 1)]
    return list(dict.fromkeys([ready(text), *map(ready, others)]))
