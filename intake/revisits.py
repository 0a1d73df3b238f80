"""Visit the pages of articles again, ever more rarely; what changed or vanished is noticed and kept."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from corpus.text import fold
from intake import apart, fetch, keeping, polite, warc
from intake.fetch import Fetched
from models import (
    Arrival,
    Article,
    ArticleChange,
    ArticleVersion,
    PageState,
    SourceHost,
    StoredCopy,
    audit,
)

log = logging.getLogger(__name__)
# Hours after the arrival or the last visit; a change begins the row again at its third place. Papers mend in
# the first hours, and rumours are quietly taken down in the first days.
RHYTHM: Final = (1, 5, 18, 48, 96, 168, 336, 720, 1440, 2160)
_AGAIN: Final = 2
_GONE: Final = frozenset({404, 410, 451})
_CONFIRMED: Final = 2  # visits in a row without the page, before it counts as gone
_SHOWN: Final = 160  # characters of a passage in the diary


@dataclass(frozen=True)
class Order:
    """What one visit needs to know."""

    article_id: int
    url: str
    host: str
    marks: tuple[str, str]


@dataclass(frozen=True)
class Brought:
    """What came of it: what stands there now (`page`), that it is gone, that it is as it was, or nothing."""

    answer: Fetched | None = None
    page: dict[str, Any] | None = None
    gone: bool = False


def first(at: datetime) -> datetime:
    """Return when an article that arrived at `at` is visited first."""
    return at + timedelta(hours=RHYTHM[0])


def digest(text: str) -> bytes:
    """Return the digest of the words of a text: marks, case and punctuation count, blanks do not."""
    return hashlib.sha256(" ".join(text.split()).encode()).digest()


def begin(
    session: Session,
    article: Article,
    text: str,
    copy: StoredCopy,
    records: StoredCopy | None,
    *,
    at: datetime,
) -> None:
    """Write down how the page stood when the article arrived. `records`: WARC records of `copy`."""
    session.add(
        ArticleVersion(
            article_id=article.arrival_id,
            number=1,
            change=ArticleChange.FIRST,
            seen_at=at,
            http_status=200,
            title=article.title,
            text=text,
            text_digest=digest(text),
            copy_id=copy.id,
            warc_id=None if records is None else records.id,
        )
    )


def run_one(sessions: sessionmaker[Session], way: polite.Way, *, at: datetime) -> bool:
    """Visit one article's page that is due and whose machine is free; return whether there was one."""
    watch, way = polite.Stopwatch(at), way.once()
    with sessions.begin() as session:
        order = _take(session, at=at)
    if order is None:
        return False
    brought = _look(sessions, way, order, at=at)
    with sessions.begin() as session:
        settle(session, way, order, brought, at=watch.now())
    return True


def _take(session: Session, *, at: datetime) -> Order | None:
    found = session.scalar(
        select(Article)
        .join(SourceHost, SourceHost.host == Article.host)
        .where(Article.next_visit_at <= at, SourceHost.free_at <= at)
        .order_by(Article.next_visit_at, Article.arrival_id)
        .limit(1)
        .with_for_update(skip_locked=True, of=(Article, SourceHost))
    )
    if found is None:
        return None
    found.next_visit_at = at + polite.HOLD  # should this process die, it is due again then
    polite.hold(session, found.host, at=at)
    return Order(found.arrival_id, found.url, found.host, (found.etag, found.last_modified))


def _look(sessions: sessionmaker[Session], way: polite.Way, order: Order, *, at: datetime) -> Brought:
    try:
        answer = polite.ask(sessions, way, order.url, at=at, marks=order.marks)
        if answer.status in _GONE:
            return Brought(answer, gone=True)
        if answer.status != 200:  # noqa: PLR2004  304 or an answer that says nothing about the page
            return Brought(answer)
        page = way.read("intake.extraction:read", answer.content, answer.url, at.isoformat())
    except (polite.Closed, fetch.Refused, fetch.Unreached, apart.Refused):
        return Brought()
    except Exception:
        log.exception("visiting an article again failed in an unexpected way")
        return Brought()
    # A page that answers and holds no article any more (a front page, "không tìm thấy") has lost it.
    return Brought(answer, gone=True) if page is None else Brought(answer, dict(page))


def settle(session: Session, way: polite.Way, order: Order, brought: Brought, *, at: datetime) -> None:
    """Write down what stands at an article's address now, in the case's diary too when it changed."""
    wish = polite.wish(brought.answer, order.host)
    article = session.get_one(Article, order.article_id, with_for_update=True, populate_existing=True)
    polite.release(session, order.host, at=at, wait=wish, slow=way.slow)
    article.visits += 1
    article.last_visit_at = at
    article.misses = article.misses + 1 if brought.gone else 0
    changed = False
    if brought.gone:
        # Each miss is asked again soon; a page that is gone twice is gone.
        if article.misses >= _CONFIRMED and article.state is not PageState.VANISHED:
            changed = _note(session, article, ArticleChange.VANISHED, brought, at=at)
    elif brought.page is not None and brought.answer is not None:
        changed = _compare(session, article, brought, at=at)
        article.etag = brought.answer.etag[:300]
        article.last_modified = brought.answer.last_modified[:100]
    article.next_visit_at = _next(article, at=at, changed=changed)


def _next(article: Article, *, at: datetime, changed: bool) -> datetime | None:
    if changed:
        article.visits = min(article.visits, _AGAIN)
    if 0 < article.misses < _CONFIRMED:
        return at + timedelta(hours=1)
    hours = RHYTHM[article.visits] if article.visits < len(RHYTHM) else None
    return None if hours is None else at + timedelta(hours=hours)


def _compare(session: Session, article: Article, brought: Brought, *, at: datetime) -> bool:
    page = brought.page or {}
    latest = session.scalars(
        select(ArticleVersion)
        .where(
            ArticleVersion.article_id == article.arrival_id, ArticleVersion.change != ArticleChange.VANISHED
        )
        .order_by(ArticleVersion.number.desc())
        .limit(1)
    ).one()
    same = latest.text_digest == digest(page["text"]) and fold(latest.title) == fold(page["title"])
    if article.state is PageState.VANISHED:
        return _note(session, article, ArticleChange.BACK, brought, at=at, before=latest)
    if same:
        return False
    return _note(session, article, ArticleChange.CHANGED, brought, at=at, before=latest)


def _note(
    session: Session,
    article: Article,
    change: ArticleChange,
    brought: Brought,
    *,
    at: datetime,
    before: ArticleVersion | None = None,
) -> bool:
    """Add a version and an entry of the diary. Returns True."""
    page = brought.page or {"title": article.title, "text": ""}
    copy = records = None
    if brought.answer is not None:  # a loss is on record too: what the server said instead
        records = keeping.store_records(session, warc.write(brought.answer, at=at), at=at)
        if change is not ArticleChange.VANISHED:
            copy = keeping.store(session, brought.answer.content, brought.answer.media_type, at=at)
    number = session.scalar(
        select(func.max(ArticleVersion.number)).where(ArticleVersion.article_id == article.arrival_id)
    )
    session.add(
        ArticleVersion(
            article_id=article.arrival_id,
            number=(number or 0) + 1,
            change=change,
            seen_at=at,
            http_status=None if brought.answer is None else brought.answer.status,
            title=page["title"],
            text=page["text"],
            text_digest=digest(page["text"]),
            copy_id=None if copy is None else copy.id,
            warc_id=None if records is None else records.id,
        )
    )
    article.state = PageState.VANISHED if change is ArticleChange.VANISHED else PageState.CHANGED
    case_id = session.scalar(select(Arrival.case_id).where(Arrival.id == article.arrival_id))
    subject = ("arrival", article.arrival_id) if case_id is None else ("case", case_id)
    detail: dict[str, Any] = {"arrival": article.arrival_id, "url": article.url, "outlet": article.outlet}
    detail["note"] = f"{article.outlet}: {article.title}{_difference(before, page)}"
    if copy is not None:
        detail["sha256"] = copy.sha256.hex()
    audit.record(session, f"article.{change.value}", subject=subject, by=None, at=at, detail=detail)
    return True


def _difference(before: ArticleVersion | None, page: dict[str, Any]) -> str:
    """Return the first passage that went and the first that came, for the diary; "" where there is none."""
    if before is None:
        return ""
    old, new = f"{before.title}\n{before.text}".split("\n"), f"{page['title']}\n{page['text']}".split("\n")
    there, stood = set(new), set(old)
    went = next((line for line in old if line not in there), "")
    came = next((line for line in new if line not in stood), "")
    parts = [f"\n{sign} {_cut(text)}" for sign, text in (("−", went), ("+", came)) if text]
    return "".join(parts)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1].rstrip() + "…"
