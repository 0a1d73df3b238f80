"""Read an article's page: its text, title, day, canonical address. Pure.

Runs in the limited child process (`intake.apart`), never elsewhere. The extractor is trafilatura; what it is
known to lose, the lead paragraph before the body ("sapo"), is put back from the page's description. Who
wrote the article is not read, and its outlet is the watched source: a page may claim to be another's.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypedDict
from urllib.parse import urlsplit

from corpus.text import fold, language
from intake.feedreading import is_same_site, link_of, plain

TEXT: Final = 20_000  # characters kept of an article
LEAD: Final = 1_200  # characters of title and lead by which an article is compared
_LEAST: Final = 80  # characters below which a page has no article
_DATE_NAMES: Final = (
    *("article:published_time", "og:article:published_time", "datepublished", "pubdate", "publishdate"),
    *("dc.date.issued", "date"),
)
_SHARED: Final = 0.8  # share of the description's words that the text's beginning must hold to be "there"


class Page(TypedDict):
    """What an article's page says. `published` is an ISO moment or None, `canonical` an address."""

    title: str
    lead: str
    text: str
    language: str
    published: str | None
    canonical: str


def read(content: bytes, url: str, now: str, limit: int = TEXT) -> Page | None:
    """Return what the page `content` of `url` says, or None where it holds no article. Never raises.

    `limit` is the number of characters of text.
    """
    try:
        return _read(content, url, datetime.fromisoformat(now), limit)
    except Exception:  # noqa: BLE001  whatever a reader stumbles over, there is no article
        return None


def _read(content: bytes, url: str, now: datetime, limit: int) -> Page | None:
    import trafilatura  # noqa: PLC0415  only the child process reads pages

    tree = trafilatura.load_html(content)
    if tree is None:
        return None
    metas = _metas(tree)
    canonical = _canonical(tree, metas, url)
    found = trafilatura.bare_extraction(
        tree, url=url, include_comments=False, include_tables=False, with_metadata=True, deduplicate=False
    )
    document: dict[str, Any] = {} if found is None or isinstance(found, dict) else found.as_dict()
    title = plain(metas.get("og:title") or document.get("title") or "")
    paragraphs = [one for one in map(_line, str(document.get("text") or "").split("\n")) if one]
    paragraphs = _without_title(paragraphs, title)
    sapo = _line(metas.get("og:description") or metas.get("description") or "")
    if sapo and not _holds(paragraphs, sapo):
        paragraphs.insert(0, sapo)
    text = "\n".join(paragraphs)[:limit]
    if len(text) < _LEAST:
        return None
    return {
        "title": title,
        "lead": _lead(title, paragraphs),
        "text": text,
        "language": language(f"{title} {text}"[:2_000]),
        "published": _published(metas, str(document.get("date") or ""), now),
        "canonical": canonical,
    }


def _metas(tree: Any) -> dict[str, str]:  # noqa: ANN401  lxml's own element
    """Return the first content of each named meta element."""
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").strip().lower()
        content = (meta.get("content") or "").strip()
        if name and content:
            found.setdefault(name, content[:5_000])
    return found


def _canonical(tree: Any, metas: dict[str, str], url: str) -> str:  # noqa: ANN401
    """Return the address that the page calls its own, unless that is another site's or a front page."""
    links = tree.xpath("//link[translate(@rel, 'CANONICAL', 'canonical')='canonical']/@href")
    for stated in (*links[:1], metas.get("og:url", "")):
        link = link_of(str(stated), url)
        if link and is_same_site(link, url) and urlsplit(link).path.strip("/"):
            return link
    return url


def _line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _without_title(paragraphs: list[str], title: str) -> list[str]:
    return paragraphs[1:] if paragraphs and fold(paragraphs[0]) == fold(title) else paragraphs


def _holds(paragraphs: Iterable[str], sapo: str) -> bool:
    """Whether the beginning of the text already says what the description says."""
    words = fold(sapo).rstrip(".…").split()
    beginning = set(fold(" ".join(list(paragraphs)[:4])[: 3 * len(sapo) + 500]).split())
    return sum(word in beginning for word in words) >= _SHARED * len(words)


def _lead(title: str, paragraphs: list[str]) -> str:
    """Return the title and as many whole paragraphs as fit: at least the first, cut where it must be."""
    lead = title
    for paragraph in paragraphs:
        room = LEAD - len(lead) - 1
        if len(paragraph) > room:
            return lead if lead.count("\n") else f"{lead}\n{paragraph[:room]}".rpartition(" ")[0].strip()
        lead = f"{lead}\n{paragraph}".strip()
    return lead


def _published(metas: dict[str, str], extracted: str, now: datetime) -> str | None:
    for stated in (*(metas.get(name, "") for name in _DATE_NAMES), extracted):
        if not re.match(r"(?:19|20)\d\d-\d\d-\d\d", stated):
            continue
        try:
            found = datetime.fromisoformat(stated.strip())
        except ValueError:
            continue
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        if datetime(2000, 1, 1, tzinfo=UTC) <= found <= now + timedelta(days=2):
            return found.astimezone(UTC).isoformat()
    return None
