"""Does a text speak of the province? Pure.

A commune alone says little in a national newspaper, as its name stands on the map of other provinces too; a
local paper names communes and leaves the province out.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from corpus import places
from corpus.syllables import fold

_LIMIT: Final = 10_000  # characters looked at
# In any capitals. "Yên Bái" without marks only as a name: "yen bai" may be other words.
_PROVINCES: Final = re.compile(
    r"\b(?:Lào|LÀO|Lao|LAO)[ -]?(?:Cai|CAI)\b|\bl[aà]o cai\b"
    r"|\b(?:Yên|YÊN)[ -](?:Bái|BÁI)\b|\byên bái\b|\bYen Bai\b"
)
# Landmarks that stand nowhere else, by their folded names in `corpus.places`.
_TELLING: Final = frozenset(
    {"fansipan", "o quy ho", "thac ba", "lang nu", "ngoi thia", "suoi thia", "ngoi phat", "khau pha"}
    | {"hoang lien son", "nam pung", "coc ly", "muong lo", "lao than", "nhiu co san", "bach moc luong tu"}
    | {"ta chi nhu", "lung cung", "cat cat"}
)
_SHOWN: Final = 5  # places named in a hint


@dataclass(frozen=True)
class Mention:
    """How a text speaks of the province: the names as they stand there, and the communes of today meant."""

    names: tuple[str, ...]
    codes: tuple[str, ...]  # communes meant by a name that means one only
    certain: bool  # the province, an old district or a landmark is named, or two communes

    def shown(self) -> str:
        """Return the names for people."""
        return ", ".join(self.names[:_SHOWN])


def of_province(text: str) -> Mention:
    """Return where `text` speaks of the province, by today's names and older ones. Never raises."""
    text = unicodedata.normalize("NFC", text[:_LIMIT])
    names = {match.group(): None for match in _PROVINCES.finditer(text)}
    certain = bool(names)
    single: dict[str, None] = {}
    for hit in places.mentions(text):
        telling = hit.key in _TELLING or len(hit.codes) > 1
        if not hit.codes and not telling:
            continue
        names[text[hit.start : hit.end]] = None
        certain = certain or telling
        if len(hit.codes) == 1:
            single[hit.codes[0]] = None
    return Mention(tuple(_distinct(names)), tuple(single), certain or len(single) > 1)


def _distinct(names: dict[str, None]) -> list[str]:
    """Return each name once, however it is spelled."""
    return list({fold(name): name for name in reversed(names)}.values())[::-1]
