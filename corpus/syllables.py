"""How Vietnamese syllables are written: valid forms, marks, and marks typed as letters or digits.

A Vietnamese syllable is an initial, a rime and a tone; the tables below hold all initials and rimes of the
standard spelling, so that a word can be told from a foreign one, a typing leftover or a fragment.
"""

import re
import unicodedata
from functools import lru_cache

_INITIALS = " b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
_RIMES = """
a ac ach ai am an ang anh ao ap at au ay ăc ăk ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu
o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc
oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt up ut uơ uy uya uych uyên uyêt
uynh uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu
"""
_FRONT = "ieêy"  # k, gh and ngh stand before these vowels; c, g and ng before the others
_TONES = {
    "\u0301": "s",
    "\u0300": "f",
    "\u0309": "r",
    "\u0303": "x",
    "\u0323": "j",
}  # named as Telex names them
_MARK_OF = {letter: mark for mark, letter in _TONES.items()}
_STOPS = ("c", "ch", "p", "t", "k")
_WORD = re.compile(r"[^\W_]+")
_CJK = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f])")


def _fits(initial: str, rime: str) -> bool:
    front = rime[0] in _FRONT
    if initial in {"k", "gh", "ngh"}:
        return front
    if initial in {"c", "g", "ng"}:
        return not front or (initial == "g" and rime in {"i", "in", "iêng", "iêt", "ich"})
    if initial == "qu":
        return rime[0] not in "ouư" or rime == "ôc"
    return initial != "" or rime[0] != "i" or rime in {"i", "im", "in", "ich", "ip", "it", "inh", "iu", "ia"}


_TONELESS = frozenset(
    initial + rime for initial in _INITIALS.split(" ") for rime in _RIMES.split() if _fits(initial, rime)
)


def unmarked(text: str) -> str:
    """Return `text` in lower case without marks, character for character (same length)."""
    return text.translate(_BARE)


class _Bare(dict[int, str]):
    """The letter under each character's marks, in lower case, worked out when it first comes."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        bare = "d" if char in "đĐðÐ" else unicodedata.normalize("NFD", char)[0].lower()[0]
        self[code] = bare
        return bare


_BARE = _Bare()


def _bare(char: str) -> str:
    return _BARE[ord(char)]


def fold(text: str) -> str:
    """Return the words of `text`: lower case, no marks, no punctuation, one blank between words.

    Chinese and Japanese characters become words of their own. Folding twice changes nothing.
    """
    plain = "".join(
        char for char in unmarked(unicodedata.normalize("NFKC", text)) if not unicodedata.combining(char)
    )
    return " ".join(_WORD.findall(_CJK.sub(r" \1 ", plain)))


@lru_cache(maxsize=16384)
def split_tone(syllable: str) -> tuple[str, str]:
    """Return `syllable` without its tone mark, and the Telex letter of the tone ("" for the level tone)."""
    decomposed = unicodedata.normalize("NFD", syllable)
    tones = [char for char in decomposed if char in _TONES]
    rest = unicodedata.normalize("NFC", "".join(char for char in decomposed if char not in _TONES))
    return rest, "".join(_TONES[char] for char in tones)


@lru_cache(maxsize=16384)
def is_syllable(word: str) -> bool:
    """Whether `word` (any case) can be a Vietnamese syllable as written, marks included."""
    rest, tone = split_tone(word.lower())
    if rest not in _TONELESS or len(tone) > 1:
        return False
    return not (tone in {"f", "r", "x"} and rest.endswith(_STOPS))


_FOLDED = frozenset(unmarked(syllable) for syllable in _TONELESS)


def folded_syllables() -> frozenset[str]:
    """Return all syllables, lower case and without marks."""
    return _FOLDED


def is_folded_syllable(word: str) -> bool:
    """Whether `word`, lower case and without marks, can be a syllable whose marks were left out."""
    return word in _FOLDED


def has_marks(word: str) -> bool:
    """Whether `word` carries a Vietnamese mark or đ."""
    return not word.isascii() and any(map(_MARKED.__getitem__, word))


class _Marked(dict[str, bool]):
    """Whether a character carries a mark, worked out when it first comes."""

    def __missing__(self, char: str) -> bool:
        found = self[char] = _bare(char) != char.lower()
        return found


_MARKED = _Marked()


def with_tone(rest: str, tone: str) -> str:
    """Return the toneless syllable `rest` with the Telex `tone` on its proper vowel (hóa, not hoá)."""
    if not tone:
        return rest
    start = 2 if re.match(r"(?:qu|gi)[aăâeêioôơuưy]", rest) else 0
    vowels = [i for i in range(start, len(rest)) if _bare(rest[i]) in "aeiouy"]
    if not vowels:
        return rest
    marked = [i for i in vowels if has_marks(rest[i])]
    closed = vowels[-1] < len(rest) - 1
    if marked:
        place = marked[-1]
    else:
        place = vowels[1] if len(vowels) > 2 or (closed and len(vowels) > 1) else vowels[0]  # noqa: PLR2004
    return unicodedata.normalize("NFC", rest[: place + 1] + _MARK_OF[tone] + rest[place + 1 :])


def _horn(base: str) -> str:
    if "uo" in base:
        return base.replace("uo", "ươ", 1)
    for plain, marked in (("o", "ơ"), ("u", "ư"), ("a", "ă")):
        if plain in base:
            return base.replace(plain, marked, 1)
    return base if any(char in base for char in "ơưă") else ""


def _is_whole(syllable: str) -> bool:
    """Whether `syllable` has the tone that its final consonant asks for."""
    return is_syllable(syllable) and not (syllable.endswith(_STOPS) and not split_tone(syllable)[1])


def from_telex(word: str) -> str:
    """Return the syllable that `word` spells in Telex ("ddaapj" → "đập"), or "" if none."""
    base = word.lower().replace("dd", "đ", 1)
    for double, marked in (("aa", "â"), ("ee", "ê"), ("oo", "ô")):
        base = base.replace(double, marked, 1)
    if "w" in base:
        base = _horn(base.replace("w", ""))
    tone = re.search(r"(?<=[^\W\d_])[sfrxj](?=[^aeiouyâêôăơư]*$)", base) or re.search(
        r"(?<=[aeiouyâêôăơư])[sfrxj](?=[aeiouyâêôăơư]\w?\w?$)", base
    )
    if tone:
        base = with_tone(base[: tone.start()] + base[tone.end() :], tone.group())
    return base if base != word.lower() and _is_whole(base) else ""


def from_vni(word: str) -> str:
    """Return the syllable that `word` spells in VNI ("d9a65p" → "đập"), or "" if none."""
    base = re.sub(r"[0-9]", "", word.lower())
    tone = ""
    for digit in re.findall(r"[0-9]", word):
        if digit == "9":
            base = base.replace("d", "đ", 1)
        elif digit == "6":
            base = re.sub(
                r"([aeo])(?!.*[aeo])", lambda found: "âêô"["aeo".index(found.group())], base, count=1
            )
        elif digit == "8":
            base = base.replace("a", "ă", 1)
        elif digit == "7":
            base = _horn(base)
        elif digit == "0":
            return ""
        else:
            tone += "sfrxj"[int(digit) - 1]
    if len(tone) > 1:
        return ""
    base = with_tone(base, tone)
    return base if base != word.lower() and _is_whole(base) else ""
