"""The list of what is held: families, their order, and how many questions it asks of the database."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session, sessionmaker

from models import Arrival, ArrivalState, CaseState, HeldWhy, NotFound
from tests import factories as make
from tests.factories import AT
from verify import lane, sifting, telling
from verify.families import Known

DAM = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, bà con vùng hạ du chạy ngay lên chỗ cao"
JUNK = "kkj qwoei zxmcn asdkj qpwoe zmxnc laksd"


def hold(session: Session, text: str, **values: object) -> int:
    given = {"state": ArrivalState.HELD, "held_why": HeldWhy.NO_PROOF, **values}
    return make.arrival(session, text, **given).id


@pytest.fixture
def sift(session: Session) -> Callable[[], None]:
    def run() -> None:
        rows = session.scalars(select(Arrival).where(Arrival.family_id.is_(None))).all()
        sifting.sift(session, rows, Known(), at=AT)
        session.expire_all()

    return run


def test_families_come_with_the_most_telling_first(session: Session, sift: Callable[[], None]) -> None:
    for number in range(5):
        hold(session, f"{JUNK} {number}", held_why=HeldWhy.BAIT)
    first = hold(session, DAM, proven=True)
    hold(session, DAM.upper() + "!!!", received_at=AT + timedelta(hours=1))
    make.arrival(session, DAM)  # received, not held
    sift()
    page = lane.ask(session, state=ArrivalState.HELD)
    assert [(sign.count, sign.why) for sign in page.signs] == [(2, ["no_proof"]), (5, ["bait"])]
    dam = page.signs[0]
    assert (dam.arrival_id, dam.text, dam.proven) == (first, DAM, 1)
    assert (dam.first_at, dam.last_at) == (AT, AT + timedelta(hours=1))
    assert (page.total, page.families, page.unsifted) == (7, 2, 0)
    assert [one.count for one in lane.ask(session, state=ArrivalState.HELD, largest=True).signs] == [5, 2]
    assert [one.count for one in lane.ask(session, state=ArrivalState.HELD, why=HeldWhy.BAIT).signs] == [5]


def test_what_is_shown_with_its_case_takes_no_place_on_the_first_page(
    session: Session, sift: Callable[[], None]
) -> None:
    dam = make.case(session)
    hold(session, f"{DAM} Bát Xát, Lào Cai", near_case_id=dam.id)
    news = hold(session, "Nghe bảo sắp không cho bán quế nữa, bà con bán nhanh đi")
    both = [hold(session, "Chợ Bắc Hà tuần này nghỉ phiên", near_case_id=near) for near in (dam.id, None)]
    sift()
    page = lane.ask(session, state=ArrivalState.HELD)
    shown = [(sign.arrival_id, sign.near) for sign in page.signs]
    assert shown[:2] == [(both[1], 1), (news, 0)]
    assert shown[2][1] == 1
    only = lane.ask(session, state=ArrivalState.HELD, near=dam.id)
    assert [(sign.count, sign.near) for sign in only.signs] == [(1, 1), (1, 1)]
    again = make.case(session)
    dam.state, dam.merged_into_id = CaseState.MERGED, again.id
    session.flush()
    assert lane.ask(session, state=ArrivalState.HELD, near=again.id).families == 2


def test_what_has_no_family_yet_is_counted(session: Session) -> None:
    hold(session, DAM)
    page = lane.ask(session, state=ArrivalState.HELD)
    assert (page.signs, page.total, page.unsifted) == ([], 1, 1)


def test_the_number_of_queries_does_not_grow(session: Session, sift: Callable[[], None]) -> None:
    def asked() -> int:
        seen: list[str] = []
        note = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(session.get_bind(), "before_cursor_execute", note)
        try:
            lane.ask(session, state=ArrivalState.HELD)
        finally:
            event.remove(session.get_bind(), "before_cursor_execute", note)
        return len(seen)

    hold(session, DAM)
    sift()
    few = asked()
    for number in range(30):
        hold(session, f"{number} {chr(97 + number % 26) * 9} {number * 7919} {JUNK[number % 9 :]}")
    sift()
    assert asked() == few == 3


def test_a_page_beyond_the_last_shows_the_last(session: Session, sift: Callable[[], None]) -> None:
    hold(session, DAM)
    sift()
    page = lane.ask(session, state=ArrivalState.HELD, page=9)
    assert (page.page, page.pages, len(page.signs)) == (1, 1, 1)


def test_members_of_a_family_by_state(session: Session, sift: Callable[[], None]) -> None:
    hold(session, DAM)
    hold(session, DAM + " nhé", state=ArrivalState.RECEIVED, held_why=None)
    sift()
    family = session.scalars(select(Arrival.family_id)).first()
    found = lane.members(session, family or 0, state=ArrivalState.HELD)
    assert [one.text for one in found.rows] == [DAM]
    assert found.counts == {ArrivalState.HELD: 1, ArrivalState.RECEIVED: 1}
    with pytest.raises(NotFound):
        lane.members(session, 2**63, state=ArrivalState.HELD)


def test_the_queue_tells_of_a_flood_only_while_one_is_on(session: Session) -> None:
    for _ in range(20):
        hold(session, DAM)
    assert lane.flood(session, now=AT + timedelta(minutes=5)) == 20
    assert lane.flood(session, now=AT + timedelta(hours=5)) == 0


def test_every_held_arrival_is_sifted_once(sessions: sessionmaker[Session]) -> None:
    known = Known()
    with sessions.begin() as session:
        for number in range(3):
            hold(session, f"{DAM} {number}")
        assert len(sifting.held_some(session, known, at=AT)[0]) == 3
    with sessions.begin() as session:
        assert not sifting.held_some(session, known, at=AT)[0]
        assert session.scalar(select(func.count(Arrival.family_id.distinct()))) == 1
        assert (session.scalar(select(func.min(Arrival.telling))) or 0) >= telling.HIGH
