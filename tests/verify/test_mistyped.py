"""A mistyped name is the same name; whatever could be another place is not."""

import pytest

from corpus import reasons
from corpus.side import Side
from corpus.text import normalise
from verify import mistyped

DAM = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, nước đang tràn về xuôi, đã có 12 người mất tích"


def differences(ours: str, theirs: str) -> tuple[str, str, list[dict[str, object]]]:
    left, right = normalise(ours), normalise(theirs)
    told = reasons.explain(Side.of(left), Side.of(right)).as_json()["differences"]
    assert told, "the texts do not differ"
    return left.canonical, right.canonical, told


@pytest.mark.parametrize(
    ("right", "wrong"), [("Bát Xát", "Bát Xst"), ("Nậm Pung", "NNậm Oung"), ("Bát Xát", "Bál Xát")]
)
def test_a_slip_of_the_finger(right: str, wrong: str) -> None:
    assert mistyped.only(*differences(DAM.replace(right, wrong), DAM))
    assert mistyped.only(*differences(DAM, DAM.replace(right, wrong)))


@pytest.mark.parametrize(
    ("right", "other"),
    [
        ("Nậm Pung", "Cốc Ly"),
        ("Bát Xát", "Bắc Hà"),
        ("Nậm Pung", "Nậm Mít"),  # a syllable: it may be another dam
        ("12 người", "21 người"),
    ],
)
def test_what_may_be_another_matter(right: str, other: str) -> None:
    assert not mistyped.only(*differences(DAM.replace(right, other), DAM))


def test_nothing_differs() -> None:
    assert not mistyped.only("a", "a", [])


def test_a_place_on_the_map_is_a_statement_of_its_own() -> None:
    ours, _, told = differences(DAM.replace("ở Bát Xát", "ở Bắc Hà"), DAM)
    assert mistyped.known_place(ours, told)
    ours, _, told = differences(DAM.replace("ở Bát Xát", "ở Bal Xaz"), DAM)
    assert not mistyped.known_place(ours, told)
