"""Repairs of how people write: look-alikes, words taken apart, typed marks, chat spelling, shouting.

Each repair takes and returns a text that is already NFKC and free of invisible characters and links.
`corpus.text` runs them again until nothing changes.
"""

import re
from collections.abc import Callable
from functools import cache
from importlib import resources

from corpus.syllables import from_telex, from_vni, has_marks, is_folded_syllable, is_syllable, unmarked

_WORD = re.compile(r"[^\W_]+")
_CHAT = re.compile(r"(?<![\w'])[^\W_]+(?![\w'])")  # not the t of "didn't"
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_OTHER_ALPHABET = re.compile(r"[\u0370-\u052f\u0561-\u0587\u13a0-\u13f5]")
_LOOK_ALIKES = str.maketrans(
    "АВЕКМНОРСТХУІЈЅԌаеорсухіјѕкмнтԁԛԝһгӏαοενικρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսոհǃ",
    "ABEKMHOPCTXYIJSGaeopcyxijskmhtdqwhrlaoevikptuxABEZHIKMNOPTYXounhl",
)
_SPELLED = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .\-*·~|_]){2,}[^\W\d_](?![^\W_])")
_SPLIT = re.compile(r"(?<![\w.])([^\W\d_]{1,6})[.\-*·~|_]{1,3}([^\W\d_]{1,6})(?![\w.])")
_FRAGMENTS = re.compile(
    r"(?<![^\W_])([bcdđghklmnpqrstvx]|ch|gh|gi|kh|ng|ngh|nh|ph|qu|th|tr) ([^\W\d_]{1,6})(?![^\W_])",
    re.IGNORECASE,
)
_OLD_TONE = re.compile(r"(?<![qQ])([oO][àáảãạÀÁẢÃẠèéẻẽẹÈÉẺẼẸ]|[uU][ỳýỷỹỵỲÝỶỸỴ])(?![^\W\d_])")
_MARK_LETTERS = dict(zip("àáảãạèéẻẽẹỳýỷỹỵ", "aaaaaeeeeeyyyyy", strict=True))
_TONED = {"o": "òóỏõọ", "u": "ùúủũụ"}
_SHOUT_LETTERS = 8  # fewer capitals may be an abbreviation
_VIETNAMESE_SHARE = 0.6
ENGLISH = 0.15  # share of English function words from which a text without marks is English
_FUNCTION_WORDS = frozenset(
    {
        "the",
        "is",
        "are",
        "was",
        "were",
        "of",
        "and",
        "that",
        "this",
        "has",
        "have",
        "been",
        "will",
        "for",
        "with",
    }
    | {"from", "they", "their", "it", "not", "by", "be", "at", "as"}
)


def vietnamese_share(text: str) -> float:
    """Return which share of the Latin words of `text` can be Vietnamese, with or without marks (0..1)."""
    words = [word for word in _WORD.findall(text) if _LATIN.match(word) and word.isalpha()]
    if not words:
        return 0.0
    return sum(_is_vietnamese(word) for word in words) / len(words)


def english_share(text: str) -> float:
    """Return which share of the words of `text` without marks are English function words (0..1)."""
    words = [word for word in _WORD.findall(text.lower()) if word.isascii() and word.isalpha()]
    return sum(word in _FUNCTION_WORDS for word in words) / len(words) if words else 0.0


def _reads_vietnamese(text: str) -> bool:
    return vietnamese_share(text) >= _VIETNAMESE_SHARE and english_share(text) < ENGLISH


def _is_vietnamese(word: str) -> bool:
    if has_marks(word):
        return is_syllable(word)
    return is_folded_syllable(word.lower()) or word.lower() in chat_spellings()


@cache
def chat_spellings() -> dict[str, str]:
    """Return the chat spellings and abbreviations with their meanings, read from `data/teencode.tsv`."""
    lines = resources.files("corpus").joinpath("data/teencode.tsv").read_text("utf-8").splitlines()
    return dict(line.split("\t") for line in lines if line and not line.startswith("#"))


def map_look_alikes(text: str) -> str:
    """Write Cyrillic, Greek and Armenian look-alikes as Latin letters, in texts that are mostly Latin."""
    foreign = len(_OTHER_ALPHABET.findall(text))
    if not foreign or foreign > len(_LATIN.findall(text)):
        return text

    def mend(found: re.Match[str]) -> str:
        mended = found.group().translate(_LOOK_ALIKES)
        return found.group() if _OTHER_ALPHABET.search(mended) else mended

    return _WORD.sub(mend, text)


def map_symbols(text: str) -> str:
    """Write @ and 0 between letters as a and o; shorten letters repeated three times or more."""
    text = re.sub(r"(?<=[^\W\d_])@(?=[^\W\d_])(?![\w.-]*\.\w)", "a", text)
    text = re.sub(r"(?<=[^\W\d_])0(?=[^\W\d_])", "o", text)
    text = re.sub(r"([^\W\d_])\1{2,}", r"\1", text)
    return re.sub(r"([^\w\s])\1+", r"\1", text)


def join_pieces(text: str) -> str:
    """Join words that were taken apart: "v ỡ đ ậ p", "đ.ậ.p", "thủy đi.ện", "đ ập"."""
    text = _SPELLED.sub(lambda found: _respell(found.group()), text)
    text = _SPLIT.sub(_join_split, text)
    return _FRAGMENTS.sub(_join_fragments, text)


def _respell(run: str) -> str:
    letters = re.sub(r"[^\w]|_", "", run)
    if len(letters) > 60:  # noqa: PLR2004  nobody spells out more; keeps the work small
        return run
    syllables, start = [], 0
    while start < len(letters):
        sizes = range(min(7, len(letters) - start), 1, -1)
        size = next((size for size in sizes if is_syllable(letters[start : start + size])), 0)
        if not size:
            return letters if letters.isupper() and " " not in run else run
        syllables.append(letters[start : start + size])
        start += size
    return " ".join(syllables) if any(map(has_marks, syllables)) or " " not in run else run


def _join_split(found: re.Match[str]) -> str:
    left, right = found.groups()
    whole = is_syllable(left) and is_syllable(right) and (right[0].isupper() or not has_marks(left + right))
    return found.group() if whole or not is_syllable(left + right) else left + right


def _join_fragments(found: re.Match[str]) -> str:
    left, right = found.groups()
    joins = left.lower() not in chat_spellings() and has_marks(left + right) and is_syllable(left + right)
    return left + right if joins else found.group()


def place_tones(text: str) -> str:
    """Move tone marks to where the house writes them: hòa and thúy, not hoà and thuý."""

    def move(found: re.Match[str]) -> str:
        first, second = found.group()[0], found.group()[1]
        plain = _MARK_LETTERS[second.lower()]
        tone = "àáảãạèéẻẽẹỳýỷỹỵ".index(second.lower()) % 5
        toned = _TONED[first.lower()][tone]
        return (toned.upper() if first.isupper() else toned) + (plain.upper() if second.isupper() else plain)

    return _OLD_TONE.sub(move, text)


def lower_shouting(text: str) -> str:
    """Write a text mostly in capitals in lower case."""
    upper = sum(char.isupper() for char in text)
    lower = sum(char.islower() for char in text)
    return text.lower() if upper >= _SHOUT_LETTERS and upper > lower else text


def type_marks(text: str) -> str:
    """Turn Telex and VNI leftovers into marked syllables, where enough of a text shows them."""
    for convert, pattern in (
        (from_vni, r"[A-Za-zÀ-ỹđĐ]+[0-9][A-Za-z0-9À-ỹđĐ]*"),
        (from_telex, r"[A-Za-zÀ-ỹđĐ]{2,}"),
    ):
        text = _convert(text, convert, re.compile(rf"(?<!\w){pattern}(?!\w)"))
    return text


def _convert(text: str, convert: Callable[[str], str], pattern: re.Pattern[str]) -> str:
    words = [word for word in pattern.findall(text) if len(word) <= 10 and not is_syllable(word)]  # noqa: PLR2004
    turned = {word: result for word in set(words) if (result := convert(word))}
    count = sum(word in turned for word in words)
    total = len(_WORD.findall(text))
    strong = {word: result for word, result in turned.items() if _is_strong(word)}
    if not (len(turned) >= 2 and count >= total * 0.2):  # noqa: PLR2004  a single hit may be a name: Max, Q1, F0
        turned = strong
    if not turned:
        return text
    changed = pattern.sub(lambda found: _cased(found.group(), turned.get(found.group(), "")), text)
    return changed if _reads_vietnamese(changed) and english_share(text) < ENGLISH else text


def _is_strong(word: str) -> bool:
    if any(char in "0123456789" for char in word):
        return len(re.findall(r"\d", word)) > 1 and word[0].isalpha() and len(word) > 3  # noqa: PLR2004
    return bool(re.search(r"dd|(?:aa|ee|oo|[uoa]w)\w*[sfrxj]|[uoa]w\w*[sfrxj]", word.lower()))


def _cased(word: str, result: str) -> str:
    if not result:
        return word
    return result.capitalize() if word[0].isupper() else result


def expand_chat(text: str) -> str:
    """Write chat spellings and abbreviations out, in texts that read as Vietnamese."""
    if not _reads_vietnamese(text):
        return text
    table = chat_spellings()

    def expand(found: re.Match[str]) -> str:
        word = found.group()
        return table.get(word if word.isupper() else word.lower(), word)

    return _CHAT.sub(expand, text)


def repair(text: str) -> str:
    """Apply every repair once."""
    for step in (
        map_look_alikes,
        map_symbols,
        lower_shouting,
        join_pieces,
        type_marks,
        expand_chat,
        place_tones,
    ):
        text = step(text)
    return text


def marked_share(text: str) -> float:
    """Return which share of the syllables of `text` carry marks (about 0.75 in ordinary writing)."""
    syllables = [word for word in _WORD.findall(text) if is_folded_syllable(unmarked(word))]
    return sum(map(has_marks, syllables)) / len(syllables) if syllables else 0.0
