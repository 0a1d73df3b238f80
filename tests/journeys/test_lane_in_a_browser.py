"""The held lane in a real browser: signs, a family discarded and brought back, an honest report let in."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session

from app.engine import make_engine
from models import ArrivalState, HeldWhy
from tests import factories as make
from tests.journeys.living import House, wait_for
from tests.journeys.test_in_a_browser import browser, visitor

pytestmark = pytest.mark.browser
__all__ = ["browser"]

DAM = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, bà con vùng hạ du chạy ngay lên chỗ cao, lần {}"
JUNK = "Giảm giá sốc mã {} nhắn tin ngay để nhận quà khủng hôm nay"


def flood(house: House) -> None:
    engine = make_engine(house.environment["DATABASE_URL"])
    held, at = ArrivalState.HELD, datetime.now(UTC)
    with Session(engine) as session, session.begin():
        for number in range(30):
            junk = JUNK.format(number * 7)
            make.arrival(session, junk, state=held, held_why=HeldWhy.NO_PROOF, received_at=at)
        for number in range(4):
            text = DAM.format(number)
            make.arrival(session, text, state=held, held_why=HeldWhy.WAVE, proven=True, received_at=at)
    engine.dispose()


def test_a_flood_is_sifted(browser: Browser, living_house: House) -> None:
    flood(living_house)
    with visitor(browser, living_house, "xacminh") as officer:
        officer.open("/ban-lam-viec").look("7-queue-in-a-flood")
        expect(officer.page.get_by_text("Đang có đợt gửi dồn dập")).to_be_visible()

        def sifted() -> bool:
            officer.open("/ban-lam-viec/cho-sang-loc")
            return "2 nhóm." in officer.page.content()

        wait_for(sifted)
        officer.look("7-lane")
        rows = officer.page.locator("tr[data-row]")
        expect(rows.nth(0)).to_contain_text("Nậm Pung")
        rows.nth(1).get_by_role("button", name="Loại").click()
        officer.agree()
        expect(officer.page.get_by_text("Đã loại 30 tin")).to_be_visible()
        officer.look("7-lane-discarded")
        officer.press("Hoàn tác")
        officer.page.locator("tr[data-row] a").first.click()
        officer.page.wait_for_url("**/nhom/*")
        officer.look("7-lane-family")
        officer.press("Cho cả nhóm vào")
        officer.agree()
        expect(officer.page.get_by_text("Đã cho 4 tin")).to_be_visible()
        wait_for(lambda: "Nậm Pung" in officer.open("/ban-lam-viec").page.content())


def test_a_held_report_is_taken_into_the_case_that_it_resembles(
    browser: Browser, living_house: House
) -> None:
    engine = make_engine(living_house.environment["DATABASE_URL"])
    with Session(engine) as session, session.begin():
        case = make.case(session, statement="Cầu Kim Thành bị nứt, cấm xe từ sáng nay")
        near = {"state": ArrivalState.HELD, "held_why": HeldWhy.WAVE, "near_case_id": case.id}
        for number in range(2):
            text = f"Nghe bảo cầu Kim Thành nứt rồi, có thật không {number}"
            make.arrival(session, text, received_at=datetime.now(UTC), **near)
        case_id = case.id
    engine.dispose()
    with visitor(browser, living_house, "xacminh") as officer:
        officer.open(f"/ban-lam-viec/vu-viec/{case_id}")
        expect(officer.page.get_by_text("Tin chờ sàng lọc giống vụ việc này (2)")).to_be_visible()
        officer.look("7-case-with-held")
        officer.page.get_by_role("button", name="Đưa vào vụ việc này").first.click()
        expect(officer.page.get_by_text("Đã đưa tin vào vụ việc này.")).to_be_visible()
        officer.page.get_by_role("button", name="Đưa vào vụ việc này").click()  # nothing stays for others
        expect(officer.page.get_by_text("Tin chờ sàng lọc giống")).to_have_count(0)
        expect(officer.page.locator("blockquote", has_text="có thật không")).to_have_count(2)


def test_what_was_typed_outlives_the_session(browser: Browser, living_house: House) -> None:
    engine = make_engine(living_house.environment["DATABASE_URL"])
    with Session(engine) as session, session.begin():
        address = f"/ban-lam-viec/vu-viec/{make.case(session, statement='Cầu Bảo Nhai lún').id}"
    engine.dispose()
    with visitor(browser, living_house, "xacminh") as officer:
        note = officer.open(address).page.get_by_label("Ghi chú nội bộ")
        note.press_sequentially("Đã gọi UBND xã, chờ trả lời.")
        officer.page.context.clear_cookies()
        officer.press("Ghi vào nhật ký")
        expect(officer.page.get_by_text("Phiên làm việc đã hết")).to_be_visible()
        officer.look("7-session-over")
        officer.sign_in("xacminh")
        expect(note).to_have_value("Đã gọi UBND xã, chờ trả lời.")
        officer.press("Ghi vào nhật ký")
        expect(officer.page.get_by_text("Đã ghi vào nhật ký.")).to_be_visible()
        expect(note).to_have_value("")
