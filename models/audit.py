"""The audit log: append-only, hash-chained by the database, signed from outside it."""

import hashlib
import json
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, FetchedValue, ForeignKey, Index, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, BigId
from models.officer import Officer


class AuditEntry(Base):
    """One act. `seq`, `prev_hash` and `hash` are set by a trigger; nobody may change or delete a row.

    The chain covers only a salted commitment to the detail, so the detail can be erased without
    breaking the chain.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject_kind", "subject_id", "seq"),)

    seq: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, server_default=FetchedValue()
    )
    at: Mapped[datetime]
    actor_id: Mapped[int | None]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[int]
    commitment: Mapped[bytes]
    prev_hash: Mapped[bytes] = mapped_column(server_default=FetchedValue())
    hash: Mapped[bytes] = mapped_column(server_default=FetchedValue())


class AuditHead(Base):
    """The one row that names the end of the chain. Only the trigger writes it; its lock orders writers."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[bytes]


class AuditDetail(Base):
    """What an act was about, as JSON text, with the salt of its commitment. May be erased."""

    __tablename__ = "audit_details"

    seq: Mapped[int] = mapped_column(ForeignKey("audit_entries.seq"), primary_key=True, autoincrement=False)
    salt: Mapped[bytes]
    detail: Mapped[str]


class AuditCheckpoint(Base):
    """A signature over the head of the chain, published so that a rewrite can be found from outside."""

    __tablename__ = "audit_checkpoints"

    id: Mapped[BigId]
    seq: Mapped[int]
    hash: Mapped[bytes]
    signed_at: Mapped[datetime]
    public_key: Mapped[bytes]
    signature: Mapped[bytes]


def commitment(salt: bytes, detail: str) -> bytes:
    """Return the SHA-256 commitment to `detail` (JSON text) under `salt` (32 bytes)."""
    return hashlib.sha256(salt + detail.encode()).digest()


def record(
    session: Session,
    action: str,
    *,
    subject: tuple[str, int],
    by: Officer | None,
    at: datetime,
    detail: dict[str, Any] | None = None,
) -> int:
    """Append one entry and its detail to the log and return its sequence number.

    `subject` is (kind, id), for example ("case", 12); `by` is None for the system itself. The entry
    shares the caller's transaction: what is rolled back leaves no entry, what has no entry does not
    commit.
    """
    text = json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, default=str)
    salt = secrets.token_bytes(32)
    kind, key = subject
    seq = session.execute(
        insert(AuditEntry)
        .values(
            at=at,
            actor_id=None if by is None else by.id,
            action=action,
            subject_kind=kind,
            subject_id=key,
            commitment=commitment(salt, text),
        )
        .returning(AuditEntry.seq)
    ).scalar_one()
    session.execute(insert(AuditDetail).values(seq=seq, salt=salt, detail=text))
    return seq
