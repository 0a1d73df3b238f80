"""A flood as honest people meet it: on a slow telephone, without script, without crypto."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from intake import gate
from tests.intake.hostile_pictures import jpeg
from tests.journeys.living import READING, House
from tests.journeys.test_in_a_browser import Visitor, browser

__all__ = ["browser"]  # the fixture
pytestmark = pytest.mark.browser
TEXT = "Thông tin ông/bà thấy hoặc nghe được"
PHONE: ViewportSize = {"width": 390, "height": 800}
SLOW = 6


@pytest.fixture(scope="module")
def flooded(living_house: House) -> House:
    """The house while far too many reports arrive."""
    now = datetime.now(UTC)
    with psycopg.connect(living_house.environment["DATABASE_URL"]) as connection:
        connection.cursor().executemany(
            "INSERT INTO arrivals (kind, channel, code_digest, content_digest, text, received_at,"
            " next_try_at, state, held_why, place_text, doubt, language, attempts, last_error, demo) VALUES"
            " ('report', 'web', %s, 'x', 'rác', %s, %s, 'held', 'no_proof', '', '', 'vi', 0, '', false)",
            [(str(number).encode(), now, now) for number in range(gate.FLOOD)],
        )
    return living_house


def stored(house: House, words: str) -> tuple[Any, ...]:
    with psycopg.connect(house.environment["DATABASE_URL"]) as connection:
        found = connection.execute(
            "SELECT proven, held_why FROM arrivals WHERE text = %s OR (%s = '' AND pictures > 0)",
            (words, words),
        ).fetchall()
    assert len(found) == 1
    return tuple(found[0])


def discard(house: House, words: str) -> None:
    with psycopg.connect(house.environment["DATABASE_URL"]) as connection:
        connection.execute("UPDATE arrivals SET state = 'discarded' WHERE text = %s", (words,))


def track(person: Visitor, code: str) -> None:
    person.open("/tra-cuu").page.get_by_label("Mã tra cứu").fill(code)
    person.press("Xem tình trạng")


@contextmanager
def telephone(browser: Browser, house: House, **options: Any) -> Iterator[Visitor]:
    """A browser of the width of a telephone, slowed down, with the form open for as long as reading takes."""
    context = browser.new_context(locale="vi-VN", viewport=PHONE, **options)
    person = Visitor(context.new_page(), house)
    person.page.context.new_cdp_session(person.page).send("Emulation.setCPUThrottlingRate", {"rate": SLOW})
    person.open("/")
    person.page.wait_for_timeout(1000 * READING)
    yield person
    context.close()


def send(page: Page) -> None:
    """Press the button. How long the proof takes: `python -m bench --only proofs`."""
    with page.expect_request("**/phan-anh"):
        page.get_by_role("button", name="Gửi phản ánh").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Đã tiếp nhận")


def test_on_a_slow_telephone_the_proof_comes_along(browser: Browser, flooded: House, tmp_path: Path) -> None:
    with telephone(browser, flooded) as typing:
        typing.page.get_by_label(TEXT).press_sequentially("Gõ từng chữ", delay=60)
        send(typing.page)
        expect(typing.page.get_by_text("không cần gửi lại")).to_have_count(0)
        assert typing.complaints == []
    with telephone(browser, flooded) as pasting:
        pasting.page.get_by_label(TEXT).fill("Dán tất cả một lúc")
        send(pasting.page)
    (tmp_path / "a.jpg").write_bytes(jpeg())
    with telephone(browser, flooded) as showing:
        showing.page.locator("#f-pictures").set_input_files(str(tmp_path / "a.jpg"))
        send(showing.page)
    for words in ("Gõ từng chữ", "Dán tất cả một lúc", ""):
        assert stored(flooded, words) == (True, None)


def test_without_script_or_crypto_the_report_is_kept(browser: Browser, flooded: House) -> None:
    with telephone(browser, flooded, java_script_enabled=False) as plain:
        plain.page.get_by_label(TEXT).fill("Không có script")
        code = plain.page.locator("input[name=code]").input_value()
        send(plain.page)
        expect(plain.page.get_by_text("không cần gửi lại")).to_be_visible()
    with telephone(browser, flooded) as bare:
        bare.page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })")
        bare.open("/").page.wait_for_timeout(1000 * READING)
        bare.page.get_by_label(TEXT).fill("Không có crypto")
        send(bare.page)
        bare.look("30-held-receipt")
        track(bare, code)
        expect(bare.page.get_by_text("không cần gửi lại")).to_be_visible()
        bare.look("31-held-tracking")
        discard(flooded, "Không có script")
        track(bare, code)
        expect(bare.page.get_by_text("Nếu có nhầm lẫn")).to_be_visible()
        bare.look("32-discarded-tracking")
    for words in ("Không có script", "Không có crypto"):
        assert stored(flooded, words) == (False, "no_proof")
