"""Read what stands at a source's address: RSS, Atom, JSON Feed, sitemap or a page of links. Pure.

Runs in the limited child process (`intake.apart`), never elsewhere: the bytes are foreign. What comes out is
plain: titles without markup, links that are http or https, moments with a zone. Never raises for any bytes.
"""

import html
import io
import json
import re
import time
import unicodedata
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypedDict
from urllib.parse import urljoin, urlsplit

from corpus.text import language

TITLE_LIMIT, ITEM_URL_LIMIT = 300, 2_000  # characters, as in models.article (which the child need not load)
ITEMS: Final = 200  # taken of one answer (A7 of the threat model); what is beyond is counted
_COUNTED: Final = 20_000  # entries looked at
_UNPACKED: Final = 10 * 1024 * 1024  # bytes of a packed sitemap
_RAW_TITLE: Final = 5_000  # characters before markup is taken out
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_TAG: Final = re.compile(
    r"<!--.*?-->|<(script|style)\b.*?</\1\s*>|<[^<>]{0,2000}>", re.DOTALL | re.IGNORECASE
)
# Paths of Vietnamese news sites end in a number, ".html" or a long name with hyphens; menus do not.
_ARTICLE_PATH: Final = re.compile(
    r"\d{4,}|[-/][^/]*\.(?:html?|aspx|chn|epi|tpo|ldo|antd)\Z|(?:[^/-]+-){4}[^/-]+/?\Z"
)
_LEAST_WORDS: Final = 4  # of the text of a link to an article
_NAMES: Final = {"urlset": "sitemap", "sitemapindex": "sitemapindex"}


class Item(TypedDict):
    """An entry: `guid` is the name that the publisher gave it, `published` an ISO moment or None."""

    guid: str
    url: str
    title: str
    published: str | None


class Reading(TypedDict):
    """What an address holds. `form`: rss, atom, json, sitemap, sitemapindex, listing, or "" for none."""

    form: str
    language: str  # of the titles, as the house names it; "" when there are too few
    found: int  # entries in the answer, `items` are the first of them
    items: list[Item]


def read(content: bytes, url: str, media_type: str, kind: str, now: str) -> Reading:
    """Return what `content`, the answer of `url`, holds for a source of `kind`, a value of SourceKind."""
    moment = datetime.fromisoformat(now)
    content = _unpacked(content)
    try:
        if kind == "listing":
            form, entries = "listing", _listing(content, url)
        elif kind == "sitemap":
            form, entries = _sitemap(content)
        else:
            form, entries = _feed(content, url, media_type)
    except Exception:  # noqa: BLE001  whatever a reader stumbles over, the bytes are no feed
        form, entries = "", []
    items = []
    for entry in entries[:ITEMS]:
        link = link_of(entry["url"], url)
        if link:
            items.append(_item(entry, link, moment))
    return {"form": form, "language": _language(items), "found": len(entries), "items": items}


def plain(text: object) -> str:
    """Return one line of words: no markup, no control characters, at most as long as a title may be."""
    if not isinstance(text, str):
        return ""
    for _ in range(2):  # escaped markup is markup too
        text = html.unescape(_TAG.sub(" ", text[:_RAW_TITLE]))
    text = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in text)
    words = " ".join(unicodedata.normalize("NFC", text).split())
    return words if len(words) <= TITLE_LIMIT else words[: TITLE_LIMIT - 1].rstrip() + "…"


def link_of(link: object, base: str) -> str:
    """Return `link`, seen from `base`, as an absolute http(s) address without fragment, or ""."""
    if not isinstance(link, str) or len(link) > ITEM_URL_LIMIT:
        return ""
    try:
        parts = urlsplit(urljoin(base, link.strip()))
        host = (parts.hostname or "").rstrip(".")
        if parts.scheme not in {"http", "https"} or "." not in host or parts.username or parts.password:
            return ""
        found = parts._replace(fragment="").geturl()
    except ValueError:
        return ""
    clean = all(unicodedata.category(char)[0] not in "CZ" for char in found)
    return found if clean and len(found) <= ITEM_URL_LIMIT else ""


def _item(entry: dict[str, Any], link: str, now: datetime) -> Item:
    return {
        "guid": plain(entry.get("guid")),
        "url": link,
        "title": plain(entry.get("title")),
        "published": _moment(entry.get("published"), now),
    }


def _moment(value: object, now: datetime) -> str | None:
    """Return the moment that a publisher states, or None for none or one that cannot be."""
    try:
        if isinstance(value, time.struct_time):
            found = datetime(*value[:6], tzinfo=UTC)
        elif isinstance(value, str) and value:
            found = datetime.fromisoformat(value.strip())
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
        else:
            return None
        return found.astimezone(UTC).isoformat() if _EARLIEST <= found <= now + timedelta(days=2) else None
    except (ValueError, OverflowError):
        return None


def _language(items: list[Item]) -> str:
    titles = " . ".join(item["title"] for item in items[:40])
    return language(titles) if len(items) >= 5 else ""  # noqa: PLR2004  fewer say nothing


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return zlib.decompressobj(wbits=31).decompress(content, _UNPACKED)
    except zlib.error:
        return b""


# --- feeds -----------------------------------------------------------------------------------------


def _feed(content: bytes, url: str, media_type: str) -> tuple[str, list[dict[str, Any]]]:
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _json_feed(content)
    import feedparser  # noqa: PLC0415  only the child process reads feeds

    headers = {"content-type": media_type, "content-location": url}
    # A stream, never the bytes themselves: feedparser would take those for the name of a file first.
    parsed = feedparser.parse(io.BytesIO(content), response_headers=headers)
    version = parsed.get("version") or ""
    form = "atom" if version.startswith("atom") else "rss" if version.startswith(("rss", "cdf")) else ""
    if not form:
        return "", []
    return form, [_entry(one) for one in parsed.entries[:_COUNTED]]


def _entry(one: Any) -> dict[str, Any]:  # noqa: ANN401  feedparser's own dictionary
    guid = one.get("id", "")
    return {
        "guid": guid,
        "url": one.get("link") or guid,
        "title": one.get("title", ""),
        "published": one.get("published_parsed") or one.get("updated_parsed"),
    }


def _json_feed(content: bytes) -> tuple[str, list[dict[str, Any]]]:
    document = json.loads(content.decode("utf-8-sig"))
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        return "", []
    entries = [one for one in document["items"][:_COUNTED] if isinstance(one, dict)]
    return "json", [
        {
            "guid": str(one.get("id", "")),
            "url": one.get("url") or one.get("external_url") or one.get("id"),
            "title": one.get("title") or one.get("summary") or one.get("content_text"),
            "published": one.get("date_published"),
        }
        for one in entries
    ]


# --- sitemaps --------------------------------------------------------------------------------------


def _sitemap(content: bytes) -> tuple[str, list[dict[str, Any]]]:
    """Read a sitemap as far as it is whole; no entities, no DTD, no network, shallow trees only."""
    from lxml import etree  # noqa: PLC0415  only the child process reads XML

    form = ""
    entries: list[dict[str, str]] = []
    current: dict[str, str] = {}
    events = etree.iterparse(
        io.BytesIO(content), events=("start", "end"), recover=True, resolve_entities=False,
        no_network=True, load_dtd=False, huge_tree=False,
    )  # fmt: skip
    for event, node in events:
        name = etree.QName(node).localname.lower() if isinstance(node.tag, str) else ""
        if event == "start":
            form = form or _NAMES.get(name, "other")
            if form == "other":
                return "", []
            continue
        if name in {"loc", "lastmod", "publication_date", "title"}:
            current.setdefault(name, (node.text or "")[:_RAW_TITLE])
        elif name in {"url", "sitemap"}:
            entries.append(current)
            current = {}
            node.clear()
        if len(entries) >= _COUNTED:
            break
    rows = [_mapped(one) for one in entries if one.get("loc")]
    newest = _age if form == "sitemapindex" else lambda row: row["published"]
    return form, sorted(rows, key=newest, reverse=True)


def _age(row: dict[str, Any]) -> tuple[bool, str, list[int]]:
    """Return what orders the sitemaps of an index: news, then the day stated, then the numbers of the name.

    Many indexes state no day, or the same for all; their names carry it: "sitemap-2026-11-22.xml.gz".
    """
    path = urlsplit(row["url"]).path.lower()
    stated = row["published"][:10]
    return "news" in path, stated, [int(number) for number in re.findall(r"\d{1,9}", path)]


def _mapped(one: dict[str, str]) -> dict[str, Any]:
    return {
        "guid": "",
        "url": one["loc"].strip(),
        "title": one.get("title", ""),
        "published": (one.get("publication_date") or one.get("lastmod") or "").strip(),
    }


# --- pages of links --------------------------------------------------------------------------------


def _listing(content: bytes, url: str) -> list[dict[str, Any]]:
    """Return the links of a page that look like articles of its own site, in the order of the page."""
    from lxml import html as page  # noqa: PLC0415  only the child process reads HTML

    tree = page.document_fromstring(content, parser=page.HTMLParser(encoding=_encoding(content)))
    bases = tree.xpath("//base/@href")
    base = link_of(str(bases[0]), url) if bases else ""
    titles: dict[str, str] = {}
    for anchor in _anchors(tree):
        link = link_of(anchor.get("href"), base or url)
        if not link or not is_same_site(link, url) or not _ARTICLE_PATH.search(urlsplit(link).path):
            continue
        words = plain(anchor.get("title") or anchor.text_content())
        if len(words.split()) >= _LEAST_WORDS and len(words) > len(titles.get(link, "")):
            titles[link] = words
    return [{"guid": "", "url": link, "title": title, "published": None} for link, title in titles.items()]


def _anchors(tree: Any) -> Iterator[Any]:  # noqa: ANN401  lxml's own element
    for count, anchor in enumerate(tree.iterfind(".//a[@href]")):
        if count >= _COUNTED:
            return
        yield anchor


def _encoding(content: bytes) -> str:
    found = re.search(rb"""<meta[^>]{0,200}charset=["']?([A-Za-z0-9_-]{2,20})""", content[:4096])
    name = found.group(1).decode("ascii").lower() if found else "utf-8"
    return name if name in {"utf-8", "windows-1258", "windows-1252", "iso-8859-1", "utf-16"} else "utf-8"


_SECOND_LEVEL: Final = frozenset(
    {"com", "net", "org", "edu", "gov", "int", "ac", "biz", "info", "name", "pro", "health"}
)


def site(url: str) -> str:
    """Return the part of the host of `url` that one owner has: "laocai.gov.vn" of "so.laocai.gov.vn".

    Under gov.vn each province and ministry is an owner of its own: three labels count there, as in com.vn.
    """
    labels = (urlsplit(url).hostname or "").lower().rstrip(".").split(".")
    second = len(labels) > 2 and labels[-2] in _SECOND_LEVEL and len(labels[-1]) == 2  # noqa: PLR2004  a country
    return ".".join(labels[-3:] if second else labels[-2:])


def is_same_site(url: str, other: str) -> bool:
    """Return whether two addresses belong to one owner."""
    return bool(site(url)) and site(url) == site(other)
