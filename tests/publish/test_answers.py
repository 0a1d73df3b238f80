"""Links that keep a search; validators are tried on the feeds themselves in test_routes.py."""

from models import Field, Rating
from publish import answers
from publish.register import Filters


def test_a_search_as_the_query_of_a_link() -> None:
    asked = Filters(q="đập & hồ", rating=Rating.FAKE, field=Field.HEALTH, place="02680", year=2026)
    assert (
        answers.query_of(asked)
        == "q=%C4%91%E1%BA%ADp+%26+h%E1%BB%93&rating=fake&field=y_te&place=02680&year=2026"
    )
    assert answers.query_of(Filters()) == ""
