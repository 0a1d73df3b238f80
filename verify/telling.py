"""How much does an arrival look like a report on the province? Orders what waits; decides nothing."""

from typing import Final

from corpus import mention
from corpus.syllables import is_folded_syllable
from corpus.text import NormalText
from models import Arrival

HIGH: Final = 50  # words of a language, and a place of the province, a link, a picture or a known matter
_WORDS: Final = 30  # points of a text that is made of words
_PROVINCE: Final = 30
_PERHAPS: Final = 20  # a name that other provinces have as well
_LINK: Final = 10
_PICTURE: Final = 20
_KNOWN: Final = 20  # exact keys that a confirmed claim has: a link, a number with its unit, an account
_CARE: Final = 5  # each: where it was seen, why it is doubted, a proof of work spent on it
_LEAST: Final = 6  # words; a shorter text says little


def score(arrival: Arrival, normal: NormalText, *, known: bool) -> int:
    """Return 0..100. `known`: a confirmed claim has one of its exact keys."""
    points = _wordy(normal) + _where(arrival, normal)
    points += _LINK * (arrival.url is not None or any(key.startswith("url:") for key in normal.keys))
    points += _PICTURE * bool(arrival.pictures) + _KNOWN * known
    points += _CARE * (arrival.seen_where is not None) + _CARE * bool(arrival.doubt)
    points += _CARE * arrival.proven
    return min(100, round(points))


def _wordy(normal: NormalText) -> float:
    """Return the points for being made of words: none for letters struck at random."""
    words = normal.folded.split()
    if not words or not normal.informative:
        return 0.0
    length = min(1.0, len(words) / _LEAST)
    if normal.lang in {"zh", "en"}:
        return _WORDS * length * 0.75  # no list of their words is at hand
    share = sum(is_folded_syllable(word) or word.isdigit() for word in words) / len(words)
    return _WORDS * length * max(0.0, (share - 0.5) * 2)


def _where(arrival: Arrival, normal: NormalText) -> int:
    """Return the points for naming a place of the province, in the text or on the form."""
    if arrival.place_code is not None:
        return _PROVINCE
    named = mention.of_province(f"{normal.canonical}\n{arrival.place_text}")
    return _PROVINCE if named.certain else _PERHAPS if named.names else 0
