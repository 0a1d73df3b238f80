"""Invented statements by another hand than those that are learnt from: `bench/data/statements.jsonl`.

Written as an exam, with the same brief (`corpus/distil/statements.py` has the form). Nothing was fitted to
them but which of five mixtures of encoders was shipped, where they were a quarter of the queries; only sums
are printed.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from importlib import resources

from bench.figures import Table
from corpus.distil import pairs, statements
from corpus.distil.pairs import Said
from models import Relation


def stored() -> Iterator[statements.Statement]:
    """Yield the statements in their order."""
    lines = resources.files("bench").joinpath("data/statements.jsonl").read_text("utf-8").splitlines()
    yield from map(statements.read, lines)


def measure(table: Table, relation: Callable[[str, str], Relation]) -> None:
    """Add how often another thing, or another matter, is called the same, and the same something else."""
    told: dict[Said, Counter[Relation]] = defaultdict(Counter)
    for one in stored():
        for left, right, said in pairs.of(one):
            told[said][relation(left, right)] += 1
    for said, name in ((Said.CHANGED, "contradiction"), (Said.APART, "another_matter")):
        found = told[said]
        table.add(
            f"relations.stated_{name}_called_same", found[Relation.SAME] / found.total(), "",
            note=f"of {found.total()}; called a variant {found[Relation.VARIANT] / found.total():.3f}",
        )  # fmt: skip
    alike = told[Said.SAME]
    others = ", ".join(f"{one.value} {count}" for one, count in alike.most_common() if one != Relation.SAME)
    table.add(
        "relations.stated_paraphrase_not_same", 1 - alike[Relation.SAME] / alike.total(), "",
        note=f"of {alike.total()}: {others}",
    )  # fmt: skip
