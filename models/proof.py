"""Proofs of work that were used: each counts once. Nothing here leads to a report or to whoever sent it."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class SpentProof(Base):
    """A challenge whose solution was handed in. Kept until the challenge would expire anyway."""

    __tablename__ = "spent_proofs"

    digest: Mapped[bytes] = mapped_column(primary_key=True)  # SHA-256 of the challenge as it was signed
    expires_at: Mapped[datetime] = mapped_column(index=True)
