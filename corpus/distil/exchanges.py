"""One decisive word of a text exchanged, so that it says something else: opposite, number, another thing.

For learning only; what is measured is made by other hands (`bench/contradictions.py`).
"""

import json
import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from typing import Final

from corpus.diacritics import rarity
from corpus.syllables import fold

_NUMBER: Final = re.compile(r"\d+")
_HEAVY: Final = 0.42  # rarity from which a word says something
_WORD: Final = re.compile(r"[^\W\d_]+")


def with_another_number(text: str, rng: random.Random) -> str | None:
    """Return `text` with one number changed; None when it has none."""
    found = list(_NUMBER.finditer(text))
    if not found:
        return None
    one = rng.choice(found)
    value = int(one.group()[:9])
    other = rng.choice(
        [value + rng.randint(1, 9), value * rng.randint(2, 5) + 1, abs(value - rng.randint(1, 9))]
    )
    return None if other == value else text[: one.start()] + str(other) + text[one.end() :]


def with_an_opposite(text: str, rng: random.Random) -> str | None:
    """Return `text` with a phrase of data/opposites.json turned into its opposite; None when it has none."""
    words = list(_WORD.finditer(text))
    found = list(_opposites(text, words))
    if not found:
        return None
    start, end, others = rng.choice(found)
    other = rng.choice(others)
    return text[:start] + (other.capitalize() if text[start].isupper() else other) + text[end:]


def with_another_thing(text: str, others: Sequence[str], rng: random.Random) -> str | None:
    """Return `text` with a word that says something put in for another, from one of `others`."""
    mine = _heavy(text)
    theirs = _heavy(rng.choice(others))
    if not mine or not theirs:
        return None
    one, other = rng.choice(mine), rng.choice(theirs)
    if one.group().lower() == other.group().lower():
        return None
    return text[: one.start()] + other.group() + text[one.end() :]


def _heavy(text: str) -> list[re.Match[str]]:
    return [
        one for one in _WORD.finditer(text) if rarity(fold(one.group())) >= _HEAVY and len(one.group()) > 1
    ]


def _opposites(text: str, words: Sequence[re.Match[str]]) -> Iterator[tuple[int, int, list[str]]]:
    known, longest = _phrases()
    for first, one in enumerate(words):
        for last in range(min(first + longest, len(words)) - 1, first - 1, -1):
            others = known.get(text[one.start() : words[last].end()].lower())
            if others:
                yield one.start(), words[last].end(), others
                break


@cache
def _phrases() -> tuple[dict[str, list[str]], int]:
    """Return what stands against each phrase that stands in one opposition only, in its own language."""
    stored = json.loads(resources.files("corpus").joinpath("data/opposites.json").read_text("utf-8"))["sets"]
    known: dict[str, list[str]] = {}
    for one in stored:
        for side in one["sides"]:
            for phrase in side:
                against = [
                    other
                    for others in one["sides"]
                    if others is not side
                    for other in others
                    if other.isascii() == phrase.isascii()
                ]
                known[phrase] = [] if phrase in known else against
    return known, max(len(phrase.split()) for phrase in known)
