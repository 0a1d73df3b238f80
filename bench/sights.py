"""Pictures of our own to measure with: rumours as people pass them on, and what is done to them.

Thresholds were chosen with `SEEN`; the families of `UNSEEN` were not looked at while choosing. The font
is that of the pages (Be Vietnam Pro), in the three pieces that the web needs.
"""

import io
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

_FONTS: Final = Path(__file__).parent.parent / "app" / "static" / "fonts"
_PLACES: Final = [
    "Cốc Lếu",
    "Kim Thành",
    "Phố Lu",
    "Bát Xát",
    "Sa Pa",
    "Bắc Hà",
    "Mường Khương",
    "Văn Bàn",
    "Bảo Yên",
    "Y Tý",
]
_THINGS: Final = [
    "cầu",
    "đập thủy điện",
    "trường tiểu học",
    "chợ phiên",
    "bến xe",
    "nhà máy nước",
    "đường tỉnh 155",
]
_EVENTS: Final = [
    "vừa bị sập",
    "đã vỡ hoàn toàn",
    "phải đóng cửa",
    "bị cháy lớn",
    "ngập sâu hai mét",
    "bị phong tỏa",
]
_ENDS: Final = [
    "mọi người tránh xa và báo cho người thân ngay",
    "chính quyền chưa thông báo gì cả",
    "nhiều người phải đi cấp cứu",
    "ai có người nhà ở đó thì gọi điện hỏi thăm nhé",
    "nghe nói do xả lũ ban đêm",
    "giá xăng sẽ tăng gấp đôi từ mai",
]
Sight = Image.Image
Chance = random.Random
Maker = Callable[[Chance], Sight]


def seeded(seed: int) -> Chance:
    """Return chance that falls the same way every time."""
    return random.Random(seed)  # noqa: S311  pictures, not secrets


@cache
def _faces(size: int, weight: int) -> list[ImageFont.FreeTypeFont]:
    parts = ("latin", "latin-ext", "vietnamese")
    return [ImageFont.truetype(_FONTS / f"be-vietnam-pro-{part}-{weight}.woff2", size) for part in parts]


@cache
def _face(char: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    """Return the piece of the font that has `char`: the one that does not draw its box for missing ones."""
    for face in _faces(size, weight):
        if bytes(face.getmask(char)) != bytes(face.getmask("\uffff")) or char == " ":
            return face
    return _faces(size, weight)[0]


def write(
    image: Sight,
    at: tuple[int, int],
    text: str,
    size: int,
    *,
    ink: str = "#1d2027",
    weight: int = 400,
    width: int = 10**6,
) -> int:
    """Write `text` from the upper left corner `at`, in lines of at most `width` pixels; return its end."""
    draw, (left, top) = ImageDraw.Draw(image), at
    x = left
    for word in text.split(" "):
        letters = [(char, _face(char, size, weight)) for char in word + " "]
        if x > left and x + sum(face.getlength(char) for char, face in letters) > left + width:
            x, top = left, top + int(size * 1.45)
        for char, face in letters:
            draw.text((x, top), char, font=face, fill=ink)
            x += round(face.getlength(char))
    return top + int(size * 1.45)


def rumour(chance: Chance) -> str:
    """Return a sentence of the kind that goes round; made up."""
    return (
        f"{chance.choice(('Nóng', 'Khẩn', 'Tin mới', 'Cảnh báo'))}: {chance.choice(_THINGS)} "
        f"{chance.choice(_PLACES)} "
        f"{chance.choice(_EVENTS)} lúc {chance.randrange(1, 24)} giờ "
        f"ngày {chance.randrange(1, 29)}/{chance.randrange(1, 13)}, "
        f"{chance.choice(_ENDS)}"
    )


def gradient(size: tuple[int, int], chance: Chance) -> Sight:
    """Return a field of colours without anything in it."""
    small = np.array(
        [[[chance.randrange(40, 255) for _ in range(3)] for _ in range(3)] for _ in range(3)], np.uint8
    )
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def scene(size: tuple[int, int], chance: Chance, standing: Chance | None = None) -> Sight:
    """Something like a photograph: noise of many scales, hills, houses, water.

    `standing` puts other houses into the same land.
    """
    rng = np.random.default_rng(chance.randrange(2**32))
    field = np.zeros((size[1], size[0], 3), np.float32)
    for cells in (3, 7, 17, 43, 120):
        noise = rng.normal(0, 60 / cells**0.45, (max(2, cells * size[1] // size[0] + 1), cells, 3))
        layer = [
            np.asarray(
                Image.fromarray(noise[..., c].astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
            )
            for c in range(3)
        ]
        field += np.stack(layer, axis=-1)
    image = Image.fromarray(np.clip(field + 125, 0, 255).astype(np.uint8))
    draw, chance = ImageDraw.Draw(image), standing or chance
    for _ in range(chance.randrange(6, 14)):
        x, y = chance.randrange(size[0]), chance.randrange(size[1] // 3, size[1])
        w, h = chance.randrange(size[0] // 20, size[0] // 5), chance.randrange(size[1] // 20, size[1] // 4)
        tone = tuple(chance.randrange(256) for _ in range(3))
        draw.rectangle((x, y, x + w, y + h), fill=tone, outline="black", width=2)
        draw.polygon(((x - 8, y), (x + w // 2, y - h // 2), (x + w + 8, y)), fill=tuple(reversed(tone)))
    return image


def card(chance: Chance, text: str = "") -> Sight:
    """White words on a field of colours, as such cards are made by the hundred."""
    image = gradient((1080, chance.choice((1080, 1350, 608))), seeded(chance.randrange(4)))
    image = ImageEnhance.Brightness(image).enhance(0.45)
    write(image, (80, 120), "TIN NÓNG LÀO CAI", 44, ink="#ffd84d", weight=600)
    write(image, (80, 220), text or rumour(chance), 58, ink="white", weight=600, width=900)
    return image


def post(chance: Chance, text: str = "", photo: Sight | None = None) -> Sight:
    """Return a post in a phone's screenshot: bars, a name, words, a picture."""
    image = Image.new("RGB", (1080, 2280), "white")
    draw = ImageDraw.Draw(image)
    write(image, (60, 30), f"{chance.randrange(24)}:{chance.randrange(10, 60)}", 36, weight=600)
    draw.rectangle((0, 90, 1080, 210), fill="#1877f2")
    write(image, (60, 125), "mạng xã hội", 48, ink="white", weight=600)
    draw.ellipse((50, 250, 150, 350), fill="#c9ccd1")
    write(image, (180, 255), "Tin tức quê mình", 38, weight=600)
    write(image, (180, 305), f"{chance.randrange(2, 59)} phút", 30, ink="#65676b")
    end = write(image, (50, 390), text or rumour(chance), 44, width=980)
    image.paste((photo or scene((1080, 900), chance)).resize((1080, 900)), (0, end + 30))
    write(
        image,
        (60, end + 980),
        f"{chance.randrange(9, 999)} bình luận · {chance.randrange(9, 999)} chia sẻ",
        32,
        ink="#65676b",
    )
    draw.line((0, end + 1050, 1080, end + 1050), fill="#dddddd", width=3)
    return image


def photo(chance: Chance) -> Sight:
    """Return a photograph."""
    return scene(chance.choice(((1280, 960), (960, 1280), (1600, 900))), chance)


def chart(chance: Chance) -> Sight:
    """Return a map-like picture: lines, areas, names."""
    image = Image.new("RGB", (1200, 900), "#eef0e6")
    draw = ImageDraw.Draw(image)
    for _ in range(24):
        points = [(chance.randrange(-50, 1250), chance.randrange(-50, 950)) for _ in range(4)]
        if chance.random() < 0.4:
            draw.polygon(points, fill=chance.choice(("#d5e3c4", "#c4d9ec", "#efe3c8")))
        else:
            draw.line(
                points, fill=chance.choice(("#b58b3f", "#6c8ebf", "#999999")), width=chance.randrange(2, 9)
            )
    for _ in range(9):
        write(image, (chance.randrange(1000), chance.randrange(850)), chance.choice(_PLACES), 28)
    return image


def chat(chance: Chance, text: str = "") -> Sight:
    """Return a conversation in a messenger."""
    image = Image.new("RGB", (1080, 1920), "#e3e7ee")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 1080, 160), fill="#0068ff")
    write(image, (140, 60), "Nhóm tổ dân phố", 46, ink="white", weight=600)
    top = 220
    for words in (text or rumour(chance), rumour(chance), "Có thật không cả nhà?"):
        copy = image.copy()
        end = write(copy, (90, top + 30), words, 40, width=800)
        draw.rounded_rectangle((60, top, 930, end + 30), 30, fill="white")
        write(image, (90, top + 30), words, 40, width=800)
        top = end + 80
    return image


def notice(chance: Chance, text: str = "") -> Sight:
    """Return a page with a heading and paragraphs, as forged notices look."""
    image = Image.new("RGB", (1240, 1754), "#fdfdf8")
    write(image, (150, 120), "THÔNG BÁO KHẨN", 54, weight=600)
    top = 240
    for _ in range(chance.randrange(3, 6)):
        top = write(image, (150, top), text or rumour(chance), 36, width=940) + 30
        text = ""
    ImageDraw.Draw(image).ellipse((820, top + 40, 1040, top + 260), outline="#c03030", width=8)
    return image


def real_photo(chance: Chance) -> Sight:
    """Return a part of one of two photographs that come with scikit-learn."""
    from sklearn.datasets import load_sample_image  # noqa: PLC0415

    whole = Image.fromarray(load_sample_image(chance.choice(("china.jpg", "flower.jpg"))))
    left, top = chance.randrange(0, 240), chance.randrange(0, 127)
    return whole.crop((left, top, left + 400, top + 300)).resize((1200, 900), Image.Resampling.LANCZOS)


SEEN: Final[dict[str, Maker]] = {
    "card": card,
    "post": post,
    "photo": photo,
    "chart": chart,
}
UNSEEN: Final[dict[str, Maker]] = {
    "chat": chat,
    "notice": notice,
    "real photo": real_photo,
}


# --- what happens to a picture on its way ---------------------------------------------------------


def encoded(image: Sight, form: str = "JPEG", **options: int) -> bytes:
    """Return `image` as a file."""
    written = io.BytesIO()
    image.convert("RGB").save(written, form, **options)
    return written.getvalue()


def again(image: Sight, quality: int) -> Sight:
    """Return `image` after a lossy encoding."""
    return Image.open(io.BytesIO(encoded(image, quality=quality))).convert("RGB")


def _resized(image: Sight, share: float, quality: int = 85) -> Sight:
    size = (max(1, int(image.width * share)), max(1, int(image.height * share)))
    return again(image.resize(size, Image.Resampling.BICUBIC), quality)


def _cropped(image: Sight, share: float, chance: Chance) -> Sight:
    left, right = (chance.uniform(0, share) * image.width for _ in range(2))
    top, bottom = (chance.uniform(share / 2, share) * image.height for _ in range(2))
    return image.crop((int(left), int(top), image.width - int(right), image.height - int(bottom)))


def _bannered(image: Sight, share: float, chance: Chance, *, below: bool = False) -> Sight:
    height = int(share * image.height)
    whole = Image.new(
        "RGB", (image.width, image.height + height), chance.choice(("#c01818", "#102a5c", "black", "white"))
    )
    whole.paste(image, (0, 0 if below else height))
    size = max(18, min(height // 3, image.width // 22))
    at = (image.width // 20, (image.height if below else 0) + height // 4)
    write(
        whole,
        at,
        chance.choice(("XEM NGAY KẺO XÓA", "Chia sẻ để mọi người biết", "HÓNG BIẾN QUÊ TA")),
        size,
        ink="#ffe14d",
        weight=600,
    )
    return whole


def _framed(image: Sight) -> Sight:
    whole = Image.new("RGB", (image.width + image.width // 10, image.height + image.width // 10), "black")
    whole.paste(image, (image.width // 20, image.width // 20))
    return whole


CHANGES: Final[dict[str, Callable[[Sight, Chance], Sight]]] = {
    "saved again, quality 30": lambda image, _c: again(image, 30),
    "half the size": lambda image, _c: _resized(image, 0.5),
    "a third, quality 25": lambda image, _c: _resized(image, 1 / 3, 25),
    "larger": lambda image, _c: _resized(image, 1.3),
    "brighter": lambda image, _c: again(ImageEnhance.Brightness(image).enhance(1.25), 80),
    "less contrast": lambda image, _c: again(ImageEnhance.Contrast(image).enhance(0.7), 80),
    "cropped up to 4 %": lambda image, c: again(_cropped(image, 0.04, c), 80),
    "cropped up to 8 %": lambda image, c: again(_cropped(image, 0.08, c), 80),
    "banner above": lambda image, c: again(_bannered(image, 0.12, c), 80),
    "banner below": lambda image, c: again(_bannered(image, 0.2, c, below=True), 80),
    "framed": lambda image, _c: again(_framed(image), 80),
    "banner, half, quality 40": lambda image, c: _resized(_bannered(image, 0.15, c), 0.5, 40),
    "cropped, banner, quality 50": lambda image, c: again(_bannered(_cropped(image, 0.03, c), 0.12, c), 50),
}


TOLD: Final = ("place", "thing", "event", "hour", "day", "digit", "all")
_TWINS: Final = str.maketrans("0123456789", "6758965130")


def twin_digit(text: str, chance: Chance) -> str:
    """Return `text` with one digit changed into the one that looks most like it."""
    at = chance.choice([index for index, char in enumerate(text) if char.isdigit()])
    return text[:at] + text[at].translate(_TWINS) + text[at + 1 :]


def retold(text: str, how: str, chance: Chance) -> str:
    """Return the rumour `text` with one thing of `TOLD` told otherwise, or `all` of it."""
    lists = {"place": _PLACES, "thing": _THINGS, "event": _EVENTS}
    if how == "digit":
        return twin_digit(text, chance)
    if how in lists:
        told = next(one for one in lists[how] if one in text)
        return text.replace(told, chance.choice([one for one in lists[how] if one != told]))
    if how in {"hour", "day"}:
        words = text.split()
        at = words.index("giờ") - 1 if how == "hour" else words.index("ngày") + 1
        number, slash, rest = words[at].partition("/")
        words[at] = f"{int(number) % 23 + 1}{slash}{rest}"
        return " ".join(words)
    return rumour(seeded(chance.randrange(2**31)))
