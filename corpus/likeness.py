"""Is it the same picture? Windows that find candidates, and a fine comparison that decides.

A picture is a small grey copy, 256 pixels wide. Its windows are squares along its middle, each reduced
to 64 bits by the signs of its lowest frequencies; a copy that was re-encoded, resized, cropped a little
or given a banner has a window somewhere that nearly equals one of them. What lines up by its windows is
then compared block by block: a layout filled with other words has equal frames and unequal blocks.
"""

import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Hashes = NDArray[np.uint64]
Way = tuple[float, float, float]  # how one picture lies on another: scale, left, top

_SIDE: Final = 0.7  # of the shorter edge: a window
_ALONG: Final = 0.2  # of the shorter edge: between two windows that are stored
_STORED_MOST: Final = 12
_SCALES: Final = 1.05 ** np.arange(-6, 6)  # of windows that ask, against those stored
_STEP: Final = 0.035  # of the shorter edge: between two windows that ask
_GRID: Final = 16  # samples a side of a window
_FLAT: Final = 6.0  # standard deviation of grey below which a window says nothing
BANDS: Final = 4  # of 16 bits each; one of them must be equal for the index to find a window
NEAR: Final = 12  # bits of 64 in which two windows of one picture may differ
_FINE: Final = 16  # pixels a side of a compared block
_EDGE: Final = 3  # pixels at the edges of the overlap, where a frame shines through
_APART: Final = (6.0, 0.04)  # pixels and scale by which two ways are two
_TRIED: Final = 3  # ways of laying one picture on the other that are followed to their end


@dataclass(frozen=True)
class Windows:
    """Windows of a picture: their bits and where they lie (left, top, side in pixels of the grey copy)."""

    hashes: Hashes
    places: NDArray[np.float32]


@dataclass(frozen=True)
class Likeness:
    """How two pictures compare once they lie on each other."""

    covers: float  # share of the smaller picture that lies on the other
    inside: float  # share of the larger one that is covered
    differs: float  # share of the blocks with something in them that are not the same
    way: Way = (1.0, 0.0, 0.0)  # how the two lay


def packed(grey: Grey) -> bytes:
    """Return what `unpacked` reads."""
    sizes = b"".join(int(side).to_bytes(2, "big") for side in grey.shape[::-1])
    return sizes + zlib.compress(grey.astype(np.uint8).tobytes())


def unpacked(stored: bytes) -> Grey:
    """Return the grey copy as `Picture.grey` holds it: two sizes of two bytes, then packed pixels."""
    width, height = int.from_bytes(stored[:2], "big"), int.from_bytes(stored[2:4], "big")
    return np.frombuffer(zlib.decompress(stored[4:]), np.uint8).reshape(height, width).astype(np.float32)


def stored_windows(grey: Grey) -> Windows:
    """Return the few windows under which a picture can be found: along its middle."""
    height, width = grey.shape
    short = min(height, width)
    side = _SIDE * short
    room = max(height, width) - side
    count = int(min(_STORED_MOST, max(1, round(room / (_ALONG * short)) + 1)))
    along = np.linspace(0, room, count) if count > 1 else np.array([room / 2])
    across = np.full(count, (short - side) / 2)
    left, top = (across, along) if height >= width else (along, across)
    return _windows(grey, np.stack([left, top, np.full(count, side)], axis=1))


def asking_windows(grey: Grey) -> Windows:
    """Return the windows by which a picture asks: everywhere, in a dozen sizes."""
    height, width = grey.shape
    short = min(height, width)
    places = []
    for scale in _SCALES:
        side = min(_SIDE * short * scale, short)
        step = _STEP * short
        tops = np.arange(0, height - side + 1e-3, step)
        lefts = np.arange(0, width - side + 1e-3, step)
        grid = np.stack(np.meshgrid(lefts, tops), axis=-1).reshape(-1, 2)
        places.append(np.column_stack([grid, np.full(len(grid), side)]))
    return _windows(grey, np.concatenate(places))


def keys(hashes: Hashes) -> NDArray[np.int64]:
    """Return the index keys of `hashes`, one column a band: the band's number and its 16 bits."""
    bands = [(hashes >> np.uint64(16 * band)) & np.uint64(0xFFFF) for band in range(BANDS)]
    return np.stack([band.astype(np.int64) + (n << 16) for n, band in enumerate(bands)], axis=1)


def compare(mine: Grey, other: Grey, asking: Windows | None = None) -> Likeness:
    """Return how alike two grey copies are where they lie on each other best.

    `asking` are the asking windows of `mine`, where they are known already.
    """
    best = Likeness(0.0, 0.0, 1.0)
    ways = _fits(asking or asking_windows(mine), stored_windows(other))
    # A picture saved again, or with a banner above, lies where it lay: worth a look in any case.
    ways += [(1.0, 0.0, 0.0), (1.0, 0.0, float(mine.shape[0] - other.shape[0]))]
    coarse = _outlines(mine, 7, 31), _outlines(other, 7, 31)
    ways.sort(key=lambda way: -_agreement(*coarse, way, 4))
    fine = _outlines(mine, 1, 9), _outlines(other, 1, 9)
    for way in ways[:_TRIED]:
        found = _laid(mine, other, *_refined(coarse, fine, way))
        if found.covers > 0 and found.differs < best.differs:
            best = found
    return best


# --- windows --------------------------------------------------------------------------------------

_COSINES: Final = np.cos(
    np.pi * (2 * np.arange(_GRID)[None, :] + 1) * np.arange(1, 9)[:, None] / (2 * _GRID)
).astype(np.float32)


def _windows(grey: Grey, places: NDArray[Any]) -> Windows:
    """Return windows at `places`; those with nothing in them are left out."""
    height, width = grey.shape
    sums = np.zeros((height + 1, width + 1), np.float64)
    sums[1:, 1:] = grey.cumsum(0, dtype=np.float64).cumsum(1)
    steps = np.arange(_GRID + 1) / _GRID
    columns = np.clip(np.rint(places[:, :1] + places[:, 2:] * steps), 0, width).astype(np.intp)
    rows = np.clip(np.rint(places[:, 1:2] + places[:, 2:] * steps), 0, height).astype(np.intp)
    corners = sums[rows[:, :, None], columns[:, None, :]]
    boxes = corners[:, 1:, 1:] - corners[:, :-1, 1:] - corners[:, 1:, :-1] + corners[:, :-1, :-1]
    areas = np.maximum(1, np.diff(rows, axis=1)[:, :, None] * np.diff(columns, axis=1)[:, None, :])
    cells = (boxes / areas).astype(np.float32)
    full = cells.std(axis=(1, 2)) >= _FLAT
    cells, kept = cells[full], places[full].astype(np.float32)
    waves = (_COSINES @ cells @ _COSINES.T).reshape(len(cells), 64)
    bits = waves > np.median(waves, axis=1, keepdims=True)
    packed = np.packbits(bits, axis=1).view(">u8").reshape(-1).astype(np.uint64)
    return Windows(packed, kept)


def _fits(asking: Windows, stored: Windows) -> list[Way]:
    """Return the likeliest ways in which the asking picture lies on the stored one: scale, left, top.

    A point p of the stored picture is at p * scale + (left, top) in the asking one.
    """
    if not len(asking.hashes) or not len(stored.hashes):
        return []
    apart = np.bitwise_count(asking.hashes[:, None] ^ stored.hashes[None, :])
    ways: list[Way] = []
    for flat in np.argsort(apart, axis=None, kind="stable")[:80]:
        one, two = np.unravel_index(flat, apart.shape)
        if apart[one, two] > 2 * NEAR:
            break
        scale = float(asking.places[one, 2] / stored.places[two, 2])
        left, top = asking.places[one, :2] - scale * stored.places[two, :2]
        if all(
            abs(left - way[1]) + abs(top - way[2]) > _APART[0] or abs(scale - way[0]) > _APART[1]
            for way in ways
        ):
            ways.append((scale, float(left), float(top)))
    return ways[:12]


# --- laying one on the other ----------------------------------------------------------------------


def _sampled(grey: Grey, xs: NDArray[Any], ys: NDArray[Any]) -> Grey:
    """Return `grey` at the points of the grid ys × xs, between pixels by their neighbours."""
    height, width = grey.shape
    xs, ys = np.clip(xs, 0, width - 1.001), np.clip(ys, 0, height - 1.001)
    x0, y0 = xs.astype(np.intp), ys.astype(np.intp)
    fx, fy = (xs - x0).astype(np.float32)[None, :], (ys - y0).astype(np.float32)[:, None]
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    upper = grey[np.ix_(y0, x0)] * (1 - fx) + grey[np.ix_(y0, x1)] * fx
    lower = grey[np.ix_(y1, x0)] * (1 - fx) + grey[np.ix_(y1, x1)] * fx
    return np.asarray(upper * (1 - fy) + lower * fy, np.float32)


def _overlap(mine: Grey, other: Grey, scale: float, left: float, top: float) -> tuple[int, int, int, int]:
    """Return the part of `other` (left, top, right, bottom) that lies on `mine`."""
    height, width = other.shape
    right = min(width, int((mine.shape[1] - left) / scale))
    bottom = min(height, int((mine.shape[0] - top) / scale))
    return max(0, int(np.ceil(-left / scale))), max(0, int(np.ceil(-top / scale))), right, bottom


def _agreement(mine: Grey, other: Grey, way: Way, step: int) -> float:
    scale, left, top = way
    x0, y0, x1, y1 = _overlap(mine, other, scale, left, top)
    if x1 - x0 < 3 * _FINE or y1 - y0 < 2 * _FINE:
        return -1.0
    xs, ys = np.arange(x0, x1, step), np.arange(y0, y1, step)
    here, there = _sampled(mine, xs * scale + left, ys * scale + top), other[np.ix_(ys, xs)]
    here, there = here - here.mean(), there - there.mean()
    norm = float(np.sqrt((here * here).sum() * (there * there).sum()))
    return float((here * there).sum()) / norm if norm else -1.0


def _box(grey: Grey, size: int) -> Grey:
    """Return `grey` with each pixel the mean of the square of `size` (odd) pixels around it."""
    half = size // 2
    wide = np.pad(grey, half, mode="edge").astype(np.float64)
    sums = np.pad(wide.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    total = sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]
    return np.asarray(total / (size * size), np.float32)


def _outlines(grey: Grey, finer: int, coarser: int) -> Grey:
    """Return what `grey` shows between two sizes of detail (odd pixels): no light, no shade."""
    return (grey if finer == 1 else _box(grey, finer)) - _box(grey, coarser)


def _way(at: NDArray[Any]) -> Way:
    return float(at[0]), float(at[1]), float(at[2])


def _refined(coarse: tuple[Grey, Grey], fine: tuple[Grey, Grey], way: Way) -> Way:
    """Return the way near the given one in which the two agree best: a pattern search, ever finer."""
    at = np.array(way)
    height, width = fine[1].shape
    for size, step, (mine, other) in (
        (0.02, 4, coarse), (0.01, 4, coarse), (0.005, 2, fine), (0.0025, 2, fine), (0.00125, 2, fine),
    ):  # fmt: skip
        pixels = size * width
        score = _agreement(mine, other, _way(at), step)
        for _round in range(4):
            moves = [(0.0, pixels, 0.0), (0.0, -pixels, 0.0), (0.0, 0.0, pixels), (0.0, 0.0, -pixels)]
            # A change of scale about the middle, so that it does not move the picture away.
            moves += [(s, -s * width / 2, -s * height / 2) for s in (size * at[0], -size * at[0])]
            tried = [(_agreement(mine, other, _way(at + np.array(move)), step), move) for move in moves]
            gained, move = max(tried, key=lambda one: one[0])
            if gained <= score + 1e-5:
                break
            score, at = gained, at + np.array(move)
    return _way(at)


def _laid(mine: Grey, other: Grey, scale: float, left: float, top: float) -> Likeness:
    """Return the likeness of the two when laid on each other in this way."""
    x0, y0, x1, y1 = _overlap(mine, other, scale, left, top)
    x0, y0, x1, y1 = x0 + _EDGE, y0 + _EDGE, x1 - _EDGE, y1 - _EDGE
    across, down = (x1 - x0) // _FINE, (y1 - y0) // _FINE
    if across < 3 or down < 2:  # noqa: PLR2004  too little to say anything
        return Likeness(0.0, 0.0, 1.0)
    area = (x1 - x0) * (y1 - y0)
    shares = (area / other.size, area * scale * scale / mine.size)
    xs, ys = np.arange(x0, x0 + across * _FINE), np.arange(y0, y0 + down * _FINE)
    there = _blocks(other[np.ix_(ys, xs)], across, down)
    best = np.full(across * down, -1.0, np.float32)
    busy = np.zeros(across * down, bool)
    # Each block may find its like a little beside: rounding, and lenses, bend a picture.
    for dx, dy in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)):
        moved = _sampled(mine, xs * scale + left + dx * scale, ys * scale + top + dy * scale)
        here = _blocks(moved, across, down)
        alike, something = _alike(here, there)
        best, busy = np.maximum(best, alike), busy | something if dx or dy else something
    count = int(busy.sum())
    differs = float((best[busy] < 0.6).sum() / count) if count else 1.0  # noqa: PLR2004  see compare's bench
    return Likeness(max(shares), min(shares), differs, (scale, left, top))


def _blocks(grey: Grey, across: int, down: int) -> Grey:
    return grey.reshape(down, _FINE, across, _FINE).swapaxes(1, 2).reshape(across * down, _FINE * _FINE)


def _alike(here: Grey, there: Grey) -> tuple[Grey, NDArray[np.bool_]]:
    """Return the correlation of each pair of blocks, and which pairs have something in them."""
    mine, other = here - here.mean(1, keepdims=True), there - there.mean(1, keepdims=True)
    one, two = np.sqrt((mine * mine).mean(1)), np.sqrt((other * other).mean(1))
    alike = (mine * other).mean(1) / np.maximum(one * two, 1e-3)
    return alike, np.maximum(one, two) > _FLAT
