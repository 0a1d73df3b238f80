"""Exact things in a text: links, numbers with units, dates, and long digit strings kept only as digests.

A key is a short string whose prefix says what it is: "url:…" (corpus.links), "num:140:nguoi"
(corpus.numbers), "date:2025-07-27" (corpus.dates), "id:" and a keyed digest of a phone or account number.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from corpus.dates import compare_dates, dates
from corpus.links import URL, canonical_url, links
from corpus.numbers import has_figures, may_tell, numbers
from corpus.syllables import unmarked

__all__ = [
    "URL",
    "Fact",
    "canonical_url",
    "compare_dates",
    "facts",
    "has_figures",
    "keys",
    "links",
    "may_tell",
    "use_key",
]

_KEYS_LIMIT: Final = 64  # of one text
_LONG_DIGITS: Final = re.compile(r"(?<![\w.,])(?:\+\s?)?\d(?:[ .-]?\d){7,}(?![\w])")
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+\Z")
_secret = b""


def use_key(secret: bytes) -> None:
    """Digest phone and account numbers with `secret` from now on. Without one a digest can be guessed back.

    All processes that write or look up keys of one database must use the same secret.
    """
    global _secret  # noqa: PLW0603  one secret a process, set once at its start
    _secret = secret


@dataclass(frozen=True)
class Fact:
    """A number, date or long digit string at `start`..`end` of a canonical text; `key` as in this module."""

    key: str
    start: int
    end: int

    @property
    def kind(self) -> str:
        """Return "num", "date" or "id"."""
        return self.key.partition(":")[0]


def facts(canonical: str, *, figures: bool = True, words: bool = True) -> list[Fact]:
    """Return the facts of a canonical text in their order. Each character belongs to one fact at most.

    Who knows that the text has no digits (`figures`) or no number in words says so, which saves looking.
    """
    plain = unmarked(canonical)
    told = [*dates(plain), *(_ids(canonical) if figures else ())]
    told += numbers(canonical, plain, figures=figures, words=words)
    found: list[Fact] = []
    taken = bytearray(len(canonical))
    for key, start, end in told:
        if key and not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            found.append(Fact(key, start, end))
    return sorted(found, key=lambda fact: fact.start)


def _ids(canonical: str) -> Iterator[tuple[str, int, int]]:
    for match in _LONG_DIGITS.finditer(canonical):
        if not all(_GROUPED.match(part) for part in match.group().split("-")):
            yield _id_key(match.group()), match.start(), match.end()


def _id_key(digits: str) -> str:
    bare = re.sub(r"\D", "", digits)
    if bare.startswith("84") and len(bare) == 11:  # noqa: PLR2004  +84 912 345 678 is 0912 345 678
        bare = "0" + bare[2:]
    return "id:" + hmac.digest(_secret, bare.encode(), hashlib.sha256).hex()


def keys(canonical: str, urls: list[str], *, figures: bool = True, words: bool = True) -> tuple[str, ...]:
    """Return the keys of a canonical text whose links were `urls`: each once, links first; see `facts`."""
    found = [f"url:{url}" for url in urls]
    if figures or words:
        found += [fact.key for fact in facts(canonical, figures=figures, words=words)]
    return tuple(dict.fromkeys(found))[:_KEYS_LIMIT]
