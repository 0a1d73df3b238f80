"""Make the readable copy of a stored page: its words without markup. Pure.

Runs in the limited child process (`intake.apart`), never elsewhere: the bytes are foreign.
"""

from typing import Final, TypedDict
from urllib.parse import urlsplit

from corpus.text import language
from intake import extraction

TEXT: Final = 100_000  # characters kept of a page
_WORDS: Final = ("text/", "application/json", "application/xml", "application/xhtml", "application/rss")
_BINARY: Final = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"PK\x03\x04", b"MZ")


class Words(TypedDict):
    """What a page says. `published` is an ISO moment or None."""

    title: str
    text: str
    language: str
    published: str | None
    canonical: str
    outlet: str


def read(content: bytes, url: str, media_type: str, now: str) -> Words | None:
    """Return what `content`, the answer of `url`, says, or None where it holds no words."""
    if content.startswith(_BINARY) or not _is_words(content, media_type):
        return None
    outlet = (urlsplit(url).hostname or "").removeprefix("www.")
    page = None if media_type.startswith("text/plain") else extraction.read(content, url, now, TEXT)
    if page is not None:
        return {
            "title": page["title"],
            "text": page["text"],
            "language": page["language"],
            "published": page["published"],
            "canonical": page["canonical"],
            "outlet": outlet,
        }
    title, text = _all_words(content, media_type)
    if not text:
        return None
    return {
        "title": title,
        "text": text,
        "language": language(text[:2_000]),
        "published": None,
        "canonical": url,
        "outlet": outlet,
    }


def _is_words(content: bytes, media_type: str) -> bool:
    """Whether this is text: it says so and holds no zero bytes, except in UTF-16 which says so too."""
    begins = content[:2_000]
    return media_type.lower().startswith(_WORDS) and (
        b"\0" not in begins or begins.startswith((b"\xff\xfe", b"\xfe\xff"))
    )


def _all_words(content: bytes, media_type: str) -> tuple[str, str]:
    """Return the title and every word of a page that holds no article, e.g. a notice or a log-in page."""
    import trafilatura  # noqa: PLC0415  only the child process reads pages

    written = trafilatura.utils.decode_file(content)
    tree = None if media_type.startswith("text/plain") else trafilatura.load_html(written)
    if tree is None:
        return "", _tidy(written)
    title = " ".join(str(tree.findtext(".//title") or "").split())[:300]
    return _tidy(title), _tidy(str(trafilatura.html2txt(tree)))


def _tidy(text: str) -> str:
    lines = (
        " ".join("".join(c if c.isprintable() else " " for c in line).split()) for line in text.split("\n")
    )
    return "\n".join(line for line in lines if line)[:TEXT]
