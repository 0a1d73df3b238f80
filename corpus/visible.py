"""What of a text can be seen: NFKC without controls, invisible characters, pictures and heaps of marks.

Any string whatever goes in, and at most 30,000 characters come out.
"""

import re
import unicodedata
from typing import Final

RAW_LIMIT: Final = 400_000  # characters looked at; invisible ones are dropped before the next cut
LIMIT: Final = 30_000
_MARKS_IN_A_ROW: Final = 3  # Vietnamese needs two; sorting long runs of marks takes quadratic time
_KEPT_SYMBOLS = frozenset("°₫")
_PUNCTUATION = str.maketrans(
    "“”„‟«»‘’‚‛′″‐‑‒–—―−…，。！？：；（）、\u00d0\u00f0", "\"\"\"\"\"\"''''''-------.,.!?:;(),Đđ"
)


class _Kept(dict[int, str]):
    """What is written for each character, worked out when it first comes."""

    def __missing__(self, code: int) -> str:
        self[code] = kept = _kept(chr(code))
        return kept


def _kept(char: str) -> str:
    category = unicodedata.category(char)
    if category in {"Zs", "Zl", "Zp", "Cc"}:
        return " " if char != "\0" else ""
    if category in {"Cf", "Cs", "Co", "Cn"} or "\ufe00" <= char <= "\ufe0f":
        return ""
    if category in {"So", "Sk"} and char not in _KEPT_SYMBOLS:
        return " "
    return char


_TABLE = _Kept()


def visible(raw: str) -> str:
    """Return what can be seen of `raw`. Doing it again changes nothing."""
    text = raw[:RAW_LIMIT]
    for _ in range(2):  # NFKC may bring forth what the first pass drops, and the reverse
        text = text.translate(_TABLE)
        marks = "".join(re.escape(char) for char in set(text) if unicodedata.category(char)[0] == "M")
        if marks:
            text = re.sub(f"([{marks}]{{{_MARKS_IN_A_ROW}}})[{marks}]+", r"\1", text)
        text = unicodedata.normalize("NFKC", text[:LIMIT]).translate(_PUNCTUATION)[:LIMIT]
    return text
