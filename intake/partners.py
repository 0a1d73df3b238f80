"""Partners and their keys: add, issue, rotate, revoke, recognise.

A key reads `kt_` + 8 signs (its prefix, to recognise it by) + `_` + 43 signs of secret. It is shown once;
the database holds a keyed digest. All of it concerns organisations; nothing here knows who reported.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.web import plain
from models import Conflict, Invalid, NotFound, Officer, Partner, PartnerKey, Scope, audit
from models.partner import MOST_A_MINUTE, NAME_LIMIT

OVERLAPS: Final = (1, 7, 14, 30)  # days for which an old key still opens after its rotation; 14 is offered
USUAL_A_MINUTE: Final = 60
_TOKEN: Final = re.compile(r"(kt_[a-z0-9]{8})_[A-Za-z0-9_-]{43}")
_SIGNS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True)
class Kept:
    """A partner with its keys, the newest first."""

    partner: Partner
    keys: Sequence[PartnerKey]


class Meter:
    """Counts the requests of each key, in memory: the limit holds for each web process by itself."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def wait(self, key: PartnerKey, *, now: float) -> int:
        """Count a request; return 0 where it may pass, else the seconds until one may (at least 1)."""
        limit = RateLimitItemPerMinute(key.per_minute)
        if self._limiter.hit(limit, str(key.id)):
            return 0
        return max(1, round(self._limiter.get_window_stats(limit, str(key.id)).reset_time - now))


def add(session: Session, name: str, *, by: Officer, at: datetime) -> Partner:
    """Add a partner. Raises Invalid (`partner-name`), Conflict (`partner-known`)."""
    try:
        words = " ".join(plain(name).split())
    except ValueError as broken:
        raise Invalid(code="unprintable", field="name") from broken
    if not words or len(words) > NAME_LIMIT:
        raise Invalid(code="partner-name", field="name")
    made: Partner | None = session.scalar(
        insert(Partner)
        .values(name=words, created_by_id=by.id, created_at=at)
        .on_conflict_do_nothing(index_elements=[Partner.name])
        .returning(Partner)
    )
    if made is None:
        raise Conflict(code="partner-known", field="name")
    audit.record(session, "partner.added", subject=("partner", made.id), by=by, at=at, detail={"name": words})
    return made


def get(session: Session, partner_id: int) -> Partner:
    """Return a partner. Raises NotFound."""
    found = session.get(Partner, partner_id) if partner_id <= _LARGEST else None
    if found is None:
        raise NotFound
    return found


def key(session: Session, key_id: int) -> PartnerKey:
    """Return a key. Raises NotFound."""
    found = session.get(PartnerKey, key_id) if key_id <= _LARGEST else None
    if found is None:
        raise NotFound
    return found


def all_of(session: Session) -> list[Kept]:
    """Return every partner with its keys, by name."""
    keys: dict[int, list[PartnerKey]] = {}
    for one in session.scalars(select(PartnerKey).order_by(PartnerKey.id.desc())):
        keys.setdefault(one.partner_id, []).append(one)
    partners = session.scalars(select(Partner).order_by(Partner.name)).all()
    return [Kept(one, keys.get(one.id, [])) for one in partners]


def issue(
    session: Session,
    partner: Partner,
    *,
    scopes: Collection[str],
    per_minute: int,
    by: Officer,
    secret: bytes,
    at: datetime,
) -> tuple[PartnerKey, str]:
    """Make a key for `partner`; return its row and the key itself, which nobody can look up again.

    Raises Invalid (`scope-none`, `choice-unknown`, `per-minute`).
    """
    if not scopes:
        raise Invalid(code="scope-none", field="scopes")
    if not set(scopes) <= set(Scope):
        raise Invalid(code="choice-unknown", field="scopes")
    if not 1 <= per_minute <= MOST_A_MINUTE:
        raise Invalid(code="per-minute", field="per_minute")
    made, token = _new(partner.id, sorted(set(scopes)), per_minute, by=by, secret=secret, at=at)
    session.add(made)
    session.flush()
    _note(session, made, "issued", by=by, at=at)
    return made, token


def rotate(
    session: Session, old: PartnerKey, *, overlap_days: int, by: Officer, secret: bytes, at: datetime
) -> tuple[PartnerKey, str]:
    """Make the successor of `old`, which itself opens for `overlap_days` more.

    Raises Invalid (`choice-unknown`), Conflict (`key-over`) for one that is revoked, expired or has a
    successor already.
    """
    if overlap_days not in OVERLAPS:
        raise Invalid(code="choice-unknown", field="overlap")
    ends = at + timedelta(days=overlap_days)
    replaced = select(PartnerKey.id).where(PartnerKey.replaces_id == old.id).exists()
    shortened = session.scalar(
        update(PartnerKey)
        .where(
            PartnerKey.id == old.id,
            PartnerKey.revoked_at.is_(None),
            or_(PartnerKey.expires_at.is_(None), PartnerKey.expires_at > at),
            ~replaced,
        )
        .values(expires_at=ends)
        .returning(PartnerKey.id)
    )
    if shortened is None:
        raise Conflict(code="key-over")
    made, token = _new(old.partner_id, old.scopes, old.per_minute, by=by, secret=secret, at=at)
    made.replaces_id = old.id
    session.add(made)
    session.flush()  # of two rotations at once, the unique successor lets one pass
    _note(session, made, "rotated", by=by, at=at)
    return made, token


def revoke(session: Session, old: PartnerKey, *, by: Officer, at: datetime) -> None:
    """Close a key at once and for ever. Raises Conflict (`key-over`) when it is revoked already."""
    closed = session.scalar(
        update(PartnerKey)
        .where(PartnerKey.id == old.id, PartnerKey.revoked_at.is_(None))
        .values(revoked_at=at, revoked_by_id=by.id)
        .returning(PartnerKey.id)
    )
    if closed is None:
        raise Conflict(code="key-over")
    _note(session, old, "revoked", by=by, at=at)


def recognise(
    session: Session, token: str, *, secret: bytes, at: datetime, zone: tzinfo
) -> PartnerKey | None:
    """Return the key that `token` is, if it opens at `at`, and note the day of its use."""
    if _TOKEN.fullmatch(token) is None:
        return None
    found = session.scalar(select(PartnerKey).where(PartnerKey.digest == _digest(token, secret)))
    if found is None or not found.opens(at=at):
        return None
    day = at.astimezone(zone).date()
    if found.last_used_on is None or found.last_used_on < day:
        session.execute(
            update(PartnerKey)
            .where(
                PartnerKey.id == found.id,
                or_(PartnerKey.last_used_on.is_(None), PartnerKey.last_used_on < day),
            )
            .values(last_used_on=day)
            .execution_options(synchronize_session=False)
        )
    return found


def _new(
    partner_id: int, scopes: Sequence[str], per_minute: int, *, by: Officer, secret: bytes, at: datetime
) -> tuple[PartnerKey, str]:
    prefix = "kt_" + "".join(secrets.choice(_SIGNS) for _ in range(8))
    token = f"{prefix}_{secrets.token_urlsafe(32)}"
    made = PartnerKey(
        partner_id=partner_id,
        prefix=prefix,
        digest=_digest(token, secret),
        scopes=list(scopes),
        per_minute=per_minute,
        created_by_id=by.id,
        created_at=at,
    )
    return made, token


def _digest(token: str, secret: bytes) -> bytes:
    return hmac.digest(secret, b"partner key\0" + token.encode(), hashlib.sha256)


def _note(session: Session, made: PartnerKey, what: str, *, by: Officer, at: datetime) -> None:
    detail = {"prefix": made.prefix, "scopes": made.scopes}
    subject = ("partner", made.partner_id)
    audit.record(session, f"partner-key.{what}", subject=subject, by=by, at=at, detail=detail)
