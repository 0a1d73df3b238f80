"""Checkpoints of the audit log: signed heads of the chain, published so that outsiders can hold them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import AuditCheckpoint, AuditDetail, AuditEntry, Correction, audit
from models.audit import AuditHead

INTERVAL = timedelta(hours=1)
ZERO = bytes(32)


@dataclass(frozen=True)
class Finding:
    """Something in the log that does not hold."""

    seq: int
    what: str


def message(seq: int, head: bytes, at: datetime) -> bytes:
    """Return the bytes that are signed: sequence number, hash of the chain's head, moment (ISO, UTC)."""
    return f"kiem-tin-audit:{seq}:{head.hex()}:{at.astimezone(UTC).isoformat()}".encode()


def sign_if_due(session: Session, key: Ed25519PrivateKey, *, at: datetime) -> AuditCheckpoint | None:
    """Sign the head when it moved and an hour has passed, or a correction was issued since."""
    head = session.get_one(AuditHead, 1)
    last = session.scalar(select(AuditCheckpoint).order_by(AuditCheckpoint.id.desc()).limit(1))
    if head.seq == 0 or (last is not None and last.seq == head.seq):
        return None
    if last is not None and at - last.signed_at < INTERVAL and not _issued_since(session, last.signed_at):
        return None
    made = AuditCheckpoint(
        seq=head.seq,
        hash=head.hash,
        signed_at=at,
        public_key=key.public_key().public_bytes_raw(),
        signature=key.sign(message(head.seq, head.hash, at)),
    )
    session.add(made)
    return made


def _issued_since(session: Session, moment: datetime) -> bool:
    return (
        session.scalar(select(func.max(Correction.issued_at)).where(Correction.issued_at >= moment))
        is not None
    )


def verify(session: Session, *, published: tuple[int, bytes] | None = None) -> Iterator[Finding]:
    """Recompute the whole chain and yield all that does not hold.

    `published` is a checkpoint (sequence number, hash) obtained from outside, for example from a
    saved feed: it finds a log that was rewritten from end to end, checkpoints included.
    """
    hashes: dict[int, bytes] = {}
    previous, expected = ZERO, 1
    rows = session.execute(
        select(AuditEntry, AuditDetail)
        .outerjoin(AuditDetail, AuditDetail.seq == AuditEntry.seq)
        .order_by(AuditEntry.seq)
        .execution_options(yield_per=1000)
    )
    for entry, detail in rows:
        if entry.seq != expected:
            yield Finding(expected, "missing")
        if entry.prev_hash != previous or entry.hash != chain_hash(previous, entry):
            yield Finding(entry.seq, "hash")
        if detail is not None and audit.commitment(detail.salt, detail.detail) != entry.commitment:
            yield Finding(entry.seq, "detail")
        previous, expected = entry.hash, entry.seq + 1
        hashes[entry.seq] = entry.hash
    head = session.get_one(AuditHead, 1)
    if (head.seq, head.hash) != (expected - 1, previous):
        yield Finding(head.seq, "head")
    yield from _check_signatures(session, hashes)
    if published is not None and hashes.get(published[0]) != published[1]:
        yield Finding(published[0], "published")


def chain_hash(previous: bytes, entry: AuditEntry) -> bytes:
    """Return the hash that the database's trigger gives to `entry` after `previous`."""
    micros = int(entry.at.timestamp()) * 1_000_000 + entry.at.microsecond
    actor = "-" if entry.actor_id is None else str(entry.actor_id)
    parts = (
        entry.seq,
        micros,
        actor,
        entry.action,
        entry.subject_kind,
        entry.subject_id,
        entry.commitment.hex(),
    )
    return hashlib.sha256(previous + "|".join(map(str, parts)).encode()).digest()


def _check_signatures(session: Session, hashes: dict[int, bytes]) -> Iterator[Finding]:
    for point in session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.id)):
        if hashes.get(point.seq) != point.hash:
            yield Finding(point.seq, "checkpoint")
        try:
            Ed25519PublicKey.from_public_bytes(point.public_key).verify(
                point.signature, message(point.seq, point.hash, point.signed_at)
            )
        except InvalidSignature:
            yield Finding(point.seq, "signature")
