"""The register: what is found, in what order, with how many queries."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from models import Correction, Field, NotFound, Rating
from publish import register
from publish.register import Filters
from tests.publish.conftest import AT, amended, issued


def found(session: Session, **asked: object) -> list[str]:
    return [one.correction.claim for one in register.latest(session, Filters(**asked)).items]  # type: ignore[arg-type]


DAM = "Đập thủy điện Nậm Pung đã vỡ."
SCHOOL = "Học sinh Lào Cai nghỉ học một tuần vì rét."


@pytest.fixture
def two(planned: Session) -> Session:
    issued(planned, claim=DAM, truth="Đập an toàn.", case={"field": Field.DISASTER, "place_code": "02680"})
    issued(
        planned,
        claim=SCHOOL,
        truth="Chỉ nghỉ ở vùng cao, không liên quan đập nào.",
        rating=Rating.TRUE,
        reason_code=None,
    )
    return planned


@pytest.mark.parametrize(
    "q", ["đập thủy điện", "dap thuy dien", "DAP  THUY ĐIỆN", "thủy điện nậm pu", "nam pung!"]
)
def test_marks_case_and_signs_do_not_matter(two: Session, q: str) -> None:
    assert found(two, q=q) == [DAM]


def test_the_claim_weighs_more_than_the_truth(two: Session) -> None:
    assert found(two, q="đập") == [DAM, SCHOOL]


@pytest.mark.parametrize("q", ["xyz", "!!!", "' OR 1=1 --", "zz:* & | ( ) <->", "\\", "'\"", "\U0001f9e8"])
def test_nothing_found_is_an_answer(two: Session, q: str) -> None:
    assert found(two, q=q) == []


def test_a_number_is_found_as_such(two: Session) -> None:
    number = two.scalars(select(Correction.number).where(Correction.claim == DAM)).one()
    assert found(two, q=f" {number} ") == [DAM]


def test_translations_are_searched(planned: Session) -> None:
    issued(
        planned,
        claim=DAM,
        translations={
            "en": {"claim": "The dam burst.", "truth": "It is safe."},
            "zh": {"claim": "大坝决堤", "truth": "安全"},
        },
    )
    assert found(planned, q="dam burst") == found(planned, q="大坝") == [DAM]


def test_filters(two: Session) -> None:
    assert found(two, rating=Rating.TRUE) == [SCHOOL]
    assert found(two, field=Field.DISASTER) == [DAM]
    assert found(two, place="02680") == [DAM]
    assert found(two, rating=Rating.TRUE, field=Field.DISASTER) == []


def test_years_are_those_of_vietnam_and_of_the_first_version(planned: Session) -> None:
    done = issued(planned, claim=DAM, at=datetime(2025, 12, 31, 17, 0, tzinfo=UTC))
    issued(planned, claim=SCHOOL, at=datetime(2025, 12, 31, 16, 59, tzinfo=UTC))
    amended(planned, done, claim=DAM)
    assert (found(planned, year=2026), found(planned, year=2025)) == ([DAM], [SCHOOL])
    assert register.years(planned) == [2026, 2025]


def test_only_the_newest_version_is_listed_with_the_day_of_the_first(planned: Session) -> None:
    first = issued(planned, at=datetime(2026, 3, 1, tzinfo=UTC))
    amended(planned, first, claim="Câu mới.", truth="Khác.")
    (one,) = register.latest(planned).items
    assert (one.correction.version, one.first_issued_at) == (2, first.issued_at)
    assert found(planned, q="nam pung") == []


def test_a_withdrawn_rating_no_longer_counts(planned: Session) -> None:
    first = issued(planned, rating=Rating.FALSE)
    amended(planned, first, rating=Rating.FALSE, withdraws=True)
    assert found(planned, rating=Rating.FALSE) == []
    assert len(found(planned)) == 1
    assert register.counts(planned) == {"void": 1}


def test_pages(two: Session) -> None:
    page = register.latest(two, page=2, size=1)
    assert (page.total, page.pages, len(page.items)) == (2, 2, 1)
    assert register.latest(two, page=999_999_999, size=1).items == []


def test_two_queries_whatever_the_number(two: Session) -> None:
    statements: list[str] = []
    connection = two.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
    register.latest(two, Filters(q="đập"))
    assert len(statements) == 2


def test_what_is_not_there(planned: Session) -> None:
    with pytest.raises(NotFound):
        register.by_slug(planned, "x")
    with pytest.raises(NotFound):
        register.versions(planned, "x")
    assert (register.years(planned), register.counts(planned), register.checkpoints(planned)) == ([], {}, [])


def test_days_of_the_kept_copies(planned: Session) -> None:
    done = issued(planned)
    assert list(register.stored_on(planned, done.sources)) == [done.sources[0]["sha256"]]
    assert register.stored_on(planned, [{"sha256": None}]) == {}
    assert done.issued_at == AT
