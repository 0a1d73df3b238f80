"""Verdicts and their approvals. The database binds an approval to the hash of what was approved."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, BigId, Json
from models.officer import Officer


class Rating(enum.StrEnum):
    """The finding. Public definitions stand on the methodology page."""

    FAKE = "fake"  # Tin giả: invented or fabricated
    FALSE = "false"  # Tin sai sự thật: partly true, but inexact, twisted or groundless
    TRUE = "true"  # Tin xác thực
    UNPROVEN = "unproven"  # Chưa đủ căn cứ kết luận
    OUTDATED = "outdated"  # Đã cũ / sai bối cảnh


class ReasonCode(enum.StrEnum):
    """In what way a claim fails."""

    FABRICATED = "fabricated"
    IMPERSONATION = "impersonation"
    MANIPULATED = "manipulated"
    STAGED = "staged"
    OUT_OF_CONTEXT = "out_of_context"
    MISLEADING = "misleading"
    SCAM = "scam"
    UNFOUNDED = "unfounded"


class VerdictState(enum.StrEnum):
    """Where a proposed verdict stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    RETURNED = "returned"  # an approver sent it back with a note
    PUBLISHED = "published"  # frozen for ever


class Verdict(Base):
    """A verdict is whole or absent: every part that a reader needs is required."""

    __tablename__ = "verdicts"
    __table_args__ = (
        CheckConstraint(
            "btrim(claim) <> '' AND btrim(truth) <> '' AND btrim(basis) <> '' AND btrim(checkability) <> ''",
            name="whole",
        ),
        CheckConstraint("rating NOT IN ('fake', 'false') OR reason_code IS NOT NULL", name="reason"),
        CheckConstraint(
            "num_nonnulls(returned_at, returned_by_id) IN (0, 2) AND "
            "(state = 'returned') = (returned_at IS NOT NULL)",
            name="returned_whole",
        ),
        CheckConstraint("returned_by_id <> author_id", name="returned_by_other"),
        Index(
            "uq_verdicts_live",
            "case_id",
            unique=True,
            postgresql_where=text("state IN ('proposed', 'approved')"),
        ),
    )

    id: Mapped[BigId]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    state: Mapped[VerdictState] = mapped_column(default=VerdictState.PROPOSED)
    rating: Mapped[Rating]
    reason_code: Mapped[ReasonCode | None]
    claim: Mapped[str]  # the statement as it will be published
    truth: Mapped[str]  # what is true
    basis: Mapped[str]  # how we know
    checkability: Mapped[str]  # why this is a checkable statement of fact
    translations: Mapped[Json] = mapped_column(default=dict)  # {"en": {"claim": …, "truth": …}, "zh": …}
    change_note: Mapped[str] = mapped_column(default="")  # for a later version: what changed and why
    withdraws: Mapped[bool] = mapped_column(default=False)  # a later version that withdraws the conclusion
    author_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    proposed_at: Mapped[datetime]
    returned_at: Mapped[datetime | None]
    returned_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    return_note: Mapped[str] = mapped_column(default="")

    author: Mapped[Officer] = relationship(foreign_keys=[author_id], lazy="raise")
    returned_by: Mapped[Officer | None] = relationship(foreign_keys=[returned_by_id], lazy="raise")


class Approval(Base):
    """Another person's yes to exactly one content. Any change of that content withdraws it."""

    __tablename__ = "approvals"
    __table_args__ = (
        Index(
            "uq_approvals_live",
            "verdict_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[BigId]
    verdict_id: Mapped[int] = mapped_column(ForeignKey("verdicts.id", ondelete="CASCADE"), index=True)
    content_hash: Mapped[str]
    approver_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    approved_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    approver: Mapped[Officer] = relationship(lazy="raise")
