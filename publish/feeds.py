"""The corrections as feeds: Atom (RFC 4287), RSS 2.0, JSON Feed 1.1. Pure: items in, text out."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from models import AuditCheckpoint

NEWEST: Final = 50  # latest versions carried by a feed
ATOM: Final = "http://www.w3.org/2005/Atom"
DC: Final = "http://purl.org/dc/elements/1.1/"
# Elements of our own: the signed state of the audit log, and the finding of each entry.
OWN: Final = "urn:kiem-tin:feed:1"
for _prefix, _space in (("", ATOM), ("kt", OWN), ("dc", DC)):
    ET.register_namespace(_prefix, _space)

# What XML 1.0 cannot carry at all, escaped or not (section 2.2).
_UNFIT: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Item:
    """The latest version of one correction, in words."""

    number: str
    version: int
    url: str
    title: str
    truth: str
    basis: str
    rating: str  # code
    label: str  # words
    field: str  # words, or empty
    published: datetime
    updated: datetime


@dataclass(frozen=True)
class Feed:
    """Everything the three forms share. `home` is the centre's address without a final slash."""

    title: str
    subtitle: str
    author: str
    home: str
    items: Sequence[Item]
    checkpoint: AuditCheckpoint | None
    empty_since: datetime  # `updated` of a feed without items

    @property
    def updated(self) -> datetime:
        """When anything in the feed last changed."""
        moments = [item.updated for item in self.items]
        if self.checkpoint is not None:
            moments.append(self.checkpoint.signed_at)
        return max(moments, default=self.empty_since)

    def tag(self, what: str, year: str = "2026") -> str:
        """Return a stable identifier (RFC 4151) that does not depend on words or versions."""
        return f"tag:{urlsplit(self.home).hostname},{year}:{what}"

    def tag_of(self, item: Item) -> str:
        """Return the identifier of `item`, the same for all its versions."""
        return self.tag(f"cong-bo/{item.number}", item.number[:4])


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def checkpoint_fields(point: AuditCheckpoint) -> dict[str, str]:
    """Return the parts of a signed checkpoint as text, enough to check it without this site."""
    return {
        "seq": str(point.seq),
        "hash": point.hash.hex(),
        "signed_at": _moment(point.signed_at),
        "public_key": point.public_key.hex(),
        "signature": point.signature.hex(),
    }


def _text(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    fit = {key: _UNFIT.sub("\ufffd", value) for key, value in attributes.items()}
    child = ET.SubElement(parent, name, fit)
    child.text = _UNFIT.sub("\ufffd", text) or None
    return child


def _written(root: ET.Element) -> str:
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _checkpoint(parent: ET.Element, point: AuditCheckpoint | None) -> None:
    if point is not None:
        _text(parent, f"{{{OWN}}}checkpoint", **checkpoint_fields(point))


def _body(item: Item) -> str:
    return f"{item.truth}\n\n{item.basis}"


def atom(feed: Feed) -> str:
    """Return `feed` as an Atom document."""
    root = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "vi"})

    def add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
        return _text(parent, f"{{{ATOM}}}{name}", text, **attributes)

    add(root, "title", feed.title)
    add(root, "subtitle", feed.subtitle)
    add(root, "id", feed.tag("cong-bo"))
    add(root, "updated", _moment(feed.updated))
    add(add(root, "author"), "name", feed.author)
    add(root, "link", rel="self", type="application/atom+xml", href=f"{feed.home}/cong-bo/atom.xml")
    add(root, "link", rel="alternate", type="text/html", href=f"{feed.home}/cong-bo")
    _checkpoint(root, feed.checkpoint)
    for item in feed.items:
        entry = add(root, "entry")
        add(entry, "title", item.title)
        add(entry, "id", feed.tag_of(item))
        add(entry, "published", _moment(item.published))
        add(entry, "updated", _moment(item.updated))
        add(entry, "link", rel="alternate", type="text/html", href=item.url)
        add(entry, "category", term=item.rating, label=item.label)
        if item.field:
            add(entry, "category", term=item.field)
        add(entry, "summary", item.truth)
        add(entry, "content", _body(item), type="text")
        _text(entry, f"{{{OWN}}}correction", number=item.number, version=str(item.version))
    return _written(root)


def rss(feed: Feed) -> str:
    """Return `feed` as an RSS 2.0 document."""
    root = ET.Element("rss", {"version": "2.0"})
    channel = _text(root, "channel")
    _text(channel, "title", feed.title)
    _text(channel, "link", f"{feed.home}/cong-bo")
    _text(channel, "description", feed.subtitle)
    _text(channel, "language", "vi")
    _text(channel, "lastBuildDate", format_datetime(feed.updated))
    _text(
        channel,
        f"{{{ATOM}}}link",
        rel="self",
        type="application/rss+xml",
        href=f"{feed.home}/cong-bo/rss.xml",
    )
    for item in feed.items:
        entry = _text(channel, "item")
        _text(entry, "title", item.title)
        _text(entry, "link", item.url)
        _text(entry, "guid", feed.tag_of(item), isPermaLink="false")
        _text(entry, "pubDate", format_datetime(item.published))
        _text(entry, f"{{{ATOM}}}updated", _moment(item.updated))
        _text(entry, f"{{{DC}}}creator", feed.author)
        _text(entry, "category", item.label)
        # Readers take a description for HTML: what is text here is escaped once more.
        _text(
            entry, "description", item.truth.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        )
    return _written(root)


def json_feed(feed: Feed) -> str:
    """Return `feed` as a JSON Feed 1.1 document; extensions carry names that start with an underscore."""
    whole: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": f"{feed.home}/cong-bo",
        "feed_url": f"{feed.home}/cong-bo/feed.json",
        "language": "vi",
        "authors": [{"name": feed.author, "url": f"{feed.home}/"}],
        "_kiem_tin": {
            "about": f"{feed.home}/minh-bach",
            "checkpoint": None if feed.checkpoint is None else checkpoint_fields(feed.checkpoint),
        },
        "items": [
            {
                "id": feed.tag_of(item),
                "url": item.url,
                "title": item.title,
                "summary": item.truth,
                "content_text": _body(item),
                "date_published": _moment(item.published),
                "date_modified": _moment(item.updated),
                "tags": [word for word in (item.label, item.field) if word],
                "_kiem_tin": {"number": item.number, "version": item.version, "rating": item.rating},
            }
            for item in feed.items
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"
