"""What a verdict rests on: cited sources and their stored copies."""

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, BigId
from models.officer import Officer

COPY_LIMIT = 10 * 1024 * 1024  # bytes of one stored copy


class EvidenceKind(enum.StrEnum):
    """What is cited."""

    URL = "url"  # a public page
    DOCUMENT = "document"  # a paper or file, uploaded
    STATEMENT = "statement"  # what an agency or expert said, with who, when and how


class StoredCopy(Base):
    """Bytes kept by the centre, addressed by their SHA-256."""

    __tablename__ = "stored_copies"
    __table_args__ = (
        CheckConstraint("octet_length(sha256) = 32 AND sha256 = sha256(content)", name="sha256"),
        CheckConstraint(f"octet_length(content) BETWEEN 1 AND {COPY_LIMIT}", name="size"),
    )

    id: Mapped[BigId]
    sha256: Mapped[bytes] = mapped_column(unique=True)
    media_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    size: Mapped[int]
    stored_at: Mapped[datetime]


class Evidence(Base):
    """A cited source. It is never deleted: a removed citation stays in the case's history."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint("kind <> 'url' OR url IS NOT NULL", name="url_kind"),
        CheckConstraint("url IS NULL OR url ~* '^https?://'", name="url"),
        CheckConstraint("btrim(issuer) <> '' AND btrim(title) <> ''", name="named"),
        CheckConstraint("num_nonnulls(removed_at, removed_by_id) IN (0, 2)", name="removed_whole"),
    )

    id: Mapped[BigId]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    kind: Mapped[EvidenceKind]
    issuer: Mapped[str]
    title: Mapped[str]
    url: Mapped[str | None]
    quote: Mapped[str] = mapped_column(default="")
    stated_on: Mapped[date | None]
    is_primary: Mapped[bool] = mapped_column(default=False)
    copy_id: Mapped[int | None] = mapped_column(ForeignKey("stored_copies.id"))
    cited_by_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    cited_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))

    copy: Mapped[StoredCopy | None] = relationship(lazy="raise")
    cited_by: Mapped[Officer] = relationship(foreign_keys=[cited_by_id], lazy="raise")
