"""Two texts side by side, as the reasons of a suggestion mark them. Pure; words are the template's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from corpus import places

SHOWN: Final = 2_000  # characters of each text; the reasons look no further

_SAID: Final = ("same", "changed", "apart")
_SURE: Final = 0.96  # of what the reader of pairs says, from which a person is told

Segment = tuple[str, str]  # (same | differ | plain, text), as `ui.diff` draws them


@dataclass(frozen=True)
class Difference:
    """Something both texts tell differently, as they write it."""

    kind: str  # number, date, place, name or polarity
    ours: str
    theirs: str


@dataclass(frozen=True)
class Sides:
    """Both texts in segments, with what they tell differently and why they were put together."""

    left: Sequence[Segment]
    right: Sequence[Segment]
    differences: Sequence[Difference]
    denial: str = ""  # the words by which one side says that it is untrue
    foreign: bool = False  # two languages: no words to be marked
    common: Sequence[str] = ()  # numbers, dates and places that both name, as the left text writes them
    fired: Sequence[str] = ()  # codes of what speaks for the pair: signals, link, id, picture
    reading: str = ""  # what reading both together says: same, changed or apart; nothing when unsure
    passage: bool = False  # only a passage of the left text was compared; the rest of it is left out


def plain(left: str, right: str) -> Sides:
    """Return both texts without marks: a pair that a person put together, or whose words changed."""
    return Sides([("plain", left[:SHOWN])], [("plain", right[:SHOWN])], [])


def read(reasons: Mapping[str, Any], left: str, right: str) -> Sides:
    """Return the texts in segments by the spans in `reasons` (corpus/reasons.py), each in its own text."""
    told = reasons.get("differences", ())
    shared = reasons.get("shared", ())
    passage = reasons.get("passage")
    return Sides(
        segments(left, [one["left"] for one in shared], _spans(told, "left_spans"), passage),
        segments(right, [one["right"] for one in shared], _spans(told, "right_spans")),
        [Difference(one["kind"], _told(one, "left", left), _told(one, "right", right)) for one in told],
        denial=_denial(reasons.get("denial"), left, right),
        foreign=bool(reasons.get("foreign")),
        common=[left[start:end] for start, end in reasons.get("common", ())],
        fired=list(reasons.get("fired", ())),
        reading=_reading(reasons.get("opinion")),
        passage=passage is not None,
    )


def _reading(opinion: Mapping[str, Any] | None) -> str:
    """Return what the reader of pairs is fairly sure of, or nothing."""
    told = opinion or {}
    return next((said for said in _SAID if told.get(said, 0.0) >= _SURE), "")


def turned(sides: Sides) -> Sides:
    """Return the same pair seen from the other side."""
    told = [Difference(one.kind, one.theirs, one.ours) for one in sides.differences]
    return replace(sides, left=sides.right, right=sides.left, differences=told)


def segments(
    text: str,
    same: Sequence[Sequence[int]],
    differ: Sequence[Sequence[int]],
    passage: Sequence[int] | None = None,
) -> list[Segment]:
    """Return `text`, or its `passage`, cut at the spans. Where both claim a character, the difference wins.

    Spans beyond the text are cut off: stored reasons may be older than the text beside them.
    """
    begins, ends = passage or (0, SHOWN)
    before, text, after = text[:begins], text[begins:ends][:SHOWN], text[ends:]
    same, differ = ([(start - begins, end - begins) for start, end in spans] for spans in (same, differ))
    kinds = ["plain"] * len(text)
    for kind, spans in (("same", same), ("differ", differ)):
        for start, end in spans:
            for place in range(max(start, 0), min(end, len(text))):
                kinds[place] = kind
    cut: list[Segment] = []
    for kind, char in zip(kinds, text, strict=True):
        if cut and cut[-1][0] == kind:
            cut[-1] = (kind, cut[-1][1] + char)
        else:
            cut.append((kind, char))
    if passage is not None:
        cut = [("plain", "… ")] * bool(before) + cut + [("plain", " …")] * bool(after)
    return cut


def _spans(told: Sequence[Mapping[str, Any]], name: str) -> list[Sequence[int]]:
    return [span for one in told for span in one.get(name, ())]


def _told(one: Mapping[str, Any], side: str, text: str) -> str:
    words = [text[start:end] for start, end in one.get(f"{side}_spans", ())]
    return ", ".join(filter(None, words)) or ", ".join(_word(key) for key in one.get(side, ()))


def _denial(told: Mapping[str, Any] | None, left: str, right: str) -> str:
    if not told:
        return ""
    start, end = told["span"]
    return (left if told["side"] == "left" else right)[start:end]


def _word(key: str) -> str:
    bare = str(key).partition(":")[2] or str(key)
    commune = places.by_code(bare)
    return bare if commune is None else commune.name
