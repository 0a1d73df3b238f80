"""How an issued correction is told: in a language, beside its older versions, as a citation. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Final
from zoneinfo import ZoneInfo

from corpus import places
from models import Correction, CorrectionKind
from publish.feeds import Item

TOLD: Final = ("claim", "truth", "basis")
LEAD: Final = 180  # characters of a heading
_SENTENCE: Final = re.compile(r"(?<=[.!?。！？])\s+|(?<=[。！？])|\n+")


@dataclass(frozen=True)
class Telling:
    """The words of a correction in one language. `lang` is the language they really are in."""

    claim: str
    truth: str
    basis: str
    lang: str
    basis_lang: str

    @property
    def lead(self) -> str:
        """The first sentence of what is true: a reader who skims takes home this one."""
        first = _SENTENCE.split(self.truth.strip(), maxsplit=1)[0].strip()
        return first if len(first) <= LEAD else f"{first[:LEAD].rpartition(' ')[0] or first[:LEAD]} …"


@dataclass(frozen=True)
class Change:
    """How one part of the text changed: spans of ("same" | "gone" | "new", words)."""

    part: str
    spans: Sequence[tuple[str, str]]


def told(correction: Correction, lang: str) -> Telling:
    """Return the words in `lang` where a whole translation was approved, else in Vietnamese."""
    words = correction.translations.get(lang) or {}
    claim, truth = str(words.get("claim") or "").strip(), str(words.get("truth") or "").strip()
    if lang == "vi" or not (claim and truth):
        return Telling(correction.claim, correction.truth, correction.basis, "vi", "vi")
    basis = str(words.get("basis") or "").strip()
    return Telling(claim, truth, basis or correction.basis, lang, lang if basis else "vi")


def spans(before: str, after: str) -> list[tuple[str, str]]:
    """Return what became of `before`, word by word: ("same" | "gone" | "new", words)."""
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    found: list[tuple[str, str]] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", "".join(old[i1:i2])))
            continue
        if i2 > i1:
            found.append(("gone", "".join(old[i1:i2])))
        if j2 > j1:
            found.append(("new", "".join(new[j1:j2])))
    return found


def changes(newer: Correction, older: Correction) -> list[Change]:
    """Return the parts of the text that `newer` changed, with their differences marked."""
    return [
        Change(part, spans(getattr(older, part), getattr(newer, part)))
        for part in TOLD
        if getattr(older, part) != getattr(newer, part)
    ]


def word(correction: Correction) -> str:
    """Return the catalogue key of the finding, which a withdrawal takes back."""
    return "version.void" if correction.kind is CorrectionKind.VOID else f"rating.{correction.rating}"


def citation(correction: Correction, *, agency: str, label: str, url: str, zone: ZoneInfo) -> str:
    """Return a plain sentence for the press: who, what, when, where to read it."""
    day = correction.issued_at.astimezone(zone).strftime("%d/%m/%Y")
    return (
        f"{agency}, kết luận số {correction.number} (bản {correction.version}, {day}): "
        f"“{correction.claim}” – {label}. {url}"
    )


def item(
    correction: Correction, *, first_issued_at: datetime, label: str, field: str, public_url: str
) -> Item:
    """Return `correction` as an entry of a feed, in Vietnamese."""
    return Item(
        number=correction.number,
        version=correction.version,
        url=f"{public_url}/cong-bo/{correction.slug}",
        title=f"{label}: “{correction.claim}”",
        truth=correction.truth,
        basis=correction.basis,
        rating="void" if correction.kind is CorrectionKind.VOID else correction.rating.value,
        label=label,
        field=field,
        published=first_issued_at,
        updated=correction.issued_at,
    )


def place_name(code: str | None) -> str:
    """Return the name of the commune with this code; empty where none is known."""
    found = places.by_code(code)
    return "" if found is None else found.name
