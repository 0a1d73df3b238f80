"""What a fresh installation knows from the start: the plan register and the starting corpus."""

from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

import corpus
from corpus import claims, exchange
from intake import sources
from models import ClaimOrigin
from publish import plan

_STARTING = Path(corpus.__file__).parent / "data" / "confirmed_claims.jsonl"


def load(session: Session, *, at: datetime) -> claims.Import:
    """Load plan register, sources and starting claims; safe to run again, changes nothing that is there."""
    plan.load(session)
    sources.load(session, at=at)
    rows = exchange.read(_STARTING.read_bytes(), form=exchange.Form.JSONL)
    return claims.take_in(session, rows, origin=ClaimOrigin.STARTING, at=at)
