"""Issue corrections: one row per public version, written by the database from what was approved."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Session

from corpus.text import fold
from models import (
    Approval,
    Arrival,
    Case,
    CaseState,
    Conflict,
    Correction,
    CorrectionKind,
    Forbidden,
    Officer,
    Role,
    Verdict,
    VerdictState,
    audit,
)
from models.correction import CORRECTION_NUMBERS
from publish import appearances, entering, plan

SLUG_LIMIT: Final = 60  # characters of the words in an address


def slug_of(claim: str, number: str) -> str:
    """Return the address of a correction: the first words of its claim in plain ASCII, and its number."""
    words = fold(claim).encode("ascii", "ignore").decode().split()
    kept = ""
    for word in words:
        if len(kept) + len(word) > SLUG_LIMIT:
            break
        kept = f"{kept}{word}-"
    return f"{kept}{number}"


def search_vector(verdict: Verdict) -> ColumnElement[Any]:
    """Return the expression for the search terms: claim first, truth second, translations third."""
    others = " ".join(str(words) for told in verdict.translations.values() for words in told.values())
    parts = ((verdict.claim, "'A'"), (verdict.truth, "'B'"), (others, "'C'"))
    vector: ColumnElement[Any] = cast("", TSVECTOR)
    for words, weight in parts:
        vector = vector.op("||")(
            func.setweight(func.to_tsvector("simple", fold(words)), literal_column(weight))
        )
    return vector


def _approved(session: Session, case: Case) -> tuple[Verdict, Approval]:
    """Return the approved verdict and its live approval; the case is locked, so they stay what they are."""
    found = session.execute(
        select(Verdict, Approval)
        .join(Approval, (Approval.verdict_id == Verdict.id) & Approval.withdrawn_at.is_(None))
        .where(Verdict.case_id == case.id, Verdict.state == VerdictState.APPROVED)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise Conflict(code="already-published" if case.state is CaseState.PUBLISHED else "not-approved")
    return found[0], found[1]


def newest_of(session: Session, case: Case) -> Correction | None:
    """Return the latest version issued for `case`, or None."""
    return session.scalar(
        select(Correction).where(Correction.case_id == case.id).order_by(Correction.version.desc()).limit(1)
    )


def _numbered(session: Session, verdict: Verdict, at: datetime) -> tuple[str, int, str]:
    """Return number, version and slug of a first version."""
    serial = session.scalar(CORRECTION_NUMBERS.next_value())
    number = f"{at.astimezone(plan.ZONE).year}-{serial:04d}"
    return number, 1, slug_of(verdict.claim, number)


def issue(
    session: Session,
    case: Case,
    *,
    by: Officer,
    at: datetime,
    content_hash: str | None = None,
    events: Collection[str] = (),
) -> Correction:
    """Issue the approved verdict of `case` as a public version, log it, and let its claim enter the corpus.

    `content_hash` is the hash that the publisher was shown (None: take what is approved now);
    `events` are further plan events that the publisher ticked. Whether the version withdraws what was
    published before is part of the verdict: the database copies what was approved, refuses the rest.

    Raises Forbidden (role missing, author of the verdict), Conflict (not approved, changed since it
    was shown, already published), Invalid (unknown event).
    """
    if not by.may(Role.PUBLISHER):
        raise Forbidden(code="role-missing")
    session.refresh(
        case, with_for_update=True
    )  # two publishers at once: the second sees the first one's work
    verdict, approval = _approved(session, case)
    if content_hash is not None and content_hash != approval.content_hash:
        raise Conflict(code="content-changed")
    correction = _drafted(session, case, verdict, approval, at=at)
    correction.publisher_id = by.id
    session.add(correction)
    session.flush()  # the triggers run now: they fill the content and refuse what was not approved
    for row in (correction, verdict, case):
        session.refresh(row)
    entering.enter(session, correction, case, at=at)
    logged = plan.log(
        session,
        case,
        plan.automatic(session, case, correction) | set(events),
        by=by,
        at=at,
        correction=correction,
    )
    audit.record(
        session,
        "correction.issued",
        subject=("case", case.id),
        by=by,
        at=at,
        detail={
            "number": correction.number,
            "version": correction.version,
            "kind": correction.kind,
            "content_hash": approval.content_hash,
            "approval": approval.id,
            "plan": [f"{entry.task_number} {entry.event}" for entry in logged],
        },
    )
    return correction


def _drafted(
    session: Session,
    case: Case,
    verdict: Verdict,
    approval: Approval,
    *,
    at: datetime,
    numbered: bool = True,
) -> Correction:
    """Return the next version as a record that is not in the session yet."""
    before = newest_of(session, case)
    if before is not None:
        number, version, slug = before.number, before.version + 1, before.slug
    elif numbered:
        number, version, slug = _numbered(session, verdict, at)
    else:
        number, version, slug = "", 1, ""
    later = CorrectionKind.VOID if verdict.withdraws else CorrectionKind.UPDATE
    seen, first_seen, arrivals = _circulation(session, case)
    return Correction(
        number=number,
        version=version,
        slug=slug,
        case_id=case.id,
        verdict_id=verdict.id,
        approval_id=approval.id,
        content_hash=approval.content_hash,
        issued_at=at,
        # From here to `sources` the database writes the approved content over these.
        kind=CorrectionKind.FIRST if version == 1 else later,
        rating=verdict.rating,
        reason_code=verdict.reason_code,
        claim=verdict.claim,
        truth=verdict.truth,
        basis=verdict.basis,
        translations=verdict.translations,
        change_note=verdict.change_note,
        sources=session.scalar(select(func.live_sources(case.id, type_=JSONB))) or [],
        appearances=seen,
        first_seen=first_seen,
        arrivals=arrivals,
        place_code=case.place_code,
        field=case.field,
        search=search_vector(verdict),
    )


def preview(session: Session, case: Case, *, at: datetime) -> tuple[Correction, Verdict, Approval]:
    """Return what `issue` would publish now: a record outside the session, its verdict and approval.

    A first version has no number yet. Raises Conflict when nothing is approved.
    """
    verdict, approval = _approved(session, case)
    with session.no_autoflush:
        return _drafted(session, case, verdict, approval, at=at, numbered=False), verdict, approval


def _circulation(session: Session, case: Case) -> tuple[list[dict[str, Any]], datetime, int]:
    """Return public appearances, when the centre first heard of the claim, and how often it was reported."""
    rows = session.execute(
        select(Arrival.url, Arrival.seen_where, Arrival.received_at)
        .where(Arrival.case_id == case.id)
        .order_by(Arrival.received_at, Arrival.id)
    ).all()
    seen = appearances.gather((row.url, row.seen_where) for row in rows)
    return seen, min((row.received_at for row in rows), default=case.opened_at), len(rows)
