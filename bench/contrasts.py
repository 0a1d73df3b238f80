"""Statements with a contradiction and a paraphrase each: both error sides.

The sets, in `bench/data`: the way of changing, a statement, what contradicts it, what says the same in other
words.

* `contrasts.tsv` was written and kept before the rules that are measured on it were touched.
* `contrasts_later.tsv` too; half of it stays unseen: only its sums are ever printed.
* `contrasts_last.tsv` was written after most rules and is printed in sums only.
* `contrasts_other.tsv` and `contrasts_fresh.tsv` were written by others, who knew no rule and no other set.
  Of the second, half stays unseen.
* `contrasts_third.tsv` too; half of its contradictions are reworded as well. Half stays unseen.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from bench.figures import Table
from models import Relation

# Ways of changing that are a number, date, place, actor, or yes for no.
_PLAIN = ("number", "date", "place", "actor", "negation", "polarity")


@dataclass(frozen=True)
class Contrast:
    """One line of the set. `way` is how the contradiction differs: "unit", "direction", "antonym"..."""

    way: str
    statement: str
    contradiction: str
    paraphrase: str


def stored(name: str = "contrasts") -> Iterator[Contrast]:
    """Yield a set in its order."""
    lines = resources.files("bench").joinpath(f"data/{name}.tsv").read_text("utf-8").splitlines()
    yield from (Contrast(*line.split("\t")) for line in lines)


def seen(one: Contrast) -> bool:
    """Whether a line of the later set may be looked at to make rules; of the others only sums are told."""
    return hashlib.sha256(one.statement.encode()).digest()[0] % 2 == 0


def measure(table: Table, relation: Callable[[str, str], Relation]) -> None:
    """Add how often a contradiction is called the same, and how often a paraphrase is not, for each set.

    A paraphrase beside a contradiction is the harder case: other words, another order and another fact.
    """
    later = list(stored("contrasts_later"))
    _measure(table, "contrast", list(stored()), relation, ways=True)
    _measure(table, "contrast_seen", list(filter(seen, later)), relation, ways=True)
    _measure(table, "contrast_unseen", [one for one in later if not seen(one)], relation, ways=False)
    _measure(table, "contrast_last", list(stored("contrasts_last")), relation, ways=False)
    fresh = list(stored("contrasts_fresh"))
    _measure(table, "contrast_other", list(stored("contrasts_other")), relation, ways=True)
    _measure(table, "contrast_fresh_seen", list(filter(seen, fresh)), relation, ways=True)
    _measure(table, "contrast_fresh_unseen", [one for one in fresh if not seen(one)], relation, ways=False)
    third = list(stored("contrasts_third"))
    others = [*stored("contrasts_other"), *fresh, *third]
    _measure(table, "contrast_plain", [one for one in others if one.way in _PLAIN], relation, ways=True)
    _measure(table, "contrast_third_seen", list(filter(seen, third)), relation, ways=True)
    _measure(table, "contrast_third_unseen", [one for one in third if not seen(one)], relation, ways=False)


def _measure(
    table: Table,
    name: str,
    lines: Sequence[Contrast],
    relation: Callable[[str, str], Relation],
    *,
    ways: bool,
) -> None:
    against, alike, apart = Counter[Relation](), Counter[Relation](), Counter[Relation]()
    missed = Counter[str]()
    for one in lines:
        found = relation(one.contradiction, one.statement)
        against[found] += 1
        missed[one.way] += found is Relation.SAME
        alike[relation(one.paraphrase, one.statement)] += 1
        apart[relation(one.paraphrase, one.contradiction)] += 1
    told = ", ".join(f"{way} {count}" for way, count in missed.most_common() if count) if ways else ""
    table.add(
        f"relations.{name}_called_same", against[Relation.SAME] / against.total(), "",
        note=f"of {against.total()}: {told}".removesuffix(": "),
    )  # fmt: skip
    table.add(
        f"relations.{name}_reworded_called_same", apart[Relation.SAME] / apart.total(), "",
        note=f"the paraphrases beside the contradictions, of {apart.total()}",
    )  # fmt: skip
    others = ", ".join(f"{one.value} {count}" for one, count in alike.most_common() if one != Relation.SAME)
    table.add(
        f"relations.{name}_paraphrase_not_same", 1 - alike[Relation.SAME] / alike.total(), "",
        note=f"of {alike.total()}: {others}",
    )  # fmt: skip
