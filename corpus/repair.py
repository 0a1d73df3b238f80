"""Repairs of how people write: look-alikes, words taken apart, typed marks, chat spelling, shouting.

Each repair takes and returns a text that is already NFKC and free of invisible characters and links.
`corpus.text` runs them again until nothing changes.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import resources

from corpus.syllables import from_telex, from_vni, has_marks, is_folded_syllable, is_syllable

_WORD = re.compile(r"[^\W_]+")
_MEASURES = frozenset({"kg"})  # chat spellings that are units after a number
_IN_A_NAME = re.compile(r"[^\W_] [^\W\d_]\w* \Z")  # before a word: what a clause goes on with, and one word
_CHAT = re.compile(r"(?<![\w'])(?<!\w[.*&-])[^\W_]+(?![\w']|[.*&-]\w)")  # not the t of "didn't"
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
OTHER_ALPHABET = re.compile(r"[\u0370-\u052f\u0561-\u0587\u13a0-\u13f5]")
_LOOK_ALIKES = str.maketrans(
    "АВЕКМНОРСТХУІЈЅԌаеорсухіјѕкмнтԁԛԝһгӏαοενικρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսոհǃ",
    "ABEKMHOPCTXYIJSGaeopcyxijskmhtdqwhrlaoevikptuxABEZHIKMNOPTYXounhl",
)
_SPELLED = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .\-*·~|_]){2,}[^\W\d_](?![^\W_])")
_SPLIT = re.compile(r"(?<![\w.])([^\W\d_]{1,6})[.\-*·~|_]{1,3}([^\W\d_]{1,6})(?!\w|\.\w)")
_INITIAL = r"(?<![^\W_])([bcdđghklmnpqrstvx]|ch|gh|gi|kh|ng|ngh|nh|ph|qu|th|tr)"
_FRAGMENTS = re.compile(rf"{_INITIAL} ([^\W\d_]{{1,6}})(?![^\W_])", re.IGNORECASE)
_LONE_INITIAL = re.compile(rf"{_INITIAL}\Z", re.IGNORECASE)
_OLD_TONE = re.compile(r"(?<![qQ])([oO][àáảãạÀÁẢÃẠèéẻẽẹÈÉẺẼẸ]|[uU][ỳýỷỹỵỲÝỶỸỴ])(?![^\W\d_])")
_MARK_LETTERS = dict(zip("àáảãạèéẻẽẹỳýỷỹỵ", "aaaaaeeeeeyyyyy", strict=True))
_TONED = {"o": "òóỏõọ", "u": "ùúủũụ"}
_LONGEST = 7  # letters of a syllable
_SURE_LETTERS = 4  # more that stand alone and make syllables are no list
_FINALS = (("g", "ng"), ("k", "c"), ("k", "ch"))
_STARTS = (("f", "ph"), ("w", "qu"), ("j", "gi"))
_MISREAD = {"0": "o", "1": "i", "5": "s", "9": "g"}
_DIGIT_INSIDE = re.compile(r"(?<=[^\W\d_])[0159](?=[^\W\d_])")
SHOUT_LETTERS = 8  # fewer capitals may be an abbreviation
_TYPING = (
    (from_vni, re.compile(r"(?<!\w)[A-Za-zÀ-ỹđĐ]+[0-9][A-Za-z0-9À-ỹđĐ]*(?!\w)")),
    (from_telex, re.compile(r"(?<!\w)[A-Za-zÀ-ỹđĐ]{2,}(?!\w)")),
)
VIETNAMESE_SHARE = 0.6
ENGLISH = 0.15  # share of English function words from which a text without marks is English
FUNCTION_WORDS = frozenset(
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
    words = [word for word in _WORD.findall(text) if LATIN.match(word) and word.isalpha()]
    if not words:
        return 0.0
    return sum(is_vietnamese(word) for word in words) / len(words)


def english_share(text: str) -> float:
    """Return which share of the words of `text` without marks are English function words (0..1)."""
    words = [word for word in _WORD.findall(text.lower()) if word.isascii() and word.isalpha()]
    return sum(word in FUNCTION_WORDS for word in words) / len(words) if words else 0.0


def _reads_vietnamese(text: str) -> bool:
    return vietnamese_share(text) >= VIETNAMESE_SHARE and english_share(text) < ENGLISH


@lru_cache(maxsize=16_384)
def is_vietnamese(word: str) -> bool:
    """Whether `word` can be a Vietnamese syllable, with or without marks, or a chat spelling."""
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
    foreign = len(OTHER_ALPHABET.findall(text))
    if not foreign or foreign > len(LATIN.findall(text)):
        return text

    def mend(found: re.Match[str]) -> str:
        mended = found.group().translate(_LOOK_ALIKES)
        return found.group() if OTHER_ALPHABET.search(mended) else mended

    return _WORD.sub(mend, text)


def map_symbols(text: str) -> str:
    """Write @ and 0 between letters as a and o; shorten letters repeated three times or more."""
    if "@" in text:
        text = re.sub(r"(?<=[^\W\d_])@(?=[^\W\d_])(?![\w.-]*\.\w)", "a", text)
    if "0" in text:
        text = re.sub(r"(?<=[^\W\d_])0(?=[^\W\d_])", "o", text)
    text = re.sub(r"([^\W\d_])\1{2,}", r"\1", text)
    return re.sub(r"([^\w\s])\1+", r"\1", text)


def join_pieces(text: str) -> str:
    """Join words that were taken apart: "v ỡ đ ậ p", "đ.ậ.p", "thủy đi.ện", "đ ập"."""
    text = _SPELLED.sub(lambda found: _respell(found.group()), text)
    text = _SPLIT.sub(_join_split, text)
    return _FRAGMENTS.sub(_join_fragments, text)


def may_go_on(word: str) -> bool:
    """Whether `word` ends in an initial that the word after it may belong to: the đ of "đ ập"."""
    found = _LONE_INITIAL.search(word)
    return found is not None and found.group(1).lower() not in chat_spellings()


def _respell(run: str) -> str:
    letters = re.sub(r"[^\w]|_", "", run)
    if len(letters) > 60:  # noqa: PLR2004  nobody spells out more; keeps the work small
        return run
    syllables = _cut_up(letters)
    if not any(len(syllable) > 1 for syllable in syllables):
        return letters if letters.isupper() and " " not in run else run
    told = any(map(has_marks, syllables)) or " " not in run or len(letters) > _SURE_LETTERS
    return " ".join(syllables) if told else run


def _cut_up(letters: str) -> list[str]:
    """Return the fewest syllables that `letters` consist of, none where they do not."""
    best: list[list[str] | None] = [[]] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - _LONGEST), end):
            before, last = best[start], letters[start:end]
            known = best[end]
            if before is not None and is_syllable(last) and (known is None or len(before) + 1 < len(known)):
                best[end] = [*before, last]
    return best[-1] or []


def _join_split(found: re.Match[str]) -> str:
    left, right = found.groups()
    whole = is_syllable(left) and is_syllable(right) and (right[0].isupper() or not has_marks(left + right))
    whole = whole or (left.isupper() and right.isupper() and not has_marks(left + right))  # U.N.
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


def type_marks(text: str) -> str:
    """Turn Telex and VNI leftovers into marked syllables, where enough of a text shows them."""
    if english_share(text) >= ENGLISH:
        return text
    for convert, pattern in _TYPING:
        text = _convert(text, convert, pattern)
    return text


def may_be_typed(word: str) -> bool:
    """Whether `type_marks` may change `word`."""
    return any(
        _is_odd(found) and convert(found) for convert, pattern in _TYPING for found in pattern.findall(word)
    )


def _is_odd(word: str) -> bool:
    return len(word) <= 10 and (not is_syllable(word) or "oo" in word.lower())  # noqa: PLR2004  no syllable takes more keys


def _convert(text: str, convert: Callable[[str], str], pattern: re.Pattern[str]) -> str:
    words = [word for word in pattern.findall(text) if _is_odd(word)]
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


def respell(text: str) -> str:
    """Spell words right that carry marks and are no syllables: phòg, nướk, fải, nguời, t1ếp."""
    return _WORD.sub(lambda found: _respelled(found.group()), text)


@lru_cache(maxsize=8_192)
def _respelled(word: str) -> str:
    lower = word.lower()
    if len(word) > _LONGEST or word.isupper() or not has_marks(word) or is_syllable(word):
        return word
    tries = [re.sub("u(?=[ơờớởỡợ].)", "ư", lower), _DIGIT_INSIDE.sub(_read_again, lower)]
    tries += [lower.removesuffix(short) + whole for short, whole in _FINALS if lower.endswith(short)]
    tries += [whole + lower.removeprefix(short) for short, whole in _STARTS if lower.startswith(short)]
    found = next((spelled for spelled in tries if is_syllable(spelled)), "")
    return _cased(word, found)


def _read_again(found: re.Match[str]) -> str:
    return _MISREAD[found.group()]


def may_be_chat(word: str) -> bool:
    """Whether `expand_chat` may change `word`."""
    table = chat_spellings()
    found = _CHAT.findall(word)
    return any(table.get(part if part.isupper() else part.lower(), part) != part for part in found)


def expand_chat(text: str) -> str:
    """Write chat spellings and abbreviations out, in texts that read as Vietnamese."""
    if not _reads_vietnamese(text):
        return text
    table = chat_spellings()

    def expand(found: re.Match[str]) -> str:
        word = found.group()
        if word.lower() in _MEASURES and text[: found.start()].rstrip()[-1:].isdigit():
            return word  # "5 kg", while "kg biết" is chat
        meaning = table.get(word if word.isupper() else word.lower(), word)
        return word if meaning.islower() and _goes_on_with_a_name(text, found) else meaning

    return _CHAT.sub(expand, text)


def _goes_on_with_a_name(text: str, found: re.Match[str]) -> bool:
    """Whether what was found and the word before it begin with a capital amid a clause: "o Bac Hs"."""
    if not found.group().istitle():
        return False
    before = _IN_A_NAME.search(text, max(0, found.start() - 2 * _LONGEST), found.start())
    return before is not None and before.group().split()[-1].istitle()
