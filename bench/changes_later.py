"""What is done to pictures that are asked last: changes for which nothing was built."""

from collections.abc import Callable
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from bench.sights import Chance, Sight, again, write


def _webp(image: Sight, chance: Chance) -> Sight:
    return again(
        again(image, 45).resize((int(image.width * 0.8), int(image.height * 0.8))), chance.choice((40, 60))
    )


def _twice(image: Sight, _chance: Chance) -> Sight:
    small = again(image.resize((image.width // 2, image.height // 2), Image.Resampling.BILINEAR), 60)
    return again(small.resize(image.size, Image.Resampling.BICUBIC), 60)


def _viewer(image: Sight, chance: Chance) -> Sight:
    """Return a screenshot of a phone that shows `image` between black bars."""
    screen = Image.new("RGB", (1080, 2340), "black")
    scale = min(1080 / image.width, 1900 / image.height)
    shown = image.resize((int(image.width * scale), int(image.height * scale)), Image.Resampling.LANCZOS)
    screen.paste(shown, ((1080 - shown.width) // 2, (2340 - shown.height) // 2))
    write(screen, (60, 30), f"{chance.randrange(24)}:{chance.randrange(10, 60)}", 36, ink="white")
    return again(screen, 80)


def _marked(image: Sight, chance: Chance) -> Sight:
    """Return `image` with a ring and an arrow, as people point at something."""
    drawn, wide = image.copy(), max(4, image.width // 140)
    draw = ImageDraw.Draw(drawn)
    x = int(chance.uniform(0.25, 0.7) * image.width)
    y = int(chance.uniform(0.3, 0.7) * image.height)
    r = int(chance.uniform(0.08, 0.12) * image.width)
    draw.ellipse((x - r, y - r, x + r, y + r), outline="#ff1010", width=wide)
    draw.line((x + 2 * r, y + 2 * r, x + r, y + r), fill="#ff1010", width=wide)
    return again(drawn, 80)


def _watermarked(image: Sight, chance: Chance) -> Sight:
    veil = Image.new("RGB", image.size, "black")
    size = max(24, image.width // 14)
    write(
        veil,
        (image.width // 8, int(image.height * chance.uniform(0.3, 0.6))),
        "HÓNG TIN 24H",
        size,
        ink="#444444",
        weight=600,
    )
    return again(ImageChops.screen(ImageChops.subtract(image, veil), veil), 80)


def _warm(image: Sight, _chance: Chance) -> Sight:
    red, green, blue = image.split()
    return again(
        Image.merge(
            "RGB", (red.point(lambda v: min(255, int(v * 1.1))), green, blue.point(lambda v: int(v * 0.75)))
        ),
        75,
    )


def _turned(image: Sight, chance: Chance) -> Sight:
    return again(image.rotate(chance.choice((-1, 1)) * 0.7, Image.Resampling.BICUBIC, fillcolor="black"), 80)


def _few_colours(image: Sight, _chance: Chance) -> Sight:
    return image.quantize(32).convert("RGB")


def _squeezed(image: Sight, _chance: Chance) -> Sight:
    return again(image.resize((image.width, int(image.height * 0.97)), Image.Resampling.BICUBIC), 80)


def _headless(image: Sight, chance: Chance) -> Sight:
    return again(
        image.crop((0, int(image.height * chance.uniform(0.06, 0.1)), image.width, image.height)), 70
    )


def _two_banners(image: Sight, chance: Chance) -> Sight:
    band = int(0.08 * image.height)
    whole = Image.new("RGB", (image.width, image.height + 2 * band), chance.choice(("#222222", "#b00020")))
    whole.paste(image, (0, band))
    size = max(18, min(band // 2, image.width // 24))
    write(whole, (image.width // 20, band // 4), "ĐỌC NGAY TRƯỚC KHI BỊ GỠ", size, ink="white", weight=600)
    write(whole, (image.width // 20, image.height + band + band // 4), "Theo dõi trang", size, ink="white")
    return again(whole, 65)


CHANGES_LATER: Final[dict[str, Callable[[Sight, Chance], Sight]]] = {
    "saved twice, four fifths": _webp,
    "half and back": _twice,
    "seen in a viewer": _viewer,
    "ring and arrow": _marked,
    "watermark": _watermarked,
    "grey": lambda image, _c: again(image.convert("L").convert("RGB"), 70),
    "warm": _warm,
    "turned by 0.7 degrees": _turned,
    "32 colours": _few_colours,
    "squeezed by 3 %": _squeezed,
    "head cut off": _headless,
    "banners above and below": _two_banners,
    "sharpened": lambda image, _c: again(image.filter(ImageFilter.UnsharpMask(3, 160)), 75),
    "saved again five times": lambda image, _c: again(again(again(again(again(image, 70), 50), 60), 45), 55),
}
