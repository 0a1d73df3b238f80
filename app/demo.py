"""A living centre for newcomers: demo officers, and demo arrivals in every state of the way.

Everything carries the mark `demo`, goes through the same verbs as real work, is never added to a
database that holds real reports, and is removed by one call.
"""

import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, delete, exists, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from app import auth
from corpus.encoder import Encoder
from intake import codes, reports
from intake.forms import Report
from models import (
    Arrival,
    ArrivalState,
    ArticleVersion,
    Capture,
    Case,
    CaseState,
    Channel,
    ClosedReason,
    ConfirmedClaim,
    Evidence,
    EvidenceKind,
    Field,
    Match,
    Officer,
    Rating,
    ReasonCode,
    SeenWhere,
    StoredCopy,
    Twin,
    audit,
)
from publish import corrections
from verify import cases, evidence, triage, verdicts

Plot = dict[str, Any]


@cache
def _plot() -> Plot:
    content: Plot = json.loads(Path(__file__).with_name("demo.json").read_text(encoding="utf-8"))
    return content


def holds_real_work(session: Session) -> bool:
    """Return whether anybody has reported or worked here in earnest."""
    real = select(exists().where(~Arrival.demo) | exists().where(~Case.demo) | exists().where(~Officer.demo))
    return bool(session.scalar(real))


def plant(
    engine: Engine, encoder: Callable[[], Encoder], keys: reports.Keys, *, at: datetime
) -> dict[str, str]:
    """Add the demo to an empty database and return the new officers' passwords by user name.

    Returns nothing where there is real work, or where the demo stands already.
    """
    sessions = sessionmaker(engine, expire_on_commit=False)
    with sessions.begin() as session:
        if holds_real_work(session) or session.scalar(select(exists().where(Officer.demo))):
            return {}
        passwords = {row["username"]: secrets.token_urlsafe(12) for row in _plot()["officers"]}
        for row in _plot()["officers"]:
            auth.create(session, **row, password=passwords[row["username"]], at=at, demo=True)
        for row in _plot()["arrivals"]:
            _report(session, row, keys, at=at)
    model = encoder()
    while triage.run_one(sessions, model, at=at):
        pass
    with sessions.begin() as session:
        for end in _plot()["ends"]:
            _work(session, end, at=at)
    return passwords


def _report(session: Session, row: Plot, keys: reports.Keys, *, at: datetime) -> None:
    form = Report(
        code=codes.normalise(codes.new()),
        text=row["text"],
        seen_where=SeenWhere(row["seen_where"]),
        field=Field(row["field"]),
        place_code=row.get("place_code"),
    )
    moment = at - timedelta(hours=row["hours"])
    reports.receive(session, form, channel=Channel.WEB, keys=keys, at=moment, demo=True)


def _case(session: Session, key: str) -> Case:
    words = next(row["text"] for row in _plot()["arrivals"] if row["key"] == key)
    case_id = session.scalars(select(Arrival.case_id).where(Arrival.text == words, Arrival.demo)).first()
    return cases.get(session, case_id or 0)


def _officer(session: Session, username: str) -> Officer:
    return session.scalars(select(Officer).where(Officer.username == username, Officer.demo)).one()


def _work(session: Session, end: Plot, *, at: datetime) -> None:
    """Bring a case as far along the way as the plot says, by the verbs that officers use."""
    case, verifier = _case(session, end["key"]), _officer(session, "xacminh")
    if end["state"] == CaseState.CLOSED:
        cases.close(session, case, reason=ClosedReason(end["closed_reason"]), by=verifier, at=at)
        return
    cases.take(session, case, by=verifier, at=at)
    if end["state"] == CaseState.VERIFYING:
        return
    for source in end["sources"]:
        citation = evidence.Citation(**{**source, "kind": EvidenceKind(source["kind"])})
        evidence.cite(session, case, citation, by=verifier, at=at)
    finding = verdicts.Finding(
        rating=Rating(end["rating"]),
        reason_code=None if end["reason_code"] is None else ReasonCode(end["reason_code"]),
        translations=end.get("translations"),
        **{name: end[name] for name in ("claim", "truth", "basis", "checkability")},
    )
    verdict = verdicts.propose(session, case, finding, by=verifier, at=at)
    if end["state"] == CaseState.PROPOSED:
        return
    digest = verdicts.digest(session, verdict)
    approver = _officer(session, "pheduyet")
    verdicts.approve(session, verdict, by=approver, content_hash=digest, at=at)
    if end["state"] == CaseState.PUBLISHED:
        session.refresh(case)
        corrections.issue(session, case, by=_officer(session, "congbo"), at=at)


def remove(engine: Engine, *, at: datetime) -> int:
    """Take everything out that carries the mark `demo`; returns how many cases went.

    `engine` must have the owner's rights. Real reports that joined a demo case go through triage
    again; a demo officer who did real work is closed instead of removed.
    """
    with sessionmaker(engine).begin() as session:
        session.execute(text("SET LOCAL kiemtin.undo = 'on'"))
        count = session.scalar(select(func.count()).where(Case.demo)) or 0
        demo = select(Case.id).where(Case.demo)
        _free_real_work(session, demo)
        copies = _copies_of(session, demo)
        for table in ("plan_entries", "corrections", "approvals", "verdicts", "captures", "evidence"):
            session.execute(text(f"DELETE FROM {table} WHERE {_OF_DEMO[table]}"))  # noqa: S608  constants
        session.execute(delete(ConfirmedClaim).where(ConfirmedClaim.case_id.in_(demo)))
        session.execute(delete(Arrival).where(Arrival.demo))
        session.execute(
            update(Case)
            .where(Case.demo, Case.state == CaseState.MERGED)
            .values(merged_into_id=None, state=CaseState.OPEN)
        )
        session.execute(delete(Case).where(Case.demo))
        _drop_copies(session, copies)
        _dismiss(session)
        audit.record(session, "demo.removed", subject=("demo", 0), by=None, at=at, detail={"cases": count})
    return count


def _copies_of(session: Session, demo: Any) -> set[int]:  # noqa: ANN401  a subquery
    """Return the ids of all copies that belong to evidence of these cases."""
    cited = select(Evidence.id).where(Evidence.case_id.in_(demo))
    kept = select(Capture.copy_id, Capture.warc_id, Capture.screenshot_id)
    found = {*session.scalars(select(Evidence.copy_id).where(Evidence.id.in_(cited)))}
    found |= {one for row in session.execute(kept.where(Capture.evidence_id.in_(cited))) for one in row}
    return {one for one in found if one is not None}


def _drop_copies(session: Session, copies: set[int]) -> None:
    """Delete those of `copies` that nothing real holds: the same bytes are stored once for all."""
    held = [Evidence.copy_id, Capture.copy_id, Capture.warc_id, Capture.screenshot_id]
    held += [ArticleVersion.copy_id, ArticleVersion.warc_id]
    unheld = [~exists().where(column == StoredCopy.id) for column in held]
    session.execute(delete(StoredCopy).where(StoredCopy.id.in_(copies), *unheld))


_DEMO_CASES = "(SELECT id FROM cases WHERE demo)"
_DEMO_VERDICTS = f"(SELECT id FROM verdicts WHERE case_id IN {_DEMO_CASES})"  # noqa: S608  constants
_DEMO_EVIDENCE = f"(SELECT id FROM evidence WHERE case_id IN {_DEMO_CASES})"  # noqa: S608
_OF_DEMO = {
    "plan_entries": f"case_id IN {_DEMO_CASES}",
    "corrections": "demo",
    "approvals": f"verdict_id IN {_DEMO_VERDICTS}",
    "verdicts": f"case_id IN {_DEMO_CASES}",
    "captures": f"evidence_id IN {_DEMO_EVIDENCE}",
    "evidence": f"case_id IN {_DEMO_CASES}",
}


def _free_real_work(session: Session, demo: Any) -> None:  # noqa: ANN401  a subquery
    """Detach real reports, real cases and judgements from what is about to go."""
    session.execute(
        update(Arrival)
        .where(~Arrival.demo, Arrival.case_id.in_(demo))
        .values(state=ArrivalState.RECEIVED, case_id=None, joined=None, attempts=0, next_try_at=func.now())
    )
    session.execute(
        update(Case)
        .where(~Case.demo, Case.merged_into_id.in_(demo))
        .values(merged_into_id=None, state=CaseState.OPEN)
    )
    free = {"judgement": "suggested", "judged_at": None, "judged_by_id": None, "judged_fingerprint": None}
    session.execute(update(Twin).where(Twin.older_id.in_(demo) | Twin.case_id.in_(demo)).values(free))
    own = select(ConfirmedClaim.id).where(ConfirmedClaim.case_id.in_(demo))
    session.execute(update(Match).where(Match.claim_id.in_(own)).values(free))


def _dismiss(session: Session) -> None:
    for person in session.scalars(select(Officer).where(Officer.demo)).all():
        try:
            with session.begin_nested():
                session.execute(delete(Officer).where(Officer.id == person.id))
        except IntegrityError:  # somebody did real work under this name
            session.execute(update(Officer).where(Officer.id == person.id).values(active=False))
