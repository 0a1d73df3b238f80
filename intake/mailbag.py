"""How reading the inbox goes, for the desk: when it was read, what came of the letters, what is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Letter, LetterOutcome, Mailbox

SPAN: Final = timedelta(days=7)
SILENT: Final = timedelta(minutes=10)  # ten missed runs: the worker stands still or the inbox is off


@dataclass(frozen=True)
class Tally:
    """How many letters ended this way. `reason` is a code with words of its own, "" for reports."""

    outcome: LetterOutcome
    reason: str
    letters: int


@dataclass(frozen=True)
class Health:
    """One inbox."""

    mailbox: Mailbox
    silent: bool
    tallies: Sequence[Tally]
    left_out: int  # attached files not taken over


def health(session: Session, *, at: datetime) -> list[Health]:
    """Return every inbox that was ever read, the one tried last first, with its letters of seven days."""
    boxes = session.scalars(select(Mailbox).order_by(Mailbox.last_try_at.desc().nulls_last())).all()
    rows = session.execute(
        select(
            Letter.mailbox_id,
            Letter.outcome,
            Letter.reason,
            func.count(),
            func.sum(Letter.left_out),
        )
        .where(Letter.read_at > at - SPAN)
        .group_by(Letter.mailbox_id, Letter.outcome, Letter.reason)
        .order_by(func.count().desc())
    ).all()
    return [
        Health(
            box,
            box.last_try_at is None or box.last_try_at < at - SILENT,
            [Tally(outcome, reason, count) for of, outcome, reason, count, _ in rows if of == box.id],
            sum(int(left) for of, *_, left in rows if of == box.id),
        )
        for box in boxes
    ]
