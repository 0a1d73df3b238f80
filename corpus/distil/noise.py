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
# What people say around a rumour, by what it does; a report takes some of each.
_ADDRESS = (
    "Mọi người ơi", "Cả nhà ơi", "Bà con ơi", "Anh chị em ơi", "Các bác ạ", "Admin ơi", "Ad cho em hỏi",
    "Kính gửi Trung tâm", "Chào anh chị", "Các mẹ ơi", "Mấy bạn ở gần đây", "Các bác trong nhóm",
    "Em chào cán bộ", "Cô chú ơi", "Anh em ơi", "Thưa các anh các chị", "Hello mọi người", "大家好", "Hi all",
)  # fmt: skip
_FEELING = (
    "trời ơi", "sợ quá", "hoang mang quá", "bức xúc thật sự", "nghe mà rùng mình", "không tin nổi",
    "khổ thân", "lo quá không ngủ được", "buồn ghê", "đọc mà giật mình", "ghê thật", "thấy bất an quá",
    "haizz", "omg",
)  # fmt: skip
_HEARSAY = (
    "nghe nói", "nghe đâu", "thấy bảo", "thấy trên tóp tóp", "đọc được trên mạng", "bạn em gửi cho",
    "hàng xóm kể", "nhóm Zalo của xóm đang truyền", "sáng nay ai cũng nói", "có người đăng lên phây",
    "con em ở trường về kể", "mẹ em vừa gọi về bảo", "chợ đang đồn ầm lên", "một trang lạ đưa tin",
    "em vừa nhận được tin nhắn", "có video quay lại cảnh", "chuyển tiếp từ nhóm khu phố", "tin nóng",
    "khẩn cấp", "cập nhật mới nhất", "người quen làm trong ngành nói", "ông anh họ bảo chắc chắn",
    "Breaking", "somebody told me that", "I saw a post saying", "听说", "朋友发来的消息", "紧急通知",
)  # fmt: skip
_QUESTION = (
    "có đúng không ạ", "thật hay giả vậy", "có thật không", "ai biết chuyện này không", "thực hư thế nào ạ",
    "xin cho biết có phải vậy không", "ai ở gần đó xác nhận giúp", "có phải tin giả không",
    "nhờ cơ quan kiểm tra giúp", "đề nghị làm rõ", "mong sớm trả lời để bà con yên tâm", "nên tin không",
    "có ai gặp chưa", "is this real", "can anyone confirm", "是真的吗", "有人知道吗",
)  # fmt: skip
_REQUEST = (
    "chia sẻ cho nhiều người biết nhé", "đừng để ai bị lừa nữa", "gửi ngay cho người thân", "share mạnh vào",
    "mọi người cẩn thận", "ai đọc được thì báo cho nhau", "giữ gìn sức khỏe nhé", "hạn chế ra đường nha",
    "copy rồi gửi đi các nhóm", "tag bạn bè vào đây", "theo dõi trang để cập nhật", "please share", "请转发",
)  # fmt: skip
_ENDING = (
    "em cảm ơn", "xin cảm ơn Trung tâm", "cảm ơn mọi người đã đọc", "hic", "huhu", "thế thôi ạ", "chán thật",
    "nguồn: nhóm cư dân", "tin chuẩn nhé", "em không dám chắc", "đọc cho biết thôi", "ảnh em để bên dưới",
    "em mới vào nhóm nên chưa rõ", "có gì sai mong bỏ qua", "chúc cả nhà một ngày vui vẻ", "thanks all",
)  # fmt: skip
_BEFORE = ((_ADDRESS, 0.45), (_FEELING, 0.3), (_HEARSAY, 0.6))
_AFTER = ((_QUESTION, 0.55), (_FEELING, 0.15), (_REQUEST, 0.4), (_ENDING, 0.35))
_SIGNS = (", ", ". ", " ", "!!! ", " - ", ": ", "... ")
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
_AROUND = 0.75  # share of heaped texts with words around them
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
    before, after = _said(_BEFORE, rng), _said(_AFTER, rng)
    body = text[0].lower() + text[1:] if before and text and rng.random() < 0.5 else text
    return before + body + (rng.choice(_SIGNS) + after if after else "")


def _said(parts: tuple[tuple[tuple[str, ...], float], ...], rng: random.Random) -> str:
    said = [rng.choice(words) for words, chance in parts if rng.random() < chance]
    return "".join(words + rng.choice(_SIGNS) for words in said)


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
    """Return `text` as hasty people send it: chat spellings, no marks, mistyped, mostly with words around."""
    steps: list[Noise] = [chatted, unmarked, mistyped]
    if rng.random() < _AROUND:
        steps.insert(rng.choice((0, len(steps))), wrapped)  # what stands around it suffers too, or does not
    for step in steps:
        text = step(text, rng)
    return text
