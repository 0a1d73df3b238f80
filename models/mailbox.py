"""The inbox: where reading it stands, what became of each letter. No name or address of a sender."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId


class LetterOutcome(enum.StrEnum):
    """What became of a letter."""

    REPORT = "report"  # it is a report now
    DUPLICATE = "duplicate"  # the same letter came before
    IGNORED = "ignored"  # written by a machine: absence note, bounce, mailing list
    REFUSED = "refused"  # nothing in it can be a report; `reason` says why


class Mailbox(Base):
    """A folder that is read, and how that goes. `last_error` is a code with words of its own."""

    __tablename__ = "mailboxes"

    id: Mapped[BigId]
    address: Mapped[str] = mapped_column(unique=True)  # user, server and folder of the centre itself
    last_try_at: Mapped[datetime | None]
    last_read_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")


class Letter(Base):
    """One letter, known by its place in the mailbox and by a digest of what it is."""

    __tablename__ = "letters"
    __table_args__ = (
        UniqueConstraint("mailbox_id", "uid_validity", "uid"),
        CheckConstraint("(outcome = 'report') = (arrival_id IS NOT NULL)", name="report"),
        CheckConstraint("(outcome IN ('ignored', 'refused')) = (reason <> '')", name="reason"),
        CheckConstraint("left_out >= 0", name="left_out"),
        Index("uq_letters_report", "digest", unique=True, postgresql_where=text("outcome = 'report'")),
        Index("ix_letters_unmarked", "mailbox_id", postgresql_where=text("NOT marked")),
    )

    id: Mapped[BigId]
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailboxes.id"))
    uid_validity: Mapped[int]
    uid: Mapped[int]
    digest: Mapped[bytes]  # keyed, of Message-ID and content
    outcome: Mapped[LetterOutcome]
    reason: Mapped[str] = mapped_column(default="")
    arrival_id: Mapped[int | None] = mapped_column(ForeignKey("arrivals.id", ondelete="CASCADE"), unique=True)
    left_out: Mapped[int] = mapped_column(default=0)  # attached files that were not taken over
    read_at: Mapped[datetime] = mapped_column(index=True)
    marked: Mapped[bool] = mapped_column(default=False)  # flagged or moved on the server
