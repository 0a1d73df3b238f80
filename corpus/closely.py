"""Do two pictures that lie on each other show the same strokes? The second look, at the size of letters.

The small grey copies say how one picture lies on another; here the redrawn pages are cut to the part that
both show, brought to one size, and compared in windows as small as a letter. Each window may have moved
by a few pixels. What was saved again differs a little everywhere; what tells another story differs
wholly in one place: windows whose strokes are others, among windows whose strokes are the same.
"""

import io
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from corpus.likeness import Grey, Way

_DENSEST: Final = 3.0  # pixels to a pixel of the small grey copy: letters of a phone's screen stay readable
_MOST: Final = 1_200_000  # pixels compared
_CELL: Final = 4  # pixels; a window has 2 x 2 cells
_SLACK: Final = 1  # pixels that a window may have moved when all is laid
_TILE: Final = 64  # pixels a side of what moves as one while the two are laid on each other
_REACH: Final = 3  # pairs of pixels that a tile may have moved
_ROUNDS: Final = 3
_FITS: Final = 0.7  # correlation from which a tile's place counts
_TILES, _LEVER = 4, 3  # tiles that say how to lay, and how far apart they must be to say how to stretch
_FLAT: Final = 9.0  # standard deviation of grey below which a window shows nothing
_RIM: Final = 2  # windows at the edges that do not count
_SHRINKS: Final = 0.5  # from which shrinking on all pixels are averaged
_WHITE, _LIGHT, _CLIPS = 249.0, 190.0, 0.001  # grey, and from which share of the pixels it counts


Box = tuple[float, float, float, float]  # left, top, right, bottom
Size = tuple[int, int]  # width, height
Inside = tuple[int, int, int, int]  # as a box, in whole pixels


@dataclass(frozen=True)
class Strokes:
    """How the windows of two laid pictures compare: the correlation of each, and which show anything."""

    alike: Grey
    busy: NDArray[np.bool_]

    @property
    def windows(self) -> int:
        """How many show anything."""
        return int(np.count_nonzero(self.busy))

    def worst(self, edge: float = 0.0) -> float:
        """Return the least correlation of a window; without a band of `edge` of the height at each end."""
        band = round(edge * self.busy.shape[0])
        kept = slice(band, self.busy.shape[0] - band)
        found = self.alike[kept][self.busy[kept]]
        return float(found.min()) if len(found) else -1.0

    def other(self, below: float) -> float:
        """Return the share of the windows that correlate less than `below`."""
        low = np.count_nonzero(self.alike[self.busy] < below)
        return low / max(1, self.windows)


_NOTHING: Final = Strokes(np.zeros((0, 0), np.float32), np.zeros((0, 0), bool))


def strokes(mine: bytes, other: bytes, way: Way, small: tuple[Size, Size]) -> Strokes:
    """Compare two redrawn pages, laid on each other as their small grey copies are.

    `way`: a point p of the small `other` is at p * scale + (left, top) in the small `mine`. `small` holds
    the sizes of the two small copies.
    """
    with Image.open(io.BytesIO(mine)) as one, Image.open(io.BytesIO(other)) as two:
        here, there = one.convert("L"), two.convert("L")
    (wide, high), (wide_other, high_other) = small
    scale, left, top = way
    # The part that both show, in pixels of the small other.
    shared = (
        max(0.0, -left / scale),
        max(0.0, -top / scale),
        min(wide_other, (wide - left) / scale),
        min(high_other, (high - top) / scale),
    )
    grown = (here.width / wide, here.height / high), (there.width / wide_other, there.height / high_other)
    dense = min(_DENSEST, grown[1][0], grown[0][0] * scale)
    area = max(1.0, shared[2] - shared[0]) * max(1.0, shared[3] - shared[1])
    dense *= min(1.0, (_MOST / (area * dense * dense)) ** 0.5)
    size = _whole(shared[2] - shared[0], dense), _whole(shared[3] - shared[1], dense)
    if min(size) < 2 * _TILE:
        return _NOTHING
    x0, y0 = shared[:2]
    x1, y1 = x0 + size[0] / dense, y0 + size[1] / dense
    fixed, _all = _cut(there, _grown((x0, y0, x1, y1), grown[1]), size)
    box = _grown((x0 * scale + left, y0 * scale + top, x1 * scale + left, y1 * scale + top), grown[0])
    for _round in range(_ROUNDS):
        box = _mended(box, _cut(here, box, size)[0], fixed)
    moving, (left_in, top_in, right_in, bottom_in) = _cut(here, box, size)
    both = (
        slice(top_in, bottom_in - (bottom_in - top_in) % _CELL),
        slice(left_in, right_in - (right_in - left_in) % _CELL),
    )
    if min(right_in - left_in, bottom_in - top_in) < 2 * _TILE:
        return _NOTHING
    return _windows(moving[both], fixed[both])


def _whole(length: float, dense: float) -> int:
    return int(length * dense) // _TILE * _TILE


def _grown(box: Box, by: tuple[float, float]) -> Box:
    return box[0] * by[0], box[1] * by[1], box[2] * by[0], box[3] * by[1]


def _cut(page: Image.Image, box: Box, size: Size) -> tuple[Grey, Inside]:
    """Return the part `box` of `page` at `size`, a little softened, as all encodings soften, and its inside.

    What of the box lies outside the page is grey.
    """
    across, down = size[0] / (box[2] - box[0]), size[1] / (box[3] - box[1])
    left, right = max(0, ceil(-box[0] * across)), min(size[0], int((page.width - box[0]) * across))
    top, bottom = max(0, ceil(-box[1] * down)), min(size[1], int((page.height - box[1]) * down))
    drawn = Image.new("L", size, "gray")
    if right > left and bottom > top:
        inside = (
            box[0] + left / across,
            box[1] + top / down,
            min(float(page.width), box[0] + right / across),
            min(float(page.height), box[1] + bottom / down),
        )
        way = Image.Resampling.BOX if across < _SHRINKS else Image.Resampling.BILINEAR
        drawn.paste(page.resize((right - left, bottom - top), way, box=inside), (left, top))
    grey = np.asarray(drawn.filter(ImageFilter.GaussianBlur(0.8)), np.float32)
    return grey, (left, top, max(left, right), max(top, bottom))


def _moved(grey: Grey, dx: int, dy: int) -> Grey:
    return np.roll(grey, (dy, dx), (0, 1))


def _sums(grey: Grey, side: int) -> Grey:
    """Return the sums of the squares of `side` pixels."""
    height, width = grey.shape
    down = np.add.reduceat(grey, np.arange(0, height, side), axis=0)
    return np.asarray(np.add.reduceat(down, np.arange(0, width, side), axis=1), np.float32)


def _mended(box: Box, moving: Grey, fixed: Grey) -> Box:
    """Return `box` moved and stretched as its tiles, each laid where it fits best, say."""
    # At half the size: a quarter of the work, and letters still hold a tile in its place.
    moving, fixed = _sums(moving, 2) / np.float32(4), _sums(fixed, 2) / np.float32(4)
    side = _TILE // 2
    count = side * side
    o = _sums(fixed, side)
    spread_o = np.maximum(_sums(fixed * fixed, side) - o * o / count, 1)
    best, shifts = np.full(o.shape, -1.0, np.float32), np.zeros((2, *o.shape), np.float32)
    for dy in range(-_REACH, _REACH + 1):
        for dx in range(-_REACH, _REACH + 1):
            there = _moved(moving, dx, dy)
            m = _sums(there, side)
            spread = np.maximum(_sums(there * there, side) - m * m / count, 1)
            alike = (_sums(there * fixed, side) - m * o / count) / np.sqrt(spread * spread_o)
            better = alike > best + 0.001
            best[better] = alike[better]
            shifts[0][better], shifts[1][better] = dx, dy
    sure = (spread_o / count > _FLAT**2) & (best > _FITS)
    if np.count_nonzero(sure) < _TILES:
        return box
    rows, columns = np.nonzero(sure)
    left, right = _line(columns, shifts[0][sure], box[0], box[2], fixed.shape[1] / side)
    top, bottom = _line(rows, shifts[1][sure], box[1], box[3], fixed.shape[0] / side)
    return left, top, right, bottom


def _line(
    places: NDArray[np.intp], shifts: Grey, low: float, high: float, tiles: float
) -> tuple[float, float]:
    """Return the two ends of an axis after the line through the shifts, without those that stray."""
    at = places + 0.5
    weight = np.ones(len(at))
    slope, offset = 0.0, 0.0
    for _round in range(4):
        if np.ptp(at) >= _LEVER:
            slope, offset = np.polyfit(at, shifts, 1, w=weight)
        else:
            offset = float(np.average(shifts, weights=weight))
        weight = 1 / (1 + (shifts - slope * at - offset) ** 2)
    pixel = (high - low) / (tiles * _TILE / 2)
    return low - offset * pixel, high - (slope * tiles + offset) * pixel


def _windows(moving: Grey, fixed: Grey) -> Strokes:
    moving, fixed = _as_clipped(moving, fixed), _as_clipped(fixed, moving)
    count = 4 * _CELL * _CELL

    def pooled(grey: Grey) -> Grey:
        cells = _sums(grey, _CELL)
        return cells[1:, 1:] + cells[:-1, 1:] + cells[1:, :-1] + cells[:-1, :-1]

    o = pooled(fixed)
    spread_o = np.maximum(pooled(fixed * fixed) - o * o / count, 0)
    alike = np.full(o.shape, -1.0, np.float32)
    strongest = spread_o
    for dy, dx in np.ndindex(2 * _SLACK + 1, 2 * _SLACK + 1):
        there = _moved(moving, dx - _SLACK, dy - _SLACK)
        m = pooled(there)
        spread = np.maximum(pooled(there * there) - m * m / count, 0)
        found = (pooled(there * fixed) - m * o / count) / np.sqrt(
            np.maximum(spread, count) * np.maximum(spread_o, count)
        )
        alike = np.maximum(alike, found)
        if dx == dy == _SLACK:
            strongest = np.maximum(spread, spread_o)
    inner = (slice(_RIM, -_RIM), slice(_RIM, -_RIM))  # at the rim frames and edges shine through
    return Strokes(alike[inner], strongest[inner] > count * _FLAT**2)


def _as_clipped(grey: Grey, other: Grey) -> Grey:
    """Return `grey` without the shades that are white or black in `other`, as brightening loses them."""
    white, black = other > _WHITE, other < 255 - _WHITE
    if np.count_nonzero(white) > _CLIPS * grey.size:
        top = float(np.percentile(grey[white], 10))
        grey = np.minimum(grey, top if top > _LIGHT else 255)
    if np.count_nonzero(black) > _CLIPS * grey.size:
        bottom = float(np.percentile(grey[black], 90))
        grey = np.maximum(grey, bottom if bottom < 255 - _LIGHT else 0)
    return np.asarray(grey, np.float32)
