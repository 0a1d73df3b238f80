"""Redraw a picture from its pixels alone. Runs in a limited child process, on bytes nobody vouches for.

Whatever the file carried beside its pixels (place, device, comments, profiles, a second file behind the
first) has no way into what is written here: the new image is made from a bare buffer of colour values.
"""

import io
import warnings
from typing import Any, Final

from PIL import Image

FORMATS: Final = ("JPEG", "PNG", "WEBP")
PIXELS: Final = 25_000_000  # as models.picture.PIXELS_LIMIT; this process loads no records
FRAMES: Final = 120  # more is no picture that somebody photographed
PAGE_EDGE, SMALL_EDGE = 2400, 360  # pixels of the longer edge; screenshots of phones stay readable
PAGE_PIXELS: Final = 4_000_000
GREY_WIDTH, GREY_TALLEST = 256, 1024  # of the copy by which pictures are compared
_QUALITY: Final = {"page": 82, "small": 74}


class Refused(Exception):  # noqa: N818  an answer, not a fault
    """No picture can be made of it; the message is a short code."""


def redraw(content: bytes) -> dict[str, Any]:
    """Return what is kept of a picture, or `{"refused": code}`.

    Keys: `width`, `height` (of the original, upright), `frames`, `page` and `small` (media type, bytes,
    width, height), `grey` (bytes, width, height: one byte a pixel, for comparing).
    """
    warnings.simplefilter("error")  # Pillow warns where it should refuse
    Image.MAX_IMAGE_PIXELS = PIXELS
    try:
        return _redrawn(content)
    except Refused as refused:
        return {"refused": str(refused)}
    except MemoryError:
        raise
    except Exception as broken:  # noqa: BLE001  Pillow raises whatever its decoders raise
        return {"refused": f"broken: {type(broken).__name__}"}


def _redrawn(content: bytes) -> dict[str, Any]:
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        width, height = image.size
        if not width or not height or width * height > PIXELS:
            raise Refused("pixels")
        frames = int(getattr(image, "n_frames", 1))
        if frames > FRAMES:
            raise Refused("frames")
        if image.format == "JPEG":
            image.draft(None, (PAGE_EDGE, PAGE_EDGE))  # decodes at a half or a quarter where that suffices
        image.load()
        turned = _orientation(image) in {5, 6, 7, 8}
        page = _upright(_bare(image, PAGE_EDGE, PAGE_PIXELS), _orientation(image))
    small = _fitted(page, SMALL_EDGE, SMALL_EDGE * SMALL_EDGE)
    grey = page.convert("L")
    tall = min(GREY_TALLEST, max(1, round(grey.height * GREY_WIDTH / grey.width)))
    grey = grey.resize((GREY_WIDTH, tall), Image.Resampling.BOX)
    return {
        "width": height if turned else width,
        "height": width if turned else height,
        "frames": frames,
        "page": _written(page, "page"),
        "small": _written(small, "small"),
        "grey": (grey.tobytes(), grey.width, grey.height),
    }


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # noqa: BLE001  a broken tag turns nothing
        return 1


def _bare(image: Image.Image, edge: int, pixels: int) -> Image.Image:
    """Return a new image of the pixels of `image`, in plain colours on white, at most so large."""
    if image.mode.startswith("I;16") or image.mode == "I":
        image = image.point(lambda value: value / 256).convert("L")
    elif image.mode == "F":
        raise Refused("mode")
    if image.mode == "P" or "transparency" in image.info:
        image = image.convert("RGBA")
    fitted = _fitted(image, edge, pixels)
    if fitted.mode in {"RGBA", "LA", "PA", "La", "RGBa"}:
        ground = Image.new("RGBA", fitted.size, "white")
        fitted = Image.alpha_composite(ground, fitted.convert("RGBA"))
    plain = fitted.convert("RGB")
    return Image.frombytes("RGB", plain.size, plain.tobytes())


def _fitted(image: Image.Image, edge: int, pixels: int) -> Image.Image:
    """Return `image` made smaller, if need be, to a longer edge and a number of pixels."""
    width, height = image.size
    scale = min(1.0, edge / max(width, height), (pixels / (width * height)) ** 0.5)
    if scale == 1.0:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if image.mode in {"1", "P", "PA"}:
        image = image.convert("L" if image.mode == "1" else "RGBA")
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    """Return `image` turned as its camera said (EXIF 2.3, tag 0x0112)."""
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    turn = turns.get(orientation)
    return image if turn is None else image.transpose(turn)


def _written(image: Image.Image, which: str) -> tuple[str, bytes, int, int]:
    written = io.BytesIO()
    image.save(written, "WEBP", quality=_QUALITY[which], method=4, exif=b"", icc_profile=b"", xmp=b"")
    return "image/webp", written.getvalue(), image.width, image.height
