"""What a fresh installation knows from the start: the plan register and the starting corpus."""

from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

import corpus
from corpus import claims, exchange
from models import ClaimOrigin
from publish import plan

_STARTING = Path(corpus.__file__).parent / "data" / "confirmed_claims.jsonl"


def load(session: Session, *, at: datetime) -> claims.Import:
    """Load the plan register and the starting claims; safe to run again, changes nothing that is there."""
    plan.load(session)
    rows = exchange.read(_STARTING.read_bytes(), form=exchange.Form.JSONL)
    return claims.take_in(session, rows, origin=ClaimOrigin.STARTING, at=at)
