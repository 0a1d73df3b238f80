"""What waits for the publisher: approved cases, and who stands behind each."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from models import Approval, Case, CaseState, Officer, Verdict, VerdictState


@dataclass(frozen=True)
class Waiting:
    """An approved case with its verdict, its approval, and the names of the two persons."""

    case: Case
    verdict: Verdict
    approval: Approval
    author: str
    approver: str


def approved(session: Session) -> Sequence[Waiting]:
    """Return the approved cases, the longest waiting first. One query."""
    author, approver = aliased(Officer), aliased(Officer)
    rows = session.execute(
        select(Case, Verdict, Approval, author.display_name, approver.display_name)
        .join(Verdict, (Verdict.case_id == Case.id) & (Verdict.state == VerdictState.APPROVED))
        .join(Approval, (Approval.verdict_id == Verdict.id) & Approval.withdrawn_at.is_(None))
        .join(author, author.id == Verdict.author_id)
        .join(approver, approver.id == Approval.approver_id)
        .where(Case.state == CaseState.APPROVED)
        .order_by(Approval.approved_at, Case.id)
    )
    return [Waiting(*row) for row in rows.all()]


def people(session: Session, verdict: Verdict, approval: Approval) -> tuple[str, str]:
    """Return the names of who proposed and who approved, for officers only."""
    ids = {verdict.author_id, approval.approver_id}
    rows = session.execute(select(Officer.id, Officer.display_name).where(Officer.id.in_(ids)))
    names = {row.id: row.display_name for row in rows}
    return names[verdict.author_id], names[approval.approver_id]
