"""A published conclusion enters the corpus, so that the next similar report is matched to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from corpus import passages
from corpus.text import normalise
from models import (
    Arrival,
    Case,
    ClaimOrigin,
    ConfirmedClaim,
    Correction,
    CorrectionKind,
    Field,
    Joined,
)
from publish import plan

REPORTS: Final = 20  # wordings of citizens kept beside the claim
# What only resembled the case by meaning is not taken as another wording of its claim.
_SURE: Final = (Joined.OPENED, Joined.EXACT, Joined.NEAR, Joined.OFFICER)


def enter(session: Session, correction: Correction, case: Case, *, at: datetime) -> ConfirmedClaim:
    """Add the claim of `correction` to the corpus, or bring the entry of an earlier version up to date.

    A withdrawn correction retires its entry; a later version brings it back. Confirmed true and
    unproven statements enter as well: they are conclusions too. The worker encodes what is new.
    """
    key = f"own:{correction.number}"
    claim = session.scalar(select(ConfirmedClaim).where(ConfirmedClaim.external_id == key))
    if claim is None:
        claim = ConfirmedClaim(
            external_id=key,
            origin=ClaimOrigin.OWN,
            correction_number=correction.number,
            case_id=case.id,
            added_at=at,
        )
        session.add(claim)
    elif claim.claim != correction.claim:
        passages.drop(session, claim.id, normalise(claim.claim))  # further texts, confirmed by people, stay
    claim.claim = correction.claim
    claim.rating = correction.rating
    claim.reason_code = correction.reason_code
    claim.truth = correction.truth
    claim.concluded_by = list(dict.fromkeys(source["issuer"] for source in correction.sources))
    claim.concluded_on = correction.issued_at.astimezone(plan.ZONE).date()
    claim.field = correction.field or Field.OTHER
    claim.sources = [
        {"url": source["url"], "title": source["title"], "publisher": source["issuer"]}
        for source in correction.sources
        if source["url"]
    ]
    claim.retired_at = at if correction.kind is CorrectionKind.VOID else None
    session.flush()  # passages need the id of a new entry
    reports = (form for form in map(normalise, _wordings(session, case)) if form.informative)
    passages.add(session, claim.id, [normalise(correction.claim), *reports])
    return claim


def _wordings(session: Session, case: Case) -> Sequence[str]:
    return session.scalars(
        select(Arrival.text)
        .where(Arrival.case_id == case.id, Arrival.text != "", Arrival.joined.in_(_SURE))
        .order_by(Arrival.received_at, Arrival.id)
        .limit(REPORTS)
    ).all()
