"""Invented statements by other hands than those that are learnt from: two exams; only sums are printed.

*stated* (`bench/data/statements.jsonl`) was written with the brief of the first lessons
(`corpus/distil/statements.py` has the form). Nothing was fitted to it but which of five mixtures of encoders
was shipped, where it was a quarter of the queries. *fresh* (`statements_fresh.jsonl`) was written later, with
a brief of its own, after which a half of the later lessons were written too. From which values on the reader
is followed (`corpus/reasons.py`) was chosen with a look at the sums of both.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Final

from bench.figures import Table
from corpus.distil import pairs, statements
from corpus.distil.pairs import Said
from models import Relation

EXAMS: Final = {"stated": "statements", "fresh": "statements_fresh"}


def stored(exam: str = "stated") -> Iterator[statements.Statement]:
    """Yield the statements of an exam in their order."""
    lines = resources.files("bench").joinpath(f"data/{EXAMS[exam]}.jsonl").read_text("utf-8").splitlines()
    yield from map(statements.read, lines)


def measure(table: Table, relation: Callable[[str, str], Relation]) -> None:
    """Add how often another thing, or another matter, is called the same, and the same something else."""
    for exam in EXAMS:
        _measure(table, exam, relation)


def _measure(table: Table, exam: str, relation: Callable[[str, str], Relation]) -> None:
    told: dict[Said, Counter[Relation]] = defaultdict(Counter)
    for one in stored(exam):
        for left, right, said in pairs.of(one):
            told[said][relation(left, right)] += 1
    for said, name in ((Said.CHANGED, "contradiction"), (Said.APART, "another_matter")):
        found = told[said]
        table.add(
            f"relations.{exam}_{name}_called_same", found[Relation.SAME] / found.total(), "",
            note=f"of {found.total()}; called a variant {found[Relation.VARIANT] / found.total():.3f}",
        )  # fmt: skip
    alike = told[Said.SAME]
    others = ", ".join(f"{one.value} {count}" for one, count in alike.most_common() if one != Relation.SAME)
    table.add(
        f"relations.{exam}_paraphrase_not_same", 1 - alike[Relation.SAME] / alike.total(), "",
        note=f"of {alike.total()}: {others}",
    )  # fmt: skip
