"""What a flood is made of: programs with and without proof, templates, gibberish, pasted sentences."""

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import noise
from corpus import places

_HERE: Final = Path(__file__).parent
_OURS: Final = ("docs/huong-dan/*.md", "publish/templates/publish/*.html", "intake/templates/intake/*.html")
HONEST: Final = 100
# Shares of the junk: (kind, share, with proof). "few": from three addresses; the others from one each.
MIX: Final = (
    ("program", 0.4, False),
    ("few", 0.2, True),
    ("template", 0.2, True),
    ("gibberish", 0.1, True),
    ("pasted", 0.1, True),
)
# Another mixture, which knows the province: fluent, with its places, and made from honest reports.
LOCAL: Final = (
    ("program", 0.2, False),
    ("template", 0.1, True),
    ("comment", 0.2, True),
    ("placed", 0.25, True),
    ("altered", 0.15, True),
    ("advert", 0.1, True),
)
MIXES: Final = {"usual": MIX, "local": LOCAL}
_TEMPLATES: Final = (
    "Tin nóng: vừa xảy ra {what} tại {place}, {n} người thiệt mạng, chia sẻ gấp cho người thân biết",
    "{place}: {what} lúc {h} giờ sáng nay, {n} người mất tích, họ giấu không cho báo chí đưa tin đâu",
    "Bà con {place} chú ý, sắp có {what} trong {h} giờ tới, rút hết tiền ngân hàng, mua {n} cân gạo",
    "Mình ở {place} đây, {what} thật rồi, {n} nhà bị ảnh hưởng, ai có người quen gọi ngay số 09{h}{n}12345",
)
_WHATS: Final = (
    "vỡ đập",
    "cháy chợ",
    "sập cầu",
    "lũ quét",
    "nổ kho gas",
    "dịch lạ",
    "động đất",
    "sạt lở núi",
)
_CALLS: Final = (
    "thật không vậy trời",
    "hóng quá",
    "ai biết chỉ với",
    "sợ ghê",
    "chia sẻ đi mọi người",
    "tin chuẩn chưa",
    "nghe mà run",
    "đăng lại cho mọi người xem",
    "vãi thật",
    "cập nhật đi ad ơi",
    "ở đâu đấy",
    "cầu mong bình an",
)
_GOODS: Final = (
    "xe máy cũ",
    "gạo nếp",
    "áo khoác",
    "điện thoại",
    "mật ong rừng",
    "bàn ghế gỗ",
    "chó con",
    "sim số đẹp",
)
_PLACELESS: Final = (15, 18, 23)  # stories
_KINDS: Final = ("no_marks", "teencode", "chatter", "typos", "shouted", "lower", "telex")


@dataclass(frozen=True)
class Post:
    """One report of the simulation."""

    text: str
    kind: str  # of junk, or "honest"
    address: str
    proven: bool
    place: str | None = None  # chosen on the form
    seen_where: str | None = None
    url: str | None = None
    story: int = -1


def stories() -> list[list[str]]:
    """Return thirty invented rumours of the province, each told in two ways."""
    told: list[list[str]] = json.loads((_HERE / "data" / "stories.json").read_text("utf-8"))
    return told


def honest(seed: int = 7) -> list[Post]:
    """Return a hundred reports of them: both tellings, and copies as people pass them on; all with proof.

    Of those that name no place half choose one on the form.
    """
    rng, told = random.Random(seed), stories()  # noqa: S311  invented texts, no secrets
    texts = [(number, text) for number, story in enumerate(told) for text in story]
    while len(texts) < HONEST:
        number = len(texts) % len(told)
        texts.append((number, noise.disturb(told[number][0], _KINDS[len(texts) % len(_KINDS)], len(texts))))
    rng.shuffle(texts)
    return [_reported(number, text, rng) for number, text in texts]


def _reported(story: int, text: str, rng: random.Random) -> Post:
    chosen = rng.choice(places.communes()).name if story in _PLACELESS and rng.random() < 0.5 else None
    seen = rng.choice((None, "facebook", "zalo"))
    return Post(text, "honest", address(rng), True, place=chosen, seen_where=seen, story=story)


Mix = Sequence[tuple[str, float, bool]]


def junk(count: int, seed: int = 8, mix: Mix = MIX) -> list[Post]:
    """Return `count` posts of junk in the mixture `mix`, shuffled."""
    rng = random.Random(seed)  # noqa: S311  invented texts, no secrets
    pasted = _sentences()
    few = [f"113.160.{i}.7" for i in range(3)]
    made: list[Post] = []
    for kind, share, proven in mix:
        for number in range(round(count * share)):
            text = _text(kind, rng, pasted)
            made.append(Post(text, kind, few[number % 3] if kind == "few" else address(rng), proven))
    rng.shuffle(made)
    return made


def mixed(count: int, seed: int = 8, mix: Mix = MIX) -> list[Post]:
    """Return `count` posts of junk with the honest reports spread evenly among them."""
    posts: list[Post] = junk(count, seed, mix)
    true = honest(seed - 1)
    step = len(posts) / len(true)
    for number, one in reversed(list(enumerate(true))):
        posts.insert(int((number + 0.5) * step), one)
    return posts


def copies(texts: list[str], count: int) -> Iterator[tuple[int, Post]]:
    """Yield `count` edited copies of `texts` in turn, each with the number of its text."""
    rng = random.Random(9)  # noqa: S311  invented noise, no secrets
    kinds = [kind for kind in noise.KINDS if kind != "dropped"]  # that one loses the very name of the dam
    for number in range(count):
        which = number % len(texts)
        text = noise.disturb(texts[which], kinds[number // len(texts) % len(kinds)], number)
        yield which, Post(text, "copy", address(rng), True)


def address(rng: random.Random) -> str:
    """Return an address of some network of its own."""
    return f"{rng.choice((14, 27, 42, 113, 115, 118, 171))}.{rng.randrange(256)}.{rng.randrange(256)}.9"


def _text(kind: str, rng: random.Random, pasted: list[str]) -> str:
    if kind == "pasted":
        return f"{rng.choice(pasted)} {rng.choice(pasted)}"
    if kind in _LOCAL:
        return _LOCAL[kind](rng, pasted)
    return _gibberish(rng) if kind == "gibberish" else _filled(rng)


def _filled(rng: random.Random) -> str:
    place = rng.choice(places.communes()).name
    what, hour, number = rng.choice(_WHATS), rng.randrange(10, 24), rng.randrange(10, 99)
    return rng.choice(_TEMPLATES).format(what=what, place=place, h=hour, n=number)


def _gibberish(rng: random.Random) -> str:
    return " ".join(
        "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randrange(2, 9))) for _ in range(20)
    )


def _commented(rng: random.Random, _pasted: list[str]) -> str:
    """Return what people call out under a post: made of words, tells nothing."""
    return " ".join(rng.choice(_CALLS) for _ in range(rng.randrange(2, 6)))


def _placed(rng: random.Random, pasted: list[str]) -> str:
    """Return a fluent sentence that concerns nothing here, with a place of the province."""
    place = rng.choice(places.communes()).name
    return rng.choice(("Ở {p}: {s}", "{s} Tôi ở {p}.", "{p} hôm nay. {s}")).format(
        p=place, s=rng.choice(pasted)
    )


def _altered(rng: random.Random, _pasted: list[str]) -> str:
    """Return an honest report with other numbers, another place in front, words lost or repeated."""
    words = rng.choice(rng.choice(stories())).split()
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(words))
        words[at : at + 1] = rng.choice(
            ([], [words[at], words[at]], [str(rng.randrange(2, 90))], [rng.choice(words)])
        )
    start = f"{rng.choice(places.communes()).name}: " if rng.random() < 0.5 else ""
    return start + " ".join(words)


def _advertised(rng: random.Random, _pasted: list[str]) -> str:
    place = rng.choice(places.communes()).name
    what, number = rng.choice(_GOODS), rng.randrange(100, 999)
    link = f"http://shop{rng.randrange(10_000)}.example/{number}"
    phone = f"09{number}{number}12"
    return f"Thanh lý {what} giá chỉ {number} nghìn, giao tận nơi tại {place}, liên hệ {phone}, xem {link}"


_LOCAL: Final = {"comment": _commented, "placed": _placed, "altered": _altered, "advert": _advertised}


def _sentences() -> list[str]:
    """Return sentences of our own pages: fluent Vietnamese that reports nothing."""
    root = _HERE.parent
    found: dict[str, None] = {}
    for pattern in _OURS:
        for path in sorted(root.glob(pattern)):
            plain = re.sub(r"\{[#%{].*?[#%}]\}|<[^>]*>|[*`#|]", " ", path.read_text("utf-8"), flags=re.DOTALL)
            for sentence in re.split(r"(?<=[.?!])\s+|\n\n", plain):
                words = " ".join(sentence.split())
                if 40 < len(words) < 300 and not words.isascii():
                    found[words] = None
    return list(found)
