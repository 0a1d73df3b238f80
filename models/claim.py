"""Confirmed claims: statements already checked and concluded, with who concluded and where."""

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.arrival import Field
from models.base import Base, BigId, JsonList
from models.verdict import Rating, ReasonCode


class ClaimOrigin(enum.StrEnum):
    """Where a confirmed claim came from."""

    STARTING = "starting"  # the corpus shipped with the software
    IMPORTED = "imported"  # read from a file of another fact-checker
    OWN = "own"  # concluded and published by this centre


class ConfirmedClaim(Base):
    """One entry of the corpus. A retired claim is kept, but no longer suggested."""

    __tablename__ = "confirmed_claims"
    __table_args__ = (
        CheckConstraint("btrim(claim) <> ''", name="claim"),
        CheckConstraint("(origin = 'own') = (correction_number IS NOT NULL)", name="own_number"),
    )

    id: Mapped[BigId]
    external_id: Mapped[str] = mapped_column(unique=True)
    origin: Mapped[ClaimOrigin]
    claim: Mapped[str]
    rating: Mapped[Rating]
    reason_code: Mapped[ReasonCode | None]
    truth: Mapped[str]
    concluded_by: Mapped[JsonList]
    concluded_on: Mapped[date | None]
    date_precision: Mapped[str] = mapped_column(default="day")
    place: Mapped[str] = mapped_column(default="")
    field: Mapped[Field] = mapped_column(default=Field.OTHER)
    topic: Mapped[str] = mapped_column(default="")
    sources: Mapped[JsonList]
    language: Mapped[str] = mapped_column(default="vi")
    correction_number: Mapped[str | None] = mapped_column(unique=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    added_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
