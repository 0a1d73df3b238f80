"""Words by which a text says that something told elsewhere is untrue: denials, warnings, sanctions.

A text that only asks ("có phải tin giả không?") says nothing of the kind. Pure; reads canonical text, in
Vietnamese with or without marks, English and Chinese. The words stand in data/cues.json.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from corpus.syllables import has_marks, unmarked

_LIMIT: Final = 10_000  # characters looked at
_SENTENCE = re.compile(r"[^.!?;\n。！？；]*(?:(?<=\d)[.](?=\d)[^.!?;\n。！？；]*)*[.!?;\n。！？；]?")
_MARKED: Final = 0.15  # share of words with marks from which a text is written with them
_KINDS: Final = ("denial", "warning", "sanction")  # a denial tells most


@dataclass(frozen=True)
class Cue:
    """The words at `start`..`end` that refute.

    `kind` is "denial" (it is untrue), "warning" (beware of it) or "sanction" (those who spread it were dealt
    with); `official` says whether an authority is named in the same sentence.
    """

    kind: str
    start: int
    end: int
    words: str
    official: bool


@dataclass(frozen=True)
class _Patterns:
    asks: re.Pattern[str]
    authority: re.Pattern[str]
    speaks: re.Pattern[str]  # an authority that says something
    plain: tuple[tuple[str, re.Pattern[str]], ...]
    spoken: tuple[tuple[str, re.Pattern[str]], ...]  # of those who speak with authority, more is a denial


def refutation(text: str) -> Cue | None:
    """Return the cue by which `text` refutes or warns: an official one first, a denial before the others.

    None for a text that has none or only asks. `text` is canonical (corpus/text.py); spans count in it.
    """
    return min(
        _cues(text), key=lambda one: (not one.official, _KINDS.index(one.kind), one.start), default=None
    )


def refutations(text: str) -> tuple[Cue, ...]:
    """Return the cues of `text` in order: of each sentence the first of each kind."""
    return tuple(sorted(_cues(text), key=lambda one: one.start))


def asks(text: str) -> bool:
    """Whether any sentence of `text` asks if something is so, or asks to look into it."""
    plain, known = _read(text[:_LIMIT])
    return any(known.asks.search(said) for _, said in _sentences(plain))


def _cues(text: str) -> Iterator[Cue]:
    plain, known = _read(text[:_LIMIT])
    for offset, said in _sentences(plain):
        if known.asks.search(said):
            continue
        official, speaks = known.authority.search(said) is not None, known.speaks.search(said) is not None
        for kind, pattern in known.spoken if speaks else known.plain:
            found = pattern.search(said)
            if found:
                start, end = offset + found.start(), offset + found.end()
                yield Cue(kind, start, end, text[start:end], official)


def _read(text: str) -> tuple[str, _Patterns]:
    """Return `text` in lower case, without marks where it hardly has any, and the patterns for it."""
    words = text.split()
    lower = text.lower()
    marked = sum(map(has_marks, words)) > _MARKED * len(words) and len(lower) == len(text)
    return (lower if marked else unmarked(text)), _patterns(marked=marked)


def _sentences(plain: str) -> Iterator[tuple[int, str]]:
    for sentence in _SENTENCE.finditer(plain):
        said = sentence.group().lstrip()
        if said:
            yield sentence.end() - len(said), said


@cache
def _patterns(*, marked: bool) -> _Patterns:
    stored = json.loads(resources.files("corpus").joinpath("data/cues.json").read_text("utf-8"))
    parts = {f"{{{name}}}": f"(?:{'|'.join(words)})" for name, words in stored["parts"].items()}

    def made(bound: Iterable[str], unbound: Iterable[str] = ()) -> re.Pattern[str]:
        whole = "|".join([*(rf"(?<!\w)(?:{one})(?!\w)" for one in bound), *unbound])
        for name, words in parts.items():
            whole = whole.replace(name, words)
        return re.compile(whole if marked else unmarked(whole))  # no pattern has a capital escape

    others = (("warning", made(stored["warnings"])), ("sanction", made(stored["sanctions"])))
    denials = made(stored["denials"], stored["denials_unbound"])
    spoken = made(
        [*stored["denials"], *stored["denials_spoken"]],
        [*stored["denials_unbound"], *stored["denials_spoken_unbound"]],
    )
    return _Patterns(
        asks=made((), stored["asks"]),
        authority=made(["{authority}"], stored["authority_unbound"]),
        speaks=made((), stored["speaks"]),
        plain=(("denial", denials), *others),
        spoken=(("denial", spoken), *others),
    )
