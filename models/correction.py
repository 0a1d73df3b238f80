"""Issued corrections. A version is written once and never changed; later versions stand beside it."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, FetchedValue, ForeignKey, Index, Sequence, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from models.arrival import Field
from models.base import Base, BigId, Json, JsonList
from models.verdict import Rating, ReasonCode

CORRECTION_NUMBERS = Sequence("correction_numbers", metadata=Base.metadata)


class CorrectionKind(enum.StrEnum):
    """What a version is to the one before it."""

    FIRST = "first"
    UPDATE = "update"  # something changed; the note says what
    VOID = "void"  # withdrawn: the text stays readable, its rating no longer holds


class Correction(Base):
    """One public version: everything the reader sees, frozen at the moment of issue.

    The columns from `rating` to `sources`, `change_note` and `kind` are filled by the database from the
    approved verdict and its evidence: what is published, or withdrawn, is what was approved.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        Index("uq_corrections_version", "number", "version", unique=True),
        Index("uq_corrections_slug_version", "slug", "version", unique=True),
        Index("uq_corrections_first_of_case", "case_id", unique=True, postgresql_where=text("version = 1")),
        Index("ix_corrections_search", "search", postgresql_using="gin"),
        CheckConstraint("version >= 1 AND (version = 1) = (kind = 'first')", name="version"),
        CheckConstraint("version = 1 OR btrim(change_note) <> ''", name="change_note"),
    )

    id: Mapped[BigId]
    number: Mapped[str]
    version: Mapped[int]
    slug: Mapped[str]
    kind: Mapped[CorrectionKind]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    verdict_id: Mapped[int] = mapped_column(ForeignKey("verdicts.id"))
    approval_id: Mapped[int] = mapped_column(ForeignKey("approvals.id"), unique=True)
    publisher_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    content_hash: Mapped[str]
    issued_at: Mapped[datetime] = mapped_column(index=True)
    rating: Mapped[Rating]
    reason_code: Mapped[ReasonCode | None]
    claim: Mapped[str]
    truth: Mapped[str]
    basis: Mapped[str]
    translations: Mapped[Json]
    sources: Mapped[
        JsonList
    ]  # [{"kind", "issuer", "title", "url", "quote", "stated_on", "is_primary", "sha256"}]
    appearances: Mapped[JsonList]  # public addresses where the claim was seen, kinds of places otherwise
    first_seen: Mapped[datetime]
    arrivals: Mapped[int]
    place_code: Mapped[str | None]
    field: Mapped[Field | None]
    change_note: Mapped[str] = mapped_column(server_default=FetchedValue())
    search: Mapped[Any] = mapped_column(TSVECTOR)
    demo: Mapped[bool] = mapped_column(default=False)
