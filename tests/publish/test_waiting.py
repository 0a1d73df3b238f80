"""What waits for the publisher."""

from sqlalchemy.orm import Session

from publish import waiting
from tests import factories as make
from tests.publish.conftest import approved, issued


def test_only_approved_cases_wait_the_longest_first(planned: Session) -> None:
    issued(planned)
    make.taken_case(planned, make.officer(planned))
    first, second = approved(planned), approved(planned)
    found = waiting.approved(planned)
    assert [one.case.id for one in found] == [first.id, second.id]
    assert found[0].author != found[0].approver
    assert waiting.people(planned, found[0].verdict, found[0].approval) == (
        found[0].author,
        found[0].approver,
    )
