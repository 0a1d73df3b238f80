"""Copies of pages: the orders to fetch them, what came of it, and what a page says in plain text."""

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId

# The machine that `url` names, as `intake.polite.host_of` writes it: asked politely, by whoever asks it.
HOST = (
    "coalesce(regexp_replace(lower(substring(url from '(?i)^https?://(?:[^/?#]*@)?([^/?#]*)')), "
    "'[.]?(:(80|443)?)?$', ''), '')"
)


class CaptureState(enum.StrEnum):
    """Where the fetching of a copy stands."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"  # given up; a person may order it again, or upload a copy instead


class CaptureFailure(enum.StrEnum):
    """Why the last attempt brought no copy."""

    GONE = "gone"  # the server says that there is no such page (404, 410)
    CLOSED = "closed"  # the server answers, but not to us: sign-in, payment, legal reasons (401, 403, 451)
    UNREACHED = "unreached"  # no answer, a broken one, or trouble on the server's side
    REFUSED = "refused"  # what may not be fetched (an inside address), or not be kept (too large)


class Capture(Base):
    """The order to fetch a copy of a cited or reported page. The row is the job.

    A citation has one order. A reported address has one a day, however many report it: the address is
    the key, not who reported it. A finished capture never changes.
    """

    __tablename__ = "captures"
    __table_args__ = (
        CheckConstraint("(state = 'done') = (copy_id IS NOT NULL)", name="done"),
        CheckConstraint("state <> 'failed' OR failure IS NOT NULL", name="failed"),
        CheckConstraint("num_nonnulls(evidence_id, reported_digest) = 1", name="of_one"),
        CheckConstraint("num_nonnulls(reported_digest, reported_on) IN (0, 2)", name="reported_whole"),
        CheckConstraint("reported_digest = sha256(convert_to(url, 'UTF8'))", name="reported_digest"),
        UniqueConstraint("evidence_id"),
        UniqueConstraint("reported_digest", "reported_on"),
        # In the order of turns (intake/capture.py): the next one is the first that may be asked for.
        Index(
            "ix_captures_turn",
            text("(evidence_id IS NULL)"),
            "next_try_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[BigId]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id", ondelete="CASCADE"))
    reported_digest: Mapped[bytes | None]
    reported_on: Mapped[date | None]
    url: Mapped[str]
    host: Mapped[str] = mapped_column(Computed(HOST, persisted=True))
    state: Mapped[CaptureState] = mapped_column(default=CaptureState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    failure: Mapped[CaptureFailure | None]
    last_error: Mapped[str] = mapped_column(default="")  # for the log of the house, in no language of people
    http_status: Mapped[int | None]
    final_url: Mapped[str | None]
    finished_at: Mapped[datetime | None]
    copy_id: Mapped[int | None] = mapped_column(ForeignKey("stored_copies.id"), index=True)
    warc_id: Mapped[int | None] = mapped_column(ForeignKey("stored_copies.id"))
    screenshot_id: Mapped[int | None] = mapped_column(ForeignKey("stored_copies.id"))


class ReadableCopy(Base):
    """What a stored page says: words without markup. Who wrote it is not kept, only where it stood."""

    __tablename__ = "readable_copies"

    copy_id: Mapped[int] = mapped_column(
        ForeignKey("stored_copies.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    title: Mapped[str]
    text: Mapped[str]
    language: Mapped[str]
    published_at: Mapped[datetime | None]
    canonical_url: Mapped[str]
    outlet: Mapped[str]  # the site's host
    made_at: Mapped[datetime]
