"""What search engines are told."""

import urllib.robotparser
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from models import Correction
from publish import plan
from tests.publish.conftest import amended, issued

SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def listed(client: TestClient) -> dict[str, str | None]:
    answer = client.get("/sitemap.xml")
    assert answer.headers["content-type"].startswith("application/xml")
    entries = ET.fromstring(answer.text).findall(f"{SPACE}url")  # noqa: S314  our own
    return {entry.findtext(f"{SPACE}loc") or "": entry.findtext(f"{SPACE}lastmod") for entry in entries}


def test_robots_are_kept_off_the_desk_and_led_to_the_sitemap(client: TestClient) -> None:
    answer = client.get("/robots.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    read = urllib.robotparser.RobotFileParser()
    read.parse(answer.text.splitlines())
    home = client.app.state.house.public_url  # type: ignore[attr-defined]
    assert read.site_maps() == [f"{home}/sitemap.xml"]
    assert read.can_fetch("*", f"{home}/cong-bo/mot-tin-2026-0001")
    assert read.can_fetch("*", f"{home}/static/site.css")
    assert not read.can_fetch("*", f"{home}/ban-lam-viec/vu-viec/1")
    assert not read.can_fetch("*", f"{home}/tra-cuu")


def test_every_standing_page_opens(client: TestClient, published: Correction) -> None:
    home = client.app.state.house.public_url  # type: ignore[attr-defined]
    found = listed(client)
    assert f"{home}/cong-bo/{published.slug}" in found
    for address in found:
        assert client.get(address.removeprefix(home)).status_code == 200, address


def test_a_correction_stands_there_once_with_its_last_change(
    client: TestClient, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as session:
        plan.load(session)
        newest = amended(session, issued(session))
        slug, changed = newest.slug, newest.issued_at
    (moment,) = [at for address, at in listed(client).items() if address.endswith(slug)]
    assert moment == changed.isoformat(timespec="seconds")


@pytest.mark.parametrize("demo", [True, False])
def test_demonstrations_are_not_for_search_engines(
    client: TestClient, sessions: sessionmaker[Session], demo: Any
) -> None:
    with sessions.begin() as session:
        plan.load(session)
        slug = issued(session, demo=demo).slug
    assert any(address.endswith(slug) for address in listed(client)) is not demo
    assert ('name="robots" content="noindex"' in client.get(f"/cong-bo/{slug}").text) is demo


def test_what_did_not_change_is_not_sent_again(client: TestClient, published: Correction) -> None:
    assert published.slug
    tag = client.get("/sitemap.xml").headers["etag"]
    assert client.get("/sitemap.xml", headers={"If-None-Match": tag}).status_code == 304
