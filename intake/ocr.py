"""Read the words in a picture. Runs in a limited child process, on images that the house has redrawn.

One Vietnamese model, three ways of preparing the image; the reading with the surest words is kept. Why
this model: docs/decisions/0009-the-same-picture.md, measured by `python -m bench.pictures`.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import tesserocr
from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

MODEL: Final = Path(__file__).parent / "data"
LANGUAGE: Final = "vie"
_SURE: Final = 90  # mean confidence from which the first reading suffices
_DOUBTFUL: Final = 50  # confidence below which a word counts against a reading
_KEPT: Final = 35  # words less sure than this are left out
_WIDEST: Final = 2400  # pixels; more costs time and reads no better
_WORDS_LIMIT: Final = 20_000  # characters, as models.picture.WORDS_LIMIT


def read(content: bytes, folder: str = "") -> tuple[str, float]:
    """Return the words in a redrawn image, line by line, and how sure the machine is (0 to 100).

    `folder` holds another model to measure with.
    """
    with Image.open(io.BytesIO(content)) as image:
        grey = image.convert("L")
    best, most = ("", 0.0), 0.0
    with tesserocr.PyTessBaseAPI(
        path=folder or str(MODEL), lang=LANGUAGE, psm=tesserocr.PSM.SINGLE_BLOCK, oem=tesserocr.OEM.LSTM_ONLY
    ) as api:
        for prepared in _prepared(grey):
            api.SetImage(prepared)
            lines, sure = _lines(api)
            weight = sum(confidence - _DOUBTFUL for _word, confidence in sure)
            mean = sum(confidence for _word, confidence in sure) / len(sure) if sure else 0.0
            if weight > most:
                best, most = ("\n".join(lines)[:_WORDS_LIMIT], round(mean, 1)), weight
            if mean > _SURE:
                break
    return best


def _lines(api: tesserocr.PyTessBaseAPI) -> tuple[list[str], list[tuple[str, float]]]:
    """Return the lines that were read without their doubtful words, and all words with their confidence."""
    lines: list[list[str]] = []
    words: list[tuple[str, float]] = []
    api.Recognize()
    for step in tesserocr.iterate_level(api.GetIterator(), tesserocr.RIL.WORD):
        if step.IsAtBeginningOf(tesserocr.RIL.TEXTLINE) or not lines:
            lines.append([])
        if step.Empty(tesserocr.RIL.WORD):
            continue
        word, confidence = step.GetUTF8Text(tesserocr.RIL.WORD).strip(), step.Confidence(tesserocr.RIL.WORD)
        words.append((word, confidence))
        if confidence >= _KEPT:
            lines[-1].append(word)
    said = (line for line in lines if any(sum(map(str.isalnum, word)) > 1 for word in line))  # no smudges
    return [" ".join(line) for line in said], words


def _prepared(grey: Image.Image) -> Iterator[Image.Image]:
    """Yield `grey` as dark words on light ground: as it is, without its shades, only its bright strokes."""
    scale = min(2.0, _WIDEST / max(grey.size)) if max(grey.size) < _WIDEST else 1.0
    large = grey.resize((max(1, round(grey.width * scale)), max(1, round(grey.height * scale))))
    dark = ImageStat.Stat(large).median[0] < 128  # noqa: PLR2004  half of white
    yield ImageOps.invert(large) if dark else large
    ground = large.filter(ImageFilter.BoxBlur(max(8, large.width // 40)))
    flat = ImageOps.autocontrast(ImageChops.subtract(large, ground, scale=0.5, offset=128), cutoff=1)
    yield ImageOps.invert(flat) if dark else flat
    yield large.point(lambda value: 0 if value > 225 else 255)  # noqa: PLR2004  nearly white strokes
