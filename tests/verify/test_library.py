import pytest
from sqlalchemy.orm import Session

from tests import factories as make
from tests.factories import AT
from verify import library


@pytest.mark.parametrize("words", ["dap nam pung", "ĐẬP vỡ", "Nậm-Pung"])
def test_claims_are_found_without_marks(session: Session, words: str) -> None:
    found = make.claim(session)
    make.passage(session, found.claim, claim_id=found.id)
    other = make.claim(session, "Cầu Cốc Lếu nứt")
    make.passage(session, other.claim, claim_id=other.id)
    assert [one.id for one in library.search(session, words).claims] == [found.id]


def test_retired_claims_are_not_offered_and_pages_end(session: Session) -> None:
    make.claim(session, retired_at=AT)
    for _ in range(library.PAGE + 1):
        make.claim(session)
    shelf = library.search(session, page=99)
    assert (shelf.total, shelf.page, len(shelf.claims)) == (library.PAGE + 1, 2, 1)


@pytest.mark.parametrize("words", ["%", "_", "\\", "' OR 1=1 --x"])
def test_a_search_is_words(session: Session, words: str) -> None:
    found = make.claim(session)
    make.passage(session, found.claim, claim_id=found.id)
    assert library.search(session, words).total in {0, 1}
