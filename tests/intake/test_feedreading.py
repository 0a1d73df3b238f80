import gzip
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake import apart, feedreading
from models.article import ITEM_URL_LIMIT, TITLE_LIMIT
from tests.intake.watched import article, rss

URL = "https://bao.example.vn/rss/home.rss"
NOW = "2026-11-22T03:00:00+00:00"
ONE = ("Mưa lớn ở Bát Xát trong đêm qua", "https://bao.example.vn/mua-lon-12345.html")


def read(content: bytes | str, kind: str = "feed", url: str = URL) -> feedreading.Reading:
    body = content.encode() if isinstance(content, str) else content
    return feedreading.read(body, url, "text/xml; charset=utf-8", kind, NOW)


def test_limits_are_those_of_the_records() -> None:
    assert (feedreading.TITLE_LIMIT, feedreading.ITEM_URL_LIMIT) == (TITLE_LIMIT, ITEM_URL_LIMIT)


ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="html">Mưa &lt;b&gt;lớn&lt;/b&gt;</title>'
    '<id>tag:a,1</id><link href="/bai-1.html"/><updated>2026-11-20T08:00:00+07:00</updated></entry></feed>'
)
_ENTRY = {"id": 7, "url": "/bai-1.html", "title": "Mưa lớn", "date_published": "2026-11-20T08:00:00+07:00"}
JSON_FEED = json.dumps(
    {"version": "https://jsonfeed.org/version/1.1", "items": [_ENTRY, "nothing", {"id": "x"}]}
)
SITEMAP = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">'
    "<url><loc>https://bao.example.vn/cu.html</loc><lastmod>2026-11-01</lastmod></url>"
    "<url><loc>https://bao.example.vn/bai-1.html</loc><news:news><news:publication_date>2026-11-20T08:00:00+07:00"
    "</news:publication_date><news:title>Mưa lớn</news:title></news:news></url></urlset>"
)


@pytest.mark.parametrize(
    ("content", "kind", "form"),
    [(ATOM, "feed", "atom"), (JSON_FEED, "feed", "json"), (SITEMAP, "sitemap", "sitemap")],
)
def test_each_form_gives_the_same_item(content: str, kind: str, form: str) -> None:
    found = read(content, kind)
    assert found["form"] == form
    first = found["items"][0]
    assert first["url"] == "https://bao.example.vn/bai-1.html"
    assert first["title"] == "Mưa lớn"
    assert first["published"] == "2026-11-20T01:00:00+00:00"


def test_rss_with_a_stylesheet_in_front_and_an_unescaped_ampersand() -> None:
    found = read(
        rss(ONE)
        .replace("<rss", '<?xml-stylesheet type="text/xsl" href="a.xsl"?><rss')
        .replace("Mưa", "A & B")
    )
    assert (found["form"], found["found"]) == ("rss", 1)
    assert found["items"][0]["title"].startswith("A & B lớn")


def test_a_listing_gives_articles_of_its_own_site_once() -> None:
    page = (
        '<html><base href="https://so.example.vn/"><body><a href="/">Trang chủ của chúng tôi đây</a>'
        '<a href="tin/mua-lu-123456.html"><img></a>'
        '<a href="/tin/mua-lu-123456.html">Mưa lũ lớn tại các xã</a>'
        '<a href="https://khac.example.com/tin-123456.html">Bài của một nơi khác hẳn</a>'
        '<a href="javascript:alert(1)">Một liên kết rất xấu xa</a></body></html>'
    )
    found = read(page, "listing", "https://so.example.vn/tin")
    assert [(one["url"], one["title"]) for one in found["items"]] == [
        ("https://so.example.vn/tin/mua-lu-123456.html", "Mưa lũ lớn tại các xã")
    ]


def test_an_index_of_sitemaps_says_so_and_packed_ones_are_read() -> None:
    index = (
        SITEMAP.replace("urlset", "sitemapindex")
        .replace("<url>", "<sitemap>")
        .replace("</url>", "</sitemap>")
    )
    assert read(index, "sitemap")["form"] == "sitemapindex"
    assert read(gzip.compress(SITEMAP.encode()), "sitemap")["found"] == 2


def test_at_most_two_hundred_items_are_taken_and_all_are_counted() -> None:
    many = rss(*((f"Tin số {n} trong ngày", f"https://bao.example.vn/{n}.html") for n in range(1000)))
    found = read(many)
    assert (found["found"], len(found["items"]), found["language"]) == (1000, 200, "vi")


def test_what_could_harm_a_page_does_not_come_through() -> None:
    bad = [
        (
            "<script>alert(1)</script>Tiêu đề &lt;img src=x onerror=alert(2)&gt;",
            "https://bao.example.vn/1.html",
        ),
        ("Tiêu đề", "javascript:alert(1)"),
        ("Tiêu đề", "https://user:pass@bao.example.vn/2.html"),
        ("Tiêu đề", "file:///etc/passwd"),
        ("T" * 9000, "https://bao.example.vn/3.html"),
    ]
    found = read(rss(*bad))
    assert [one["url"] for one in found["items"]] == [
        "https://bao.example.vn/1.html",
        "https://bao.example.vn/3.html",
    ]
    assert found["items"][0]["title"] == "Tiêu đề"
    assert len(found["items"][1]["title"]) == TITLE_LIMIT


@pytest.mark.parametrize(
    "stated", ["0000-01-01", "9999-12-31T00:00:00Z", "hôm qua", "Mon, 99 Foo 12345", "1970-01-01"]
)
def test_impossible_dates_are_no_dates(stated: str) -> None:
    assert read(ATOM.replace("2026-11-20T08:00:00+07:00", stated))["items"][0]["published"] is None


_ENTITIES = "".join(
    f'<!ENTITY {chr(99 + level)} "{("&" + chr(98 + level) + ";") * 10}">' for level in range(8)
)
BOMB = f'<!DOCTYPE a [<!ENTITY b "{"x" * 900}">{_ENTITIES}]>'
THIEF = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
WITH_ENTITY = rss(ONE).partition("?>")[2].replace("Mưa", "&e;").replace("<![CDATA[", "").replace("]]>", "")
MALFORMED = [
    b"",
    b"\0" * 500,
    b"<",
    b"<rss>",
    b"<rss><channel><item>",
    b"\xff\xfe" + "<rss/>".encode("utf-16-le"),
    b"{",
    b"[]",
    b"{}",
    b'{"items": {}}',
    b"\x1f\x8b" + b"junk" * 50,
    gzip.compress(b"\0" * 30_000_000),
    b"<html><body>Dang nhap</body></html>",
    (BOMB + WITH_ENTITY.replace("&e;", "&j;")).encode(),
    (THIEF + WITH_ENTITY).encode(),
    b"<a>" * 20_000,
    b"<rss version='2.0'><channel>" + b"<item>" * 5_000,
    b"+ADw-rss+AD4-",
    rss(ONE).encode("utf-16"),
    rss(ONE).encode()[:-40],
    rss(ONE).encode("windows-1258", "replace"),
]


@pytest.mark.parametrize("kind", ["feed", "sitemap", "listing"])
def test_malformed_answers_are_read_as_far_as_they_go(kind: str) -> None:
    for content in MALFORMED:
        found = read(content, kind)
        assert all(one["url"].startswith("https://") for one in found["items"])
        assert not any("root:" in one["title"] for one in found["items"])


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        [rss(ONE, ONE).encode(), ATOM.encode(), JSON_FEED.encode(), SITEMAP.encode(), article("Tin").encode()]
    ),
    st.lists(st.tuples(st.integers(0, 2_000), st.binary(max_size=8)), max_size=6),
    st.sampled_from(["feed", "sitemap", "listing"]),
)
def test_damaged_answers_never_raise(content: bytes, wounds: list[tuple[int, bytes]], kind: str) -> None:
    for place, replacement in wounds:
        content = content[:place] + replacement + content[place + len(replacement) :]
    found = read(content, kind)
    assert all(
        one["url"].startswith(("http://", "https://")) and "<" not in one["url"][:8] for one in found["items"]
    )


def test_reading_apart_gives_the_same_quickly() -> None:
    started = time.monotonic()
    args = (rss(ONE).encode(), URL, "text/xml", "feed", NOW)
    assert apart.run("intake.feedreading:read", *args) == feedreading.read(*args)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.bao.vn/a", "https://video.bao.vn/b", True),
        ("https://laocai.gov.vn/a", "https://svhttdl.laocai.gov.vn/b", True),
        ("https://laocai.gov.vn/a", "https://yenbai.gov.vn/b", False),
        ("https://baoyenbai.com.vn", "https://khac.com.vn", False),
        ("https://baolaocai.vn", "https://baolaocai.vn.xau.com", False),
    ],
)
def test_whose_site_it_is(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert feedreading.is_same_site(one, other) is same
