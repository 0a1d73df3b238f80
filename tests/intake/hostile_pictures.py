"""Files that were made to break what reads pictures, built here byte by byte, each under its name.

`corpus()` maps a name to the bytes of one file. A name that begins with `refuse-` must never become an
image; any other may be redrawn or refused, but nothing of what it carries beside its pixels survives.
"""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

from PIL import Image, ImageDraw, PngImagePlugin

CANARY = b"CANARY-7f3a91-do-not-keep"
_TEXT = CANARY.decode()


def photo(size: tuple[int, int] = (320, 240), mode: str = "RGB") -> Image.Image:
    """A picture with something in it."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for step in range(0, size[0], 16):
        draw.line((step, 0, size[0] - step, size[1]), fill=(step % 256, 90, 160), width=3)
    draw.ellipse((size[0] // 8, size[1] // 6, size[0] * 3 // 4, size[1] * 3 // 4), outline="red", width=6)
    return image.convert(mode)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    """`image` as bytes in a format of Pillow."""
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


@cache
def jpeg() -> bytes:
    return encoded(photo(), "JPEG", quality=85)


@cache
def png() -> bytes:
    return encoded(photo(), "PNG")


@cache
def webp() -> bytes:
    return encoded(photo(), "WEBP")


# --- building blocks ------------------------------------------------------------------------------


def chunk(kind: bytes, body: bytes, *, crc: int | None = None) -> bytes:
    """One chunk of a PNG; with `crc` a wrong one."""
    check = zlib.crc32(kind + body) if crc is None else crc
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)


def header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def png_of(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def with_chunks(*extra: bytes) -> bytes:
    """A good PNG with more chunks behind its header."""
    whole = png()
    return whole[:33] + b"".join(extra) + whole[33:]


def segment(marker: int, body: bytes) -> bytes:
    """One segment of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def with_segments(*extra: bytes) -> bytes:
    whole = jpeg()
    return whole[:2] + b"".join(extra) + whole[2:]


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP container."""
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def extended(flags: int, width: int, height: int) -> tuple[bytes, bytes]:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X", bytes((flags, 0, 0, 0)) + size


def exif(**tags: object) -> Image.Exif:
    """EXIF with a place, a device, a comment and an orientation."""
    made = Image.Exif()
    made[0x010E], made[0x010F], made[0x0110], made[0x013B] = _TEXT, _TEXT, _TEXT, _TEXT
    made[0x0112] = tags.get("orientation", 1)
    made.get_ifd(0x8825).update({1: "N", 2: (22.0, 29.0, 11.0), 29: _TEXT})
    made.get_ifd(0x8769).update({0x9286: b"ASCII\0\0\0" + CANARY, 0x927C: CANARY * 40})
    return made


def zipped() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        package.writestr("a.txt", CANARY)
    return written.getvalue()


def damaged(whole: bytes, seed: int) -> bytes:
    """`whole` with a few bytes behind its header turned over."""
    chance, broken = random.Random(seed), bytearray(whole)
    for _ in range(12):
        broken[chance.randrange(40, len(broken))] ^= 1 << chance.randrange(8)
    return bytes(broken)


# --- the files ------------------------------------------------------------------------------------

_PROFILE = b"\0\0\2\x0clcms\2\x10\0\0mntrRGB XYZ " + CANARY * 4
_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:creator>' + CANARY + b"</dc:creator></x:xmpmeta>"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
_ENTITY = b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'
_FOREIGN = b'<svg xmlns="http://www.w3.org/2000/svg"><foreignObject><iframe src="x"/></foreignObject></svg>'
_HTML = b"<!doctype html><script>alert(1)</script>"
_PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>"


def _other_types() -> dict[str, bytes]:
    """Files of other kinds, whatever they are called."""
    small = photo((64, 48))
    others = {
        "svg-script": _SVG, "svg-entity": _ENTITY, "svg-foreign-object": _FOREIGN, "html": _HTML, "pdf": _PDF,
        "zip": zipped(), "exe": b"MZ\x90\0" + bytes(200), "elf": b"\x7fELF\2\1\1" + bytes(200),
        "mp4": b"\0\0\0\x18ftypmp42" + bytes(100), "heic": b"\0\0\0\x18ftypheic" + bytes(100),
        "avif": b"\0\0\0\x1cftypavif" + bytes(100), "jxl": b"\xff\x0a" + bytes(100),
        "jp2": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100), "psd": b"8BPS\0\1" + bytes(100),
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n",
        "fli": bytes(4) + b"\x11\xaf" + bytes(128),
        "sgi": b"\x01\xda\0\1\0\3" + bytes(512), "wmf": b"\xd7\xcd\xc6\x9a" + bytes(60),
        "gif": encoded(small, "GIF"), "gif-js": b"GIF89a/*" + CANARY + b"*/=1;alert(1)",
        "gif-bomb": b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(20), "tiff": encoded(small, "TIFF"),
        "tiff-bomb": b"II*\0\x08\0\0\0\2\0" + b"\0\1\4\0\1\0\0\0\xff\xff\xff\0" * 2 + bytes(4),
        "ico": encoded(small, "ICO"), "bmp": encoded(small, "BMP"), "tga": encoded(small, "TGA"),
        "empty": b"", "one-byte": b"\xff", "nul": bytes(1000), "text": "Đập vỡ rồi".encode(),
        "bom-then-jpeg": b"\xef\xbb\xbf" + jpeg(), "space-then-png": b" " + png(),
    }  # fmt: skip
    return {f"refuse-{name}": content for name, content in others.items()}


def _sizes() -> dict[str, bytes]:
    """Sizes that promise too much, or nothing."""
    line = zlib.compress(bytes(1000))
    bomb = zlib.compress(bytes(3 * 9000 * 9000 + 9000), 9)
    frame = segment(0xC0, struct.pack(">BHHB", 8, 0xFFFF, 0xFFFF, 3) + b"\1\x22\0\2\x11\1\3\x11\1")
    return {
        "refuse-png-65535": png_of(header(65535, 65535), chunk(b"IDAT", line), chunk(b"IEND", b"")),
        "refuse-png-2147483647": png_of(header(2**31 - 1, 2**31 - 1), chunk(b"IDAT", line)),
        "refuse-png-bomb": png_of(header(9000, 9000), chunk(b"IDAT", bomb), chunk(b"IEND", b"")),
        "refuse-png-zero-width": png_of(header(0, 100), chunk(b"IDAT", line), chunk(b"IEND", b"")),
        "refuse-png-zero-height": png_of(header(100, 0), chunk(b"IDAT", line), chunk(b"IEND", b"")),
        "png-one-line-of-25-million": png_of(header(25_000_000, 1), chunk(b"IDAT", line)),
        "refuse-jpeg-65535": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
        + frame
        + b"\xff\xda"
        + bytes(99),
        "refuse-webp-16384-squared": riff(extended(0, 2**24, 2**24), (b"VP8 ", webp()[20:])),
        "refuse-webp-lossless-bomb": riff((b"VP8L", b"\x2f" + struct.pack("<I", 0x0FFFFFFF) + bytes(50))),
        "refuse-webp-empty": riff(),
        "refuse-webp-zero": riff((b"VP8 ", b"\0\0\0\x9d\x01\x2a\0\0\0\0" + bytes(20))),
        "png-lying-header": png_of(header(4000, 4000), chunk(b"IDAT", line), chunk(b"IEND", b"")),
    }


def _broken() -> dict[str, bytes]:
    """Good files cut, turned over, or with checks that do not hold."""
    good = {"jpeg": jpeg(), "png": png(), "webp": webp()}
    found = {f"refuse-{name}-cut": whole[: len(whole) // 2] for name, whole in good.items()}
    for name, whole in good.items():
        found |= {f"{name}-damaged-{seed}": damaged(whole, seed) for seed in range(4)}
    return found | {
        "refuse-jpeg-only-start": b"\xff\xd8\xff",
        "refuse-jpeg-no-frame": b"\xff\xd8\xff\xd9",
        "refuse-jpeg-endless-fill": b"\xff\xd8" + b"\xff" * 200_000,
        "refuse-png-only-signature": b"\x89PNG\r\n\x1a\n",
        "refuse-png-bad-crc": png_of(header(9, 9)[:-4] + b"abcd", chunk(b"IDAT", zlib.compress(bytes(300)))),
        "refuse-png-huge-chunk": png_of(header(9, 9), b"\xff\xff\xff\xffIDAT" + bytes(50)),
        "refuse-png-bad-depth": png_of(header(9, 9, depth=7), chunk(b"IDAT", zlib.compress(bytes(300)))),
        "refuse-webp-lying-length": b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff" + bytes(40),
        "jpeg-length-zero-segments": with_segments(*[b"\xff\xe1\0\0"] * 50),
    }


def _stowaways() -> dict[str, bytes]:
    """Good pictures that carry something beside their pixels."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", _TEXT)
    info.add_itxt("XML:com.adobe.xmp", _XMP.decode())
    info.add_text("Long", _TEXT * 100, zip=True)
    thumbnail = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0" + jpeg()[:600] + CANARY
    return {
        "jpeg-exif-gps": encoded(photo(), "JPEG", exif=exif()),
        "jpeg-turned": encoded(photo(), "JPEG", exif=exif(orientation=6)),
        "jpeg-orientation-nonsense": encoded(photo(), "JPEG", exif=exif(orientation=4711)),
        "jpeg-comment": encoded(photo(), "JPEG", comment=CANARY),
        "jpeg-xmp": with_segments(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + _XMP)),
        "jpeg-iptc": with_segments(
            segment(0xED, b"Photoshop 3.0\x008BIM\4\4\0\0\0\0\0\x20\x1c\2\x78\0\x19" + CANARY)
        ),
        "jpeg-icc": encoded(photo(), "JPEG", icc_profile=_PROFILE),
        "jpeg-icc-huge": with_segments(*[segment(0xE2, b"ICC_PROFILE\0\1\xff" + CANARY * 2000)] * 20),
        "jpeg-thumbnail": with_segments(segment(0xE1, thumbnail)),
        "jpeg-makernote": with_segments(*[segment(0xE5, CANARY * 1000)] * 30),
        "jpeg-trailing": jpeg() + CANARY * 10,
        "jpeg-zip": jpeg() + zipped(),
        "jpeg-html": with_segments(segment(0xFE, _HTML + CANARY)) + _HTML,
        "jpeg-second-inside": jpeg() + jpeg(),
        "mpo": encoded(photo(), "MPO", save_all=True, append_images=[photo((99, 99))]),
        "png-texts": encoded(photo(), "PNG", pnginfo=info),
        "png-exif": encoded(photo(), "PNG", exif=exif()),
        "png-icc": encoded(photo(), "PNG", icc_profile=_PROFILE),
        "png-icc-bomb": with_chunks(chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(60_000_000), 9))),
        "png-ztxt-bomb": with_chunks(chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(60_000_000), 9))),
        "png-itxt-bomb": with_chunks(chunk(b"iTXt", b"x\0\1\0\0\0" + zlib.compress(bytes(60_000_000), 9))),
        "png-thousands-of-texts": with_chunks(*[chunk(b"tEXt", b"x\0" + CANARY)] * 5000),
        "png-private-chunk": with_chunks(chunk(b"caNv", CANARY)),
        "png-html": png() + _HTML + CANARY,
        "png-trailing-zip": png() + zipped(),
        "webp-exif-xmp-icc": encoded(photo(), "WEBP", exif=exif(), xmp=_XMP, icc_profile=_PROFILE),
        "webp-unknown-chunk": webp() + b"CANA" + struct.pack("<I", len(CANARY)) + CANARY,
        "webp-trailing": webp() + CANARY * 10,
    }


def _oddities() -> dict[str, bytes]:
    """Rare but lawful kinds, and pictures that move."""
    frames = [photo((40, 30)).rotate(turn * 7) for turn in range(3)]
    many = [Image.new("1", (1, 1), index % 2) for index in range(10_000)]
    found = {
        "jpeg-cmyk": encoded(photo(mode="CMYK"), "JPEG"),
        "jpeg-grey": encoded(photo(mode="L"), "JPEG"),
        "jpeg-progressive": encoded(photo(), "JPEG", progressive=True),
        "png-palette": encoded(photo().quantize(16), "PNG", transparency=3),
        "png-transparent": encoded(photo(mode="RGBA"), "PNG"),
        "png-grey-alpha": encoded(photo(mode="LA"), "PNG"),
        "png-two-colours": encoded(photo(mode="1"), "PNG"),
        "png-16-bit": encoded(photo(mode="I;16"), "PNG"),
        "png-interlaced-lie": png()[:28] + b"\1" + png()[29:],
        "png-one-pixel": encoded(Image.new("RGB", (1, 1)), "PNG"),
        "webp-lossless": encoded(photo(mode="RGBA"), "WEBP", lossless=True),
        "apng-three-frames": encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        "webp-three-frames": encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "refuse-apng-10000-frames": encoded(many[0], "PNG", save_all=True, append_images=many[1:]),
    }
    return found | {"refuse-webp-10000-frames": _endless_webp()}


def _endless_webp() -> bytes:
    inner = encoded(Image.new("RGB", (1, 1)), "WEBP")[12:]
    frame = bytes(6) + bytes(6) + (10).to_bytes(3, "little") + b"\0" + inner
    return riff(extended(2, 1, 1), (b"ANIM", bytes(6)), *[(b"ANMF", frame)] * 10_000)


@cache
def corpus() -> dict[str, bytes]:
    """All files by name."""
    groups: tuple[Callable[[], dict[str, bytes]], ...] = (
        _other_types, _sizes, _broken, _stowaways, _oddities,
    )  # fmt: skip
    return {name: content for group in groups for name, content in group().items()}


def as_file(content: bytes) -> io.BytesIO:
    """`content` as an upload is read."""
    return io.BytesIO(content)
