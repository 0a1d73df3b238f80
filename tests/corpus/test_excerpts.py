"""Long texts are cut into passages that leave nothing out and cost a bounded number of searches."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import excerpts

TALK = "Em đọc trong nhóm thấy nhiều người chia sẻ lắm. Ai biết thì trả lời giúp em với ạ. "
RUMOUR = "Nghe nói đập Nậm Pung ở Bát Xát đã vỡ vì bão số 3."


@pytest.mark.parametrize("times", [3, 5, 9, 30])
def test_a_sentence_of_a_long_text_stands_whole_in_a_passage(times: int) -> None:
    text = TALK * times + RUMOUR + " " + TALK.strip()
    cut = [text[start:end] for start, end in excerpts.spans(text)]
    assert 1 < len(cut) <= 13
    assert any(RUMOUR in one for one in cut)
    assert all(one.split()[0] in {"Em", "Ai", "Nghe"} for one in cut)


def test_a_short_text_has_no_passages() -> None:
    assert excerpts.spans(RUMOUR) == []
    assert excerpts.spans("") == []
    assert excerpts.spans("银" * 500) == []


def test_a_text_without_stops_is_cut_by_words() -> None:
    text = " ".join(f"w{number}" for number in range(130))
    assert {word for start, end in excerpts.spans(text) for word in text[start:end].split()} == set(
        text.split()
    )


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab .!?;。,", max_size=1_500))
def test_no_word_of_a_long_text_is_left_out(text: str) -> None:
    found = excerpts.spans(text)
    assert len(found) <= 13
    if found:
        seen = {place for start, end in found for place in range(start, end)}
        assert not [place for place, char in enumerate(text) if char in "ab" and place not in seen]
