"""What the list's form may ask."""

import pytest

from models import Field, Invalid, Rating
from publish import forms
from publish.register import Filters


def test_empty_choices_mean_all() -> None:
    assert forms.filters() == Filters()
    assert forms.page_number("") == forms.page_number("1") == 1


def test_choices() -> None:
    asked = forms.filters(q=" đập ", rating="true", field="y_te", place=" 02680 ", year="2026")
    assert asked == Filters("đập", Rating.TRUE, Field.HEALTH, "02680", 2026)


@pytest.mark.parametrize(
    ("name", "value"), [("rating", "x"), ("field", "x"), ("year", "1999"), ("year", "٢٠٢٦")]
)
def test_choices_that_do_not_exist(name: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        forms.filters(**{name: value})
    assert (refused.value.code, refused.value.field) == ("filter", name)
