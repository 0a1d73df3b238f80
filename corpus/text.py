"""The one normal form of a text: raw as sent, canonical for reading and encoding, folded for finding.

Every comparison in the house starts here. `normalise` takes any string whatever and never raises: input is
cut before anything expensive happens to it.
"""

import hashlib
import itertools
import re
import unicodedata
from dataclasses import dataclass

from corpus.keys import URL, keys, links
from corpus.repair import ENGLISH, english_share, marked_share, repair, vietnamese_share
from corpus.syllables import fold, has_marks

__all__ = ["NormalText", "fold", "normalise", "terms"]

_RAW_LIMIT = 400_000  # characters looked at; invisible ones are dropped before the next cut
_CANONICAL_LIMIT = 10_000  # characters kept, as many as a report may have
_MARKS_IN_A_ROW = 3  # Vietnamese needs two; sorting long runs of marks takes quadratic time
_ROUNDS = 8  # repairs settle in two or three
_WORD_LIMIT = 40  # characters of a folded word that go into an index term
_LEAST_WORDS, _LEAST_LETTERS = 3, 8
_ALONE = 4  # texts of fewer words are also found by single words
_KEPT_SYMBOLS = frozenset("°₫")
_PUNCTUATION = str.maketrans(
    "“”„‟«»‘’‚‛′″‐‑‒–—―−…，。！？：；（）、\u00d0\u00f0", "\"\"\"\"\"\"''''''-------.,.!?:;(),Đđ"
)


@dataclass(frozen=True)
class NormalText:
    """A text in the forms in which the house compares it."""

    canonical: str  # NFKC, repaired, without links and pictures; at most 10,000 characters
    folded: str  # the words of `canonical` without marks, case and punctuation
    fingerprint: str  # SHA-256 of the folded words and the links: equal for copies sent again
    pairs: tuple[str, ...]  # folded neighbours written together, for the index
    keys: tuple[str, ...]  # links, numbers, dates, digests of long digit strings; see corpus.keys
    lang: str  # "vi", "en", "zh" or "other"
    noise: float  # share of Vietnamese syllables written without marks: about 0.25 in ordinary text
    informative: bool  # False: too little to compare by meaning; only `keys` and `fingerprint` count


def normalise(raw: str) -> NormalText:
    """Return the normal form of `raw`. Never raises; `normalise(n.canonical).canonical == n.canonical`."""
    visible = _visible(raw)
    urls = links(visible)
    canonical = _canonical(visible)
    folded = fold(canonical)
    lang = language(canonical)
    return NormalText(
        canonical=canonical,
        folded=folded,
        fingerprint=hashlib.sha256("\n".join([folded, *sorted(urls)]).encode()).hexdigest(),
        pairs=terms(folded),
        keys=keys(canonical, urls),
        lang=lang,
        noise=1 - marked_share(canonical) if lang == "vi" else 0.0,
        informative=_is_informative(folded, lang),
    )


def terms(folded: str) -> tuple[str, ...]:
    """Return the index terms of a folded text: neighbours written together, and words of short texts."""
    words = [word[:_WORD_LIMIT] for word in folded.split()]
    pairs = [first + second for first, second in itertools.pairwise(words)]
    return tuple(dict.fromkeys(pairs + words if len(words) < _ALONE else pairs))


def language(canonical: str) -> str:
    """Return "vi", "en", "zh" or "other" by script, Vietnamese syllables and English function words.

    Plain Latin letters that are not Vietnamese count as English, the likeliest guess here.
    """
    letters = [char for char in canonical if char.isalpha()]
    han = sum("\u3400" <= char <= "\u9fff" for char in letters)
    if letters and han * 3 > len(letters):
        return "zh"
    english = english_share(canonical)
    marked = any(map(has_marks, letters))
    if vietnamese_share(canonical) >= 0.6 and (marked or english < ENGLISH):  # noqa: PLR2004  matching measurements
        return "vi"
    return "en" if letters and not marked and all(char.isascii() for char in letters) else "other"


def _visible(raw: str) -> str:
    """NFKC without controls, invisible characters, pictures, lone surrogates and heaps of marks."""
    text = raw[:_RAW_LIMIT]
    for _ in range(2):  # NFKC may bring forth what the first pass drops, and the reverse
        text = text.translate({ord(char): _kept(char) for char in set(text)})
        marks = "".join(re.escape(char) for char in set(text) if unicodedata.category(char)[0] == "M")
        if marks:
            text = re.sub(f"([{marks}]{{{_MARKS_IN_A_ROW}}})[{marks}]+", r"\1", text)
        text = unicodedata.normalize("NFKC", text[: _CANONICAL_LIMIT * 3]).translate(_PUNCTUATION)
    return text


def _kept(char: str) -> str:
    category = unicodedata.category(char)
    if category in {"Zs", "Zl", "Zp", "Cc"}:
        return " " if char != "\0" else ""
    if category in {"Cf", "Cs", "Co", "Cn"} or "\ufe00" <= char <= "\ufe0f":
        return ""
    if category in {"So", "Sk"} and char not in _KEPT_SYMBOLS:
        return " "
    return char


def _canonical(visible: str) -> str:
    text = visible
    for _ in range(_ROUNDS):
        before = text
        text = re.sub(r"\s+", " ", URL.sub(" ", text)).strip()
        text = _visible(repair(text))
        text = re.sub(r"\s+", " ", URL.sub(" ", text)).strip()
        if len(text) > _CANONICAL_LIMIT:
            text = text[:_CANONICAL_LIMIT].rpartition(" ")[0] or text[:_CANONICAL_LIMIT]
        if text == before:
            break
    return text


def _is_informative(folded: str, lang: str) -> bool:
    words = folded.split()
    least = _LEAST_LETTERS // 2 if lang == "zh" else _LEAST_LETTERS
    return len(words) >= _LEAST_WORDS and sum(char.isalpha() for char in folded) >= least
