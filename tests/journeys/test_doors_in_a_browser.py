"""The doors beside the form in a real browser: a call taken down, a key, sharing, pages of the desk."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.journeys.living import House
from tests.journeys.test_in_a_browser import CHROMIUM, SWITCHES, visitor

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


def test_a_call_is_taken_down_by_keyboard_and_read_back(browser: Browser, living_house: House) -> None:
    with visitor(browser, living_house, "xacminh") as officer:
        officer.open("/ban-lam-viec/tiep-nhan")
        officer.page.keyboard.type("Nghe nói đập thủy điện Nậm Pung vỡ, nước sắp về")  # the focus is there
        officer.page.keyboard.press("Control+Enter")
        expect(officer.page.get_by_role("alert")).to_contain_text("gọi điện hay đến trực tiếp")
        officer.look("doors-refused")
        officer.page.get_by_label("Đường dây nóng").check()
        officer.page.keyboard.press("Control+Enter")
        expect(officer.page.get_by_role("heading", level=1)).to_contain_text("Đọc lại")
        officer.look("doors-read-back")
        officer.page.get_by_label("nghe và nói đúng").check()
        officer.page.keyboard.press("Control+Enter")
        expect(officer.page.get_by_role("heading", level=1)).to_contain_text("Phiếu tra cứu")
        officer.look("doors-slip")
        for place in ("kenh", "hop-thu"):
            officer.open(f"/ban-lam-viec/{place}").look(f"doors-{place}")


def test_a_key_is_shown_once_and_replaced(browser: Browser, living_house: House) -> None:
    living_house.officer("quantri", "admin")
    with visitor(browser, living_house, "quantri") as admin:
        admin.open("/ban-lam-viec/don-vi-phoi-hop")
        admin.page.get_by_label("Tên cơ quan, tổ chức").fill("Báo Lào Cai")
        admin.press("Thêm đơn vị")
        admin.press("Tạo khóa")
        expect(admin.page.get_by_role("heading", level=1)).to_contain_text("Khóa mới")
        admin.look("doors-key")
        admin.open("/ban-lam-viec/don-vi-phoi-hop")
        admin.page.get_by_text("Thay khóa").click()
        admin.press("Tạo khóa thay")
        admin.open("/ban-lam-viec/don-vi-phoi-hop").look("doors-partners")


def test_sharing_fills_the_form_in(browser: Browser, living_house: House) -> None:
    with visitor(browser, living_house) as citizen:
        citizen.open("/chia-se/cach-dung").look("doors-sharing")
        bookmark = citizen.page.locator("a[href^='javascript:']").get_attribute("href") or ""
        citizen.open("/cong-bo")
        with citizen.page.context.expect_page() as opened:
            citizen.page.evaluate(bookmark.removeprefix("javascript:"))
        expect(opened.value.locator("#f-url")).to_have_value(f"{living_house.url}/cong-bo")
        protocol = citizen.page.context.new_cdp_session(citizen.page)
        assert protocol.send("Page.getAppManifest")["errors"] == []
        faults = protocol.send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert {fault["errorId"] for fault in faults} <= {"in-incognito"}  # as every test's window is
        citizen.open("/chia-se?text=Xem%20https%3A%2F%2Fexample.org%2Fx").look("doors-shared")
