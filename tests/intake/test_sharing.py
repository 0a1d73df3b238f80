"""Sharing fills the form in and sends nothing."""

import html
import re

import lxml.html
import pytest
from starlette.testclient import TestClient

from intake import sharing

pytestmark = pytest.mark.usefixtures("_nothing_stored")
LINK = "https://example.org/bai?x=1&y=2"


@pytest.mark.parametrize(
    ("title", "text", "url", "expected"),
    [
        ("", LINK, "", ("", LINK)),
        ("", f"Đập vỡ rồi {LINK}", "", ("Đập vỡ rồi", LINK)),
        ("Đập vỡ", f"Xem {LINK} nhé", "", (f"Đập vỡ\nXem {LINK} nhé", LINK)),
        ("Đập vỡ", "Đập vỡ rồi", LINK, ("Đập vỡ rồi", LINK)),
        (LINK, f"Đập vỡ - {LINK}", LINK, ("Đập vỡ", LINK)),
        ("", "", "", ("", "")),
    ],
)
def test_a_link_is_found_wherever_it_was_put(
    title: str, text: str, url: str, expected: tuple[str, str]
) -> None:
    typed = sharing.filled(title, text, url)
    assert (typed.text, typed.url) == expected


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_was_shared_stands_in_the_form(turnstile: TestClient, method: str) -> None:
    shared = {"title": "<script>alert(1)</script>", "text": f"Đập vỡ {LINK}", "more": "x"}
    sent = {"params": shared} if method == "GET" else {"data": shared}
    answer = turnstile.request(method, "/chia-se", **sent)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    form = next(one for one in lxml.html.fromstring(answer.text).forms if one.get("action") == "/phan-anh")
    assert form.fields["url"] == LINK
    assert form.fields["text"].strip() == "<script>alert(1)</script>\nĐập vỡ"
    assert "<script>alert" not in answer.text


def test_the_share_menu_may_send_and_another_site_may_not(turnstile: TestClient) -> None:
    for site, status in (("none", 200), ("same-origin", 200), ("cross-site", 403)):
        sent = turnstile.post("/chia-se", data={"text": "x"}, headers={"sec-fetch-site": site})
        assert sent.status_code == status


def test_the_manifest_names_the_target(turnstile: TestClient) -> None:
    answer = turnstile.get("/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    target = answer.json()["share_target"]
    assert (target["action"], target["method"]) == ("/chia-se", "POST")
    page = turnstile.get("/")
    assert 'rel="manifest"' in page.text
    assert "manifest-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("lang", ["vi", "en", "zh"])
def test_the_bookmark_leads_here(turnstile: TestClient, lang: str) -> None:
    page = turnstile.get("/chia-se/cach-dung", params={"lang": lang}).text
    (bookmark,) = re.findall(r'href="(javascript:[^"]+)"', page)
    assert "open('http://testserver/chia-se?title='" in html.unescape(bookmark)


def test_broken_input_is_shown_back_without_harm(turnstile: TestClient) -> None:
    assert turnstile.get("/chia-se?text=%00%ff&url=javascript:alert(1)").status_code == 200
    assert turnstile.get("/chia-se", params={"text": "a" * 20_000}).status_code == 200
