import pytest

from corpus.keys import facts


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ngày 10 tháng 9 năm 2024", "date:2024-09-10"),
        ("September 10, 2024", "date:2024-09-10"),
        ("10 September 2024", "date:2024-09-10"),
        ("2024年9月10日", "date:2024-09-10"),
        ("10/9/24", "date:2024-09-10"),
        ("ngày 10/9", "date:--09-10"),
        ("Sept 10", "date:--09-10"),
        ("9月10日", "date:--09-10"),
        ("10th of May", "date:--05-10"),
        ("mùng 2 tháng 9", "date:--09-02"),
        ("ngày hai tháng chín", "date:--09-02"),
        ("in May 2024", "date:2024-05"),
        ("2024年9月", "date:2024-09"),
    ],
)
def test_dates_of_three_languages_are_one_key(text: str, wanted: str) -> None:
    assert [fact.key for fact in facts(text)] == [wanted]


@pytest.mark.parametrize("text", ["ngày 2 tháng sau", "2 tháng tù", "may 20 nguoi", "10/13/24x", "máy 5"])
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert not [fact for fact in facts(text) if fact.kind == "date"]
