"""The verbs on a verdict: propose, mend, withdraw, approve, return, prepare a new version.

The decisive rules are the database's own (models/migrations, guards): author and approver differ, an
approval holds for exactly one content, evidence suffices. What it refuses surfaces with its code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from models import (
    Approval,
    Case,
    CaseState,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Officer,
    Rating,
    ReasonCode,
    Verdict,
    VerdictState,
    audit,
)
from verify import cases, wording

LIMITS: Final[Mapping[str, int]] = {  # characters
    "claim": 500,  # one statement; ClaimReview asks for a short one
    "truth": 2_000,
    "basis": 5_000,
    "checkability": 1_000,
    "change_note": 1_000,
}
RETURN_LIMIT: Final = 2_000
TRANSLATIONS: Final = ("en", "zh")
TRANSLATED: Final = ("claim", "truth", "basis")
LIVE: Final = (VerdictState.PROPOSED, VerdictState.APPROVED)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A verdict as typed: whole, or refused. `translations`: {"en": {"claim": …, "truth": …}}."""

    rating: Rating
    reason_code: ReasonCode | None = None
    claim: str = ""
    truth: str = ""
    basis: str = ""
    checkability: str = ""
    change_note: str = ""
    withdraws: bool = False  # a later version that takes the published conclusion back
    translations: Mapping[str, Mapping[str, str]] | None = None


def live(session: Session, case: Case) -> Verdict | None:
    """Return the verdict that is being worked on, locked against other changes, or None."""
    return session.scalar(
        select(Verdict)
        .where(Verdict.case_id == case.id, Verdict.state.in_(LIVE))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def digest(session: Session, verdict: Verdict) -> str:
    """Return the hash of exactly what an approver approves: the verdict and its live sources."""
    return str(session.scalar(select(func.verdict_digest(verdict.id))))


def propose(session: Session, case: Case, finding: Finding, *, by: Officer, at: datetime) -> Verdict:
    """Propose a verdict for a case that `by` has, or mend one's own; an approval of it falls.

    A draft that somebody else left behind is set aside as returned: a text keeps its author.
    Raises Invalid (`missing`, `too-long`, `reason-needed`, `evidence-missing`, `translation-part`,
    `void-first`), AlreadyTaken, Conflict.
    """
    draft = live(session, case)
    session.refresh(case)  # it may have been published while we waited for the lock
    if case.taken_by_id != by.id or case.state not in {
        CaseState.VERIFYING,
        CaseState.PROPOSED,
        CaseState.APPROVED,
    }:
        raise cases.refusal(session, case, by)
    values = _whole(session, case, finding)
    if not session.execute(select(func.evidence_suffices(case.id, finding.rating.value))).scalar_one():
        raise Invalid(code="evidence-missing", field="rating")
    action = "verdict.proposed"
    if draft is not None and draft.author_id != by.id:
        _set_aside(session, draft, by=by, at=at)
        draft = None
    if draft is None:
        draft = Verdict(case_id=case.id, author_id=by.id, proposed_at=at, **values)
        session.add(draft)
        session.flush()  # the case may move only when its verdict is there
    else:
        action = "verdict.mended" if case.state is not CaseState.VERIFYING else action
        session.execute(update(Verdict).where(Verdict.id == draft.id).values(proposed_at=at, **values))
        session.refresh(draft)
    moved = cases.change(
        session,
        case,
        Case.state.in_((CaseState.VERIFYING, CaseState.PROPOSED)) & (Case.taken_by_id == by.id),
        state=CaseState.PROPOSED,
    )
    if not moved and case.state is not CaseState.APPROVED:  # mended without a change: still approved
        raise cases.refusal(session, case, by)
    detail = {
        "verdict": draft.id,
        "rating": draft.rating.value,
        "withdraws": draft.withdraws,
        "hash": digest(session, draft),
    }
    audit.record(session, action, subject=("case", case.id), by=by, at=at, detail=detail)
    return draft


def withdraw(session: Session, case: Case, *, by: Officer, at: datetime) -> None:
    """Take one's own proposal back to work on the case again; the text stays as a draft.

    Raises Conflict (`not-proposed`), Forbidden (`not-author`).
    """
    draft = live(session, case)
    if draft is None:
        raise Conflict(code="not-proposed")
    if draft.author_id != by.id:
        raise Forbidden(code="not-author")
    session.execute(select(func.withdraw_approvals(case.id)))
    if not cases.change(session, case, Case.state == CaseState.PROPOSED, state=CaseState.VERIFYING):
        raise Conflict(code="not-proposed")
    detail = {"verdict": draft.id}
    audit.record(session, "verdict.withdrawn", subject=("case", case.id), by=by, at=at, detail=detail)


def approve(session: Session, verdict: Verdict, *, by: Officer, content_hash: str, at: datetime) -> Approval:
    """Approve exactly the content with `content_hash`, the one that the approver was shown.

    The database refuses the author (`same-officer`), a missing role (`role-missing`), a content that
    changed since (`content-changed`), thin evidence (`evidence-missing`) and what is not proposed.
    """
    made: Approval | None = session.scalar(
        insert(Approval)
        .values(verdict_id=verdict.id, content_hash=content_hash, approver_id=by.id, approved_at=at)
        .returning(Approval)
    )
    if made is None:
        raise Conflict(code="not-proposed")
    state = session.scalar(select(Case.state).where(Case.id == verdict.case_id))
    if state is not CaseState.APPROVED:  # a draft taken back by its author is not up for approval
        raise Conflict(code="not-proposed")
    detail = {"verdict": verdict.id, "hash": content_hash}
    audit.record(session, "verdict.approved", subject=("case", verdict.case_id), by=by, at=at, detail=detail)
    return made


def send_back(session: Session, verdict: Verdict, *, note: str, by: Officer, at: datetime) -> None:
    """Return a proposed or approved verdict to its author with a note; another person than the author.

    Raises Invalid (`missing`, `too-long`), Forbidden (`same-officer`), Conflict (`not-proposed`).
    """
    said = wording.needed(note, field="return_note", limit=RETURN_LIMIT)
    if verdict.author_id == by.id:
        raise Forbidden(code="same-officer")
    if not _returned(session, verdict, said, by=by, at=at):
        raise Conflict(code="not-proposed")
    moved = session.scalar(
        update(Case)
        .where(Case.id == verdict.case_id, Case.state.in_((CaseState.PROPOSED, CaseState.APPROVED)))
        .values(state=CaseState.VERIFYING)
        .returning(Case.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        raise Conflict(code="not-proposed")
    detail = {"verdict": verdict.id, "note": said}
    audit.record(session, "verdict.returned", subject=("case", verdict.case_id), by=by, at=at, detail=detail)


def prepare_new_version(session: Session, case: Case, *, by: Officer, at: datetime) -> None:
    """Take a published case up again to prepare a new version; what is public stays as it is.

    Raises Conflict where the case is not published or somebody is already at it.
    """
    moved = cases.change(
        session,
        case,
        Case.state == CaseState.PUBLISHED,
        state=CaseState.VERIFYING,
        taken_by_id=by.id,
        taken_at=at,
    )
    if not moved:
        raise cases.refusal(session, case, by)
    audit.record(session, "case.new-version", subject=("case", case.id), by=by, at=at)


def get(session: Session, verdict_id: int, *, of: Case) -> Verdict:
    """Return a verdict of this case. Raises NotFound."""
    found = session.get(Verdict, verdict_id) if verdict_id <= cases.LARGEST_ID else None
    if found is None or found.case_id != of.id:
        raise NotFound
    return found


def _whole(session: Session, case: Case, finding: Finding) -> dict[str, Any]:
    """Return the columns of a whole verdict. Raises Invalid for the first part that is missing."""
    required = {"claim", "truth", "basis", "checkability"}
    if session.scalar(select(cases.published().where(Case.id == case.id))):
        required.add("change_note")
    elif finding.withdraws:
        raise Invalid(code="void-first", field="withdraws")
    if finding.rating in {Rating.FAKE, Rating.FALSE} and finding.reason_code is None:
        raise Invalid(code="reason-needed", field="reason_code")
    values: dict[str, Any] = {
        "rating": finding.rating,
        "reason_code": finding.reason_code,
        "withdraws": finding.withdraws,
    }
    for part, limit in LIMITS.items():
        check = wording.needed if part in required else wording.optional
        values[part] = check(getattr(finding, part), field=part, limit=limit)
    values["translations"] = _translations(finding)
    return values


def _translations(finding: Finding) -> dict[str, dict[str, str]]:
    """Return the translations given: each with claim and truth, or not at all."""
    kept: dict[str, dict[str, str]] = {}
    for lang in TRANSLATIONS:
        given = (finding.translations or {}).get(lang, {})
        words = {
            part: wording.optional(given.get(part, ""), field=f"{part}_{lang}", limit=LIMITS[part])
            for part in TRANSLATED
        }
        words = {part: said for part, said in words.items() if said}
        for part in ("claim", "truth"):
            if words and part not in words:
                raise Invalid(code="translation-part", field=f"{part}_{lang}")
        if words:
            kept[lang] = words
    return kept


def _returned(session: Session, verdict: Verdict, note: str, *, by: Officer, at: datetime) -> bool:
    found = session.scalar(
        update(Verdict)
        .where(Verdict.id == verdict.id, Verdict.state.in_(LIVE), Verdict.author_id != by.id)
        .values(state=VerdictState.RETURNED, returned_at=at, returned_by_id=by.id, return_note=note)
        .returning(Verdict.id)
        .execution_options(synchronize_session=False)
    )
    return found is not None


def _set_aside(session: Session, draft: Verdict, *, by: Officer, at: datetime) -> None:
    """Freeze the draft of an officer who no longer has the case; it stays in the history."""
    session.execute(select(func.withdraw_approvals(draft.case_id)))
    _returned(session, draft, "", by=by, at=at)
