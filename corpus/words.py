"""A canonical text as words, with what stands in them; and two such texts aligned."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from rapidfuzz.distance import Indel

from corpus import keys, places
from corpus.cues import Cue, refutation
from corpus.diacritics import rarity, restore
from corpus.naming import name_spans
from corpus.quantities import Quantity, Run, of_text
from corpus.syllables import has_marks, unmarked
from corpus.wordlists import of

Span = tuple[int, int]  # of characters, [start, end)

LIMIT = 2_000  # characters compared; restoring marks stops there too
_LEAST_WORDS = 3
_PASSES = 3  # alignments; the second and third find phrases that changed places
_LEAST_RARITY = 0.5  # of a single shared word worth showing
_ANCHOR = 0.3  # rarity from which a shared word tells that two places in the texts are the same
_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"[{_HAN}]|(?:(?![{_HAN}])[^\W_])+")
_TALK: Final = frozenset(map(unmarked, of("talk")))


class Words:
    """The words of a canonical text. What is costly is found when first asked for."""

    def __init__(self, canonical: str, lang: str = "vi") -> None:
        self.text = canonical[:LIMIT]
        self.lang = lang
        mended = restore(self.text) if lang == "vi" else self.text
        self.spans = [match.span() for match in WORD.finditer(self.text)]
        plain = unmarked(self.text)
        self.folded = [plain[start:end] for start, end in self.spans]
        self.marked = [word.lower() for word in (mended[start:end] for start, end in self.spans)]
        self.unsure = mended != self.text
        self.known = frozenset(self.folded)
        self._starts = {start: place for place, (start, _) in enumerate(self.spans)}

    @cached_property
    def numbers(self) -> list[Quantity]:
        """The numbers, in digits and in words."""
        facts = [(fact, self.run((fact.start, fact.end))) for fact in self.facts]
        return list(of_text(self.marked, self.folded, facts))

    @cached_property
    def facts(self) -> list[keys.Fact]:
        """Numbers in digits, dates and digests, as corpus.keys finds them."""
        return keys.facts(self.text)

    @cached_property
    def places(self) -> tuple[places.PlaceHit, ...]:
        """The places named."""
        return places.mentions(self.text)

    @cached_property
    def names(self) -> list[Span]:
        """The proper names, where capitals show them."""
        return name_spans(self.text)

    @cached_property
    def bare(self) -> bool:
        """Whether no word has a capital: then names have none either."""
        return not any(self.text[start].isupper() for start, _ in self.spans)

    @cached_property
    def shouted(self) -> bool:
        """Whether most words are written in capitals."""
        return sum(self.text[start:end].isupper() for start, end in self.spans) > len(self.spans) / 2

    @cached_property
    def cue(self) -> Cue | None:
        """The words by which the text refutes."""
        return refutation(self.text)

    @cached_property
    def ends(self) -> list[bool]:
        """Whether a clause ends after each word."""
        nexts = [*(start for start, _ in self.spans[1:]), len(self.text)]
        return [
            following == len(self.text) or any(mark in self.text[end:following] for mark in ".,;:!?")
            for (_, end), following in zip(self.spans, nexts, strict=True)
        ]

    def surely(self, place: int, wanted: str) -> bool:
        """Whether the word at `place` is `wanted`, or is written without marks and may be."""
        if self.marked[place] == wanted:
            return True
        return self.unsure and self.folded[place] == unmarked(wanted) and not has_marks(self.written(place))

    def written(self, place: int) -> str:
        """Return the word at `place` as the text has it."""
        start, end = self.spans[place]
        return self.text[start:end]

    def run(self, span: Span) -> Run:
        """Return the words that a span of characters covers."""
        first = next((i for i, (_, end) in enumerate(self.spans) if end > span[0]), len(self.spans))
        last = next((i for i, (start, _) in enumerate(self.spans) if start >= span[1]), len(self.spans))
        return first, max(first, last)

    def span(self, run: Run) -> Span:
        """Return the characters that a run of at least one word covers."""
        return self.spans[run[0]][0], self.spans[run[1] - 1][1]

    def covered_by(self, other: "Words", *, but: Collection[Span] = ()) -> float:
        """Return the share of these words, by rarity, that `other` has; 0 for fewer than three words.

        Words inside the spans `but` and small talk are left out.
        """
        weights = {
            word: rarity(word)
            for word, (start, end) in zip(self.folded, self.spans, strict=True)
            if word not in _TALK and not any(first <= start and end <= last for first, last in but)
        }
        if len(weights) < _LEAST_WORDS:
            return 0.0
        return sum(weight for word, weight in weights.items() if word in other.known) / sum(weights.values())


@lru_cache(maxsize=2048)
def words(canonical: str, lang: str = "vi") -> Words:
    """Return the words of `canonical`; kept for a while, as a claim is compared with many reports."""
    return Words(canonical, lang)


@dataclass(frozen=True)
class Aligned:
    """Which words of two texts are the same words in the same place, moved phrases included."""

    ours: Words
    theirs: Words
    runs: tuple[tuple[Run, Run], ...]  # worth showing, in the order of the left text
    there: Mapping[int, int]  # the word on the right for each aligned word on the left

    @cached_property
    def back(self) -> dict[int, int]:
        """The word on the left for each aligned word on the right."""
        return {right: left for left, right in self.there.items()}

    def meet(self, ours: Run, theirs: Run, reach: int = 3) -> bool:
        """Whether a telling shared word stands within `reach` words of both runs."""
        for near in _around(ours, len(self.ours.folded), reach):
            other = self.there.get(near)
            if other is not None and rarity(self.ours.folded[near]) >= _ANCHOR:
                if other < theirs[0] and theirs[0] - other <= reach:
                    return True
                if other >= theirs[1] and other - theirs[1] < reach:
                    return True
        return False

    def in_phrases(self, long: int, times: float) -> float:
        """Return the share of the shorter text's words in shared phrases of two words and more.

        1 where the other text is not both longer than `long` words and `times` as long.
        """
        sizes = sorted((len(self.ours.folded), len(self.theirs.folded)))
        if sizes[1] <= long or sizes[1] <= times * sizes[0]:
            return 1.0
        return sum(last - first for (first, last), _ in self.runs if last - first > 1) / sizes[0]

    def facing(self, ours: Run) -> Run | None:
        """Return the words on the right that stand in the place of `ours`, with no partner outside of it.

        Both neighbours of `ours` must be aligned with the neighbours of that run; the ends of the texts count
        as neighbours. None when something else stands there, or nothing.
        """
        before, after = ours[0] - 1, ours[1]
        left = -1 if before < 0 else self.there.get(before, -2)
        right = len(self.theirs.folded) if after >= len(self.ours.folded) else self.there.get(after, -2)
        if left == -2 or right == -2 or right - left < 2:  # noqa: PLR2004  at least one word between
            return None
        run = (left + 1, right)
        inside = range(*ours)
        return None if any(self.back.get(place, ours[0]) not in inside for place in range(*run)) else run

    def turned(self) -> "Aligned":
        """Return the same seen from the other side."""
        turned = tuple(sorted((there, here) for here, there in self.runs))
        return Aligned(self.theirs, self.ours, turned, self.back)


def _around(run: Run, length: int, reach: int) -> Iterator[int]:
    yield from range(run[0] - 1, max(-1, run[0] - 1 - reach), -1)
    yield from range(run[1], min(length, run[1] + reach))


def align(ours: Words, theirs: Words) -> Aligned:
    """Align two texts word by word, folded, and then what changed places."""
    left, right = list(range(len(ours.folded))), list(range(len(theirs.folded)))
    found: list[tuple[Run, Run]] = []
    there: dict[int, int] = {}
    for number in range(_PASSES):
        blocks = [
            (left[code.src_start : code.src_end], right[code.dest_start : code.dest_end])
            for code in Indel.opcodes([ours.folded[i] for i in left], [theirs.folded[i] for i in right])
            if code.tag == "equal"
        ]
        runs = [run for block in blocks for run in _runs(*block)]
        if not number:
            there.update((i, j) for run in runs for i, j in zip(*run, strict=True))
        kept = [run for run in runs if len(run[0]) > 1 or rarity(ours.folded[run[0][0]]) >= _LEAST_RARITY]
        if not kept:
            break
        found += [((mine[0], mine[-1] + 1), (yours[0], yours[-1] + 1)) for mine, yours in kept]
        taken = {i for mine, _ in kept for i in mine}, {i for _, yours in kept for i in yours}
        left, right = [i for i in left if i not in taken[0]], [i for i in right if i not in taken[1]]
    there |= {i + k: j + k for (i, last), (j, _) in found for k in range(last - i)}
    return Aligned(ours, theirs, tuple(sorted(found)), there)


def _runs(left: Sequence[int], right: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Split an aligned block where either side skips a word."""
    runs: list[tuple[list[int], list[int]]] = []
    for i, j in zip(left, right, strict=True):
        if runs and runs[-1][0][-1] == i - 1 and runs[-1][1][-1] == j - 1:
            runs[-1][0].append(i)
            runs[-1][1].append(j)
        else:
            runs.append(([i], [j]))
    return runs
