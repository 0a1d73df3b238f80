"""Twenty sites in the shapes of real ones, and what must be known of them after some days of watching.

RSS with CDATA and trackers, Atom, JSON Feed, news sitemap, listing page; conditional answers, republished and
copied items, failures, articles that are mended or taken down. All words are our own.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from urllib.parse import quote, unquote

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from intake import fetch, polite, sources
from intake.addresses import Opening
from models import (
    Arrival,
    Article,
    ArticleChange,
    ArticleVersion,
    Dropped,
    ItemState,
    PageState,
    SeenItem,
    SourceKind,
    SourceOwner,
    SourceScope,
    SourceTakes,
    SourceTally,
    SourceVisit,
    VisitOutcome,
)
from tests import factories as make
from tests.intake.servers import serving
from tests.intake.watched import ZONE, article

START = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
SOURCES = 20
HTML = "text/html; charset=utf-8"
JSON_FEED = "https://jsonfeed.org/version/1.1"
WORDS = ("lúa", "ngô", "chè", "quế", "cá", "đường", "cầu", "chợ")
CHANGING = {(0, 0), (3, 0), (5, 1), (9, 0), (12, 0)}  # (site, article), mended nine hours after
VANISHING = {(2, 1), (6, 0), (11, 1)}  # taken down twelve hours after
FORMS = ("rss", "atom", "json", "sitemap", "listing")


@dataclass
class World:
    """What the twenty sites serve at the moment `now`."""

    now: datetime = START
    every: int = 12  # hours between two articles of a site
    articles: int = 4  # of each site

    def host(self, number: int) -> str:
        return f"bao{number}.example.vn"

    def feed_url(self, number: int) -> str:
        name = {"rss": "rss/home.rss", "atom": "atom.xml", "json": "feed.json", "sitemap": "sitemap-news.xml"}
        return f"https://{self.host(number)}/{name.get(FORMS[number % 5], 'tin-tuc')}"

    def published(self) -> list[int]:
        """The numbers of the articles that each site has by now, latest first."""
        hours = (self.now - START).total_seconds() / 3600
        return list(range(min(int(hours // self.every), self.articles - 1), -1, -1))

    def link(self, number: int, nth: int) -> str:
        return f"https://{self.host(number)}/ban-tin-thu-{number}-{nth:05}.html"

    def concerns(self, number: int, nth: int) -> bool:
        return (number + nth) % 3 == 0

    def title(self, number: int, nth: int) -> str:
        where = "Bát Xát, tỉnh Lào Cai" if self.concerns(number, nth) else "một huyện miền xuôi"
        code = hashlib.sha256(f"{number} {nth}".encode()).hexdigest()
        words = " ".join(WORDS[int(code[at], 16) % 8] for at in range(6))
        return f"Bản tin {nth} của báo {number} về {words} ở {where}"

    def entries(self, number: int) -> list[tuple[str, str, str]]:
        """(title, link, guid) of the front; some sites republish, one copies another's items."""
        found = []
        for nth in self.published():
            link = self.link(number, nth)
            tracked = f"{link}?utm_source=rss&utm_campaign={self.now:%H}" if number % 4 == 0 else link
            found.append((self.title(number, nth), tracked, f"id-{number}-{nth}"))
        if number == 7:  # republishes under a new address what it had before
            found.append((self.title(7, 0), self.link(7, 0).replace(".html", "-cap-nhat.html"), "id-7-0"))
        if number == 8:  # brings an item of another site
            found.append((self.title(9, 0), self.link(9, 0), "id-copied"))
        return found

    def front(self, number: int) -> tuple[str, str]:
        rows = self.entries(number)
        form = FORMS[number % 5]
        escaped = [(title, link.replace("&", "&amp;"), guid) for title, link, guid in rows]
        if form == "rss":
            parts = "".join(
                f"<item><title><![CDATA[{title}]]></title><link>{link}</link><guid>{guid}</guid></item>"
                for title, link, guid in escaped
            )
            return f'<rss version="2.0"><channel><title>Báo</title>{parts}</channel></rss>', "text/xml"
        if form == "atom":
            parts = "".join(
                f'<entry><title>{title}</title><id>{guid}</id><link href="{link}"/></entry>'
                for title, link, guid in escaped
            )
            return f'<feed xmlns="http://www.w3.org/2005/Atom">{parts}</feed>', "application/atom+xml"
        if form == "json":
            items = [{"id": guid, "url": link, "title": title} for title, link, guid in rows]
            return json.dumps(
                {"version": "https://jsonfeed.org/version/1.1", "items": items}
            ), "application/json"
        if form == "sitemap":
            parts = "".join(f"<url><loc>{link}</loc></url>" for _, link, _ in escaped)
            return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{parts}</urlset>', "text/xml"
        parts = "".join(f'<li><a href="{link}">{title}</a></li>' for title, link, _ in escaped)
        return (
            f"<html><body><a href='/'>Trang chủ</a><ul>{parts}</ul></body></html>",
            "text/html; charset=utf-8",
        )

    def page(self, number: int, nth: int) -> tuple[int, str]:
        age = (self.now - START - timedelta(hours=self.every * nth)).total_seconds() / 3600
        if (number, nth) in VANISHING and age > 12:
            return 404, "không còn"
        more = (
            "Bản trước có chỗ chưa đúng, tòa soạn đã sửa lại."
            if (number, nth) in CHANGING and age > 9
            else ""
        )
        title = self.title(number, nth)
        told = f"{title}. Tòa soạn ghi nhận tại chỗ."
        return 200, article(
            title, told, *([more] if more else []), sapo=told, canonical=self.link(number, nth)
        )

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        _, host, path = request.path.split("/", 2)
        number = int(host.split(".", maxsplit=1)[0].removeprefix("bao"))
        status, kind, etag = 200, HTML, ""
        path = unquote(path).partition("?")[0]
        if path == "robots.txt":
            status, body = (200, "User-agent: *\nAllow: /\n") if number % 2 else (404, "")
        elif path.startswith("ban-tin-"):
            nth = int(path.removesuffix(".html").replace("-cap-nhat", "").rpartition("-")[2])
            status, body = self.page(number, nth)
        elif number == 5 and 20 <= (self.now - START).total_seconds() / 3600 < 30:
            status, body = 503, "bảo trì"
        else:
            body, kind = self.front(number)
            etag = '"' + hashlib.sha256(body.encode()).hexdigest()[:16] + '"'
            if request.headers.get("If-None-Match") == etag:
                status, body = 304, ""
        content = body.encode()
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(content)))
        if etag:
            request.send_header("ETag", etag)
        request.end_headers()
        request.wfile.write(content)


@contextmanager
def standing(world: World) -> Iterator[polite.Way]:
    """Serve the sites; yields the real way out, with names turned into folders of one server on loopback."""
    with serving(world.answer) as port:
        limits = fetch.Limits(opening=Opening(frozenset({"127.0.0.1"}), frozenset({port})))

        def get(url: str, etag: str, last_modified: str) -> fetch.Fetched:
            inside = quote(url.removeprefix("https://"), safe="/?&=%:-._~")
            asked = f"http://127.0.0.1:{port}/{inside}"
            found = fetch.get(asked, limits=limits, etag=etag or None, last_modified=last_modified or None)
            return replace(found, url=url)

        yield polite.Way(ZONE, get=get)


def watch_all(sessions: sessionmaker[Session], world: World) -> None:
    """Let an officer start all of them."""
    kinds = {"sitemap": SourceKind.SITEMAP, "listing": SourceKind.LISTING}
    with sessions.begin() as session:
        by = make.officer(session)
        for number in range(SOURCES):
            wanted = sources.Wanted(
                name=f"Báo {number}",
                home=f"https://{world.host(number)}",
                urls=[world.feed_url(number)],
                kind=kinds.get(FORMS[number % 5], SourceKind.FEED),
                owner=SourceOwner.PRESS_NATIONAL,
                scope=SourceScope.NATIONAL,
                takes=SourceTakes.MENTION,
            )
            source = sources.add(session, wanted, by=by, at=START)
            sources.start(session, source, by=by, at=START)


def check(sessions: sessionmaker[Session], world: World) -> None:
    """Every article arrived once, every change was noticed, every number adds up."""
    expected = {
        world.link(number, nth)
        for number in range(SOURCES)
        for nth in range(world.articles)
        if world.concerns(number, nth)
    }
    with sessions() as session:
        urls = Counter(session.scalars(select(Arrival.url)))
        assert set(urls) == expected
        assert set(urls.values()) == {1}
        states = Counter(session.scalars(select(SeenItem.state)))
        assert set(states) == {ItemState.ARRIVED, ItemState.DROPPED}
        rows = session.execute(
            select(SourceTally.outcome, func.sum(SourceTally.count)).group_by(SourceTally.outcome)
        )
        tally = {outcome: int(total) for outcome, total in rows}
        assert tally.pop("seen") == sum(tally.values()) == states.total()
        assert tally["arrived"] == len(expected) == states[ItemState.ARRIVED]
        reasons = Counter(session.scalars(select(SeenItem.reason).where(SeenItem.reason.is_not(None))))
        assert {reason.value: number for reason, number in reasons.items() if reason} == {
            name: number for name, number in tally.items() if name != "arrived"
        }
        assert set(reasons) <= {Dropped.OFF_TOPIC, Dropped.KNOWN, Dropped.OTHER_SITE}
        changes = Counter(
            (change, url)
            for change, url in session.execute(
                select(ArticleVersion.change, Article.url).join(
                    Article, Article.arrival_id == ArticleVersion.article_id
                )
            )
        )
        for pair in CHANGING:
            assert changes[ArticleChange.CHANGED, world.link(*pair)] == 1
        for pair in VANISHING:
            assert changes[ArticleChange.VANISHED, world.link(*pair)] == 1
        assert changes.total() == len(expected) + len(CHANGING) + len(VANISHING)
        standing = Counter(session.scalars(select(Article.state)))
        assert standing[PageState.CHANGED] == len(CHANGING)
        assert standing[PageState.VANISHED] == len(VANISHING)
        outcomes = Counter(session.scalars(select(SourceVisit.outcome)))
        assert outcomes[VisitOutcome.QUARANTINED] == 0
        assert outcomes[VisitOutcome.FAILED] >= 1
