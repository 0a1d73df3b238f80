"""How people disturb a text on its way: the kinds of noise that matching is trained and measured with.

`disturb(text, kind, seed)` is deterministic: the same three give the same text on every machine. A clean text
goes in (NFC, marks in place); nothing else of the house is used here, so that no repair is measured with its
own tables.
"""

import random
import re
import unicodedata
from collections.abc import Callable
from typing import Final

from bench import noise_words

Noise = Callable[[str, random.Random], str]

_WORD = re.compile(r"[^\W\d_]+")
_VOWEL_TONES: Final = {"\u0301": "s", "\u0300": "f", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
_VNI_TONES: Final = dict(zip("sfrxj", "12345", strict=True))
_TELEX: Final = {"ă": "aw", "â": "aa", "đ": "dd", "ê": "ee", "ô": "oo", "ơ": "ow", "ư": "uw"}
_VNI: Final = {"ă": "a8", "â": "a6", "đ": "d9", "ê": "e6", "ô": "o6", "ơ": "o7", "ư": "u7"}
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _words(text: str, rng: random.Random, share: float, change: Callable[[str], str]) -> str:
    """Change each word with a chance of `share`."""
    return _WORD.sub(lambda found: change(found.group()) if rng.random() < share else found.group(), text)


def no_marks(text: str, _: random.Random) -> str:
    """Leave every mark out: "đập" is "dap"."""
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", bare).replace("đ", "d").replace("Đ", "D")


def decomposed(text: str, _: random.Random) -> str:
    """Write marks as characters of their own (NFD), as some telephones do."""
    return unicodedata.normalize("NFD", text)


def tone_placement(text: str, _: random.Random) -> str:
    """Write hoà and thuý for hòa and thúy."""

    def move(found: re.Match[str]) -> str:
        first, second = found.group()[0], found.group()[1]
        toned = unicodedata.normalize("NFD", first)
        return toned[0] + unicodedata.normalize("NFC", second + toned[1])

    written = r"(?<![qQ])([òóỏõọÒÓỎÕỌ])([aeAE])(?!\w)|(?<![qQ])([ùúủũụÙÚỦŨỤ])([yY])(?!\w)"
    return re.sub(written, move, text)


def lower(text: str, _: random.Random) -> str:
    """Write without capitals."""
    return text.lower()


def teencode(text: str, rng: random.Random) -> str:
    """Write as in chats: ko, dc, mn; f for ph, ending g for ng."""

    def short(found: re.Match[str]) -> str:
        options = noise_words.CHAT[found.group().lower()]
        return rng.choice(options) if rng.random() < 0.7 else found.group()

    def spelled(word: str) -> str:
        for pattern, written in noise_words.SPELLINGS:
            if re.search(pattern, word):
                return re.sub(pattern, written, word, count=1)
        return word

    return _words(noise_words.CHAT_PATTERN.sub(short, text), rng, 0.12, spelled)


def typos(text: str, rng: random.Random, share: float = 0.08) -> str:
    """Mistype letters: swapped, lost, doubled, or the neighbouring key, each in a quarter of cases."""
    chars, i = list(text), 0
    while i < len(chars):
        if chars[i].isalpha() and rng.random() < share:
            kind = rng.randrange(4)
            if kind == 0 and i + 1 < len(chars) and chars[i + 1].isalpha():
                chars[i], chars[i + 1] = chars[i + 1], chars[i]
                i += 1
            elif kind == 1:
                chars[i] = ""
            elif kind == 2:
                chars[i] *= 2
            else:
                chars[i] = _neighbour(chars[i], rng)
        i += 1
    return "".join(chars)


def _neighbour(char: str, rng: random.Random) -> str:
    plain = no_marks(char.lower(), rng)
    row = next((row for row in _ROWS if plain in row), "")
    if not row:
        return char
    at = row.index(plain)
    found = rng.choice(row[max(0, at - 1) : at] + row[at + 1 : at + 2])
    return found.upper() if char.isupper() else found


def _typed(word: str, letters: dict[str, str], tones: dict[str, str], rng: random.Random) -> str:
    """Return the keys that type `word`, tone at its vowel or at the end as people do."""
    if word.isupper() and len(word) > 1:
        return word  # an abbreviation
    plain, tone, at = "", "", 0
    for char in word.lower():
        parts = unicodedata.normalize("NFD", char)
        plain += unicodedata.normalize("NFC", "".join(part for part in parts if part not in _VOWEL_TONES))
        for part in parts:
            if part in _VOWEL_TONES:
                tone, at = tones.get(_VOWEL_TONES[part], _VOWEL_TONES[part]), len(plain)
    if rng.random() >= 0.3:  # most people type the tone last, the others after its vowel
        at = len(plain)
    keys = [letters.get(char, char) for char in plain]
    typed = "".join(keys[:at]) + tone + "".join(keys[at:])
    return typed.capitalize() if word[0].isupper() else typed


def telex(text: str, rng: random.Random, share: float = 0.5) -> str:
    """Leave half of the words as typed in Telex without an input method: "ddaapj"."""
    return _words(text, rng, share, lambda word: _typed(word, _TELEX, {}, rng))


def vni(text: str, rng: random.Random, share: float = 0.5) -> str:
    """Leave half of the words as typed in VNI: "d9a65p" or "d9a6p5"."""
    return _words(text, rng, share, lambda word: _typed(word, _VNI, _VNI_TONES, rng))


def taken_apart(text: str, rng: random.Random, share: float = 0.35) -> str:
    """Put dots, blanks or invisible characters into a third of the words, to slip past filters."""

    def apart(word: str) -> str:
        if len(word) < 2:
            return word
        kind, at = rng.randrange(4), rng.randrange(1, len(word))
        if kind == 0:
            return ".".join(word)
        if kind == 1:
            return word[:at] + rng.choice((".", "-", "*")) + word[at:]
        if kind == 2:
            return " ".join(word)
        return word[:at] + rng.choice(("\u200b", "\u200d", "\u2060", "\u00ad")) + word[at:]

    return _words(text, rng, share, apart)


def shouted(text: str, rng: random.Random) -> str:
    """Write in capitals with pictures and heaps of exclamation marks."""
    words = text.upper().split(" ")
    with_pictures = [
        word + (" " + rng.choice(noise_words.PICTURES) * rng.randint(1, 3) if rng.random() < 0.15 else "")
        for word in words
    ]
    return " ".join(with_pictures) + "!" * rng.randint(1, 4) + rng.choice(noise_words.PICTURES) * 2


def chatter(text: str, rng: random.Random) -> str:
    """Say something before and after that is not about the matter."""
    return f"{rng.choice(noise_words.BEFORE)} {text} {rng.choice(noise_words.AFTER)}"


def look_alikes(text: str, rng: random.Random, share: float = 0.4) -> str:
    """Write two fifths of the letters that have a Cyrillic or Greek twin with that twin."""
    return "".join(
        noise_words.TWINS[char] if char in noise_words.TWINS and rng.random() < share else char
        for char in text
    )


def ocr(text: str, rng: random.Random, share: float = 0.06) -> str:
    """Read letters wrong as character recognition does: marks confused or lost, l for i, blanks moved."""
    out = []
    for char in text:
        if rng.random() >= share:
            out.append(char)
        elif char in noise_words.MISREAD:
            out.append(rng.choice(noise_words.MISREAD[char]))
        elif char == " ":
            out.append("" if rng.random() < 0.5 else "  ")
        elif not char.isascii():
            out.append(_other_mark(char, rng))
        else:
            out.append(char)
    return "".join(out)


def _other_mark(char: str, rng: random.Random) -> str:
    parts = unicodedata.normalize("NFD", char)
    kept = [part for part in parts if part not in _VOWEL_TONES]
    tone = rng.choice(["", *_VOWEL_TONES])
    return unicodedata.normalize("NFC", "".join(kept) + tone) if char.isalpha() else char


def dropped(text: str, rng: random.Random, share: float = 0.35) -> str:
    """Lose a third of the words."""
    words = text.split()
    kept = [word for word in words if rng.random() >= share]
    return " ".join(kept or words[:1])


def _after_another(*steps: Noise) -> Noise:
    def all_of(text: str, rng: random.Random) -> str:
        for step in steps:
            text = step(text, rng)
        return text

    return all_of


KINDS: Final[dict[str, Noise]] = {
    "none": lambda text, _: text,
    "no_marks": no_marks,
    "nfd": decomposed,
    "tone_placement": tone_placement,
    "lower": lower,
    "teencode": teencode,
    "teencode_no_marks": _after_another(teencode, no_marks),
    "typos": typos,
    "typos_no_marks": _after_another(typos, no_marks),
    "telex": telex,
    "vni": vni,
    "taken_apart": taken_apart,
    "shouted": shouted,
    "chatter": chatter,
    "look_alikes": look_alikes,
    "ocr": ocr,
    "dropped": dropped,
    "all": _after_another(teencode, no_marks, typos, chatter),
}


def disturb(text: str, kind: str, seed: int | str) -> str:
    """Return `text` with the noise `kind`, one of `KINDS`. Equal arguments give equal results."""
    name = f"{kind}:{seed}:{text}".encode(errors="replace")
    return KINDS[kind](text, random.Random(name))  # noqa: S311  invented noise, no secrets
