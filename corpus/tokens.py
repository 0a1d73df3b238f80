"""What each word of a text, as it stands between blanks, adds to what is known of the whole; worked out once.

Citizens write the same few thousand words over and over. Each is looked at closely when it first comes; after
that a text costs one look-up a word and one sum: which repairs could change it, how much of it reads as
Vietnamese, how it folds. The repairs that look beyond a blank are asked for by signs that lie within a word.
"""

import re
from collections.abc import Callable
from enum import IntEnum, auto
from typing import Final, Generic, TypeVar

from corpus import keys, repair
from corpus.syllables import fold, has_marks, is_folded_syllable, unmarked
from corpus.visible import visible

_BITS: Final = 20  # no text that is summed holds a million of anything
_MASK: Final = (1 << _BITS) - 1
_REMEMBERED: Final = 30_000  # words, about 15 MB; when full, all are forgotten and learnt anew
_WORD_LIMIT: Final = 40  # characters of a word worth remembering
_SPELLED: Final = 3  # lone letters from which a word may be spelled out

Value = TypeVar("Value")
_WORD = re.compile(r"[^\W_]+")
_LONE = re.compile(r"(?<![^\W_])[^\W\d_](?![^\W_])")


class Count(IntEnum):
    """What is counted, by the place of its bits. Up to SPELLING: words that a repair may change."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[int]) -> int:
        del name, start, last_values
        return count * _BITS

    UNCLEAN = auto()  # not NFKC, or with characters that are never kept
    LINKS = auto()
    FOREIGN = auto()
    SYMBOLS = auto()
    FRAGMENTS = auto()
    SPLIT = auto()
    TYPED = auto()
    CHAT = auto()
    TONES = auto()
    SPELLING = auto()
    LONE = auto()  # single letters
    UPPER = auto()  # letters
    LOWER = auto()
    LATIN = auto()  # words in Latin letters, and those of them that can be Vietnamese
    VIETNAMESE = auto()
    PLAIN = auto()  # words of A to Z alone, and the function words of English among them
    ENGLISH = auto()
    LETTERS = auto()  # all letters; the Chinese ones; those with Vietnamese marks; those beyond A to Z
    HAN = auto()
    MARKED = auto()
    BEYOND = auto()
    SYLLABLES = auto()  # Vietnamese syllables with or without marks, and those with
    MARKED_SYLLABLES = auto()
    FOLDED_LETTERS = auto()
    FIGURES = auto()  # words with a digit, and those that may tell a number or a date without one
    NUMBER_WORDS = auto()


_REPAIRS: Final = (1 << Count.LONE) - 1


class Tally:
    """The counts of one text."""

    __slots__ = ("_sum",)

    def __init__(self, packed: int) -> None:
        self._sum = packed

    def __getitem__(self, count: Count) -> int:
        """Return how often `count` was found."""
        return (self._sum >> count) & _MASK

    @property
    def is_clean(self) -> bool:
        """Whether no repair has anything to do."""
        return not (self._sum & _REPAIRS or self.has_pieces or self.is_shouted)

    @property
    def has_pieces(self) -> bool:
        """Whether words may have been taken apart."""
        split = self[Count.SPLIT] or self[Count.FRAGMENTS]
        return bool(split) or self[Count.LONE] >= _SPELLED

    @property
    def is_shouted(self) -> bool:
        """Whether capitals prevail."""
        upper = self[Count.UPPER]
        return upper >= repair.SHOUT_LETTERS and upper > self[Count.LOWER]

    @property
    def vietnamese_share(self) -> float:
        """Return which share of the Latin words can be Vietnamese, with or without marks (0..1)."""
        latin = self[Count.LATIN]
        return self[Count.VIETNAMESE] / latin if latin else 0.0

    @property
    def english_share(self) -> float:
        """Return which share of the words without marks are English function words (0..1)."""
        plain = self[Count.PLAIN]
        return self[Count.ENGLISH] / plain if plain else 0.0


class _Remembered(dict[str, Value], Generic[Value]):
    """What was worked out for a word; bounded."""

    def __init__(self, work_out: Callable[[str], Value]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, word: str) -> Value:
        value = self._work_out(word)
        if len(word) <= _WORD_LIMIT:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[word] = value
        return value


def tally(text: str) -> Tally:
    """Return the counts of `text`, at most 30,000 characters."""
    return Tally(sum(map(_COUNTS.__getitem__, text.split())))


def folded(text: str) -> str:
    """Return `fold(text)` of a text in NFKC, from what is remembered of its words."""
    return " ".join(filter(None, map(_FOLDS.__getitem__, text.split())))


def _weigh(word: str) -> int:
    """Return the counts of one word between blanks, packed into one number."""
    parts = _WORD.findall(word)
    latin = [part for part in parts if part.isalpha() and repair.LATIN.match(part)]
    plain = [part for part in _WORD.findall(word.lower()) if part.isascii() and part.isalpha()]
    letters = [char for char in word if char.isalpha()]
    syllables = [part for part in parts if is_folded_syllable(unmarked(part))]
    found = {
        Count.UNCLEAN: visible(word) != word,
        Count.LINKS: keys.URL.search(word) is not None,
        Count.FOREIGN: repair.OTHER_ALPHABET.search(word) is not None,
        Count.SYMBOLS: repair.map_symbols(word) != word,
        Count.FRAGMENTS: repair.may_go_on(word),
        Count.SPLIT: repair.join_pieces(word) != word,
        Count.TYPED: repair.may_be_typed(word),
        Count.CHAT: repair.may_be_chat(word),
        Count.TONES: repair.place_tones(word) != word,
        Count.SPELLING: repair.respell(word) != word,
        Count.LONE: len(_LONE.findall(word)),
        Count.UPPER: sum(map(str.isupper, word)),
        Count.LOWER: sum(map(str.islower, word)),
        Count.LATIN: len(latin),
        Count.VIETNAMESE: sum(map(repair.is_vietnamese, latin)),
        Count.PLAIN: len(plain),
        Count.ENGLISH: sum(part in repair.FUNCTION_WORDS for part in plain),
        Count.LETTERS: len(letters),
        Count.HAN: sum("\u3400" <= char <= "\u9fff" for char in letters),
        Count.MARKED: sum(map(has_marks, letters)),
        Count.BEYOND: len(letters) - sum(map(str.isascii, letters)),
        Count.SYLLABLES: len(syllables),
        Count.MARKED_SYLLABLES: sum(map(has_marks, syllables)),
        Count.FOLDED_LETTERS: sum(map(str.isalpha, fold(word))),
        Count.FIGURES: keys.has_figures(word),
        Count.NUMBER_WORDS: keys.may_tell(word),
    }
    return sum(int(value) << count for count, value in found.items())


_COUNTS: Final = _Remembered(_weigh)
_FOLDS: Final = _Remembered(fold)
