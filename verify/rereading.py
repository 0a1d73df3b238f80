"""The job on pictures a person has touched: their words were mended, or their report put into a case.

What the case was suggested by misread words is ranked again by the right ones.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, sessionmaker

from corpus import passages, search
from corpus.encoder import Encoder
from corpus.text import NormalText, normalise
from models import Arrival, ArrivalState, Case, CaseState, Judgement, Match, Passage, Rereading, Twin
from verify import joining, pictured, same_picture, triage

log = logging.getLogger(__name__)
ATTEMPTS: Final = 3  # then it waits until the words are mended again
LEASE: Final = timedelta(seconds=60)


def run_one(sessions: sessionmaker[Session], encoder: Encoder, *, at: datetime) -> bool:
    """Rank one case again whose words were mended; return whether there was one. A bad one never raises."""
    with sessions.begin() as session:
        taken = _claim(session, at)
    if taken is None:
        return False
    arrival_id, asked_at = taken
    try:
        with sessions.begin() as session:
            reread(session, session.get_one(Arrival, arrival_id), encoder, at=at)
            # Mended once more meanwhile, it is asked for once more.
            session.execute(
                delete(Rereading).where(Rereading.arrival_id == arrival_id, Rereading.asked_at == asked_at)
            )
    except Exception as error:  # any failure belongs to this report alone
        log.exception("ranking the case of arrival %s again failed", arrival_id)
        with sessions.begin() as session:
            said = f"{type(error).__name__}: {error}"[:500]
            session.execute(
                update(Rereading).where(Rereading.arrival_id == arrival_id).values(last_error=said)
            )
    return True


def _claim(session: Session, at: datetime) -> tuple[int, datetime] | None:
    due = (
        select(Rereading.arrival_id)
        .join(Arrival, Arrival.id == Rereading.arrival_id)
        .where(
            Rereading.next_try_at <= at,
            Rereading.attempts < ATTEMPTS,
            Arrival.state == ArrivalState.TRIAGED,  # before, triage itself reads the mended words
            ~pictured.waiting(),
        )
        .order_by(Rereading.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=Rereading)
        .scalar_subquery()
    )
    row = session.execute(
        update(Rereading)
        .where(Rereading.arrival_id == due)
        .values(attempts=Rereading.attempts + 1, next_try_at=at + LEASE)
        .returning(Rereading.arrival_id, Rereading.asked_at)
    ).one_or_none()
    return None if row is None else (row.arrival_id, row.asked_at)


def reread(session: Session, arrival: Arrival, encoder: Encoder, *, at: datetime) -> None:
    """Suggest claims and twins anew for the case of `arrival`, by the words that stand in its pictures now.

    A case that had no pictures is found by these from now on. A case that speaks by these pictures is found
    under their new words, too. Pairs that a person has judged stay as judged; suggestions that rested on
    misread words go.
    """
    if arrival.case_id is None:
        return
    case = joining.locked(session, session.get_one(Case, arrival.case_id))
    same_picture.index(session, arrival, case.id)
    if case.state in {CaseState.CLOSED, CaseState.PUBLISHED}:
        return
    read = pictured.normal(session, arrival)
    own = session.scalar(select(Passage).where(Passage.case_id == case.id).with_for_update())
    queries = search.Query.several(_texts(own, read), encoder)
    if own is not None and own.fingerprint == read.fingerprint:
        first = queries[0]
        values = passages.values(read, first.passage_vector, str(encoder.description), asking=first.vector)
        session.execute(update(Passage).where(Passage.id == own.id).values(**values))
    kept = triage.rank(session, case, queries, arrival.kind, encoder=encoder, at=at)
    session.execute(
        delete(Match).where(
            Match.case_id == case.id,
            Match.judgement == Judgement.SUGGESTED,
            Match.claim_id.not_in(kept),
        )
    )
    _twins(session, case, queries, encoder, at=at)


def _texts(own: Passage | None, read: NormalText) -> list[NormalText]:
    """Return by what a case is ranked: the text by which it is found, and the words in the pictures."""
    if own is None or own.fingerprint == read.fingerprint:
        return [read]
    known = replace(normalise(own.canonical), fingerprint=own.fingerprint)
    return [known, read] if read.informative else [known]


def _twins(
    session: Session, case: Case, queries: Sequence[search.Query], encoder: Encoder, *, at: datetime
) -> None:
    """Suggest older cases anew; those that a picture suggested stay."""
    hits = [hit for query in queries for hit in search.cases(session, query, limit=triage.TWINS + 1)]
    hits = [hit for hit in hits if hit.owner_id != case.id]
    session.execute(
        delete(Twin).where(
            Twin.case_id == case.id,
            Twin.judgement == Judgement.SUGGESTED,
            Twin.ranker != same_picture.RANKER,
        )
    )
    triage.suggest_twins(session, case, hits, encoder, at=at)
