"""What search engines may read: robots.txt (RFC 9309), and the sitemap (sitemaps.org, version 0.9). Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

MOST: Final = 49_000  # corrections, the newest; a sitemap holds 50,000 addresses at most
_STANDING: Final = ("", "/cong-bo", "/phuong-phap", "/ke-hoach", "/minh-bach", "/rieng-tu")
_CLOSED: Final = ("/ban-lam-viec", "/dang-nhap", "/tra-cuu")  # work and tracking codes
_SPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


def robots(home: str) -> str:
    """Return robots.txt of the site at `home`, an address without a final slash."""
    closed = "".join(f"Disallow: {path}\n" for path in _CLOSED)
    return f"User-agent: *\n{closed}\nSitemap: {home}/sitemap.xml\n"


def sitemap(home: str, corrections: Sequence[tuple[str, datetime]]) -> str:
    """Return the sitemap of the site at `home`: standing pages, and corrections by slug and last change."""
    root = ET.Element("urlset", {"xmlns": _SPACE})
    for path in _STANDING:
        _add(root, f"{home}{path or '/'}")
    for slug, changed in corrections:
        _add(root, f"{home}/cong-bo/{slug}", changed)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add(root: ET.Element, address: str, changed: datetime | None = None) -> None:
    entry = ET.SubElement(root, "url")
    ET.SubElement(entry, "loc").text = address
    if changed is not None:
        ET.SubElement(entry, "lastmod").text = changed.astimezone(UTC).isoformat(timespec="seconds")
