"""A case: one statement to verify, with all its arrivals, and the table of its allowed moves."""

import enum
from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Sequence, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.arrival import Field
from models.base import Base, BigId
from models.officer import Officer

CASE_NUMBERS = Sequence("case_numbers", metadata=Base.metadata)


class CaseState(enum.StrEnum):
    """Where the work on a case stands."""

    OPEN = "open"  # waits for a verifier
    VERIFYING = "verifying"  # a verifier has taken it
    PROPOSED = "proposed"  # a verdict waits for another person's approval
    APPROVED = "approved"  # a verdict is approved and waits to be published
    PUBLISHED = "published"  # a correction is public
    CLOSED = "closed"  # closed without a verdict, with a public reason
    MERGED = "merged"  # its arrivals moved to another case


MOVES: dict[CaseState, frozenset[CaseState]] = {
    CaseState.OPEN: frozenset({CaseState.VERIFYING, CaseState.CLOSED, CaseState.MERGED}),
    # back to published: a new version was begun and given up
    CaseState.VERIFYING: frozenset(
        {CaseState.OPEN, CaseState.PROPOSED, CaseState.CLOSED, CaseState.MERGED, CaseState.PUBLISHED}
    ),
    CaseState.PROPOSED: frozenset({CaseState.VERIFYING, CaseState.APPROVED}),
    CaseState.APPROVED: frozenset({CaseState.VERIFYING, CaseState.PROPOSED, CaseState.PUBLISHED}),
    CaseState.PUBLISHED: frozenset({CaseState.VERIFYING}),  # a new version of the correction is prepared
    CaseState.CLOSED: frozenset({CaseState.OPEN}),
    CaseState.MERGED: frozenset({CaseState.OPEN}),  # a merge can be undone
}


class ClosedReason(enum.StrEnum):
    """Why a case is closed without a verdict. Each has public words in the catalogue."""

    OPINION = "opinion"  # opinion or criticism: not a checkable claim
    NOT_A_CLAIM = "not_a_claim"  # no statement of fact, or too vague to check
    SATIRE = "satire"
    OUT_OF_AREA = "out_of_area"  # not about the locality
    PRIVATE_DISPUTE = "private_dispute"  # has its own procedure
    SCAM_FORWARDED = "scam_forwarded"  # passed on to the competent authority
    ALREADY_ANSWERED = "already_answered"  # a published conclusion covers it
    EMPTY = "empty"  # abusive, empty, or a test


class Case(Base):
    """The unit of work."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("num_nonnulls(taken_by_id, taken_at) IN (0, 2)", name="taken_whole"),
        CheckConstraint(
            "num_nonnulls(closed_reason, closed_at, closed_by_id) IN (0, 3)", name="closed_whole"
        ),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_state"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged_state"),
        CheckConstraint("merged_into_id <> id", name="merged_other"),
        CheckConstraint("state NOT IN ('verifying', 'proposed') OR taken_by_id IS NOT NULL", name="taken"),
        CheckConstraint("btrim(statement) <> ''", name="statement"),
        Index(
            "ix_cases_queue",
            "state",
            text("last_arrival_at DESC"),
            postgresql_where=text("state NOT IN ('closed', 'merged', 'published')"),
        ),
    )

    id: Mapped[BigId]
    number: Mapped[str] = mapped_column(unique=True)
    state: Mapped[CaseState] = mapped_column(default=CaseState.OPEN)
    statement: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(unique=True)
    place_code: Mapped[str | None] = mapped_column(index=True)
    field: Mapped[Field | None]
    urgent: Mapped[bool] = mapped_column(default=False)
    arrivals: Mapped[int] = mapped_column(default=0)
    # The doors through which its arrivals came; kept by a trigger, so that lists can filter and count.
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    opened_at: Mapped[datetime] = mapped_column(index=True)
    last_arrival_at: Mapped[datetime] = mapped_column(index=True)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"), index=True)
    taken_at: Mapped[datetime | None]
    closed_reason: Mapped[ClosedReason | None]
    closed_note: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    demo: Mapped[bool] = mapped_column(default=False)

    taken_by: Mapped[Officer | None] = relationship(foreign_keys=[taken_by_id], lazy="raise")
