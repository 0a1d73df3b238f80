"""The held lane through its doors: who may enter, what the pages say, what the buttons do."""

from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from app import web
from models import Arrival, ArrivalState, HeldWhy
from tests import factories as make
from tests.verify.conftest import Desk
from verify import sifting
from verify.families import Known

DAM = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, bà con vùng hạ du chạy ngay lên chỗ cao"
LANE = "/cho-sang-loc"
Sessions = sessionmaker[Session]


@pytest.fixture
def family(sessions: Sessions) -> int:
    with sessions.begin() as session:
        for number in range(3):
            make.arrival(
                session, f"{DAM} {number}", state=ArrivalState.HELD, held_why=HeldWhy.WAVE, proven=True
            )
        sifting.held_some(session, Known(), at=make.AT)
    with sessions() as session:
        return session.scalar(select(func.min(Arrival.family_id))) or 0


def states(sessions: Sessions) -> list[ArrivalState]:
    with sessions() as session:
        return list(session.scalars(select(Arrival.state).order_by(Arrival.id)))


def follow(desk: Desk, answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return str(desk.client.get(answer.headers["location"]).text)


def test_the_lane_is_empty_on_a_calm_day(desk: Desk) -> None:
    desk.as_("verifier")
    assert "Không có tin nào chờ sàng lọc" in desk.get(LANE).text
    assert "Chưa có tin nào bị loại" in desk.get(f"{LANE}?muc=da-loai").text
    assert "Chờ sàng lọc (" not in desk.get("").text


def test_only_who_reads_cases_sees_it_and_only_verifiers_act(desk: Desk, family: int) -> None:
    desk.as_("admin")
    assert desk.get(LANE).status_code == 403
    desk.as_("auditor")
    assert "Cho vào</span>" not in desk.get(LANE).text
    for act in (f"nhom/{family}/cho-vao", f"nhom/{family}/loai", f"nhom/{family}/tin/1/loai"):
        assert desk.post(f"{LANE}/{act}").status_code == 403


def test_a_family_is_discarded_and_brought_back(desk: Desk, sessions: Sessions, family: int) -> None:
    desk.as_("verifier")
    page = desk.get(LANE).text
    assert DAM in page
    assert "Chờ sàng lọc (3)" in page
    assert "Vượt mức mở vụ việc" in page
    said = follow(desk, desk.post(f"{LANE}/nhom/{family}/loai"))
    assert "Đã loại 3 tin" in said
    assert states(sessions) == [ArrivalState.DISCARDED] * 3
    assert "đã cho vào hoặc đã loại" in desk.post(f"{LANE}/nhom/{family}/cho-vao").text
    assert DAM in desk.get(f"{LANE}?muc=da-loai").text
    follow(desk, desk.post(f"{LANE}/nhom/{family}/lay-lai"))
    assert "Đã cho 3 tin" in follow(desk, desk.post(f"{LANE}/nhom/{family}/cho-vao"))
    assert states(sessions) == [ArrivalState.RECEIVED] * 3


def test_one_of_a_family(desk: Desk, sessions: Sessions, family: int) -> None:
    desk.as_("verifier")
    with sessions() as session:
        first, second, _third = session.scalars(select(Arrival.id).order_by(Arrival.id))
    one = f"{LANE}/nhom/{family}/tin"
    assert f"Đã loại tin số {first}" in follow(desk, desk.post(f"{one}/{first}/loai"))
    assert "trở lại" in follow(desk, desk.post(f"{one}/{first}/lay-lai"))
    follow(desk, desk.post(f"{one}/{first}/loai"))
    follow(desk, desk.post(f"{one}/{second}/cho-vao"))
    assert states(sessions) == [ArrivalState.DISCARDED, ArrivalState.RECEIVED, ArrivalState.HELD]
    assert f"số {first} " in desk.get(f"{LANE}/nhom/{family}?muc=da-loai").text


def test_the_queue_says_that_a_flood_is_on(desk: Desk, sessions: Sessions) -> None:
    with sessions.begin() as session:
        for number in range(20):
            make.arrival(session, f"{number}", state="held", held_why=HeldWhy.NO_PROOF, received_at=web.now())
    desk.as_("verifier")
    page = desk.get("").text
    assert "Đang có đợt gửi dồn dập" in page
    assert "20 tin đang" in page


def test_strange_addresses_are_answered(desk: Desk, family: int) -> None:
    desk.as_("verifier")
    for path in (
        "?trang=999&vi-sao=x&muc=y&xep=z",
        "?trang=-1",
        f"/nhom/{family}?trang=99999999999999999999",
    ):
        assert desk.get(LANE + path).status_code == 200
    assert desk.get(f"{LANE}/nhom/99999999999999999999").status_code == 404


def test_what_resembles_one_case_is_listed_apart(desk: Desk, sessions: Sessions, family: int) -> None:
    desk.as_("verifier")
    with sessions.begin() as session:
        cases = [make.case(session).id for _ in range(2)]
        session.execute(update(Arrival).where(Arrival.family_id == family).values(near_case_id=cases[0]))
    shown = desk.get(f"{LANE}?vu-viec={cases[0]}").text
    assert "Chỉ hiện tin giống một vụ việc" in shown
    assert f"nhom/{family}" in shown
    assert "3 tin đã hiện ở trang vụ việc" in shown
    assert f"nhom/{family}" not in desk.get(f"{LANE}?vu-viec={cases[1]}").text
    assert f"{LANE}?vu-viec={cases[0]}" not in desk.get(LANE).text
