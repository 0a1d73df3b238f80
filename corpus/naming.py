"""Proper names in running text, told by their capitals. Pure; loads nothing that the web process may not."""

import re

from corpus.syllables import fold

_UPPER = "A-ZĐÀ-ÖØ-ÞĂĨŨƠƯ" + "".join(chr(code) for code in range(0x1EA0, 0x1EFA, 2))
_CAPITALISED = re.compile(rf"(?<!\w)[{_UPPER}]\w*(?:[ -][{_UPPER}]\w*)*")
_SENTENCE_END = ".!?:;\"'(-"


def name_spans(canonical: str) -> list[tuple[int, int]]:
    """Return where proper names stand in a text that uses capitals as one should.

    A single capitalised word at the start of a sentence is no name.
    """
    found = []
    for match in _CAPITALISED.finditer(canonical):
        before = canonical[: match.start()].rstrip()
        starts = not before or before[-1] in _SENTENCE_END
        if not starts or re.search(r"[ -]", match.group()):
            found.append(match.span())
    return found


def names(canonical: str) -> set[str]:
    """Return the folded words of the proper names in `canonical`; see `name_spans`."""
    return {word for start, end in name_spans(canonical) for word in fold(canonical[start:end]).split()}
