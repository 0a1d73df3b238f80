from datetime import UTC, datetime, timedelta

import pytest

from models import CaseState
from verify import clock
from verify.clock import Level, Target

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "hours", "target", "level"),
    [
        (CaseState.OPEN, 0.1, Target.RESPONSE, Level.OK),
        (CaseState.OPEN, 1.6, Target.RESPONSE, Level.SOON),
        (CaseState.OPEN, 2, Target.RESPONSE, Level.OVER),
        (CaseState.OPEN, 4, Target.RESPONSE, Level.VERY_OVER),
        (CaseState.VERIFYING, 17, Target.VERDICT, Level.OK),
        (CaseState.PROPOSED, 25, Target.VERDICT, Level.OVER),
        (CaseState.APPROVED, 49, Target.VERDICT, Level.VERY_OVER),
        (CaseState.CLOSED, 900, Target.NONE, Level.STOPPED),
        (CaseState.PUBLISHED, 900, Target.NONE, Level.STOPPED),
    ],
)
def test_the_clock_of_a_state(state: CaseState, hours: float, target: Target, level: Level) -> None:
    found = clock.read(state, opened_at=NOW - timedelta(hours=hours), taken_at=None, versions=0, now=NOW)
    assert (found.target, found.level) == (target, level)


def test_a_new_version_counts_from_when_it_was_taken_up() -> None:
    taken = NOW - timedelta(hours=5)
    found = clock.read(
        CaseState.VERIFYING, opened_at=NOW - timedelta(days=90), taken_at=taken, versions=1, now=NOW
    )
    assert (found.target, found.level, found.left) == (Target.MENDING, Level.OVER, timedelta(hours=-1))
