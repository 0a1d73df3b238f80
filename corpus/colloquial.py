"""What people say, in the words of authorities and newspapers: "cúp điện" for them is "cắt điện".

Confirmed claims are worded as authorities word them, reports as people talk; the encoder, small as it is,
does not know every such pair. The list is `data/colloquial.tsv`. Pure.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Final

from corpus.numbers import numbers

_NUMBER: Final = "#"  # in the list: any number in digits
_LEAST, _MOST = 10, 999  # of the numbers that are put in digits
_WORD: Final = re.compile(r"[^\W_]+")

_Phrases = Mapping[str, Sequence[tuple[tuple[str, ...], str]]]  # by the first word, the longest first


def official(text: str) -> str:
    """Return `text` with what people say put into official words, phrase by phrase; other words stay.

    Takes Vietnamese in NFC with its marks. Only for machines that read it: people see what was sent.
    """
    parts, done = list[str](), 0
    for start, end, said in _found(text):
        parts += text[done:start], said
        done = end
    return "".join([*parts, text[done:]]) if parts else text


def in_digits(text: str) -> str:
    """Return `text` with whole numbers in words, 10 to 999, put in digits, as headlines write them."""
    for key, start, end in reversed(list(numbers(text, "", figures=False))):
        value = key.split(":")[1]
        if value.isdecimal() and _LEAST <= int(value) <= _MOST:
            text = text[:start] + value + text[end:]
    return text


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where phrases of the list stand, the longest at each place, with what they say officially."""
    places = [found.span() for found in _WORD.finditer(text)]
    words = [_class(text[start:end].lower()) for start, end in places]
    heads, at = _phrases(), 0
    while at < len(words):
        size = 1
        for phrase, said in heads.get(words[at], ()):
            last = at + len(phrase)
            if tuple(words[at:last]) == phrase and _together(text, places[at:last]):
                start, end = places[at]
                yield start, places[last - 1][1], said.replace(_NUMBER, text[start:end], 1)
                size = len(phrase)
                break
        at += size


def _class(word: str) -> str:
    return _NUMBER if word.isdecimal() else word


def _together(text: str, places: Sequence[tuple[int, int]]) -> bool:
    """Whether nothing but one blank stands between words."""
    return all(text[end:start] == " " for (_, end), (start, _) in itertools.pairwise(places))


@cache
def _phrases() -> _Phrases:
    lines = resources.files("corpus").joinpath("data/colloquial.tsv").read_text("utf-8").splitlines()
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for line in lines:
        if not line.startswith("//"):
            said, meant = line.split("\t")
            phrase = tuple(said.split())
            found.setdefault(phrase[0], []).append((phrase, meant))
    return {head: sorted(phrases, key=lambda one: -len(one[0])) for head, phrases in found.items()}
