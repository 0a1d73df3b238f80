"""The sets on which relations are measured: whole, balanced, and read as they are written."""

from collections import Counter

import pytest

from bench import contradictions, contrasts, stated
from bench.figures import Table
from corpus.distil import statements
from models import Relation


def test_every_contrast_has_a_contradiction_and_a_paraphrase() -> None:
    stored = list(contrasts.stored())
    assert len(stored) > 100
    assert len({one.statement for one in stored}) == len(stored)
    for one in stored:
        assert len({one.statement, one.contradiction, one.paraphrase}) == 3
    assert min(Counter(one.way for one in stored).values()) >= 4


def test_a_matcher_that_calls_all_a_variant_pays_on_the_other_side() -> None:
    table = Table()
    contrasts.measure(table, lambda _left, _right: Relation.VARIANT)
    assert table.figures["relations.contrast_called_same"].value == 0
    assert table.figures["relations.contrast_paraphrase_not_same"].value == 1


@pytest.mark.parametrize("name", stated.EXAMS)
def test_the_exams_are_of_other_statements_than_the_lessons(name: str) -> None:
    exam, lessons = list(stated.stored(name)), {one.claim for one in statements.stored()}
    assert len(exam) > 100
    assert not lessons & {one.claim for one in exam}
    table = Table()
    stated.measure(table, lambda _left, _right: Relation.SAME)
    assert table.figures[f"relations.{name}_contradiction_called_same"].value == 1
    assert table.figures[f"relations.{name}_paraphrase_not_same"].value == 0


def test_a_contradiction_changes_what_it_says_it_changes() -> None:
    made = {one.generator: one.after for one in contradictions.of("Hai bé trai bị bắt cóc ngày 3/5 ở Sa Pa")}
    assert made["number.word"].startswith("Năm bé trai")
    assert made["date.day"] == "Hai bé trai bị bắt cóc ngày 4/5 ở Sa Pa"
    assert made["polarity.opposite"] == "Hai bé trai bị thả cóc ngày 3/5 ở Sa Pa"
