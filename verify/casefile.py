"""Everything that stands on the page of one case, in a fixed number of queries."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import any_, func, literal, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from models import (
    Approval,
    Arrival,
    AuditDetail,
    AuditEntry,
    Capture,
    Case,
    CaseState,
    Correction,
    Evidence,
    Judgement,
    Officer,
    Passage,
    Role,
    StoredCopy,
    Twin,
    Verdict,
    VerdictState,
)
from verify import aligned, beside, clock, copies, nearby, origins, pictured, priority, published

ARRIVALS: Final = 10  # a page of reports as they were sent
DIARY: Final = 200  # entries; the whole diary is the audit log
MATCHES: Final = 12


@dataclass(frozen=True)
class Line:
    """One entry of the diary."""

    at: datetime
    action: str
    who: str | None  # None: the system itself
    detail: Mapping[str, Any]  # what is not in it reads as an empty text


@dataclass(frozen=True)
class Source:
    """A cited source with what is kept of it."""

    evidence: Evidence
    cited_by: str
    sha256: str | None
    media_type: str | None
    size: int | None
    capture: Capture | None


@dataclass(frozen=True)
class Pair:
    """A possible twin, seen from this case."""

    twin: Twin
    other: Case
    sides: aligned.Sides
    merges: bool  # whether a yes merges this case into the other, or the other into this one


@dataclass(frozen=True)
class Casefile:
    """The page. Records are read-only here: they are shown after their session is gone."""

    case: Case
    holder: str | None
    closed_by: str | None
    merged_into: Case | None
    clock: clock.Clock
    priority: priority.Priority
    arrivals: Sequence[Arrival]
    held_near: nearby.Nearby  # held reports that resemble this case
    origins: Mapping[int, origins.Origin]
    articles: Mapping[int, published.Published]  # of those arrivals that are articles
    pictures: Mapping[int, Sequence[pictured.Shown]]  # of these arrivals
    copies: Mapping[str, copies.Kept]  # by reported address
    page: int
    pages: int
    matches: Sequence[beside.Beside]
    rejected: Sequence[beside.Beside]
    twins: Sequence[Pair]
    absorbed: Sequence[Case]
    sources: Sequence[Source]
    removed: Sequence[Source]
    verdict: Verdict | None  # the one that is worked on
    digest: str
    approval: Approval | None
    past: Sequence[Verdict]  # returned and published ones, latest first
    corrections: Sequence[Correction]
    diary: Sequence[Line]
    colleagues: Sequence[Officer]  # verifiers to whom the case can be given


def load(session: Session, case_id: int, *, now: datetime, page: int = 1) -> Casefile | None:
    """Return everything about a case, or None where there is none."""
    case = session.get(Case, case_id, populate_existing=True)
    if case is None:
        return None
    names = _names(session, {case.taken_by_id, case.closed_by_id})
    corrections = session.scalars(
        select(Correction).where(Correction.case_id == case.id).order_by(Correction.version)
    ).all()
    pages = max(1, -(-case.arrivals // ARRIVALS))
    page = min(max(page, 1), pages)
    arrivals = _arrivals(session, case, page)
    matches = beside.matches(session, case)
    sources = _sources(session, case)
    verdicts = _verdicts(session, case)
    worked_on = next((one for one in verdicts if one.state in {"proposed", "approved"}), None)
    return Casefile(
        case=case,
        holder=names.get(case.taken_by_id),
        closed_by=names.get(case.closed_by_id),
        merged_into=None if case.merged_into_id is None else session.get(Case, case.merged_into_id),
        clock=clock.read(
            case.state,
            opened_at=case.opened_at,
            taken_at=case.taken_at,
            versions=len(corrections),
            now=now,
        ),
        priority=priority.of_case(case, now),
        arrivals=arrivals,
        origins=origins.of(session, arrivals),
        articles=published.of(session, arrivals),
        pictures=pictured.shown(session, arrivals),
        copies=copies.of_arrivals(session, arrivals),
        page=page,
        pages=pages,
        held_near=nearby.of(session, case),
        matches=[one for one in matches if one.match.judgement is not Judgement.REJECTED],
        rejected=[one for one in matches if one.match.judgement is Judgement.REJECTED],
        twins=_twins(session, case),
        absorbed=session.scalars(select(Case).where(Case.merged_into_id == case.id).order_by(Case.id)).all(),
        sources=[one for one in sources if one.evidence.removed_at is None],
        removed=[one for one in sources if one.evidence.removed_at is not None],
        verdict=worked_on,
        digest="" if worked_on is None else str(session.scalar(select(func.verdict_digest(worked_on.id)))),
        approval=None if worked_on is None else _approval(session, worked_on),
        past=[one for one in verdicts if one is not worked_on],
        corrections=corrections,
        diary=_diary(session, case),
        colleagues=_colleagues(session, case),
    )


@dataclass(frozen=True)
class Waiting:
    """A proposed verdict in the approvers' list."""

    case: Case
    verdict: Verdict
    sources: int


def waiting(session: Session) -> Sequence[Waiting]:
    """Return the verdicts that wait for another person's approval, the longest waiting first."""
    sources = (
        select(func.count())
        .where(Evidence.case_id == Case.id, Evidence.removed_at.is_(None))
        .correlate(Case)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Case, Verdict, sources)
        .join(Verdict, Verdict.case_id == Case.id)
        .where(Case.state == CaseState.PROPOSED, Verdict.state == VerdictState.PROPOSED)
        .options(joinedload(Verdict.author))
        .order_by(Case.urgent.desc(), Verdict.proposed_at, Verdict.id)
        .limit(100)
    )
    return [Waiting(*row) for row in rows]


def _names(session: Session, wanted: set[int | None]) -> dict[int | None, str]:
    ids = [one for one in wanted if one is not None]
    rows = session.execute(select(Officer.id, Officer.display_name).where(Officer.id.in_(ids)))
    return dict(rows.all()) if ids else {}


def _arrivals(session: Session, case: Case, page: int) -> Sequence[Arrival]:
    return session.scalars(
        select(Arrival)
        .where(Arrival.case_id == case.id)
        .order_by(Arrival.received_at, Arrival.id)
        .limit(ARRIVALS)
        .offset((page - 1) * ARRIVALS)
    ).all()


def _twins(session: Session, case: Case) -> Sequence[Pair]:
    newer, older = aliased(Passage), aliased(Passage)
    rows = session.execute(
        select(Twin, Case, newer.canonical, older.canonical)
        .join(Case, or_(Case.id == Twin.case_id, Case.id == Twin.older_id) & (Case.id != case.id))
        .outerjoin(newer, newer.case_id == Twin.case_id)
        .outerjoin(older, older.case_id == Twin.older_id)
        .where(or_(Twin.case_id == case.id, Twin.older_id == case.id))
        .order_by(Twin.probability.desc())
        .limit(MATCHES)
        .execution_options(populate_existing=True)
    )
    return [_pair(case, *row) for row in rows]


def _pair(case: Case, twin: Twin, other: Case, newer: str | None, older: str | None) -> Pair:
    mine = twin.case_id == case.id  # the reasons were written from the newer case's side
    if newer is None or older is None:
        return Pair(twin, other, aligned.plain(case.statement, other.statement), merges=mine)
    sides = aligned.read(twin.reasons, newer, older)
    return Pair(twin, other, sides if mine else aligned.turned(sides), merges=mine)


def _sources(session: Session, case: Case) -> Sequence[Source]:
    rows = session.execute(
        select(
            Evidence,
            Officer.display_name,
            func.encode(StoredCopy.sha256, "hex"),
            StoredCopy.media_type,
            StoredCopy.size,
            Capture,
        )
        .join(Officer, Officer.id == Evidence.cited_by_id)
        .outerjoin(StoredCopy, StoredCopy.id == Evidence.copy_id)
        .outerjoin(Capture, Capture.evidence_id == Evidence.id)
        .where(Evidence.case_id == case.id)
        .order_by(Evidence.id, Capture.id.desc())
        .execution_options(populate_existing=True)
    )
    found: dict[int, Source] = {}
    for row in rows:
        found.setdefault(row[0].id, Source(*row))  # of several captures, the latest
    return list(found.values())


def _verdicts(session: Session, case: Case) -> Sequence[Verdict]:
    return session.scalars(
        select(Verdict)
        .where(Verdict.case_id == case.id)
        .options(joinedload(Verdict.author), joinedload(Verdict.returned_by))
        .order_by(Verdict.id.desc())
        .execution_options(populate_existing=True)
    ).all()


def _approval(session: Session, verdict: Verdict) -> Approval | None:
    return session.scalar(
        select(Approval)
        .where(Approval.verdict_id == verdict.id, Approval.withdrawn_at.is_(None))
        .options(joinedload(Approval.approver))
        .execution_options(populate_existing=True)
    )


def _diary(session: Session, case: Case) -> Sequence[Line]:
    rows = session.execute(
        select(AuditEntry.at, AuditEntry.action, Officer.display_name, AuditDetail.detail)
        .outerjoin(AuditDetail, AuditDetail.seq == AuditEntry.seq)
        .outerjoin(Officer, Officer.id == AuditEntry.actor_id)
        .where(AuditEntry.subject_kind == "case", AuditEntry.subject_id == case.id)
        .order_by(AuditEntry.seq.desc())
        .limit(DIARY)
    )
    return [
        Line(at, action, who, defaultdict(str, json.loads(detail or "{}")))
        for at, action, who, detail in rows
    ]


def _colleagues(session: Session, case: Case) -> Sequence[Officer]:
    return session.scalars(
        select(Officer)
        .where(Officer.active, literal(Role.VERIFIER.value) == any_(Officer.roles))
        .where(Officer.id.is_distinct_from(case.taken_by_id))
        .order_by(Officer.display_name)
        .limit(200)
    ).all()
