"""The passages of a long text by which it is searched beside the whole: what it reports is often one of many.

Measured in docs/matching.md. Pure.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

Span = tuple[int, int]  # of characters, [start, end)
Piece = tuple[Span, int]  # a sentence or a part of a long one, with its words

LONG: Final = 40  # words of a text without passages at most; from 24 on more are found that mean nothing
_SIZE: Final = 20  # words of a passage; with 40, talk costs as little but other news more
_LEAST: Final = 8  # words of one that stands alone
_MOST: Final = 12  # passages of one text: each costs as much as a short text
_LIMIT: Final = 6_000  # characters looked at
_SENTENCE = re.compile(r"[^.!?;。！？；]*(?:[.!?;。！？；](?!\s|$)[^.!?;。！？；]*)*[.!?;。！？；]*")
_WORD = re.compile(r"\S+")


def spans(canonical: str) -> list[Span]:
    """Return the passages of a canonical text in order: neighbouring sentences of about twenty words.

    A passage begins at every sentence, so neighbours overlap. Of a text that would have too many, each begins
    where the one before ends, and they are as long as it takes. None for texts of at most `LONG` words, and
    for Chinese, which writes no blanks.
    """
    pieces = list(_pieces(canonical[:_LIMIT]))
    words = sum(count for _, count in pieces)
    if words <= LONG:
        return []
    found = list(_overlapping(pieces))
    return found if len(found) <= _MOST else list(_side_by_side(pieces, max(_SIZE, words / _MOST)))


def _overlapping(pieces: Sequence[Piece]) -> Iterator[Span]:
    end = 0
    for first in range(len(pieces)):
        last, words = first, 0
        while last < len(pieces) and (last == first or words + pieces[last][1] <= _SIZE):
            words += pieces[last][1]
            last += 1
        if words >= _LEAST and pieces[last - 1][0][1] > end:
            end = pieces[last - 1][0][1]
            yield pieces[first][0][0], end


def _side_by_side(pieces: Sequence[Piece], size: float) -> Iterator[Span]:
    begins, words = 0, 0
    for span, count in pieces:
        words += count
        if words >= size or span == pieces[-1][0]:
            yield begins, span[1]
            begins, words = span[1] + 1, 0


def _pieces(text: str) -> Iterator[Piece]:
    """Yield sentences with their words; one that is too long is cut where it reaches half a passage."""
    for sentence in _SENTENCE.finditer(text):
        words = [
            (sentence.start() + one.start(), sentence.start() + one.end())
            for one in _WORD.finditer(sentence.group())
        ]
        step = len(words) if len(words) <= _SIZE else _SIZE // 2
        for first in range(0, len(words), max(1, step)):
            part = words[first : first + step]
            yield (part[0][0], part[-1][1]), len(part)
