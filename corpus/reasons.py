"""Why two texts were put side by side: what they share, what differs, which signals fired.

Codes and character spans only; templates turn them into words. Spans are [start, end) in the canonical texts.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from rapidfuzz.distance import LCSseq

from corpus import misspelt, remainder, reworded
from corpus.diacritics import readable
from corpus.differences import Difference, differences
from corpus.reader import Opinion
from corpus.side import Side
from corpus.signals import Signals
from corpus.sino_vietnamese import syllables
from corpus.syllables import fold
from corpus.words import WORD, Aligned, Span, Words, align, words
from models.match import Relation

_ALIKE = 0.6  # share of the shorter text's words, by rarity, that makes "the same words"
# Cosine from which texts in two languages say the same: of 25 English and Chinese reports 23 reach it with
# their claim, and none with the nearest of the other claims.
_ALIKE_ABROAD = 0.72
# A long text holds many words of any short one by chance, so it must hold whole phrases of it.
_LONG, _LONGER = 60, 2.5  # words of the longer text, and how many times longer than the other it is
_PHRASES = 0.7  # share of the shorter text's words that stand in shared phrases
# The least value at which a signal is worth telling a person about, chosen on the development reports.
_FIRED = {
    "cosine": 0.8,
    "char": 0.45,
    "word": 0.4,
    "query_covered": 0.6,
    "candidate_covered": 0.6,
    "token_set": 0.8,
    "names_found": 0.6,
    "numbers_shared": 0.3,
    "dates_shared": 1.0,
    "places_shared": 1.0,
}
# What the rules call the same and the reader finds less likely the same than this is not. Where one text has
# all words of the other, and people do add to what they pass on, and of copies with a word here and there
# exchanged it must be this sure of something else.
# Chosen on statements that were kept back, and seen on those of bench/stated.py.
_DOUBTED, _CHANGED = 0.7, 0.95
_SURE = 0.97  # from here what the rules have no word for is the same
_COPIED = 0.9  # share of the shorter text's words
_EDITED = 0.8  # share of the longer text's words
_LEGIBLE = 70  # words of a text: beyond them a reader would not see its end
# Words of a text that can only be mistyped: with more of them, mended as well as may be, it seems to say
# something else. Of copies, whose few other words decide, none may be.
_BROKEN, _BROKEN_OF_COPY = 1, 0

Read = Callable[[str, str], Opinion]


@dataclass(frozen=True)
class Shared:
    """The same words on both sides."""

    left: Span
    right: Span


@dataclass(frozen=True)
class Denial:
    """The words by which one side, "left" or "right", says that it is untrue. `kind` as in corpus.cues."""

    side: str
    kind: str
    span: Span
    official: bool


@dataclass(frozen=True)
class Reasons:
    """What a verifier is shown beside a suggested pair."""

    relation: Relation
    shared: tuple[Shared, ...]  # in the order of the left text
    differences: tuple[Difference, ...]
    fired: tuple[str, ...]  # names of `Signals`, and "link" or "id" for an equal key
    denial: Denial | None = None
    foreign: bool = False  # the texts are in two languages, so that only names can be put side by side
    common: tuple[Span, ...] = ()  # where the left text names a number, date or place that both name
    passage: Span | None = None  # the only part of a long left text that was compared
    opinion: Opinion | None = None  # of the reader of pairs, where the words alone did not tell

    def as_json(self) -> dict[str, Any]:
        """Return the reasons as they are stored with a match."""
        return {
            "relation": self.relation.value,
            "shared": tuple([{"left": one.left, "right": one.right} for one in self.shared]),
            "differences": tuple([vars(one).copy() for one in self.differences]),
            "fired": self.fired,
            "denial": None if self.denial is None else vars(self.denial).copy(),
            "foreign": self.foreign,
            "common": self.common,
            "passage": self.passage,
            "opinion": None if self.opinion is None else self.opinion._asdict(),
        }


def explain(left: Side, right: Side, signals: Signals | None = None, read: Read | None = None) -> Reasons:
    """Return why `left` (a case) and `right` (a claim or an older case) belong together or do not.

    The relation is *denial* where one side says that the other is untrue, *variant* for the same words with
    another number, date, place, name or yes for no, *same* for the same words, else *other*: also
    where something else stands in the place of something. Only the first 2,000 characters of each text are
    looked at. `read` reads both texts together; it is asked where other words are used, and can only tell
    *same* from *other*.
    """
    pair = align(words(left.canonical, left.lang), words(right.canonical, right.lang))
    told = differences(pair)
    denial = _denial(pair)
    relation = _relation(pair, told, denial, signals)
    opinion = None
    if read is not None and not told and denial is None:
        relation, opinion = _read(relation, pair, left, right, read)
    return Reasons(
        relation=relation,
        shared=_shared(pair),
        differences=told,
        fired=_fired(left, right, signals),
        denial=denial,
        foreign=left.lang != right.lang,
        common=_common(pair),
        opinion=opinion,
    )


def _read(
    relation: Relation, pair: Aligned, left: Side, right: Side, read: Read
) -> tuple[Relation, Opinion | None]:
    """Return the relation after reading both, and the opinion; None where reading says less than the rules.

    So it is of texts that are too long to be read or too badly typed, of copies that are not the same by the
    rules, and where neither says anything that the other has no word for.
    """
    mine, yours = left.folded.split(), right.folded.split()
    shorter, longer = sorted((len(mine), len(yours)))
    if longer > _LEGIBLE:
        return relation, None
    common = LCSseq.similarity(mine, yours)
    edited = common >= _EDITED * longer
    more = remainder.counted(pair) if left.lang == right.lang else (1, 1)
    broken = max(map(_broken, (left, right)))
    if not any(more) or broken > (_BROKEN_OF_COPY if edited else _BROKEN):
        return relation, None
    if relation is not Relation.SAME and edited:
        return relation, None
    opinion = read(readable(left.canonical, left.lang), readable(right.canonical, right.lang))
    if relation is not Relation.SAME:
        return (Relation.SAME if opinion.same >= _SURE else relation), opinion
    adds_only = not more[0 if len(mine) <= len(yours) else 1] and common >= _COPIED * shorter
    doubted = opinion.changed >= _CHANGED if adds_only or edited else opinion.same < _DOUBTED
    return (Relation.OTHER if doubted else relation), opinion


def _broken(side: Side) -> int:
    """Return how many words of a Vietnamese text can only be mistyped."""
    return sum(misspelt.may_be(word.lower()) for word in WORD.findall(side.canonical)) * (side.lang == "vi")


def moved(found: Reasons, begins: int, size: int) -> Reasons:
    """Return the reasons of a passage of `size` characters as those of the left text in which it begins."""

    def on(spans: Iterable[Span]) -> tuple[Span, ...]:
        return tuple((start + begins, end + begins) for start, end in spans)

    denial = found.denial
    if denial is not None and denial.side == "left":
        denial = replace(denial, span=on([denial.span])[0])
    return replace(
        found,
        shared=tuple(replace(one, left=on([one.left])[0]) for one in found.shared),
        differences=tuple(replace(one, left_spans=on(one.left_spans)) for one in found.differences),
        denial=denial,
        common=on(found.common),
        passage=(begins, begins + size),
    )


def _relation(
    pair: Aligned, told: tuple[Difference, ...], denial: Denial | None, signals: Signals | None
) -> Relation:
    if pair.ours.lang != pair.theirs.lang and signals is not None and signals.cosine >= _ALIKE_ABROAD:
        return _of_alike(told, denial)
    mine = [span for one in told for span in one.left_spans]
    yours = [span for one in told for span in one.right_spans]
    if denial is not None:
        (mine if denial.side == "left" else yours).append(denial.span)
    alike = max(pair.ours.covered_by(pair.theirs, but=mine), pair.theirs.covered_by(pair.ours, but=yours))
    if alike < _ALIKE:
        return Relation.OTHER
    found = _of_alike(told, denial)
    if found is not Relation.SAME:
        return found
    another = (
        pair.in_phrases(_LONG, _LONGER) < _PHRASES
        or reworded.unexplained(pair)
        or remainder.on_both_sides(pair)
        or remainder.leaves_most_out(pair)
    )
    return Relation.OTHER if another else found


def _of_alike(told: tuple[Difference, ...], denial: Denial | None) -> Relation:
    if denial is not None:
        return Relation.DENIAL
    return Relation.VARIANT if told else Relation.SAME


def _common(pair: Aligned) -> tuple[Span, ...]:
    """Return where the left text has numbers, dates and places of the right one, whatever the language."""
    values = {fact.key.rsplit(":", 1)[0] if fact.kind == "num" else fact.key for fact in pair.theirs.facts}
    found = [
        (fact.start, fact.end)
        for fact in pair.ours.facts
        if (fact.key.rsplit(":", 1)[0] if fact.kind == "num" else fact.key) in values
    ]
    named = {hit.key for hit in pair.theirs.places}
    found += [(hit.start, hit.end) for hit in pair.ours.places if hit.key in named]
    return tuple(sorted(set(found)))


def _shared(pair: Aligned) -> tuple[Shared, ...]:
    """Return the same words, and of a Chinese text beside another one the same names, read aloud."""
    found = [Shared(pair.ours.span(mine), pair.theirs.span(yours)) for mine, yours in pair.runs]
    if pair.ours.lang == "zh" != pair.theirs.lang:
        found += [Shared(chinese, name) for chinese, name in _named(pair.ours, pair.theirs)]
    elif pair.theirs.lang == "zh" != pair.ours.lang:
        found += [Shared(name, chinese) for chinese, name in _named(pair.theirs, pair.ours)]
    return tuple(sorted(found, key=lambda one: one.left))


def _named(chinese: Words, other: Words) -> Iterator[tuple[Span, Span]]:
    """Yield where a Chinese text has the names of another one, of two syllables or more, and these names."""
    said = syllables(chinese.text)
    for start, end in other.names:
        name = fold(other.text[start:end]).split()
        for at in range(len(said) - len(name) + 1) if len(name) > 1 else ():
            part = said[at : at + len(name)]
            if [syllable for _, _, syllable in part] == name:
                yield (part[0][0], part[-1][1]), (start, end)


def _denial(pair: Aligned) -> Denial | None:
    """Return the refutation that one side has and the other has not."""
    ours, theirs = pair.ours.cue, pair.theirs.cue
    if (ours is None) == (theirs is None):
        return None
    side, cue = ("left", ours) if ours is not None else ("right", theirs)
    return None if cue is None else Denial(side, cue.kind, (cue.start, cue.end), cue.official)


def _fired(left: Side, right: Side, signals: Signals | None) -> tuple[str, ...]:
    fired = [name for name, least in _FIRED.items() if signals and getattr(signals, name) >= least]
    equal = set(left.keys) & set(right.keys)
    fired += [
        code
        for code, prefix in (("link", "url:"), ("id", "id:"))
        if any(key.startswith(prefix) for key in equal)
    ]
    return tuple(fired)
