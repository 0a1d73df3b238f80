"""What people say of suggested pairs: yes, no, and taking it back.

A person's yes to a match makes the case's words another entry of the claim, so that the next report
in such words is found. Nothing is concluded and nothing is closed by it.
"""

import json
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from models import (
    AuditDetail,
    AuditEntry,
    Band,
    Case,
    CaseState,
    ConfirmedClaim,
    Conflict,
    Judgement,
    Match,
    NotFound,
    Officer,
    Passage,
    Relation,
    Twin,
    audit,
)
from verify import cases, merging

BY_HAND: Final = "officer"  # the "ranker" of a match that a person attached; shown as such
# Everything of an entry but whose it is: copied by the database, its vector included. Claims never ask.
_PASSED_ON: Final = tuple(
    column.name
    for column in Passage.__table__.columns
    if column.name not in {"id", "claim_id", "case_id", "asking"}
)


def match(session: Session, match_id: int, *, of: Case) -> Match:
    """Return a match of this case. Raises NotFound."""
    found = session.get(Match, match_id) if match_id <= cases.LARGEST_ID else None
    if found is None or found.case_id != of.id:
        raise NotFound
    return found


def twin(session: Session, twin_id: int, *, of: Case) -> Twin:
    """Return a possible twin of this case, seen from either side. Raises NotFound."""
    found = session.get(Twin, twin_id) if twin_id <= cases.LARGEST_ID else None
    if found is None or of.id not in {found.case_id, found.older_id}:
        raise NotFound
    return found


def confirm(session: Session, found: Match, *, by: Officer, at: datetime) -> None:
    """Say that the case is about this claim. Raises Conflict (`already-judged`)."""
    _judge(session, found, Judgement.CONFIRMED, by=by, at=at)
    detail = {"match": found.id, "claim": found.claim_id, "passage": _pass_on(session, found)}
    audit.record(session, "match.confirmed", subject=("case", found.case_id), by=by, at=at, detail=detail)


def reject(session: Session, found: Match, *, by: Officer, at: datetime) -> None:
    """Say that the case is not about this claim; it is not suggested again. Raises Conflict."""
    _judge(session, found, Judgement.REJECTED, by=by, at=at)
    detail = {"match": found.id, "claim": found.claim_id}
    audit.record(session, "match.rejected", subject=("case", found.case_id), by=by, at=at, detail=detail)


def undo(session: Session, found: Match, *, by: Officer, at: datetime) -> None:
    """Take a judgement back, and with it the entry it gave to the claim. Raises Conflict (`not-judged`)."""
    _unjudge(session, found)
    session.execute(delete(Passage).where(Passage.id.in_(_passed_on(session, found))))
    detail = {"match": found.id, "claim": found.claim_id}
    audit.record(session, "match.undone", subject=("case", found.case_id), by=by, at=at, detail=detail)


def attach(session: Session, case: Case, *, claim_id: int, by: Officer, at: datetime) -> Match:
    """Put a claim that a person found beside the case, confirmed by that person. Returns the match.

    Raises NotFound for a claim that is not there or retired, Conflict (`already-judged`).
    """
    claim = session.get(ConfirmedClaim, claim_id) if 0 < claim_id <= cases.LARGEST_ID else None
    if claim is None or claim.retired_at is not None:
        raise NotFound
    judged = {
        "judgement": Judgement.CONFIRMED,
        "judged_at": at,
        "judged_by_id": by.id,
        "judged_fingerprint": f"{BY_HAND}:{case.fingerprint}:{claim.id}",
    }
    last = select(func.coalesce(func.max(Match.position), 0) + 1).where(Match.case_id == case.id)
    made = session.scalar(
        postgresql.insert(Match)
        .values(
            case_id=case.id,
            claim_id=claim.id,
            position=last.scalar_subquery(),
            probability=1.0,
            band=Band.POSSIBLE,
            relation=Relation.OTHER,
            signals={},
            reasons={},
            ranker=BY_HAND,
            encoder="",
            pair_fingerprint=judged["judged_fingerprint"],
            suggested_at=at,
            **judged,
        )
        .on_conflict_do_update(
            index_elements=[Match.case_id, Match.claim_id],
            set_={**judged, "judged_fingerprint": Match.pair_fingerprint},
            where=Match.judgement != Judgement.CONFIRMED,
        )
        .returning(Match)
        .execution_options(populate_existing=True)
    )
    if made is None:
        raise Conflict(code="already-judged")
    detail = {"match": made.id, "claim": claim.id, "passage": _pass_on(session, made), "by_hand": True}
    audit.record(session, "match.confirmed", subject=("case", case.id), by=by, at=at, detail=detail)
    return made


def confirm_twin(session: Session, found: Twin, *, by: Officer, at: datetime) -> None:
    """Say that both cases are one story: the newer is merged into the older. Raises as merging.merge."""
    newer, older = cases.get(session, found.case_id), cases.get(session, found.older_id)
    _judge(session, found, Judgement.CONFIRMED, by=by, at=at)
    merging.merge(session, newer, into=older, by=by, at=at)


def reject_twin(session: Session, found: Twin, *, by: Officer, at: datetime) -> None:
    """Say that the cases are two stories. Written into both diaries. Raises Conflict."""
    _judge(session, found, Judgement.REJECTED, by=by, at=at)
    _note_twin(session, found, "twin.rejected", by=by, at=at)


def undo_twin(session: Session, found: Twin, *, by: Officer, at: datetime) -> None:
    """Take back what was said of two cases, and undo the merge if it was a yes. Raises Conflict."""
    confirmed = found.judgement is Judgement.CONFIRMED
    _unjudge(session, found)
    newer = cases.get(session, found.case_id)
    if confirmed and newer.state is CaseState.MERGED:
        merging.undo_merge(session, newer, by=by, at=at)
    else:
        _note_twin(session, found, "twin.undone", by=by, at=at)


def _note_twin(session: Session, found: Twin, action: str, *, by: Officer, at: datetime) -> None:
    for one, other in ((found.case_id, found.older_id), (found.older_id, found.case_id)):
        detail = {"twin": found.id, "other": other, "number": cases.get(session, other).number}
        audit.record(session, action, subject=("case", one), by=by, at=at, detail=detail)


def _judge(session: Session, found: Match | Twin, judgement: Judgement, *, by: Officer, at: datetime) -> None:
    record = type(found)
    changed = session.scalar(
        update(record)
        .where(
            record.id == found.id,
            record.judgement == Judgement.SUGGESTED,
            record.pair_fingerprint == found.pair_fingerprint,
        )
        .values(
            judgement=judgement,
            judged_at=at,
            judged_by_id=by.id,
            judged_fingerprint=record.pair_fingerprint,
        )
        .returning(record)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    if changed is None:
        raise Conflict(code="already-judged")


def _unjudge(session: Session, found: Match | Twin) -> None:
    record = type(found)
    session.execute(
        select(func.set_config("kiemtin.undo", "on", True))
    )  # the guard lets a person's undo pass
    changed = session.scalar(
        update(record)
        .where(record.id == found.id, record.judgement != Judgement.SUGGESTED)
        .values(judgement=Judgement.SUGGESTED, judged_at=None, judged_by_id=None, judged_fingerprint=None)
        .returning(record)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    session.execute(select(func.set_config("kiemtin.undo", "off", True)))
    if changed is None:
        raise Conflict(code="not-judged")


def _pass_on(session: Session, found: Match) -> int | None:
    """Give the case's opening words to the claim as an entry; None when it has them already.

    A variant or a denial says something else with the same words: as an entry it would draw in more of its
    kind.
    """
    if found.relation in {Relation.VARIANT, Relation.DENIAL}:
        return None
    columns: list[Any] = [getattr(Passage, name) for name in _PASSED_ON]
    words = select(literal(found.claim_id), *columns).where(Passage.case_id == found.case_id)
    return session.scalar(
        postgresql.insert(Passage)
        .from_select(["claim_id", *_PASSED_ON], words)
        .on_conflict_do_nothing(index_elements=[Passage.claim_id, Passage.fingerprint])
        .returning(Passage.id)
    )


def _passed_on(session: Session, found: Match) -> list[int]:
    """Return the entries that judging this match gave to its claim, as the diary has them."""
    rows = session.scalars(
        select(AuditDetail.detail)
        .join(AuditEntry, AuditEntry.seq == AuditDetail.seq)
        .where(
            AuditEntry.subject_kind == "case",
            AuditEntry.subject_id == found.case_id,
            AuditEntry.action == "match.confirmed",
        )
    )
    said = [json.loads(row) for row in rows]
    return [one["passage"] for one in said if one.get("match") == found.id and one.get("passage")]
