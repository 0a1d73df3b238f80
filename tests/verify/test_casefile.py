from datetime import timedelta

from sqlalchemy.orm import Session

from models import Officer
from tests import factories as make
from tests.factories import AT
from tests.verify.test_queue import counted
from verify import casefile, cases, judgements


def full(session: Session, by: Officer, size: int) -> int:
    """A case with `size` of everything."""
    older = [make.case(session) for _ in range(size)]
    case = make.taken_case(session, by, arrivals=size)
    make.passage(session, "Đập Nậm Pung vỡ", case_id=case.id)
    for one in older:
        make.arrival(session, case_id=case.id)
        make.evidence(session, case, by)
        make.match(session, case, make.claim(session))
        make.twin(session, case, one)
        cases.note(session, case, text="Ghi chú", by=by, at=AT)
    make.verdict(session, case, by)
    return case.id


def test_the_page_costs_the_same_for_one_and_for_many(session: Session, hoa: Officer) -> None:
    counts = []
    for size in (1, 8):
        case_id = full(session, hoa, size)
        session.expire_all()
        with counted(session) as sent:
            found = casefile.load(session, case_id, now=AT)
        assert found is not None
        assert [len(part) for part in (found.matches, found.twins, found.sources)] == [size] * 3
        counts.append(len(sent))
    assert counts[0] == counts[1]
    assert counts[0] <= 17


def test_rejected_pairs_and_removed_sources_stand_apart(session: Session, hoa: Officer) -> None:
    case = make.case(session)
    first, second = (make.match(session, case, make.claim(session)) for _ in range(2))
    judgements.reject(session, first, by=hoa, at=AT)
    make.evidence(session, case, hoa, removed_at=AT, removed_by_id=hoa.id)
    found = casefile.load(session, case.id, now=AT)
    assert found is not None
    assert [one.match.id for one in found.matches] == [second.id]
    assert [one.match.id for one in found.rejected] == [first.id]
    assert (len(found.sources), len(found.removed)) == (0, 1)


def test_waiting_shows_proposed_verdicts_the_longest_waiting_first(session: Session, hoa: Officer) -> None:
    late, early = make.taken_case(session, hoa), make.taken_case(session, hoa)
    make.verdict(session, late, hoa)
    make.verdict(session, early, hoa, proposed_at=AT - timedelta(hours=1))
    make.approved_case(session)
    with counted(session) as sent:
        assert [one.case.id for one in casefile.waiting(session)] == [early.id, late.id]
    assert len(sent) == 1


def test_no_case_no_page(session: Session) -> None:
    assert casefile.load(session, 10**9, now=AT) is None
