"""Words that may stand for each other without changing what is said (data/synonyms.json). Pure."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

_LONGEST = 3  # words of a phrase in the list


def alike(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether some words on either side stand for each other. Takes words in lower case with marks."""
    return not meanings(ours).isdisjoint(meanings(theirs))


def meanings(words: Sequence[str]) -> frozenset[int]:
    """Return the sets of synonyms in which the words stand, alone or with those beside them."""
    return frozenset().union(*places(words))


def places(words: Sequence[str]) -> list[set[int]]:
    """Return for each word the sets of synonyms in which it stands, alone or with those beside it."""
    known = _stored()
    found: list[set[int]] = [set() for _ in words]
    for first, head in enumerate(words):
        for last in range(first + 1, min(first + _LONGEST, len(words)) + 1) if head in _heads() else ():
            for place in range(first, last):
                found[place] |= known.get(tuple(words[first:last]), frozenset())
    return found


@cache
def _heads() -> frozenset[str]:
    return frozenset(words[0] for words in _stored())


@cache
def _stored() -> Mapping[tuple[str, ...], frozenset[int]]:
    """Return the numbers of the sets in which a word stands."""
    sets = json.loads(resources.files("corpus").joinpath("data/synonyms.json").read_text("utf-8"))["sets"]
    found: dict[tuple[str, ...], set[int]] = {}
    for number, words in enumerate(sets):
        for word in words:
            parts = word.lower() if "\u3400" <= word[0] <= "\u9fff" else word.lower().split()
            found.setdefault(tuple(parts), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}
