import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify import aligned

REASONS = {
    "shared": [{"left": [0, 6], "right": [4, 10]}],
    "differences": [
        {
            "kind": "number",
            "left": ["num:12"],
            "right": ["num:30"],
            "left_spans": [[7, 9]],
            "right_spans": [],
        },
        {"kind": "place", "left": ["02683"], "right": []},
    ],
}


def test_spans_are_cut_in_their_own_text() -> None:
    found = aligned.read(REASONS, "Vỡ đập 12 nhà", "Tin vỡ đập 30 nhà")
    assert found.left == [("same", "Vỡ đập"), ("plain", " "), ("differ", "12"), ("plain", " nhà")]
    assert found.right == [("plain", "Tin "), ("same", "vỡ đập"), ("plain", " 30 nhà")]
    assert next((one.kind, one.ours, one.theirs) for one in found.differences) == ("number", "12", "30")


def test_of_a_long_text_only_the_compared_passage_is_shown() -> None:
    text = "Chào cả nhà. Vỡ đập 12 nhà. Cảm ơn ạ."
    spans = {"left": [13, 19], "right": [4, 10]}
    found = aligned.read({"shared": [spans], "passage": [13, 27]}, text, "Tin vỡ đập 30 nhà")
    assert found.left == [("plain", "… "), ("same", "Vỡ đập"), ("plain", " 12 nhà."), ("plain", " …")]
    assert found.passage


def test_seen_from_the_other_side() -> None:
    found = aligned.turned(aligned.read(REASONS, "Vỡ đập 12 nhà", "Tin vỡ đập 30 nhà"))
    assert found.left[0] == ("plain", "Tin ")
    assert (found.differences[0].ours, found.differences[0].theirs) == ("30", "12")


@pytest.mark.parametrize(
    ("opinion", "told"),
    [
        (None, ""),
        ({"same": 0.01, "changed": 0.97, "apart": 0.02}, "changed"),
        ({"same": 0.03, "changed": 0.93, "apart": 0.04}, ""),
    ],
)
def test_a_reading_is_told_only_when_it_is_fairly_sure(opinion: dict[str, float] | None, told: str) -> None:
    assert aligned.read({"opinion": opinion}, "a", "b").reading == told


spans = st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60)), max_size=5)


@given(st.text(max_size=50), spans, spans)
def test_no_span_loses_or_adds_a_character(
    text: str, same: list[tuple[int, int]], differ: list[tuple[int, int]]
) -> None:
    assert "".join(part for _, part in aligned.segments(text, same, differ)) == text
