"""Plan 171/KH-UBND: its 35 tasks as printed, who does an agency's work today, and cases logged against it."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import (
    AgencySuccessor,
    Arrival,
    Case,
    Correction,
    Forbidden,
    Invalid,
    Joined,
    Judgement,
    Match,
    NotFound,
    Officer,
    PlanEntry,
    PlanTask,
    Role,
    audit,
)
from models.base import Json

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")  # the plan's days are days of Vietnam
_HERE: Final = Path(__file__).parent
NOTE_LIMIT: Final = 500  # characters of a note on a successor

HANDLED: Final = "handled"
ENTERED: Final = "entered_database"
DETECTED: Final = "digital_detection"
TRANSLATED: Final = "translated"
AUTOMATIC: Final = frozenset({HANDLED, ENTERED, DETECTED, TRANSLATED})


@dataclass(frozen=True)
class Event:
    """Something that can happen to a case and counts for a task: see publish/plan_events.json."""

    key: str
    task: str
    label: str
    hint: str

    @property
    def automatic(self) -> bool:
        """Whether the software logs it by itself, from what is in the database."""
        return self.key in AUTOMATIC


@dataclass(frozen=True)
class Countdown:
    """Days left to the yearly report of the plan."""

    days: int  # 0 on the last day itself
    last_day: date


@cache
def events() -> Mapping[str, Sequence[Event]]:
    """Return the events by key; one event may count for several tasks."""
    found: dict[str, list[Event]] = defaultdict(list)
    for row in json.loads((_HERE / "plan_events.json").read_text(encoding="utf-8"))["events"]:
        found[row["event"]].append(Event(row["event"], row["task"], row["label"], row.get("hint", "")))
    return dict(found)


@cache
def register() -> Mapping[str, Any]:
    """Return the plan as the annex prints it, with groups, oddities and reporting duties."""
    whole: dict[str, Any] = json.loads((_HERE / "plan_171.json").read_text(encoding="utf-8"))
    return whole


def load(session: Session) -> int:
    """Bring tasks and shipped successors into the tables; return how many tasks there are.

    Safe to run again: a task is rewritten only from the shipped register, and successors are added
    only for an agency that has no row yet, so what an administrator changed stays.
    """
    rows = [
        {
            "number": task["no"],
            "position": task["order"],
            "group_number": task["group"],
            "title": task["title"],
            "register": task,
        }
        for task in register()["tasks"]
    ]
    new = insert(PlanTask).values(rows)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["number"],
            set_={name: new.excluded[name] for name in ("position", "group_number", "title", "register")},
            where=PlanTask.register != new.excluded.register,
        )
    )
    known = set(session.scalars(select(AgencySuccessor.printed).distinct()))
    session.add_all(row for row in _shipped_successors() if row.printed not in known)
    session.flush()  # a second call in the same transaction must see them
    return len(rows)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _shipped_successors() -> Iterable[AgencySuccessor]:
    whole = json.loads((_HERE / "agencies.json").read_text(encoding="utf-8"))
    for row in whole["successors"]:
        yield AgencySuccessor(
            printed=row["printed"],
            successor=row["successor"],
            valid_from=_day(row.get("valid_from")),
            valid_to=_day(row.get("valid_to")),
            legal_basis=row.get("legal_basis", ""),
            certainty=row["certainty"],
            note=row.get("note", ""),
        )


def automatic(session: Session, case: Case, correction: Correction) -> set[str]:
    """Return the events that follow from what is recorded about `case` (rules: domain research A.4)."""
    found = {HANDLED, ENTERED}
    if any(correction.translations.values()):
        found.add(TRANSLATED)
    joined = exists().where(
        Arrival.case_id == case.id, Arrival.joined.in_((Joined.EXACT, Joined.NEAR, Joined.SIMILAR))
    )
    matched = exists().where(Match.case_id == case.id, Match.judgement == Judgement.CONFIRMED)
    if session.scalar(select(joined | matched)):
        found.add(DETECTED)
    return found


def log(
    session: Session,
    case: Case,
    happened: Collection[str],
    *,
    by: Officer,
    at: datetime,
    correction: Correction | None = None,
    note: str = "",
) -> Sequence[PlanEntry]:
    """Log `happened` (event keys) for `case`, each once per task; return the entries that are new.

    Raises Invalid for an unknown event.
    """
    unknown = set(happened) - set(events())
    if unknown:
        raise Invalid(code="plan-event", field="events")
    if session.scalar(select(PlanTask.number).limit(1)) is None:
        load(session)  # a database that was migrated but never seeded must still be able to publish
    rows = [
        {
            "task_number": event.task,
            "event": event.key,
            "case_id": case.id,
            "correction_id": None if correction is None else correction.id,
            "actor_id": by.id,
            "logged_at": at,
            "note": note,
        }
        for key in sorted(happened)
        for event in events()[key]
    ]
    if not rows:
        return []
    once = insert(PlanEntry).values(rows).on_conflict_do_nothing().returning(PlanEntry)
    return session.scalars(once).all()


def add(
    session: Session, case: Case, happened: Collection[str], *, by: Officer, at: datetime
) -> Sequence[PlanEntry]:
    """Log what happened after publication (a broadcast, a referral …), ticked by a publisher.

    Raises Forbidden (role missing), Invalid (unknown event, or one that the software logs itself).
    """
    if not by.may(Role.PUBLISHER):
        raise Forbidden(code="role-missing")
    if AUTOMATIC & set(happened):
        raise Invalid(code="plan-event", field="events")
    correction = session.scalar(
        select(Correction).where(Correction.case_id == case.id).order_by(Correction.version.desc()).limit(1)
    )
    if correction is None:
        raise NotFound
    made = log(session, case, happened, by=by, at=at, correction=correction)
    if made:
        detail = {"plan": [f"{entry.task_number} {entry.event}" for entry in made]}
        audit.record(session, "plan.logged", subject=("case", case.id), by=by, at=at, detail=detail)
    return made


def logged(session: Session, case_id: int) -> frozenset[str]:
    """Return the events already logged for a case."""
    return frozenset(session.scalars(select(PlanEntry.event).where(PlanEntry.case_id == case_id)))


def of_case(session: Session, case_id: int) -> Sequence[PlanEntry]:
    """Return the entries of a case in the order of their tasks."""
    return session.scalars(
        select(PlanEntry)
        .join(PlanTask, PlanTask.number == PlanEntry.task_number)
        .where(PlanEntry.case_id == case_id)
        .order_by(PlanTask.position, PlanEntry.id)
    ).all()


def tasks(session: Session) -> Sequence[PlanTask]:
    """Return the tasks in the order of the annex."""
    return session.scalars(select(PlanTask).order_by(PlanTask.position)).all()


def task(session: Session, number: str) -> PlanTask:
    """Return the task that the annex numbers `number`. Raises NotFound."""
    found = session.get(PlanTask, number)
    if found is None:
        raise NotFound
    return found


def counts(session: Session) -> Mapping[str, Mapping[int, int]]:
    """Return the number of cases logged, by task and year (of Vietnam)."""
    year = func.extract("year", func.timezone(ZONE.key, PlanEntry.logged_at)).label("year")
    rows = session.execute(
        select(PlanEntry.task_number, year, func.count(PlanEntry.case_id.distinct())).group_by(
            PlanEntry.task_number, year
        )
    )
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for task, when, number in rows:
        found[task][int(when)] = number
    return found


def entries(session: Session, task: str, *, limit: int = 200) -> Sequence[tuple[PlanEntry, Correction]]:
    """Return the public entries of a task, newest first: only cases with an issued correction."""
    rows = session.execute(
        select(PlanEntry, Correction)
        .join(Correction, Correction.id == PlanEntry.correction_id)
        .where(PlanEntry.task_number == task)
        .order_by(PlanEntry.logged_at.desc(), PlanEntry.id.desc())
        .limit(limit)
    )
    return [(entry, correction) for entry, correction in rows]


def successors(session: Session) -> Sequence[AgencySuccessor]:
    """Return all successors, by printed agency."""
    return session.scalars(
        select(AgencySuccessor).order_by(
            AgencySuccessor.printed, AgencySuccessor.valid_from.nulls_first(), AgencySuccessor.id
        )
    ).all()


def days_left(at: datetime) -> Countdown:
    """Return the days to the yearly report. "Trước ngày 15 tháng 12": the last day is 14 December."""
    today = at.astimezone(ZONE).date()
    last = date(today.year, 12, 14)
    if today > last:
        last = date(today.year + 1, 12, 14)
    return Countdown((last - today).days, last)


def change_successor(
    session: Session, row: AgencySuccessor, values: Json, *, by: Officer, at: datetime
) -> AgencySuccessor:
    """Write `values` (columns of a successor, not `printed`) into `row`, new or old, with its audit entry.

    Raises Forbidden (not an administrator), Invalid (dates the wrong way round, nothing named).
    """
    if not by.may(Role.ADMIN):
        raise Forbidden(code="role-missing")
    if not values["successor"].strip():
        raise Invalid(code="successor-empty", field="successor")
    start, end = values["valid_from"], values["valid_to"]
    if start is not None and end is not None and end < start:
        raise Invalid(code="dates-reversed", field="valid_to")
    before = {name: getattr(row, name, None) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()  # the audit entry needs the id of a new row
    audit.record(
        session,
        "successor.changed",
        subject=("successor", row.id),
        by=by,
        at=at,
        detail={"printed": row.printed, "before": before, "after": values},
    )
    return row
