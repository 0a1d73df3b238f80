"""The clocks of a case. Pure.

The plan sets no hours. These are service targets of the centre itself, and pages say so ("mục tiêu
của Trung tâm").
"""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from models import CaseState

FIRST_RESPONSE: Final = timedelta(hours=2)  # government centres work with 2 to 3 h (AFNC, VAFC step 1)
VERDICT: Final = timedelta(hours=24)  # a rumour does most of its way on its first day
MENDING: Final = timedelta(hours=4)  # a new version of what is public: until then our own page may mislead
SOON: Final = 0.75  # share of the target after which the clock is amber: there is still time to act
VERY: Final = 2.0  # times the target: no longer late, but forgotten

WORKING: Final = (CaseState.VERIFYING, CaseState.PROPOSED, CaseState.APPROVED)


class Level(enum.StrEnum):
    """How the clock stands; the names of `ui.clock` in the page macros."""

    OK = "ok"
    SOON = "soon"
    OVER = "over"
    VERY_OVER = "very_over"
    STOPPED = "stopped"


class Target(enum.StrEnum):
    """What is waited for."""

    RESPONSE = "response"
    VERDICT = "verdict"
    MENDING = "mending"
    NONE = "none"


@dataclass(frozen=True)
class Clock:
    """One case's clock at one moment. `left` is negative when overdue; None when it has stopped."""

    target: Target
    level: Level
    due: datetime | None = None
    left: timedelta | None = None


def read(
    state: CaseState, *, opened_at: datetime, taken_at: datetime | None, versions: int, now: datetime
) -> Clock:
    """Return the clock of a case in `state`; `versions` counts its published corrections.

    A reopened case keeps its first hour: the citizen has been waiting since then.
    """
    if state is CaseState.OPEN:
        target, start, span = Target.RESPONSE, opened_at, FIRST_RESPONSE
    elif state not in WORKING:
        return Clock(Target.NONE, Level.STOPPED)
    elif versions and taken_at is not None:
        target, start, span = Target.MENDING, taken_at, MENDING
    else:
        target, start, span = Target.VERDICT, opened_at, VERDICT
    share = (now - start) / span
    level = Level.OK
    for floor, reached in ((SOON, Level.SOON), (1.0, Level.OVER), (VERY, Level.VERY_OVER)):
        if share >= floor:
            level = reached
    return Clock(target, level, start + span, start + span - now)
