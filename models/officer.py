"""Officers who may sign in, their roles, and their open sessions."""

import enum
from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, BigId, one_of


class Role(enum.StrEnum):
    """What an officer may do. One person may hold several roles; the four-eyes rules still bind."""

    VERIFIER = "verifier"  # screens, cites evidence, judges matches, proposes verdicts
    APPROVER = "approver"  # approves verdicts that somebody else proposed
    PUBLISHER = "publisher"  # issues corrections whose verdict is approved
    AUDITOR = "auditor"  # reads the audit log
    ADMIN = "admin"  # manages accounts and settings; decides nothing


class Officer(Base):
    """A person of the centre who may sign in."""

    __tablename__ = "officers"
    __table_args__ = (
        CheckConstraint("username = lower(username) AND username ~ '^[a-z0-9._-]{3,40}$'", name="username"),
        CheckConstraint(f"roles <@ ARRAY[{one_of(Role)}]::text[]", name="roles"),
        CheckConstraint("btrim(display_name) <> ''", name="display_name"),
    )

    id: Mapped[BigId]
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    password_hash: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    active: Mapped[bool] = mapped_column(default=True)
    demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    def may(self, role: Role) -> bool:
        """Return whether this officer is active and holds `role`."""
        return self.active and role.value in self.roles


class OfficerSession(Base):
    """A signed-in browser. Only a digest of its token is kept; deleting the row signs it out."""

    __tablename__ = "officer_sessions"

    token_digest: Mapped[bytes] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id", ondelete="CASCADE"), index=True)
    form_token: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    officer: Mapped[Officer] = relationship(lazy="joined")
