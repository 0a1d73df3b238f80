from typing import Any

from sqlalchemy.orm import Session

from models import Channel
from tests import factories as make
from verify import origins


def test_pieces_know_each_other_across_cases(session: Session) -> None:
    here, there = make.case(session), make.case(session)
    first = make.arrival(session, case_id=here.id)
    piece: dict[str, Any] = {"piece_of": first.id, "code_digest": None}
    second = make.arrival(session, piece_no=2, case_id=there.id, **piece)
    make.arrival(session, piece_no=3, **piece)
    alone = make.arrival(session, case_id=here.id)
    found = origins.of(session, [first, alone])
    assert [(one.number, one.case_id, one.case_number) for one in found[first.id].siblings] == [
        (2, there.id, there.number),
        (3, None, None),
    ]
    assert found[alone.id].siblings == []
    assert [one.number for one in origins.of(session, [second])[second.id].siblings] == [1, 3]


def test_an_entry_names_the_officer_who_took_it_down(session: Session) -> None:
    by = make.officer(session, display_name="Nguyễn Thị Hoa")
    told = make.arrival(session, channel=Channel.HOTLINE, taken_by_id=by.id, read_back_at=make.AT)
    found = origins.of(session, [told])[told.id]
    assert (found.taken_by, found.read_back_at, found.partner) == ("Nguyễn Thị Hoa", make.AT, None)
