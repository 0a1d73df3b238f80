"""Pictures in a real browser: chosen, dropped, kept through a refusal, seen and read at the desk."""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from bench import sights
from tests.journeys.living import READING, House, wait_for
from tests.journeys.test_in_a_browser import Visitor, browser, visitor

pytestmark = pytest.mark.browser
__all__ = ["browser"]  # the fixture
RUMOUR = "Khẩn: cầu Cốc Lếu vừa bị sập lúc 5 giờ ngày 20/8, mọi người tránh xa và báo cho người thân ngay"
OTHER = "Từ ngày mai chợ Bắc Hà đóng cửa một tháng, ai bán hàng phải về xã đăng ký lại từ đầu"


def shots(folder: Path, rumour: str) -> list[Path]:
    """Return a screenshot of a rumour, the same saved again with a banner, and a file that is no picture."""
    shot = sights.post(sights.seeded(len(rumour)), rumour)
    copy = sights.CHANGES["banner, half, quality 40"](shot, sights.seeded(5))
    paths = [folder / name for name in ("anh.jpg", "anh-2.jpg", "anh.pdf")]
    for path, content in zip(paths, (sights.encoded(shot), sights.encoded(copy), b"%PDF-1.7"), strict=True):
        path.write_bytes(content)
    return paths


def test_a_screenshot_travels_from_a_phone_to_the_desk(
    browser: Browser, living_house: House, tmp_path: Path
) -> None:
    files = shots(tmp_path, RUMOUR)
    code = chosen_and_sent(browser, living_house, files)
    without_script(browser, living_house, files[1])
    with visitor(browser, living_house) as citizen:
        citizen.open("/tra-cuu")
        citizen.page.get_by_label("Mã tra cứu").fill(code)
        citizen.press("Xem tình trạng")
        expect(citizen.page.get_by_text("Đã nhận 1 ảnh kèm theo.")).to_be_visible()
    with visitor(browser, living_house, "xacminh") as officer:
        wait_for(lambda: "2" in joined(officer))
        seen_and_read(officer)


def chosen_and_sent(browser: Browser, house: House, files: list[Path]) -> str:
    with visitor(browser, house) as citizen:
        page = citizen.open("/").page
        field = page.locator("#f-pictures")
        field.set_input_files([str(files[0]), str(files[2])])
        expect(page.locator("[data-wrong]")).to_contain_text("JPEG, PNG")
        expect(page.locator("[data-previews] li")).to_have_count(1)
        field.set_input_files([str(files[1])])  # a second choice adds to the first
        expect(page.locator("[data-previews] li")).to_have_count(2)
        citizen.look("20-pictures-chosen")
        page.get_by_role("button", name="Bỏ ảnh này: Ảnh 2").click()
        page.get_by_label("Thư điện tử hoặc số điện thoại").fill("không phải địa chỉ")
        page.get_by_role("button", name="Gửi phản ánh").click()
        expect(page.get_by_role("alert").first).to_contain_text("Cần sửa trước khi gửi")
        expect(page.locator("[data-previews] li")).to_have_count(1)  # a refusal does not cost it
        citizen.look("21-pictures-refused")
        page.get_by_label("Thư điện tử hoặc số điện thoại").fill("")
        page.wait_for_timeout(1000 * READING)
        code = page.locator("input[name=code]").input_value()
        page.get_by_role("button", name="Gửi phản ánh").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Đã tiếp nhận")
        expect(page.get_by_text("Đã nhận 1 ảnh kèm theo.")).to_be_visible()
        return code


def without_script(browser: Browser, house: House, shot: Path) -> None:
    context = browser.new_context(java_script_enabled=False, locale="vi-VN")
    page = context.new_page()
    page.goto(house.url)
    page.locator("#f-pictures").set_input_files(str(shot))
    page.wait_for_timeout(1000 * READING)
    page.get_by_role("button", name="Gửi phản ánh").click()
    expect(page.get_by_text("Đã nhận 1 ảnh kèm theo.")).to_be_visible()
    context.close()


def joined(officer: Visitor) -> str:
    officer.open("/ban-lam-viec")
    row = officer.page.locator("tbody tr").filter(has_text="Cốc Lếu")
    return row.locator("td").nth(2).inner_text() if row.count() == 1 else ""


def seen_and_read(officer: Visitor) -> None:
    page = officer.page
    page.locator("tbody tr").filter(has_text="Cốc Lếu").get_by_role("link").first.click()
    page.wait_for_load_state()
    expect(page.get_by_text("Trùng ảnh").first).to_be_visible()
    expect(page.get_by_role("img", name="Ảnh 1 người dân gửi").first).to_be_visible()
    officer.look("22-case-with-pictures")
    page.get_by_role("img", name="Ảnh 1 người dân gửi").first.click()
    page.wait_for_load_state()
    assert page.evaluate("document.querySelector('main img').naturalWidth") > 500
    officer.look("23-picture")
    page.get_by_label("Chữ đọc được").fill(RUMOUR)
    officer.press("Lưu chữ")
    expect(page.get_by_text("Đã lưu chữ trong ảnh.")).to_be_visible()
    page.get_by_role("button", name="Tải ảnh gốc").click()
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("button", name="Đồng ý").click()
    assert download.value.suggested_filename.startswith("anh-goc-")


DROP = """(files) => {
  const carried = new DataTransfer();
  for (const [name, type, bytes] of files)
    carried.items.add(new File([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], name, {type}));
  const place = document.querySelector("[data-pictures]");
  const tell = (kind) => place.dispatchEvent(
    new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
  return [tell("dragover"), tell("drop")];
}"""
COPY = """async (bytes) => {
  const image = new Blob([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], {type: "image/png"});
  await navigator.clipboard.write([new ClipboardItem({"image/png": image})]);
}"""


def test_pictures_are_dropped_pasted_and_taken_on_a_phone(
    browser: Browser, living_house: House, tmp_path: Path
) -> None:
    files = shots(tmp_path, OTHER)
    shot = base64.b64encode(files[0].read_bytes()).decode()
    small = base64.b64encode(sights.encoded(sights.photo(sights.seeded(2)), "PNG")).decode()
    context = browser.new_context(locale="vi-VN", has_touch=True, is_mobile=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=living_house.url)
    page = Visitor(context.new_page(), living_house).open("/").page
    shown = page.locator("[data-previews] li")

    dropped = [["anh.jpg", "image/jpeg", shot], ["anh.pdf", "application/pdf", "JVBERg=="]]
    assert page.evaluate(DROP, dropped) == [False, False]  # taken by the form, not opened by the browser
    expect(shown).to_have_count(1)
    expect(page.locator("[data-wrong]")).to_contain_text("JPEG, PNG")

    page.evaluate(COPY, small)
    page.get_by_label("Thông tin ông/bà thấy hoặc nghe được").focus()
    page.keyboard.press("Control+v")
    expect(shown).to_have_count(2)

    expect(page.get_by_text("Chụp ảnh", exact=True)).to_be_visible()
    camera = page.locator("#f-camera")
    assert (camera.get_attribute("capture"), camera.get_attribute("accept")) == ("environment", "image/jpeg")
    camera.set_input_files(str(files[1]))
    expect(shown).to_have_count(3)
    page.wait_for_timeout(1000 * READING)
    send = page.get_by_role("button", name="Gửi phản ánh")
    away = page.locator("[data-wrong]")
    for answer in (lambda route: route.abort(), busy):
        page.route("**/phan-anh", answer)
        send.click()
        expect(away).to_be_in_viewport()  # the button stands far below
        expect(shown).to_have_count(3)  # what was chosen stays
        page.unroute("**/phan-anh")
    expect(away).to_have_text("Xin chờ một lát.")
    send.click()
    expect(page.get_by_text("Đã nhận 3 ảnh kèm theo.")).to_be_visible()
    context.close()


def busy(route: Route) -> None:
    """Answer with an error page, which holds no form."""
    route.fulfill(status=503, body="<main id='main'><p class='lead'>Xin chờ một lát.</p></main>")
