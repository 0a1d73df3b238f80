"""Pictures: is the same one found again, does another join wrongly, how well are words read.

Alone: `python -m bench.pictures [--many] [--models FOLDER …]` prints each family and each change, and
compares folders with other models (a file `vie.traineddata` in each).
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from rapidfuzz.distance import Levenshtein

from bench import lookalikes, sights
from bench.changes_later import CHANGES_LATER
from bench.figures import Table
from bench.sights_later import LATER
from corpus import likeness
from intake import ocr, redraw
from verify import same_picture

_FEW, _MANY = 1, 2  # lookalikes of each family and way to differ


class Looked:
    """A picture as the worker sees it."""

    def __init__(self, image: sights.Sight) -> None:
        drawn = redraw.redraw(sights.encoded(image, quality=92))
        content, width, height = drawn["grey"]
        self.grey = np.frombuffer(content, np.uint8).reshape(height, width).astype(np.float32)
        self.page: bytes = drawn["page"][1]

    @cached_property
    def asking(self) -> likeness.Windows:
        """The windows by which it asks."""
        return likeness.asking_windows(self.grey)

    @cached_property
    def words(self) -> str:
        """What is read in it; slow, and not needed where the pixels differ."""
        return ocr.read(self.page)[0]


@dataclass(frozen=True)
class Group:
    """Families measured together, and what is done to them."""

    word: str  # ends the names of their figures
    families: Mapping[str, sights.Maker]
    changes: Mapping[str, lookalikes.Change]
    pairs: Iterable[lookalikes.Pair]  # none: not measured


def joins(mine: Looked, other: Looked) -> tuple[bool, bool]:
    """Return whether `mine` would join the case of `other`, and whether it would be shown beside it."""
    stored = likeness.stored_windows(other.grey)
    same_key = (likeness.keys(mine.asking.hashes)[:, None] == likeness.keys(stored.hashes)[None]).any(-1)
    apart = np.bitwise_count(mine.asking.hashes[:, None] ^ stored.hashes[None])
    if not (same_key & (apart <= likeness.NEAR)).any():
        return False, False
    measured = likeness.compare(mine.grey, other.grey, mine.asking)
    how = same_picture.alike(
        measured, (mine.grey, other.grey), (mine.page, other.page), lambda: (mine.words, other.words)
    )
    return how is same_picture.Alike.SAME, how is not same_picture.Alike.OTHER


def measure(table: Table, *, many: bool = False) -> None:
    """Add `picture.recall`, `picture.false_join`, `ocr.cer`; pictures unseen while choosing count."""
    for group in _groups(many=many):
        found, shown = _recall(group, detail=many)
        note = f"{', '.join(group.families)}; {len(group.changes)} changes each"
        table.add(f"picture.recall{group.word}", found, "share", note=note)
        table.add(f"picture.shown{group.word}", shown, "share", note="joined, or shown to a person as a pair")
        if group.pairs:
            wrong, pairs = _false_joins(group, detail=many)
            note = f"of {pairs} pairs that are not one picture"
            table.add(f"picture.false_join{group.word}", wrong, "share", floor=0.0, note=note)
    note = "characters of cards, posts, chats, notices"
    table.add("ocr.cer", _misread(many=many), "share", note=note)


def _groups(*, many: bool) -> list[Group]:
    """Return what is measured: the families asked last; with `many` also other changes, and old ones."""
    every = sights.CHANGES | CHANGES_LATER
    asked = Group("", LATER, sights.CHANGES, lookalikes.of_later(_MANY if many else _FEW, every))
    if not many:
        return [asked]
    known = sights.SEEN | sights.UNSEEN
    return [
        asked,
        Group("_later", LATER, CHANGES_LATER, ()),
        Group("_seen", known, sights.CHANGES, lookalikes.of_known(_MANY)),
    ]


def _recall(group: Group, *, detail: bool) -> tuple[float, float]:
    """Return the share of changed copies that join, and of those at least shown."""
    results: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for family, make in group.families.items():
        image = make(sights.seeded(0))
        original = Looked(image)
        for name, change in group.changes.items():
            found = joins(Looked(change(image, sights.seeded(1))), original)
            results[name].append(found)
            results[family].append(found)
    if detail:
        for name, each in results.items():
            joined, beside = (sum(one[which] for one in each) for which in (0, 1))
            print(f"  {name:30} joined {joined}, shown {beside} of {len(each)}")
    every = [one for name in group.families for one in results[name]]
    return sum(one[0] for one in every) / len(every), sum(one[1] for one in every) / len(every)


def _false_joins(group: Group, *, detail: bool) -> tuple[float, int]:
    """Return the share of lookalikes that join, and how many there were."""
    results: list[bool] = []
    image, first = None, None
    for pair in group.pairs:
        if first is None or pair.first is not image:
            image, first = pair.first, Looked(pair.first)
        joined = joins(Looked(pair.other), first)[0]
        results.append(joined)
        if joined and detail:
            print(f"  wrongly joined: {pair.family}, {pair.how}, pair {len(results)}")
    return sum(results) / len(results), len(results)


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
