"""Short makers of records. Each adds to the session, flushes for the id and returns the record."""

import hashlib
import itertools
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from corpus import passages
from corpus.text import normalise
from models import (
    Approval,
    Arrival,
    ArrivalKind,
    Base,
    Capture,
    Case,
    CaseState,
    Channel,
    ClaimOrigin,
    ConfirmedClaim,
    Evidence,
    EvidenceKind,
    Joined,
    Match,
    Officer,
    Passage,
    Rating,
    ReadableCopy,
    ReasonCode,
    StoredCopy,
    Twin,
    Verdict,
)

_SCORED: dict[str, Any] = {
    "probability": 0.9,
    "band": "strong",
    "relation": "same",
    "signals": {"char": 0.8},
    "reasons": {"relation": "same", "shared": [], "differences": [], "fired": []},
    "ranker": "test",
    "encoder": "test",
    "pair_fingerprint": "pair",
    "suggested_at": datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
}
AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
R = TypeVar("R", bound=Base)
_serial = itertools.count(1)


def _made(session: Session, record: R) -> R:
    session.add(record)
    session.flush()
    return record


def officer(session: Session, *roles: str, **values: Any) -> Officer:
    number = next(_serial)
    defaults = {
        "username": f"officer{number}",
        "display_name": f"Cán bộ {number}",
        "password_hash": "!",
        "roles": list(roles or ("verifier",)),
        "created_at": AT,
    }
    return _made(session, Officer(**{**defaults, **values}))


def case(session: Session, **values: Any) -> Case:
    number = next(_serial)
    defaults = {
        "number": f"VV-2026-{number:06d}",
        "statement": "Đập thủy điện Nậm Pung đã vỡ",
        "fingerprint": f"fingerprint-{number}",
        "arrivals": 1,
        "opened_at": AT,
        "last_arrival_at": AT,
    }
    return _made(session, Case(**{**defaults, **values}))


def arrival(session: Session, text: str = "Đập thủy điện Nậm Pung vỡ rồi", **values: Any) -> Arrival:
    number = next(_serial)
    defaults: dict[str, Any] = {
        "kind": ArrivalKind.REPORT,
        "channel": Channel.WEB,
        "code_digest": hashlib.sha256(str(number).encode()).digest(),
        "content_digest": hashlib.sha256(text.encode()).digest(),
        "text": text,
        "received_at": AT,
        "next_try_at": AT,
    }
    if values.get("case_id") is not None:
        defaults |= {"state": "triaged", "joined": Joined.OPENED}
    return _made(session, Arrival(**{**defaults, **values}))


def taken_case(session: Session, by: Officer, **values: Any) -> Case:
    made = case(session, **values)
    made.state, made.taken_by_id, made.taken_at = CaseState.VERIFYING, by.id, AT
    session.flush()
    return made


def stored_copy(session: Session, content: bytes | None = None) -> StoredCopy:
    data = content or f"copy {next(_serial)}".encode()
    digest = hashlib.sha256(data).digest()
    return _made(
        session,
        StoredCopy(sha256=digest, media_type="text/plain", content=data, size=len(data), stored_at=AT),
    )


def evidence(session: Session, of: Case, by: Officer, **values: Any) -> Evidence:
    defaults = {
        "case_id": of.id,
        "kind": EvidenceKind.DOCUMENT,
        "issuer": "UBND xã Bát Xát",
        "title": "Thông báo về an toàn đập",
        "is_primary": True,
        "cited_by_id": by.id,
        "cited_at": AT,
    }
    if "copy_id" not in values:
        values["copy_id"] = stored_copy(session).id
    return _made(session, Evidence(**{**defaults, **values}))


def capture(session: Session, of: Evidence | None = None, **values: Any) -> Capture:
    """A page that was kept: cited by `of`, or reported under `url`."""
    url = values.pop("url", None) or (of.url if of else None) or "https://example.org/bai"
    owner = (
        {"evidence_id": of.id}
        if of
        else {"reported_on": AT.date(), "reported_digest": hashlib.sha256(url.encode()).digest()}
    )
    done = {"state": "done", "finished_at": AT, "http_status": 200, "final_url": url}
    if values.get("state", "done") == "done":
        done |= {"copy_id": stored_copy(session).id, "warc_id": stored_copy(session).id}
    words = {"title": "Tin của tỉnh", "text": "Dòng một\nDòng hai", "language": "vi", "outlet": "example.org"}
    words |= values.pop("words", {})
    made = _made(session, Capture(url=url, next_try_at=AT, **{**owner, **done, **values}))
    if made.copy_id is not None:
        session.add(ReadableCopy(copy_id=made.copy_id, canonical_url=url, made_at=AT, **words))
    session.flush()
    return made


def verdict(session: Session, of: Case, by: Officer, **values: Any) -> Verdict:
    defaults = {
        "case_id": of.id,
        "rating": Rating.FALSE,
        "reason_code": ReasonCode.FABRICATED,
        "claim": "Đập thủy điện Nậm Pung đã vỡ.",
        "truth": "Đập Nậm Pung an toàn và vận hành bình thường.",
        "basis": "UBND xã đã kiểm tra tại chỗ và thông báo.",
        "checkability": "Nêu một sự việc cụ thể, kiểm tra được tại chỗ.",
        "author_id": by.id,
        "proposed_at": AT,
    }
    made = _made(session, Verdict(**{**defaults, **values}))
    of.state = CaseState.PROPOSED
    session.flush()
    return made


def approval(session: Session, of: Verdict, by: Officer) -> Approval:
    digest = session.scalar(select(func.verdict_digest(of.id)))
    made = _made(session, Approval(verdict_id=of.id, content_hash=digest, approver_id=by.id, approved_at=AT))
    session.refresh(of)
    return made


def approved_case(session: Session) -> tuple[Case, Verdict, Approval]:
    """A case whose verdict another person approved; ready for a publisher."""
    author, approver = officer(session, "verifier"), officer(session, "approver")
    of = taken_case(session, author)
    arrival(session, case_id=of.id)
    evidence(session, of, author)
    found = verdict(session, of, author)
    given = approval(session, found, approver)
    session.refresh(of)
    return of, found, given


def claim(
    session: Session, text: str = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ.", **values: Any
) -> ConfirmedClaim:
    number = next(_serial)
    defaults = {
        "external_id": f"claim-{number}",
        "origin": ClaimOrigin.STARTING,
        "claim": text,
        "rating": Rating.FALSE,
        "reason_code": ReasonCode.FABRICATED,
        "truth": "Đập không vỡ.",
        "concluded_by": ["UBND huyện Bát Xát"],
        "sources": [{"url": "https://example.org/bai-viet", "title": "Tin về đập là sai sự thật"}],
        "added_at": AT,
    }
    return _made(session, ConfirmedClaim(**{**defaults, **values}))


def passage(session: Session, text: str, **owner: int) -> Passage:
    return _made(session, Passage(**owner, **passages.values(normalise(text))))


def match(session: Session, of: Case, beside: ConfirmedClaim, **values: Any) -> Match:
    defaults = {**_SCORED, "case_id": of.id, "claim_id": beside.id, "position": 1}
    return _made(session, Match(**{**defaults, **values}))


def twin(session: Session, of: Case, older: Case, **values: Any) -> Twin:
    return _made(session, Twin(**{**_SCORED, "case_id": of.id, "older_id": older.id, **values}))
