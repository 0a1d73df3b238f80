"""Vietnamese marks put back where they were left out, and slips mended, each word judged by its neighbours.

A table of syllables, pairs and threes (`data/syllables.npz`; counts only, origins stated inside) and a walk
that keeps the likeliest readings. Dense retrieval of a report without marks finds its twin in 22 of 100 cases
as sent, and in 88 after this. The result feeds the encoder and is never shown as the citizen's words.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from importlib import resources
from operator import itemgetter
from typing import Final

from rapidfuzz.distance import OSA

from corpus import counts, misspelt
from corpus.colloquial import in_digits, official
from corpus.counts import PAUSE, START, WORD, Table
from corpus.repair import chat_spellings
from corpus.syllables import has_marks, is_folded_syllable, unmarked

_WINDOW: Final = 4  # neighbours looked at on either side
_MARKED_ENOUGH: Final = 0.3  # share of marked neighbours above which a word without marks is meant so
_TEXT_LIMIT: Final = 2_000  # characters; what the encoder reads
_READINGS: Final = 8  # kept at each word
_FORMS: Final = 20  # of one folded syllable, or that one word may be misspelt for
_NONE: Final = -1  # no such pair was counted
_AS_IT_IS: Final = "="  # before a word that is kept
_MISSPELT: Final = "~"  # before a word that is no syllable and may be misspelt
_KEPT: Final = -15.0  # log chance that a word which is no syllable is meant so
_MARK: Final = -2.0  # log chance of each further letter or mark in which it differs from what it is read as
_MOST_SLIPS: Final = 0.5  # share of words; a text of more is no misspelt Vietnamese
_REMEMBERED: Final = 20_000  # contexts, about 15 MB
_FIRSTS: Final = 2_048  # syllables whose pairs are at hand, about 15 MB
_PLAIN: Final = str.maketrans("‘’‛`´", "'" * 5)
_QUOTATION: Final = re.compile("['\"“”„‟«»‹›「」『』〝〞]+")
_READ_AGAIN: Final = 256  # texts: what the encoder has read is then put beside each of its candidates


def readable(canonical: str, lang: str) -> str:
    """Return what the encoder and the reader get of a normal text: `mended`, and put as headlines put it."""
    text = mended(canonical, lang)
    return official(in_digits(text)) if lang == "vi" else text


def mended(canonical: str, lang: str) -> str:
    """Return a normal text as its words are compared: Vietnamese with marks put back and slips mended.

    Texts of other languages keep their words, or "to" and "my" would turn into Vietnamese ones. Quotation
    marks are left out: the same words quoted otherwise mean the same, and who reports them hardly quotes.
    """
    text = unquoted(canonical)
    return _mended(text) if lang == "vi" else text[:_TEXT_LIMIT]


def unquoted(text: str) -> str:
    """Return `text` without quotation marks; an apostrophe inside a word stays, in its plain form."""
    plain = _QUOTATION.sub(_without, text.translate(_PLAIN))
    return text if plain == text else " ".join(plain.split())


def _without(found: re.Match[str]) -> str:
    before, after = (
        found.string[max(0, found.start() - 1) : found.start()],
        found.string[found.end() : found.end() + 1],
    )
    if not (before.isalnum() and after.isalnum()):
        return ""
    return found.group() if found.group() == "'" else " "


@lru_cache(maxsize=_READ_AGAIN)
def _mended(canonical: str) -> str:
    return _bundled().restore(canonical, mending=True)


@lru_cache(maxsize=_READ_AGAIN)
def restore(canonical: str) -> str:
    """Return the first 2,000 characters of `canonical` with missing marks put back.

    Words among marked neighbours stay as they are, and so does everything that is not a Vietnamese syllable.
    """
    return _bundled().restore(canonical)


# The likeliest way to read a text up to a word: its score, the place in `Table.pairs` of the pair in which it
# ends (or _NONE), the last syllable, and the way before it.
_Reading = tuple[float, int, int, "_Reading | None"]
_SCORE: Final = itemgetter(0)


class Restorer:
    """Puts marks back by one table of counts."""

    def __init__(self, known: Table) -> None:
        self._known = known
        self._ids = {syllable: i for i, syllable in enumerate(known.syllables)}
        self._chances = lru_cache(maxsize=_REMEMBERED)(self._work_out)
        self._seconds = lru_cache(maxsize=_FIRSTS)(self._pairs_of)

    def restore(self, canonical: str, *, mending: bool = False) -> str:
        """Return what the function of this name does, by this table; with `mending` slips are mended too."""
        text = canonical[:_TEXT_LIMIT]
        words = list(WORD.finditer(text))
        written = [word.group() for word in words]
        free = _unmarked_places(written, [unmarked(word) for word in written])
        slips = _misspelt_places(written) if mending else [False] * len(words)
        if not any(free) and not any(slips):
            return text
        line: list[str] = []  # the words, and "" where a sentence ends
        places = []
        for i, word in enumerate(words):
            if i and PAUSE.search(text[words[i - 1].end() : word.start()]):
                line.append("")
            places.append(len(line))
            line.append(word.group().lower())
        open_places = {place for place, is_free in zip(places, free, strict=True) if is_free}
        odd_places = {place for place, is_odd in zip(places, slips, strict=True) if is_odd}
        chosen = self.walk([*line, ""], open_places, odd_places)
        parts, end = [], 0
        for word, place in zip(words, places, strict=True):
            parts += [text[end : word.start()], _as_written(word.group(), chosen[place])]
            end = word.end()
        return "".join(parts) + text[end:]

    def walk(self, line: Sequence[str], free: Collection[int], odd: Collection[int] = ()) -> list[str]:
        """Return the likeliest syllables of `line`, choosing at the `free` and `odd` places alone.

        At a free place marks are put back, at an odd one a slip is mended or the word left as it is.
        """
        readings: list[_Reading] = [(0.0, _NONE, START, None)]
        for i, word in enumerate(line):
            choice = _MISSPELT + word if i in odd else unmarked(word) if i in free else _AS_IT_IS + word
            best: dict[int, _Reading] = {}  # by the pair that a reading ends in, or by ~syllable without one
            for old in readings:
                so_far, before, last, _ = old
                for syllable, pair, chance in self._chances(before, last, choice):
                    score = so_far + chance
                    state = pair if pair != _NONE else ~syllable
                    known = best.get(state)
                    if known is None or score > known[0]:
                        best[state] = (score, pair, syllable, old)
            readings = sorted(best.values(), reverse=True, key=_SCORE)[:_READINGS]
        chosen: list[str] = []
        at: _Reading | None = readings[0]
        for i in range(len(line) - 1, -1, -1):
            assert at is not None  # noqa: S101  there is a reading for each word
            _, _, syllable, at = at
            chosen.append(
                self._known.syllables[syllable] if syllable and (i in free or i in odd) else line[i]
            )
        return chosen[::-1]

    def _work_out(self, pair: int, before: int, choice: str) -> Sequence[tuple[int, int, float]]:
        """Return (syllable, its pair with `before`, log chance) for each way to read `choice`.

        `pair` and `before` are what was read so far. `choice` is a folded word, or a word behind a sign:
        "=" for as it is, "~" for one that may be misspelt.
        """
        if choice.startswith(_MISSPELT):
            slips = self._misspelt(choice[1:])
            read = self._in_context(pair, before, [syllable for syllable, _ in slips])
            mended = [(one, at, log + slip) for (one, at, log), (_, slip) in zip(read, slips, strict=True)]
            return [*mended, (START, _NONE, _KEPT)]
        if choice.startswith(_AS_IT_IS):
            return self._in_context(pair, before, [self._ids.get(choice[1:], START)])
        return self._in_context(pair, before, self._known.forms.get(choice, [START])[:_FORMS])

    def _misspelt(self, word: str) -> list[tuple[int, float]]:
        """Return the syllables that `word` may be misspelt for, with the log chance of the slip."""
        found = []
        for folded, slip in misspelt.meant(unmarked(word)):
            for syllable in self._known.forms.get(folded, [])[:_FORMS]:
                apart = OSA.distance(word, self._known.syllables[syllable]) - 1 if has_marks(word) else 0
                found.append((syllable, slip + apart * _MARK))
        alone = self._known.alone
        return sorted(found, key=lambda it: -math.log(alone[it[0]] + 1e-12) - it[1])[:_FORMS]

    def _in_context(self, pair: int, before: int, options: Sequence[int]) -> list[tuple[int, int, float]]:
        known = self._known
        seconds = self._seconds(before)
        rest, alone, shares = known.rests[before], known.alone, known.pair_shares
        places = [seconds.get(syllable, _NONE) for syllable in options]
        chances = [
            rest * alone[syllable] + (shares[place] if place != _NONE else 0.0)
            for syllable, place in zip(options, places, strict=True)
        ]
        if pair != _NONE:
            thirds = _following(known.threes, pair, len(known.syllables))
            rest, shares = known.pair_rests[pair], known.three_shares
            chances = [
                chance * rest + (shares[thirds[syllable]] if syllable in thirds else 0.0)
                for syllable, chance in zip(options, chances, strict=True)
            ]
        logs = [math.log(chance + 1e-12) for chance in chances]
        return list(zip(options, places, logs, strict=True))

    def _pairs_of(self, first: int) -> dict[int, int]:
        return _following(self._known.pairs, first, len(self._known.syllables))


def _unmarked_places(words: list[str], bare: list[str]) -> list[bool]:
    """Say which words lost their marks: Vietnamese without marks, in a neighbourhood with few.

    Words that chat spellings stand for say nothing: their marks may come from writing the spelling out.
    """
    native = [is_folded_syllable(word) for word in bare]
    neutral = [word.lower() in _written_out() for word in words]
    marked = [has_marks(word) for word in words]
    places = []
    for i, word in enumerate(words):
        near = range(max(0, i - _WINDOW), min(len(words), i + _WINDOW + 1))
        told = [marked[j] for j in near if native[j] and not neutral[j]]
        few = sum(told) < _MARKED_ENOUGH * len(told) or not any(told)
        places.append(native[i] and not marked[i] and few and not (word.isupper() and len(word) > 1))
    return places


def _misspelt_places(words: list[str]) -> list[bool]:
    """Say which words are no syllables but one slip away from some. Most of a Vietnamese text is not."""
    places = [misspelt.may_be(word) for word in words]
    return places if sum(places) <= _MOST_SLIPS * len(places) else [False] * len(places)


@cache
def _written_out() -> frozenset[str]:
    return frozenset(" ".join(chat_spellings().values()).lower().split())


def _following(codes: Sequence[int], before: int, size: int) -> dict[int, int]:
    """Return the places in `codes` of what was counted after `before`, by the syllable that follows it."""
    begin = before * size
    first = bisect_left(codes, begin)
    if first == len(codes) or codes[first] >= begin + size:
        return {}
    last = bisect_left(codes, begin + size, first, min(len(codes), first + size))
    return {code - begin: place for place, code in enumerate(codes[first:last], first)}


def _as_written(word: str, chosen: str) -> str:
    if word.lower() == chosen:
        return word
    return chosen[0].upper() + chosen[1:] if word[0].isupper() else chosen


@cache
def table() -> Table:
    """Return the bundled table, read once."""
    return counts.read(resources.files("corpus").joinpath("data/syllables.npz").read_bytes())


@cache
def _bundled() -> Restorer:
    return Restorer(table())


@cache
def _folded_counts() -> dict[str, float]:
    known = table()
    found: dict[str, float] = {}
    for syllable, log_count in zip(known.syllables[1:], known.log_counts[1:], strict=True):
        plain = unmarked(syllable)
        found[plain] = found.get(plain, 0) + 2 ** float(log_count)
    return found


@lru_cache(maxsize=32_768)
def rarity(folded_word: str) -> float:
    """Return how much a folded word says, from 0 (in every text) to 1 (never counted)."""
    count = _folded_counts().get(folded_word, 0.5)
    return min(1.0, (table().log_total - math.log2(count)) / (table().log_total + 1))
