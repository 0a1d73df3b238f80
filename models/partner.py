"""Partners: organisations whose portals send reports on, and the keys by which their programs are known.

A partner is a newspaper, an agency, a platform for citizens; never a person who posted something.
"""

import enum
from datetime import date, datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, BigId, one_of

NAME_LIMIT = 120  # characters of a partner's name
MOST_A_MINUTE = 6_000  # requests that one key may be allowed


class Scope(enum.StrEnum):
    """What a key opens."""

    WRITE = "reports:write"  # send reports on
    STATUS = "reports:status"  # ask how far they have come


class Partner(Base):
    """An organisation that sends reports on."""

    __tablename__ = "partners"
    __table_args__ = (
        CheckConstraint(f"btrim(name) <> '' AND char_length(name) <= {NAME_LIMIT}", name="name"),
    )

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(unique=True)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    created_at: Mapped[datetime]


class PartnerKey(Base):
    """A key: shown once, stored as a keyed digest, told apart by its prefix. Revoked keys stay as rows."""

    __tablename__ = "partner_keys"
    __table_args__ = (
        CheckConstraint("prefix ~ '^kt_[a-z0-9]{8}$'", name="prefix"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint(
            f"scopes <@ ARRAY[{one_of(Scope)}]::text[] AND cardinality(scopes) > 0", name="scopes"
        ),
        CheckConstraint(f"per_minute BETWEEN 1 AND {MOST_A_MINUTE}", name="per_minute"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="revoked_whole"),
        CheckConstraint("replaces_id <> id", name="replaces_other"),
    )

    id: Mapped[BigId]
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), index=True)
    prefix: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    per_minute: Mapped[int] = mapped_column(default=60)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("officers.id"))
    created_at: Mapped[datetime]
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("partner_keys.id"), unique=True)
    expires_at: Mapped[datetime | None]  # set on rotation: the overlap ends then
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    last_used_on: Mapped[date | None]  # the day is enough to see that a key is idle

    partner: Mapped[Partner] = relationship(lazy="joined")

    def opens(self, *, at: datetime) -> bool:
        """Return whether the key is neither revoked nor expired at `at`."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)
