"""The order of the queue: a formula anybody can check, shown with its terms.

    priority = reports × field weight × (urgent ? 8 : 1) × 0.5 ^ (age of the last report / 24 h)

It asks how many reported it, how recently, and how much harm such content does. It never asks who
said it. Its logarithm has no "now" in it (the same shift for every case), so the order of two cases
does not change while an officer pages through, and an index can hold it.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Float, literal_column

from models import Case, Field

HALF_LIFE: Final = timedelta(hours=24)
URGENT: Final = 8.0  # above a case that was reported eight times as often
# By how soon and how badly people are hurt when they believe it: body and life, then money and
# safety, then the rest. Decided here, in the open; change it here.
WEIGHTS: Final[dict[Field, float]] = {
    Field.HEALTH: 2.0,
    Field.DISASTER: 2.0,
    Field.PHISHING: 2.0,
    Field.SECURITY: 1.5,
    Field.IMPERSONATION: 1.5,
    Field.ECONOMY: 1.25,
    Field.POLICY: 1.25,
    Field.OTHER: 1.0,
}
_EPOCH: Final = "timestamptz '2026-01-01 00:00:00+00'"


@dataclass(frozen=True)
class Priority:
    """A case's priority and the four terms it is the product of."""

    value: float
    reports: int
    weight: float
    urgent: float
    recency: float


def of(
    *, arrivals: int, field: Field | None, urgent: bool, last_arrival_at: datetime, now: datetime
) -> Priority:
    """Return the priority at `now` with its terms."""
    reports = max(arrivals, 1)
    weight = WEIGHTS.get(field, 1.0) if field else 1.0
    factor = URGENT if urgent else 1.0
    age = max(now.astimezone(UTC) - last_arrival_at, timedelta())
    recency = 0.5 ** (age / HALF_LIFE)
    return Priority(reports * weight * factor * recency, reports, weight, factor, recency)


def of_case(case: Case, now: datetime) -> Priority:
    """Return the priority of `case` at `now`."""
    return of(
        arrivals=case.arrivals,
        field=case.field,
        urgent=case.urgent,
        last_arrival_at=case.last_arrival_at,
        now=now,
    )


def order() -> ColumnElement[float]:
    """Return the same formula as SQL: its logarithm to base 2, up to a constant.

    Written out without parameters and with interval arithmetic from a fixed day (immutable, which
    extract(epoch from timestamptz) is not), so that an index over the expression can serve it.
    """
    weights = " ".join(f"WHEN '{field.value}' THEN {weight!r}" for field, weight in WEIGHTS.items())
    product = (
        f"greatest(cases.arrivals, 1)::float8 * (CASE cases.field {weights} ELSE 1.0 END)::float8"
        f" * (CASE WHEN cases.urgent THEN {URGENT!r} ELSE 1.0 END)::float8"
    )
    age = f"extract(epoch FROM cases.last_arrival_at - {_EPOCH})::float8"
    return literal_column(
        f"(ln({product}) / {math.log(2)!r}::float8 + {age} / {HALF_LIFE.total_seconds()!r}::float8)", Float
    )
