"""Articles of watched sources: what was seen there, what became of it, how its page changed since."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, Json

TITLE_LIMIT = 300  # characters
ITEM_URL_LIMIT = 2_000


class ItemState(enum.StrEnum):
    """Where an item is on its way."""

    WAITING = "waiting"  # its page is to be read
    READ = "read"  # its text is here, nobody has looked whether it concerns us
    ARRIVED = "arrived"
    DROPPED = "dropped"


class Dropped(enum.StrEnum):
    """Why an item did not become an arrival."""

    OFF_TOPIC = "off_topic"  # names nothing of the province, resembles no known claim
    KNOWN = "known"  # the same article under another address
    OLD = "old"  # published long before it was seen
    OTHER_SITE = "other_site"  # leads to another site than the source's
    ROBOTS = "robots"  # the site asks not to be read there
    NO_TEXT = "no_text"
    GONE = "gone"
    REFUSED = "refused"  # an address that may not be fetched, or an answer that may not be kept
    UNREACHABLE = "unreachable"  # given up after some tries


class SeenItem(Base):
    """An entry of a feed, sitemap or listing. The row is the job, and the memory that it was seen."""

    __tablename__ = "seen_items"
    __table_args__ = (
        CheckConstraint(f"url ~* '^https?://' AND char_length(url) <= {ITEM_URL_LIMIT}", name="url"),
        CheckConstraint(f"char_length(title) <= {TITLE_LIMIT}", name="title"),
        CheckConstraint("(state = 'arrived') = (arrival_id IS NOT NULL)", name="arrived"),
        CheckConstraint("(state = 'dropped') = (reason IS NOT NULL)", name="dropped_whole"),
        CheckConstraint("(state = 'read') = (page IS NOT NULL)", name="read"),
        CheckConstraint("(page IS NULL) = (content IS NULL)", name="content"),
        CheckConstraint("records IS NULL OR content IS NOT NULL", name="records"),
        Index("ix_seen_items_waiting", "next_try_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_seen_items_read", "id", postgresql_where=text("state = 'read'")),
        Index("ix_seen_items_latest", "source_id", "id"),
    )

    id: Mapped[BigId]
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    host: Mapped[str] = mapped_column(ForeignKey("source_hosts.host"), index=True)
    url: Mapped[str]
    title: Mapped[str]
    published_at: Mapped[datetime | None]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[ItemState] = mapped_column(default=ItemState.WAITING)
    reason: Mapped[Dropped | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    last_error: Mapped[str] = mapped_column(default="")
    page: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))  # until it is judged
    content: Mapped[bytes | None] = mapped_column(deferred=True)  # its bytes, for the same time
    records: Mapped[bytes | None] = mapped_column(deferred=True)  # and its WARC records
    arrival_id: Mapped[int | None] = mapped_column(ForeignKey("arrivals.id"), unique=True)


class ItemKey(Base):
    """By what an article is known again: digests of its address and of its name in a feed.

    Keys outlive their items, so that an old article that a feed brings again stays known.
    """

    __tablename__ = "item_keys"
    __table_args__ = (CheckConstraint("octet_length(digest) = 32", name="digest"),)

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("seen_items.id", ondelete="SET NULL"), index=True)


class PageState(enum.StrEnum):
    """How the page of an article stands against what arrived."""

    STANDING = "standing"
    CHANGED = "changed"
    VANISHED = "vanished"


class Article(Base):
    """What is known of an arrival of kind article. The row is the job of visiting its page again."""

    __tablename__ = "articles"
    __table_args__ = (
        CheckConstraint("btrim(outlet) <> ''", name="outlet"),
        CheckConstraint("url ~* '^https?://'", name="url"),
        Index("ix_articles_due", "next_visit_at", postgresql_where=text("next_visit_at IS NOT NULL")),
    )

    arrival_id: Mapped[int] = mapped_column(ForeignKey("arrivals.id"), primary_key=True, autoincrement=False)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), index=True)
    host: Mapped[str] = mapped_column(ForeignKey("source_hosts.host"), index=True)
    url: Mapped[str]
    title: Mapped[str]
    outlet: Mapped[str]  # who published it; the person who wrote it is nowhere kept
    published_at: Mapped[datetime | None]
    places: Mapped[str]  # the words that name the province, for reading
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("confirmed_claims.id"), index=True)
    cue: Mapped[str] = mapped_column(default="")  # the very words that sound like a denial; a hint
    state: Mapped[PageState] = mapped_column(default=PageState.STANDING)
    visits: Mapped[int] = mapped_column(default=0)
    misses: Mapped[int] = mapped_column(default=0)  # in a row
    next_visit_at: Mapped[datetime | None]  # None: no more
    last_visit_at: Mapped[datetime | None]
    etag: Mapped[str] = mapped_column(default="")
    last_modified: Mapped[str] = mapped_column(default="")


class ArticleChange(enum.StrEnum):
    """What was noticed."""

    FIRST = "first"
    CHANGED = "changed"
    VANISHED = "vanished"
    BACK = "back"


class ArticleVersion(Base):
    """One state of an article's page, with its stored copy. Rows are added, never changed."""

    __tablename__ = "article_versions"
    __table_args__ = (
        CheckConstraint("(change = 'vanished') = (copy_id IS NULL)", name="copy"),
        CheckConstraint("octet_length(text_digest) = 32", name="text_digest"),
        Index("uq_article_versions_number", "article_id", "number", unique=True),
    )

    id: Mapped[BigId]
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.arrival_id"))
    number: Mapped[int]
    change: Mapped[ArticleChange]
    seen_at: Mapped[datetime]
    http_status: Mapped[int | None]
    title: Mapped[str]
    text: Mapped[str]  # empty when the page is gone
    text_digest: Mapped[bytes]
    copy_id: Mapped[int | None] = mapped_column(ForeignKey("stored_copies.id"))
    warc_id: Mapped[int | None] = mapped_column(
        ForeignKey("stored_copies.id")
    )  # of the answer, also of a loss
