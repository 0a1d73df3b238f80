"""Pictures: is the same one found again, does another join wrongly, how well are words read.

Alone: `python -m bench.pictures [--many] [--models FOLDER …]` prints each family and each change, and
compares folders with other models (a file `vie.traineddata` in each).
"""

import argparse
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from rapidfuzz.distance import Levenshtein

from bench import sights
from bench.figures import Table
from corpus import likeness
from intake import ocr, redraw
from verify import same_picture

_FEW, _MANY = 1, 4  # pictures of each family


@dataclass(frozen=True)
class Looked:
    """A picture as the worker sees it."""

    grey: likeness.Grey
    asking: likeness.Windows
    words: str


def look(image: sights.Sight) -> Looked:
    """Return `image` after the way that a sent picture takes."""
    drawn = redraw.redraw(sights.encoded(image, quality=92))
    content, width, height = drawn["grey"]
    grey = np.frombuffer(content, np.uint8).reshape(height, width).astype(np.float32)
    return Looked(grey, likeness.asking_windows(grey), ocr.read(drawn["page"][1])[0])


def joins(mine: Looked, other: Looked) -> tuple[bool, bool]:
    """Return whether `mine` would join the case of `other`, and whether it would be shown beside it."""
    stored = likeness.stored_windows(other.grey)
    same_key = (likeness.keys(mine.asking.hashes)[:, None] == likeness.keys(stored.hashes)[None]).any(-1)
    apart = np.bitwise_count(mine.asking.hashes[:, None] ^ stored.hashes[None])
    if not (same_key & (apart <= likeness.NEAR)).any():
        return False, False
    found = likeness.compare(mine.grey, other.grey, mine.asking)
    lies = found.covers >= same_picture.COVERS and found.inside >= same_picture.INSIDE
    shown = lies and found.differs <= same_picture.LIKE_BLOCKS
    same = found.differs <= same_picture.SAME_BLOCKS and same_picture.words_agree(mine.words, other.words)
    return shown and same, shown


def measure(table: Table, *, many: bool = False) -> None:
    """Add `picture.recall`, `picture.false_join`, `ocr.cer`; pictures unseen while choosing count."""
    count = _MANY if many else _FEW
    for word, families in (("", sights.UNSEEN), ("_seen", sights.SEEN)):
        found, shown, wrong, pairs = _family_figures(families, count, detail=many)
        note = f"{', '.join(families)}; {len(sights.CHANGES)} changes each"
        table.add(f"picture.recall{word}", found, "share", note=note)
        table.add(f"picture.shown{word}", shown, "share", note="joined, or shown to a person as a pair")
        table.add(
            f"picture.false_join{word}",
            wrong,
            "share",
            floor=0.0,
            note=f"of {pairs} pairs that are not one picture",
        )
    note = "characters of cards, posts, chats, notices"
    table.add("ocr.cer", _misread(many=many), "share", note=note)


def _family_figures(
    families: dict[str, sights.Maker], count: int, *, detail: bool
) -> tuple[float, float, float, int]:
    """Return recall, share at least shown, share of false joins, and how many pairs the last rests on."""
    results: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    others: list[bool] = []
    for family, make in families.items():
        originals = [look(make(sights.seeded(seed))) for seed in range(count + 1)]
        for seed, original in enumerate(originals[:count]):
            image = make(sights.seeded(seed))
            for name, change in sights.CHANGES.items():
                copy = look(change(image, sights.seeded(seed + 1)))
                results[name].append(joins(copy, original))
        others += [joins(one, two)[0] for one, two in combinations(originals, 2)]
        for seed in range(2 * count):
            pair = sights.near_miss(family, seed)
            if pair is not None:
                others.append(joins(look(pair[1]), look(pair[0]))[0])
    if detail:
        for name, found in results.items():
            joined, beside = (sum(one[which] for one in found) for which in (0, 1))
            print(f"  {name:30} joined {joined}, shown {beside} of {len(found)}")
    every = [one for found in results.values() for one in found]
    return (
        sum(one[0] for one in every) / len(every),
        sum(one[1] for one in every) / len(every),
        sum(others) / len(others),
        len(others),
    )


def _misread(folder: str = "", *, many: bool = False) -> float:
    """Return the character error rate: edits a character of what is written, blanks collapsed."""
    wrong = written = 0
    for seed in range(6 if many else 2):
        text = sights.rumour(sights.seeded(seed))
        for make in (sights.card, sights.post, sights.chat, sights.notice):
            for change in ("saved again, quality 30", "half the size", "a third, quality 25"):
                image = sights.CHANGES[change](make(sights.seeded(seed), text), sights.seeded(seed))
                page = redraw.redraw(sights.encoded(image, quality=92))["page"][1]
                read = " ".join(ocr.read(page, folder)[0].split())
                # Bars and names around it are no error: only the best place of the text counts.
                wrong += _edits_inside(text, read)
                written += len(text)
    return wrong / written


def _edits_inside(text: str, read: str) -> int:
    """Return the edits between `text` and the part of `read` that is nearest to it."""
    row = [0] * (len(read) + 1)
    for number, char in enumerate(text, start=1):
        previous, row[0] = row[0], number
        for at, other in enumerate(read, start=1):
            previous, row[at] = row[at], min(previous + (char != other), row[at] + 1, row[at - 1] + 1)
    return min(*row, Levenshtein.distance(text, read))


def main() -> None:
    """Measure pictures alone."""
    parser = argparse.ArgumentParser(prog="python -m bench.pictures", description=__doc__)
    parser.add_argument("--many", action="store_true", help="more pictures, and each change by itself")
    parser.add_argument("--models", nargs="*", default=[], help="folders with other models to compare")
    asked = parser.parse_args()
    table = Table()
    for folder in asked.models:
        table.add(f"ocr.cer {folder}", _misread(folder, many=asked.many), "share")
    measure(table, many=asked.many)
    table.write()


if __name__ == "__main__":
    main()
