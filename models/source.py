"""Watched sources: who publishes, at which addresses, how each visit went, which host may be asked when."""

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, BigId, JsonList

NAME_LIMIT = 200  # characters
NOTE_LIMIT = 1_000
ADDRESS_LIMIT = 1_000


class SourceKind(enum.StrEnum):
    """What stands at a source's addresses."""

    FEED = "feed"  # RSS, Atom or JSON Feed
    SITEMAP = "sitemap"  # a (news) sitemap
    LISTING = "listing"  # a page with links to articles


class SourceOwner(enum.StrEnum):
    """Who publishes it."""

    PRESS_LOCAL = "press_local"
    PRESS_NEIGHBOUR = "press_neighbour"
    PRESS_NATIONAL = "press_national"
    GOVERNMENT = "government"
    FACTCHECK = "factcheck"
    OTHER = "other"


class SourceScope(enum.StrEnum):
    """What it writes about; a local source names a commune without naming the province."""

    PROVINCE = "lao_cai"
    REGION = "northern_mountains"
    NATIONAL = "national"


class SourceTakes(enum.StrEnum):
    """Which of its articles become arrivals."""

    MENTION = "mention"  # those that name the province, and those that resemble a known claim
    RESEMBLING = "resembling"  # only those that resemble a known claim


class SourceState(enum.StrEnum):
    """Whether it is visited."""

    OFF = "off"  # never started
    WATCHED = "watched"
    PAUSED = "paused"
    QUARANTINED = "quarantined"  # it changed suddenly; an officer looks first


class Alarm(enum.StrEnum):
    """What changed suddenly."""

    VOLUME = "volume"
    LANGUAGE = "language"
    HOST = "host"
    CONTENT_TYPE = "content_type"


class VisitOutcome(enum.StrEnum):
    """How a visit of an address ended."""

    FRESH = "fresh"  # something new
    SAME = "same"  # nothing new
    FAILED = "failed"
    QUARANTINED = "quarantined"  # read, and nothing of it taken


class Source(Base):
    """A publisher that is watched, or may be. It never begins by itself: an officer starts it."""

    __tablename__ = "sources"
    __table_args__ = (
        CheckConstraint(f"btrim(name) <> '' AND char_length(name) <= {NAME_LIMIT}", name="name"),
        CheckConstraint(f"home ~* '^https?://' AND char_length(home) <= {ADDRESS_LIMIT}", name="home"),
        CheckConstraint(f"char_length(note) <= {NOTE_LIMIT}", name="note"),
        CheckConstraint("(state = 'quarantined') = (alarm IS NOT NULL)", name="alarm_whole"),
    )

    id: Mapped[BigId]
    key: Mapped[str | None] = mapped_column(unique=True)  # of the shipped list
    name: Mapped[str]
    kind: Mapped[SourceKind]
    owner: Mapped[SourceOwner]
    scope: Mapped[SourceScope]
    takes: Mapped[SourceTakes] = mapped_column(default=SourceTakes.MENTION)
    home: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    origin: Mapped[str] = mapped_column(default="")  # how the address came to be known
    state: Mapped[SourceState] = mapped_column(default=SourceState.OFF)
    state_since: Mapped[datetime]
    alarm: Mapped[Alarm | None]
    alarm_detail: Mapped[str] = mapped_column(default="")
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    added_at: Mapped[datetime]

    addresses: Mapped[list["SourceAddress"]] = relationship(lazy="raise", order_by="SourceAddress.id")

    @property
    def typed(self) -> list["SourceAddress"]:
        """The addresses that an officer or the shipped list gave it, without those that an index names."""
        return [one for one in self.addresses if one.index_id is None]


class SourceAddress(Base):
    """One address of a source. The row is the job: `next_visit_at`, `failures`, `last_error`."""

    __tablename__ = "source_addresses"
    __table_args__ = (
        CheckConstraint(f"char_length(url) <= {ADDRESS_LIMIT}", name="url_limit"),
        CheckConstraint("url ~* '^https://' OR (allows_http AND url ~* '^http://')", name="tls"),
        CheckConstraint("host = lower(host) AND host <> ''", name="host"),
    )

    id: Mapped[BigId]
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    url: Mapped[str] = mapped_column(unique=True)
    host: Mapped[str] = mapped_column(ForeignKey("source_hosts.host"), index=True)
    allows_http: Mapped[bool] = mapped_column(default=False)
    next_visit_at: Mapped[datetime] = mapped_column(index=True)
    pace: Mapped[int]  # seconds between two visits, as it has settled
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    last_error: Mapped[str] = mapped_column(default="")
    last_visit_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    etag: Mapped[str] = mapped_column(default="")
    last_modified: Mapped[str] = mapped_column(default="")
    visits: Mapped[int] = mapped_column(default=0)  # successful ones since the baseline was laid
    usual_items: Mapped[float] = mapped_column(default=0.0)  # new ones a visit, running mean
    usual_language: Mapped[str] = mapped_column(default="")
    usual_form: Mapped[str] = mapped_column(default="")
    usual_host: Mapped[str] = mapped_column(default="")
    # The sitemap index that names this address; it comes and goes with that. None: an officer typed it.
    index_id: Mapped[int | None] = mapped_column(
        ForeignKey("source_addresses.id", ondelete="CASCADE"), index=True
    )


class SourceHost(Base):
    """A machine that is asked politely: by one process at a time, with pauses, as its robots.txt wishes."""

    __tablename__ = "source_hosts"

    host: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[datetime]  # not before; far ahead while somebody asks it
    robots: Mapped[str] = mapped_column(default="")
    robots_at: Mapped[datetime | None]  # when it was read; None: not yet
    crawl_delay: Mapped[int] = mapped_column(default=0)  # seconds that robots.txt asks for
    # Answers in time that it owes until it counts as steady again; one that is late or none costs several.
    distrust: Mapped[int] = mapped_column(default=0, server_default="0")


class SourceVisit(Base):
    """One visit of an address; forgotten after some weeks, the tallies stay."""

    __tablename__ = "source_visits"
    __table_args__ = (Index("ix_source_visits_latest", "source_id", "at"),)

    id: Mapped[BigId]
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    address_id: Mapped[int] = mapped_column(ForeignKey("source_addresses.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[VisitOutcome]
    error: Mapped[str] = mapped_column(default="")
    http_status: Mapped[int | None]
    found: Mapped[int] = mapped_column(default=0)  # items in the answer
    fresh: Mapped[int] = mapped_column(default=0)  # of them never seen before, and taken
    over: Mapped[int] = mapped_column(default=0)  # of them beyond a quota


class SourceTally(Base):
    """How many items of a source ended how on a day of the centre's calendar.

    `outcome` is "seen" (the sum of all), "arrived", or a reason why an item was dropped.
    """

    __tablename__ = "source_tallies"
    __table_args__ = (CheckConstraint("count > 0", name="count"),)

    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


class TrialState(enum.StrEnum):
    """Where a trial stands."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class SourceTrial(Base):
    """An officer's question "what would I get now?". The row is the job; forgotten after a day."""

    __tablename__ = "source_trials"
    __table_args__ = (
        CheckConstraint("url ~* '^https://' OR (allows_http AND url ~* '^http://')", name="tls"),
        Index("ix_source_trials_waiting", "next_try_at", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[BigId]
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    url: Mapped[str]
    host: Mapped[str] = mapped_column(ForeignKey("source_hosts.host"))
    allows_http: Mapped[bool] = mapped_column(default=False)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[TrialState] = mapped_column(default=TrialState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(default="")
    form: Mapped[str] = mapped_column(default="")
    # title, url, published, known, named (of the province, in the title): shown, not kept
    items: Mapped[JsonList] = mapped_column(default=list)
