from typing import Any

from app.commands.knowledge import explained
from corpus.reasons import explain
from tests.corpus.test_signals import side


def lines(left: str, right: str) -> list[str]:
    reasons: dict[str, Any] = explain(side(left), side(right)).as_json()
    return list(explained(reasons, left))


def test_reasons_are_told_in_words_with_what_is_shared_in_brackets() -> None:
    told = lines("Mậu A có 150 người nhiễm bệnh", "Mậu A (Văn Yên) có hơn 140 người nhiễm bệnh")
    assert told[0].startswith("shared:   [Mậu A]")
    assert "number:   150  <>  140" in told


def test_a_denial_is_told_with_its_words() -> None:
    told = lines("Công an bác bỏ tin vỡ đập thủy điện Bản Vẽ", "Đập thủy điện Bản Vẽ vỡ")
    assert 'denied by: "bác bỏ"' in told
