"""A small web of watched sources for tests, in the shape of real ones; all words are our own."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from intake import polite, sources
from intake.fetch import Fetched, Unreached
from models import (
    Officer,
    Source,
    SourceKind,
    SourceOwner,
    SourceScope,
    SourceTakes,
)
from tests import factories as make

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
FEED = "https://bao.example.vn/rss/home.rss"
PARAGRAPHS = (
    "Theo ghi nhận trong sáng nay, người dân trong vùng vẫn đi lại bình thường, chợ vẫn họp như mọi ngày.",
    "Lực lượng tại chỗ đã kiểm tra từng điểm và dựng biển báo ở những nơi có thể nguy hiểm khi mưa lớn.",
)


class Web:
    """Answers by address; counts who was asked. What is not there is a 404, a robots.txt too."""

    def __init__(self) -> None:
        self.pages: dict[str, Fetched | Exception] = {}
        self.asked: list[str] = []
        self.marks: list[tuple[str, str]] = []

    def put(
        self, url: str, content: bytes | str, media_type: str = "text/html; charset=utf-8",
        *, status: int = 200, at: str = "", **headers: str,
    ) -> None:  # fmt: skip
        body = content.encode() if isinstance(content, str) else content
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        self.pages[url] = Fetched(status, at or url, media_type, body, headers=named)

    def get(self, url: str, etag: str, last_modified: str) -> Fetched:
        self.asked.append(url)
        found = self.pages.get(url, Fetched(404, url, "text/html", b"khong co"))
        if isinstance(found, Exception):
            raise found
        if not url.endswith("/robots.txt"):
            self.marks.append((etag, last_modified))
        if etag and etag == found.etag:
            return Fetched(304, url, "", b"", headers=found.headers)
        return found

    def broken(self, url: str) -> None:
        self.pages[url] = Unreached("ConnectError")

    @property
    def way(self) -> polite.Way:
        return polite.Way(ZONE, get=self.get)


def rss(*items: tuple[str, str], published: datetime | None = None) -> str:
    """An RSS feed of (title, link), as Vietnamese papers write it: CDATA with a picture in front."""
    day = f"<pubDate>{published:%a, %d %b %Y %H:%M:%S +0000}</pubDate>" if published else ""
    rows = "".join(
        f"<item><title><![CDATA[{title}]]></title><link>{link}</link><guid>{link}</guid>{day}"
        f"<description><![CDATA[<a href='{link}'><img src='/a.jpg'></a>{title}]]></description></item>"
        for title, link in items
    )
    head = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Báo mẫu</title>'
    return f"{head}{rows}</channel></rss>"


def article(title: str, *paragraphs: str, canonical: str = "", sapo: str = "", published: str = "") -> str:
    """A page of a paper: menu, lead in the head only, body, comments."""
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    day = f'<meta property="article:published_time" content="{published}">' if published else ""
    body = "".join(f"<p>{one}</p>" for one in (*paragraphs, *PARAGRAPHS))
    return (
        '<!doctype html><html lang="vi"><head><meta charset="utf-8">'
        f"<title>{title} - Báo mẫu</title>{link}{day}"
        f'<meta property="og:title" content="{title}"><meta name="description" content="{sapo}">'
        '<meta name="author" content="Trần Văn Tác Giả"></head>'
        '<body><nav><a href="/">Trang chủ</a><a href="/thoi-su">Thời sự</a></nav>'
        f"<article><h1>{title}</h1><div class='content'>{body}</div></article>"
        "<div class='comments'><p>Lê Thị Độc Giả: tôi không tin.</p></div></body></html>"
    )


def watched(
    session: Session, url: str = FEED, *, at: datetime, by: Officer | None = None, **values: object
) -> Source:
    """A source with one address that an officer added and started."""
    person = by or make.officer(session)
    wanted = {
        "name": "Báo mẫu",
        "home": polite_home(url),
        "urls": [url],
        "kind": SourceKind.FEED,
        "owner": SourceOwner.PRESS_NATIONAL,
        "scope": SourceScope.NATIONAL,
        "takes": SourceTakes.MENTION,
        **values,
    }
    source = sources.add(session, sources.Wanted(**wanted), by=person, at=at)  # type: ignore[arg-type]
    source = sources.get(session, source.id)
    sources.start(session, source, by=person, at=at)
    return source


def polite_home(url: str) -> str:
    return "/".join(url.split("/")[:3])
