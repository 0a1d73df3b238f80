"""Pairs that look alike and are two pictures: one layout with other words, one screen with other posts.

For each family that carries words: the same picture with one thing told otherwise (a place, a number, a
day, what happened), with other words altogether, and another picture of the kind. For photographs: the
same land with other houses. Half of the second pictures went through a change, as copies do.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bench import sights, sights_later
from bench.sights import Chance, Sight, seeded

Change = Callable[[Sight, Chance], Sight]
_WORDED: Final[dict[str, Callable[..., Sight]]] = {
    "card": sights.card,
    "post": sights.post,
    "chat": sights.chat,
    "notice": sights.notice,
}
_SHAPES: Final = ((1280, 960), (960, 1280), (1600, 900))


@dataclass(frozen=True)
class Pair:
    """Two pictures that are not one."""

    family: str
    how: str  # in what they differ
    first: Sight
    other: Sight


def of_known(count: int) -> Iterator[Pair]:
    """Yield pairs of the families with which thresholds were chosen, `count` of each way to differ."""
    for family, make in _WORDED.items():
        for seed in range(count):
            first = sights.rumour(seeded(seed))
            told = {how: sights.retold(first, how, seeded(seed + 50)) for how in sights.TOLD}
            yield from _told(family, make, first, told, seed, sights.CHANGES)
    for seed in range(3 * count):
        yield _land(seed, sights.CHANGES)
    for family in ("chart", "real photo"):
        yield from _kind(family, (sights.SEEN | sights.UNSEEN)[family], count, sights.CHANGES)


def of_later(count: int, changes: Mapping[str, Change]) -> Iterator[Pair]:
    """Yield pairs of the families that are asked last, `count` of each way to differ."""
    for family, make in sights_later.LATER.items():
        for seed in range(count):
            first = sights_later.tale(seeded(seed))
            told = {
                how: sights_later.retold(first, how, seeded(seed + 50))
                for how in ("village", "sum", "day", "deed", "digit", "all")
            }
            yield from _told(family, make, first, told, seed, changes)
        yield from _kind(family, make, count, changes)
    for seed in range(3 * count):
        yield _land(1000 + seed, changes)


def _told(
    family: str,
    make: Callable[..., Sight],
    first: str,
    told: Mapping[str, str],
    seed: int,
    changes: Mapping[str, Change],
) -> Iterator[Pair]:
    one = make(seeded(seed), first)
    for number, (how, text) in enumerate(told.items()):
        other = make(seeded(seed), text)
        yield Pair(family, how, one, _perhaps(other, 7 * seed + number, changes))


def _kind(
    family: str, make: Callable[..., Sight], count: int, changes: Mapping[str, Change]
) -> Iterator[Pair]:
    for seed in range(count):
        other = make(seeded(seed + 500))
        yield Pair(family, "another of the kind", make(seeded(seed)), _perhaps(other, seed, changes))


def _land(seed: int, changes: Mapping[str, Change]) -> Pair:
    size = _SHAPES[seed % 3]
    other = sights.scene(size, seeded(seed), seeded(seed + 500))
    return Pair("land", "other houses", sights.scene(size, seeded(seed)), _perhaps(other, seed, changes))


def _perhaps(image: Sight, number: int, changes: Mapping[str, Change]) -> Sight:
    """Return every other picture changed, each with the next of `changes`."""
    if number % 2:
        return image
    ways = list(changes.values())
    return ways[number // 2 % len(ways)](image, seeded(number))
