"""A real chromium, whose every way out is our proxy."""

from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from intake import screenshot
from tests.intake.servers import canary, open_to, page, serving

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = pytest.mark.browser


def test_hostile_page_gets_nothing_from_inside_and_its_picture_is_taken() -> None:
    asked: list[str] = []
    sent: list[str] = []
    with canary() as (shut, knocks), canary("::1") as (shut_6, more):
        inside = (f"http://127.0.0.1:{shut}", f"http://localhost:{shut}", f"http://[::1]:{shut_6}")
        parts = "".join(
            f'<img src="{one}/a"><iframe src="{one}/b"></iframe><link rel="stylesheet" href="{one}/c">'
            f'<link rel="preconnect" href="{one}"><object data="{one}/d"></object>'
            for one in (*inside, f"https://127.0.0.1:{shut}")
        )
        script = "<script>new Image().src = '/ran'</script>"
        body = f"<html><h1>Tin</h1><img src=/own>{parts}{script}"

        def answer(request: BaseHTTPRequestHandler) -> None:
            asked.append(request.path)
            sent.append(str(request.headers).lower())
            page(body.encode(), Set_Cookie="a=b")(request)

        with serving(answer) as port:
            picture = screenshot.take(f"http://127.0.0.1:{port}/", chromium=CHROMIUM, limits=open_to(port))
        assert picture is not None
        assert picture.startswith(b"\x89PNG")
        assert "/own" in asked  # parts that may be fetched are
        assert "/ran" not in asked  # scripts do not run
        assert knocks + more == []
        assert not any("cookie:" in one or "referer:" in one or "proxy-" in one for one in sent)


def test_hostile_address_itself_is_not_visited() -> None:
    with canary() as (shut, knocks):
        screenshot.take(f"http://127.0.0.1:{shut}/", chromium=CHROMIUM, limits=open_to())
        screenshot.take("file:///etc/passwd", chromium=CHROMIUM, limits=open_to())
    assert knocks == []


def test_without_a_browser_there_is_no_picture() -> None:
    assert screenshot.take("http://127.0.0.1/", chromium=Path("/nowhere/chromium")) is None
