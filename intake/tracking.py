"""What the holder of a tracking code may see: how far the report has come."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake import codes, reports, similar
from intake.similar import Conclusion
from models import (
    Approval,
    Arrival,
    ArrivalState,
    Case,
    CaseState,
    ClosedReason,
    ConfirmedClaim,
    Correction,
    HeldWhy,
    Invalid,
    Judgement,
    Match,
    NotFound,
    Verdict,
    VerdictState,
)

_LONGEST_CHAIN: Final = 20  # merges followed; more is a circle


class Stage(enum.StrEnum):
    """The public chain, and its side exits. Words: `chain.<value>`."""

    RECEIVED = "received"
    VERIFYING = "verifying"
    CONCLUDED = "concluded"  # a conclusion is approved and waits to be published
    PUBLISHED = "published"
    DECLINED = "declined"  # closed without a conclusion, for a public reason
    FORWARDED = "forwarded"  # passed on to the competent authority


CHAIN: Final = (Stage.RECEIVED, Stage.VERIFYING, Stage.CONCLUDED, Stage.PUBLISHED)
_UNSAID: Final = (HeldWhy.BAIT, HeldWhy.TOO_FAST)  # who fell for these learns nothing from the answer
_STAGES: Final = {
    CaseState.OPEN: Stage.RECEIVED,
    CaseState.VERIFYING: Stage.VERIFYING,
    CaseState.PROPOSED: Stage.VERIFYING,  # a proposal is nobody's conclusion yet
    CaseState.APPROVED: Stage.CONCLUDED,
    CaseState.PUBLISHED: Stage.PUBLISHED,
    CaseState.CLOSED: Stage.DECLINED,
    CaseState.MERGED: Stage.RECEIVED,
}


@dataclass(frozen=True)
class Status:
    """Everything shown under a tracking code. Nothing here names an officer or another report."""

    stage: Stage
    received_at: datetime  # cut to the hour
    merged: bool
    contact_kept: bool
    moments: dict[Stage, datetime]
    reason: ClosedReason | None = None
    conclusion: Conclusion | None = None
    waits: bool = False  # it came with very many others and is looked at later than usual
    discarded: bool = False  # a person found nothing in it to check
    pictures: int = 0  # how many came with it; they are not shown here
    pieces: tuple["PieceStatus", ...] = ()  # what was sent together with it


@dataclass(frozen=True)
class PieceStatus:
    """How far a further piece has come. Told apart by its place, not by its words: codes get lost."""

    number: int  # 2, 3, ...; the report's own state is that of the first piece
    link: bool  # a link rather than a text
    stage: Stage
    merged: bool
    reason: ClosedReason | None
    conclusion: Conclusion | None
    waits: bool
    discarded: bool


def find(session: Session, code: str, *, key: bytes) -> Arrival:
    """Return the report under `code`. Raises NotFound (`code-unknown`) for unknown and malformed alike."""
    try:
        digest = codes.digest(code, key)
    except Invalid as malformed:
        raise NotFound("no report under this code", code="code-unknown", field="code") from malformed
    found = session.scalar(select(Arrival).where(Arrival.code_digest == digest))
    if found is None:
        raise NotFound("no report under this code", code="code-unknown", field="code")
    return found


def status(session: Session, arrival: Arrival) -> Status:
    """Return how far `arrival` and the pieces sent with it have come, following the merges of their cases."""
    way = _way(session, arrival)
    received = by_the_hour(arrival.received_at)
    return Status(
        stage=way.stage,
        received_at=received,
        merged=way.merged,
        contact_kept=reports.keeps_contact(session, arrival),
        waits=_waits(arrival),
        discarded=arrival.state is ArrivalState.DISCARDED,
        pictures=arrival.pictures,
        moments={Stage.RECEIVED: received, **way.moments},
        reason=way.reason,
        conclusion=way.conclusion,
        pieces=tuple(_piece(session, piece) for piece in _pieces(session, arrival)),
    )


@dataclass(frozen=True)
class _Way:
    stage: Stage
    merged: bool
    moments: dict[Stage, datetime]
    reason: ClosedReason | None
    conclusion: Conclusion | None


def _way(session: Session, arrival: Arrival) -> _Way:
    case, merged = _case_of(session, arrival)
    if arrival.state is ArrivalState.DISCARDED:
        return _Way(Stage.DECLINED, merged, {}, None, None)
    if case is None:
        return _Way(Stage.RECEIVED, merged, {}, None, None)
    stage, moments, conclusion = _progress(session, case)
    reason = case.closed_reason if stage in {Stage.DECLINED, Stage.FORWARDED} else None
    return _Way(stage, merged, moments, reason, conclusion)


def _pieces(session: Session, arrival: Arrival) -> Sequence[Arrival]:
    return session.scalars(
        select(Arrival).where(Arrival.piece_of == arrival.id).order_by(Arrival.piece_no)
    ).all()


def _piece(session: Session, piece: Arrival) -> PieceStatus:
    way = _way(session, piece)
    return PieceStatus(
        number=piece.piece_no or 0,
        link=not piece.text,
        stage=way.stage,
        merged=way.merged,
        reason=way.reason,
        conclusion=way.conclusion,
        waits=_waits(piece),
        discarded=piece.state is ArrivalState.DISCARDED,
    )


def _waits(arrival: Arrival) -> bool:
    return arrival.state is ArrivalState.HELD and arrival.held_why not in _UNSAID


def by_the_hour(moment: datetime) -> datetime:
    """Return `moment` cut to the hour: enough for the reporter, too coarse to tie a person to it."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _case_of(session: Session, arrival: Arrival) -> tuple[Case | None, bool]:
    case = None if arrival.case_id is None else session.get(Case, arrival.case_id)
    merged = False
    for _step in range(_LONGEST_CHAIN):
        if case is None or case.merged_into_id is None:
            break
        case, merged = session.get(Case, case.merged_into_id), True
    return case, merged


def _progress(session: Session, case: Case) -> tuple[Stage, dict[Stage, datetime], Conclusion | None]:
    newest = session.scalar(
        select(Correction).where(Correction.case_id == case.id).order_by(Correction.version.desc()).limit(1)
    )
    stage = _STAGES[case.state] if newest is None else Stage.PUBLISHED
    if case.closed_reason is ClosedReason.SCAM_FORWARDED:
        stage = Stage.FORWARDED
    approved = session.scalar(
        select(Approval.approved_at)
        .join(Verdict, Verdict.id == Approval.verdict_id)
        .where(
            Verdict.case_id == case.id,
            Verdict.state.in_((VerdictState.APPROVED, VerdictState.PUBLISHED)),
            Approval.withdrawn_at.is_(None),
        )
        .order_by(Approval.approved_at.desc())
        .limit(1)
    )
    known = {
        Stage.VERIFYING: case.taken_at,
        Stage.CONCLUDED: approved,
        Stage.PUBLISHED: None if newest is None else newest.issued_at,
        stage if stage not in CHAIN else Stage.DECLINED: case.closed_at,
    }
    moments = {step: moment for step, moment in known.items() if moment is not None}
    if newest is not None:
        return stage, moments, similar.of_correction(newest)
    answered = case.closed_reason is ClosedReason.ALREADY_ANSWERED
    return stage, moments, _answer(session, case) if answered else None


def _answer(session: Session, case: Case) -> Conclusion | None:
    """Return the conclusion to which a verifier matched the closed `case`."""
    claim = session.scalar(
        select(ConfirmedClaim)
        .join(Match, Match.claim_id == ConfirmedClaim.id)
        .where(Match.case_id == case.id, Match.judgement == Judgement.CONFIRMED)
        .order_by(Match.position)
        .limit(1)
    )
    return None if claim is None else similar.of_claims(session, [claim])[0]
