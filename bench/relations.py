"""How often a contradiction is called the same, other words a variant, and how denials are recognised.

Contradictions are made of the starting claims (bench/contradictions.py). Paraphrases are invented claims with
other words for them, written for this measure (bench/data/paraphrases.tsv). bench/contrasts.py has
both, of kinds to which the rules were not fitted; bench/stated.py has statements with many of each.
"""

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import resources

from bench import contradictions, contrasts, stated, texts
from bench.figures import Table
from corpus import cues, places, reader
from corpus.reasons import explain
from corpus.side import Side
from corpus.text import normalise
from models import Relation


def measure(table: Table) -> None:
    """Add the figures."""
    counted: dict[bool, Counter[Relation]] = {True: Counter(), False: Counter()}
    for one in (pair for claim in texts.claims() for pair in contradictions.of(claim)):
        counted[one.generator in contradictions.HELD_OUT][_relation(one.after, one.before)] += 1
    held, whole = counted[True], counted[True] + counted[False]
    table.add(
        "relations.contradiction_called_same", _share(whole, Relation.SAME), "",
        note=f"of {whole.total()}; held out: {_share(held, Relation.SAME):.4f} of {held.total()}",
    )  # fmt: skip
    pairs = Counter(_relation(left, right) for left, right in _paraphrases())
    table.add(
        "relations.paraphrase_called_variant", _share(pairs, Relation.VARIANT), "",
        note=f"of {pairs.total()}; called other {_share(pairs, Relation.OTHER):.3f}",
    )  # fmt: skip
    contrasts.measure(table, _relation)
    stated.measure(table, _relation)
    told = [normalise(words).canonical for words in _corrections()]
    spread = [normalise(words).canonical for words in texts.claims()]
    table.add(
        "relations.denials_recognised", sum(map(_refutes, told)) / len(told), "",
        note=f"of {len(told)} corrections; of their claims {sum(map(_refutes, spread)) / len(spread):.3f}",
    )  # fmt: skip


def _share(counted: Counter[Relation], wanted: Relation) -> float:
    return counted[wanted] / max(1, counted.total())


def _refutes(text: str) -> bool:
    return cues.refutation(text) is not None


def _relation(left: str, right: str) -> Relation:
    return explain(_side(left), _side(right), read=reader.load().read).relation


@cache
def _side(text: str) -> Side:
    normal = normalise(text)
    return Side.of(normal, None, places.keys(normal.canonical))


def _paraphrases() -> Iterator[tuple[str, str]]:
    for line in resources.files("bench").joinpath("data/paraphrases.tsv").read_text("utf-8").splitlines():
        left, right = line.split("\t")
        yield left, right


def _corrections() -> Iterator[str]:
    rows = resources.files("corpus").joinpath("data/confirmed_claims.jsonl").read_text("utf-8")
    for row in rows.splitlines():
        yield json.loads(row)["correction"]


if __name__ == "__main__":
    measure(Table())
