"""What happens to a text between two people: the noise that the student of `distil` learns to see through.

These makings are for learning only; what is measured elsewhere is made by other hands (`bench/noise.py`).
"""

import random
import unicodedata
from collections.abc import Callable

from corpus.syllables import fold

Noise = Callable[[str, random.Random], str]

_SHORT = {
    "không": ["ko", "k", "hok", "kg", "hông"],
    "được": ["dc", "đc", "đươc"],
    "người": ["ng", "ngừi"],
    "với": ["vs", "zới"],
    "mọi": ["mn", "mọi"],
    "biết": ["bit", "bít"],
    "gì": ["j", "ji"],
    "rồi": ["r", "rùi"],
    "trong": ["trg"],
    "những": ["nhữg", "nhg"],
    "nhưng": ["nhưg"],
    "vậy": ["v", "z"],
    "bây giờ": ["bjo", "h"],
    "tiền": ["xiền"],
    "việt nam": ["vn"],
    "công an": ["ca", "cax"],
    "điện thoại": ["đt", "dt"],
    "thông tin": ["tt"],
    "giờ": ["h"],
    "ngày": ["ngay", "ng"],
    "thôi": ["thui"],
    "chồng": ["ck"],
    "vợ": ["vk"],
    "luôn": ["lun"],
    "quá": ["wá", "qá"],
    "quan": ["wan"],
    "trước": ["trc"],
    "phải": ["fai", "p"],
    "cũng": ["cug", "cx"],
    "bệnh viện": ["bv"],
    "học sinh": ["hs"],
    "thành phố": ["tp"],
    "xã hội": ["xh"],
    "facebook": ["fb", "phây"],
}
_BEFORE = (
    "Mọi người ơi,",
    "Cả nhà cho em hỏi",
    "Tin nóng:",
    "CHIA SẺ GẤP!",
    "Nghe nói",
    "Admin duyệt giúp ạ.",
    "Ai ở gần đó xác nhận giúp với,",
    "Chuyển tiếp từ nhóm Zalo khu phố:",
    "Trời ơi",
    "Khẩn!!!",
    "Thấy trên tóp tóp bảo là",
    "Đề nghị cơ quan chức năng kiểm tra:",
    "Bạn mình gửi:",
    "Is it true that",
    "Breaking:",
    "听说",
    "紧急通知：",
)
_AFTER = (
    "có đúng không ạ?",
    "mn chia sẻ cho nhiều người biết nhé",
    "thật hay giả vậy?",
    "Sợ quá!",
    "đừng để ai bị lừa nữa",
    "Nguồn: nhóm cư dân.",
    "hic",
    "Xin cảm ơn.",
    "cập nhật liên tục tại đây",
    "gửi ngay cho 10 người",
    "is this real?",
    "please share",
    "是真的吗？",
)
_KEYS = {
    "a": "sqz",
    "b": "vgn",
    "c": "xdv",
    "d": "sfe",
    "e": "wrd",
    "g": "fht",
    "h": "gjy",
    "i": "uok",
    "k": "jli",
    "l": "kop",
    "m": "njk",
    "n": "bmh",
    "o": "ipl",
    "p": "ol",
    "q": "wa",
    "r": "etf",
    "s": "adw",
    "t": "ryg",
    "u": "yij",
    "v": "cbf",
    "x": "zcs",
    "y": "tuh",
}
_SEEN = {
    "l": "1I",
    "o": "0",
    "i": "l1",
    "n": "ri",
    "m": "rn",
    "h": "b",
    "c": "e",
    "e": "c",
    "u": "ii",
    "g": "q",
    "s": "5",
}
_LOOKS = {"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "x": "х", "i": "і", "y": "у", "h": "һ", "d": "ԁ"}
_TONES = {"\u0300": "f", "\u0301": "s", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
_SHAPES = {"\u0302": None, "\u0306": "w", "\u031b": "w"}
_PICTURES = "😱🔥❗️😡🙏👉📢⚠️😭"


def unmarked(text: str, rng: random.Random) -> str:
    """Drop all marks, and sometimes the capitals and signs too."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    plain = plain.replace("đ", "d").replace("Đ", "D")
    return fold(text) if rng.random() < 0.4 else plain


def partly_unmarked(text: str, rng: random.Random) -> str:
    """Drop the marks of some words."""
    return " ".join(unmarked(word, rng) if rng.random() < 0.5 else word for word in text.split())


def mistyped(text: str, rng: random.Random) -> str:
    """Miss, double, swap and drop about one letter in fourteen."""
    out = list(text)
    for at in range(len(out) - 1):
        if not out[at].isalpha() or rng.random() > 0.07:
            continue
        way = rng.randrange(4)
        if way == 0:
            out[at], out[at + 1] = out[at + 1], out[at]
        elif way == 1:
            out[at] = ""
        elif way == 2:
            out[at] *= 2
        else:
            out[at] = rng.choice(_KEYS.get(out[at].lower(), out[at]))
    return "".join(out)


def misread(text: str, rng: random.Random) -> str:
    """Confuse letters and marks as a machine does that reads pictures."""
    out = []
    for char in text:
        if rng.random() > 0.09 or not char.isalpha():
            out.append(char)
        elif rng.random() < 0.5 and char.lower() in _SEEN:
            out.append(rng.choice(_SEEN[char.lower()]))
        else:
            out.append(unicodedata.normalize("NFD", char)[0])
    return "".join(out)


def chatted(text: str, rng: random.Random) -> str:
    """Write as in a chat: short forms, no capitals."""
    lowered = " " + text.lower() + " "
    for word, shorts in _SHORT.items():
        if rng.random() < 0.8:
            lowered = lowered.replace(f" {word} ", f" {rng.choice(shorts)} ")
    return lowered.strip()


def wrapped(text: str, rng: random.Random) -> str:
    """Put what people say before and after."""
    before = rng.choice(_BEFORE) if rng.random() < 0.75 else ""
    after = rng.choice(_AFTER) if rng.random() < 0.75 else ""
    body = text[0].lower() + text[1:] if before and text and rng.random() < 0.5 else text
    return f"{before} {body} {after}".strip()


def thinned(text: str, rng: random.Random) -> str:
    """Leave out a third of the words."""
    kept = [word for word in text.split() if rng.random() > 0.33]
    return " ".join(kept) if len(kept) > 2 else text


def cropped(text: str, rng: random.Random) -> str:
    """Keep a stretch of the words: the beginning, the middle or the end."""
    words = text.split()
    if len(words) < 10:
        return text
    size = rng.randint(len(words) // 2, len(words) - 2)
    start = rng.randint(0, len(words) - size)
    return " ".join(words[start : start + size])


def typed_by_keys(text: str, rng: random.Random) -> str:
    """Leave the keys of Telex in some words."""
    words = []
    for word in text.split():
        if rng.random() > 0.5:
            words.append(word)
            continue
        out, tail = "", ""
        for char in unicodedata.normalize("NFD", word):
            if char in _TONES:
                tail = _TONES[char]
            elif char in _SHAPES:
                out += _SHAPES[char] or out[-1:]
            else:
                out += {"đ": "dd", "Đ": "DD"}.get(char, char)
        words.append(out + tail)
    return " ".join(words)


def dotted(text: str, rng: random.Random) -> str:
    """Spell some words out with dots or blanks between the letters."""
    mark = rng.choice([".", " ", "\u200b", "-", "*"])
    return " ".join(
        mark.join(word) if len(word) > 2 and rng.random() < 0.3 else word for word in text.split()
    )


def disguised(text: str, rng: random.Random) -> str:
    """Put letters of other scripts that look alike."""
    return "".join(_LOOKS.get(char, char) if rng.random() < 0.4 else char for char in text)


def shouted(text: str, rng: random.Random) -> str:
    """Shout, with pictures."""
    loud = text.upper() if rng.random() < 0.7 else text
    return "".join(rng.choice(_PICTURES) for _ in range(3)) + " " + loud + " " + rng.choice(_PICTURES) * 2


def untouched(text: str, _rng: random.Random) -> str:
    """Leave it."""
    return text


SINGLE: tuple[tuple[Noise, int], ...] = (
    (untouched, 2),
    (unmarked, 4),
    (partly_unmarked, 2),
    (mistyped, 5),
    (misread, 4),
    (chatted, 3),
    (wrapped, 5),
    (thinned, 4),
    (cropped, 2),
    (typed_by_keys, 1),
    (dotted, 1),
    (disguised, 1),
    (shouted, 2),
)


def noised(text: str, rng: random.Random) -> str:
    """Return `text` with one to four kinds of noise, the same for the same state of `rng`."""
    kinds, weights = zip(*SINGLE, strict=True)
    count = rng.choices((1, 2, 3, 4), (55, 25, 13, 7))[0]
    for kind in sorted(set(rng.choices(kinds, weights, k=count)), key=kinds.index, reverse=True):
        text = kind(text, rng)
    return text


def heaped(text: str, rng: random.Random) -> str:
    """Return `text` as hasty people send it: chat spellings, no marks, mistyped, with words around it."""
    steps: list[Noise] = [chatted, unmarked, mistyped]
    steps.insert(rng.choice((0, len(steps))), wrapped)  # what stands around it suffers too, or does not
    for step in steps:
        text = step(text, rng)
    return text
