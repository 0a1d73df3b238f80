"""The whole way in a real browser: citizens, officers, readers; every page checked for access and looks.

Pictures of each page at phone and desktop width are left in var/pictures.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.journeys.living import PASSWORD, READING, House, wait_for

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ROOT = Path(__file__).parent.parent.parent
PICTURES = ROOT / "var" / "pictures"
AXE = (ROOT / "tests" / "vendor" / "axe.min.js").read_text(encoding="utf-8")
AXE_RUN = """() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})
  .then(found => found.violations.map(one => one.id + ': ' + one.nodes.map(node => node.target).join(' ')))"""
WIDTHS = (390, 1280)
PATIENCE = 20  # seconds for a page to show something; how fast pages are is measured elsewhere

RUMOUR = "Cầu Cốc Lếu vừa sập một nhịp lúc 5 giờ sáng nay, nhiều xe rơi xuống sông Hồng, mọi người tránh xa"
RETOLD = (
    "cau coc leu vua sap mot nhip luc 5 gio sang nay, nhieu xe roi xuong song hong, moi nguoi tranh xa nhe"
)
THIRD = "Mọi người ơi cầu Cốc Lếu bị sập thật không, nghe nói sáng nay có xe rơi xuống sông Hồng?"
TRUTH = "Cầu Cốc Lếu an toàn, xe qua lại bình thường."


class Visitor:
    """A person at a real browser. Every page they meet must be clean: no error, no other host, no barrier."""

    def __init__(self, page: Page, house: House) -> None:
        self.page, self.house = page, house
        self.complaints: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", self._watch)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "422" not in message.text:
            self.complaints.append(message.text)

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.house.url, "data:", "blob:", "about:")):
            self.complaints.append(f"another host: {request.url}")

    def open(self, path: str) -> "Visitor":
        self.page.goto(self.house.url + path)
        return self

    def look(self, name: str) -> None:
        """Take pictures at both widths; nothing scrolls sideways, nothing keeps anybody out."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.screenshot(path=str(PICTURES / f"{name}-{width}.png"), full_page=True)
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{name} scrolls sideways at {width}: {wide}"
        self.page.evaluate(AXE)
        assert self.page.evaluate(AXE_RUN) == [], name
        assert self.complaints == [], name

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()
        self.page.wait_for_load_state()

    def sign_in(self, officer: str) -> None:
        """Fill in the form of the page that stands open."""
        self.page.get_by_label("Tên đăng nhập").fill(officer)
        self.page.get_by_label("Mật khẩu").fill(PASSWORD)
        self.press("Đăng nhập")

    def agree(self) -> None:
        """Say yes in the dialog that asks first."""
        self.page.get_by_role("dialog").get_by_role("button", name="Đồng ý").click()
        self.page.wait_for_load_state()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=1000 * PATIENCE)
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


@contextmanager
def visitor(browser: Browser, house: House, officer: str | None = None) -> Iterator[Visitor]:
    context = browser.new_context(locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
    person = Visitor(context.new_page(), house)
    if officer is not None:
        person.open("/dang-nhap").sign_in(officer)
        person.page.wait_for_url(lambda address: "/dang-nhap" not in address)
    yield person
    context.close()


def report(browser: Browser, house: House, text: str, name: str = "") -> str:
    with visitor(browser, house) as citizen:
        citizen.open("/")
        citizen.page.get_by_label("Thông tin ông/bà thấy hoặc nghe được").fill(text)
        code = citizen.page.locator("input[name=code]").input_value()
        if name:
            citizen.look(f"{name}-form")
        citizen.page.wait_for_timeout(1000 * READING)
        citizen.press("Gửi phản ánh")
        expect(citizen.page.get_by_role("heading", level=1)).to_contain_text("Đã tiếp nhận")
        if name:
            citizen.look(f"{name}-receipt")
        return code


def test_the_whole_way(browser: Browser, living_house: House) -> None:
    codes = [report(browser, living_house, RUMOUR, "1"), report(browser, living_house, RETOLD)]
    case = verify(browser, living_house)
    approve(browser, living_house, case)
    page = publish(browser, living_house, case)
    read(browser, living_house, page)
    for code in codes:
        follow(browser, living_house, code)
    matched(browser, living_house)


def verify(browser: Browser, house: House) -> str:
    """Take the one case by keyboard, cite a document, propose a verdict. Returns the case's address."""
    with visitor(browser, house, "xacminh") as officer:
        wait_for(lambda: "2" in joined(officer))
        officer.look("2-queue")
        officer.page.keyboard.press("j")
        officer.page.keyboard.press("o")
        officer.page.wait_for_url("**/vu-viec/*")
        case = officer.page.url.removeprefix(house.url)
        officer.page.keyboard.press("a")
        expect(officer.page.get_by_role("button", name="Đề xuất kết luận")).to_be_visible()
        cite(officer)
        officer.look("3-case")
        propose(officer)
        officer.look("4-proposed")
        return case


def joined(officer: Visitor) -> str:
    officer.open("/ban-lam-viec")
    row = officer.page.locator("tbody tr").filter(has_text="Cốc Lếu")
    return row.locator("td").nth(2).inner_text() if row.count() == 1 else ""


def cite(officer: Visitor) -> None:
    page = officer.page
    page.get_by_text("Thêm tài liệu", exact=True).first.click()
    page.locator("input[name=kind][value=document]").check()
    page.locator("input[name=issuer]").fill("UBND phường Lào Cai")
    page.locator("input[name=title]").fill("Thông báo về cầu Cốc Lếu")
    page.locator("textarea[name=typed]").fill("Cầu an toàn, không có sự cố nào.")
    page.locator("input[name=is_primary]").check()
    officer.press("Thêm tài liệu")


def propose(officer: Visitor) -> None:
    page = officer.page
    page.locator("input[name=rating][value=fake]").check()
    page.locator("select[name=reason_code]").select_option("fabricated")
    page.locator("textarea[name=claim]").fill("Cầu Cốc Lếu sập một nhịp, nhiều xe rơi xuống sông Hồng.")
    page.locator("textarea[name=truth]").fill(TRUTH)
    page.locator("textarea[name=basis]").fill("UBND phường kiểm tra tại chỗ và thông báo bằng văn bản.")
    page.locator("textarea[name=checkability]").fill("Nêu sự việc, giờ và nơi cụ thể, kiểm tra được.")
    officer.press("Đề xuất kết luận")


def approve(browser: Browser, house: House, case: str) -> None:
    with visitor(browser, house, "pheduyet") as officer:
        officer.open("/ban-lam-viec/cho-duyet").look("5-waiting")
        officer.open(case)
        officer.press("Duyệt nội dung này")
        officer.agree()
        expect(officer.page.get_by_text("Vụ việc chờ công bố.")).to_be_visible()


def publish(browser: Browser, house: House, case: str) -> str:
    with visitor(browser, house, "congbo") as officer:
        officer.open("/ban-lam-viec/cong-bo/" + case.rsplit("/", 1)[1])
        officer.look("6-preview")
        officer.press("Công bố")
        officer.agree()
        link = officer.page.locator("a[href^='/cong-bo/cau-coc-leu']").first.get_attribute("href")
        assert link is not None
        return link


def read(browser: Browser, house: House, page: str) -> None:
    with visitor(browser, house) as reader:
        reader.open("/cong-bo?q=cau+coc+leu").look("7-list")
        expect(reader.page.get_by_text(TRUTH)).to_be_visible()
        reader.open(page).look("8-correction")
        for lang in ("en", "zh"):
            reader.open(f"{page}?lang={lang}").look(f"8-correction-{lang}")
            reader.open(f"/?lang={lang}").look(f"1-form-{lang}")
        reader.open("/?lang=vi")
        for name, path in (
            ("plan", "/ke-hoach"),
            ("method", "/phuong-phap"),
            ("privacy", "/rieng-tu"),
            ("transparency", "/minh-bach"),
            ("missing", "/cong-bo"),
        ):
            reader.open(path).look(f"9-{name}")


def follow(browser: Browser, house: House, code: str) -> None:
    with visitor(browser, house) as citizen:
        citizen.open("/tra-cuu")
        citizen.page.get_by_label("Mã tra cứu").fill(code)
        citizen.press("Xem tình trạng")
        expect(citizen.page.get_by_text("Đã công bố").first).to_be_visible()
        citizen.look("10-tracking")


def matched(browser: Browser, house: House) -> None:
    """A third report is offered the conclusion before it is sent, and matched to it afterwards."""
    with visitor(browser, house) as citizen:
        citizen.open("/")
        citizen.page.get_by_label("Thông tin ông/bà thấy hoặc nghe được").press_sequentially(THIRD)
        expect(citizen.page.locator("#similar")).to_contain_text(TRUTH, timeout=10_000)
        citizen.look("11-similar")
        citizen.page.wait_for_timeout(1000 * READING)
        citizen.press("Gửi phản ánh")
        expect(citizen.page.get_by_role("heading", level=1)).to_contain_text("Đã tiếp nhận")
    with visitor(browser, house, "xacminh") as officer:
        wait_for(lambda: found(officer))
        officer.look("12-matched")


def found(officer: Visitor) -> bool:
    officer.open("/ban-lam-viec")
    row = officer.page.get_by_role("link", name="Mọi người ơi cầu Cốc Lếu")
    if not row.count():
        return False
    row.first.click()
    officer.page.wait_for_load_state()
    return TRUTH in officer.page.locator("main").inner_text()
