"""The three feeds, read back as a feed reader reads them."""

import json
from dataclasses import replace
from typing import Any

import feedparser
import pytest

from models import AuditCheckpoint
from publish import feeds, showing
from tests.golden import same
from tests.publish.conftest import AT, HOSTILE, a_correction


def feed(**values: Any) -> feeds.Feed:
    item = showing.item(
        a_correction(**values),
        first_issued_at=AT,
        label="Tin giả",
        field="Thiên tai, dịch bệnh",
        public_url="https://kiemtin.example",
    )
    point = AuditCheckpoint(seq=9, hash=b"h" * 32, signed_at=AT, public_key=b"k" * 32, signature=b"s" * 64)
    return feeds.Feed(
        title="Trung tâm: thông tin đã công bố",
        subtitle="Kết luận",
        author="Trung tâm",
        home="https://kiemtin.example",
        items=[item],
        checkpoint=point,
        empty_since=AT,
    )


@pytest.mark.parametrize(
    ("name", "make"),
    [("feed.atom.xml", feeds.atom), ("feed.rss.xml", feeds.rss), ("feed.json", feeds.json_feed)],
)
def test_golden(name: str, make: Any) -> None:
    same(name, make(feed()))


@pytest.mark.parametrize("make", [feeds.atom, feeds.rss])
def test_a_reader_gets_back_what_was_said(make: Any) -> None:
    read = feedparser.parse(make(feed()))
    (entry,) = read.entries
    assert not read.bozo
    assert entry.title == "Tin giả: “Đập Nậm Pung đã vỡ.”"
    assert entry.id == "tag:kiemtin.example,2026:cong-bo/2026-0007"
    assert entry.link == "https://kiemtin.example/cong-bo/dap-nam-pung-da-vo-2026-0007"
    assert entry.summary == "Đập Nậm Pung an toàn. Mực nước bình thường."


def test_hostile_texts_stay_text() -> None:
    hostile = feed(claim=f"{HOSTILE}\x0b\x00", truth="<img src=x onerror=alert(1)>")
    atom, rss = feedparser.parse(feeds.atom(hostile)), feedparser.parse(feeds.rss(hostile))
    assert not atom.bozo
    assert not rss.bozo
    assert HOSTILE in atom.entries[0].title
    assert {atom.entries[0].title_detail.type, atom.entries[0].summary_detail.type} == {"text/plain"}
    assert rss.entries[0].summary == "&lt;img src=x onerror=alert(1)&gt;"


def test_json_feed_has_what_version_1_1_asks() -> None:
    whole = json.loads(feeds.json_feed(feed(claim=HOSTILE)))
    assert whole["version"] == "https://jsonfeed.org/version/1.1"
    assert {"title", "items", "feed_url", "home_page_url"} <= set(whole)
    assert whole["items"][0]["id"] == "tag:kiemtin.example,2026:cong-bo/2026-0007"
    assert whole["_kiem_tin"]["checkpoint"]["seq"] == "9"


def test_ids_do_not_depend_on_words_or_versions() -> None:
    one, two = feed(version=1, claim="a", slug="a"), feed(version=5, claim="b", slug="b")
    assert one.tag_of(one.items[0]) == two.tag_of(two.items[0])


def test_an_empty_feed_is_a_feed() -> None:
    empty = replace(feed(), items=[], checkpoint=None)
    assert empty.updated == AT
    for make in (feeds.atom, feeds.rss):
        assert not feedparser.parse(make(empty)).bozo
    assert json.loads(feeds.json_feed(empty))["items"] == []
