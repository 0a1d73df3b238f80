"""Invented statements with texts that say the same, something else of it, or speak of another event.

`data/statements.jsonl`: written for this project, none of it true, nobody in it real. Both the encoder and
the reader of pairs learn from them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Final

_FULL: Final = 2  # of what says the same: lightly and wholly reworded; then a post, a few words


@dataclass(frozen=True)
class Statement:
    """A claim. `full` says the same and leaves nothing decisive out, `brief` does: reports, a few words.

    `changed` cannot be true beside it, or says a decisively different thing; `apart` speaks of another event.
    `told` is the part of `brief` that citizens tell in their ways: in passing, in chat spelling, at
    length, in other languages; only some statements have it.
    """

    claim: str
    full: tuple[str, ...]
    brief: tuple[str, ...]
    changed: tuple[str, ...]
    ways: tuple[str, ...]  # how each of `changed` differs
    apart: tuple[str, ...]
    told: tuple[str, ...] = ()

    @property
    def stated(self) -> tuple[str, ...]:
        """All that says the same but what citizens tell."""
        return tuple(text for text in self.same if text not in self.told)

    @property
    def same(self) -> tuple[str, ...]:
        """All that says the same."""
        return self.full + self.brief


def stored() -> Iterator[Statement]:
    """Yield the statements in their order."""
    lines = resources.files("corpus").joinpath("data/statements.jsonl").read_text("utf-8").splitlines()
    yield from map(read, lines)


def read(line: str) -> Statement:
    """Return the statement of a line of the file."""
    row = json.loads(line)
    ways, changed = zip(*row["changed"], strict=True)
    same, told = row["same"], tuple(row.get("told", ()))
    full, brief = tuple(same[:_FULL]), (*same[_FULL:], *told)
    return Statement(row["claim"], full, brief, changed, ways, tuple(row["apart"]), told)
