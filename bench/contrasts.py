"""Statements with a contradiction and a paraphrase each, on which no rule was ever fitted: both error sides.

`bench/data/contrasts.tsv`: the way of changing, a statement, what contradicts it, what says the same in other
words. It was written and kept before the rules that are measured on it were touched.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources

from bench.figures import Table
from models import Relation


@dataclass(frozen=True)
class Contrast:
    """One line of the set. `way` is how the contradiction differs: "unit", "direction", "antonym"..."""

    way: str
    statement: str
    contradiction: str
    paraphrase: str


def stored() -> Iterator[Contrast]:
    """Yield the set in its order."""
    lines = resources.files("bench").joinpath("data/contrasts.tsv").read_text("utf-8").splitlines()
    yield from (Contrast(*line.split("\t")) for line in lines)


def measure(table: Table, relation: Callable[[str, str], Relation]) -> None:
    """Add how often a contradiction is called the same, and how often a paraphrase is not."""
    against, alike = Counter[Relation](), Counter[Relation]()
    missed = Counter[str]()
    for one in stored():
        found = relation(one.contradiction, one.statement)
        against[found] += 1
        missed[one.way] += found is Relation.SAME
        alike[relation(one.paraphrase, one.statement)] += 1
    ways = ", ".join(f"{way} {count}" for way, count in missed.most_common() if count)
    table.add(
        "relations.contrast_called_same", against[Relation.SAME] / against.total(), "",
        note=f"of {against.total()}: {ways}",
    )  # fmt: skip
    others = ", ".join(f"{one.value} {count}" for one, count in alike.most_common() if one != Relation.SAME)
    table.add(
        "relations.contrast_paraphrase_not_same", 1 - alike[Relation.SAME] / alike.total(), "",
        note=f"of {alike.total()}: {others}",
    )  # fmt: skip
