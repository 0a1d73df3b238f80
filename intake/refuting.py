"""Does an article refute what it tells of? The words that sound so, and those around them. Pure."""

import unicodedata
from typing import Final

from corpus import cues

_AROUND: Final = 60  # characters shown on either side of a cue


def cue(text: str) -> str:
    """Return the words of `text` that deny something, with what stands around them, or "". Never raises."""
    text = unicodedata.normalize("NFC", text)
    found = cues.refutation(text)
    if found is None:
        return ""
    left = max(0, found.start - _AROUND)
    right = min(len(text), found.end + _AROUND)
    left = text.find(" ", left, found.start) + 1 if left else 0
    right = right if right == len(text) else max(text.rfind(" ", found.end, right), found.end)
    words = " ".join(text[left:right].split())
    return f"{'… ' if left else ''}{words}{' …' if right < len(text) else ''}"
