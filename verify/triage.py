"""The job on arrivals: normal form, embedding, candidates; join a case or open one; rank matches.

An arrival is claimed (attempt counted and committed) before anything touches its text, so that one
that kills the process is set aside after a few tries instead of stopping all others.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from app.web import legible
from corpus import passages, search
from corpus.encoder import Encoder
from corpus.text import NormalText
from models import (
    Arrival,
    ArrivalKind,
    ArrivalState,
    Case,
    CaseState,
    Joined,
    Match,
    Passage,
    Twin,
    audit,
)
from models.case import CASE_NUMBERS
from verify import budget, calibrations, dedupe, joining, pictured, resembling, same_picture, sifting
from verify.sieve import Sieve, hold_all

log = logging.getLogger(__name__)


class Exhausted(Exception):  # noqa: N818  it names what happened
    """Every earlier try ended without a result: the process itself must have died."""


ATTEMPTS = 3
LEASE = timedelta(seconds=60)  # longer than any text takes; then another worker may try
BACKOFF = timedelta(seconds=5)
MATCHES = 8  # a verifier reads a handful, not a list
TWINS = 3
STATEMENT_LIMIT = 600  # characters of the opening text shown as the case's statement
_FIRST = 101  # more than any report has points
_OPENING_LOCK = 0x6B74_0001  # advisory: one worker at a time decides "join or open"


def run_one(
    sessions: sessionmaker[Session], encoder: Encoder, *, at: datetime, sieve: Sieve | None = None
) -> bool:
    """Take and triage one waiting arrival. Returns whether there was one.

    Without `sieve` nothing is ever held.
    Never raises for a bad arrival: its error is kept with it and it is tried again, at last set aside.
    """
    with sessions.begin() as session:
        taken = _claim(session, at)
    if taken is None:
        return False
    arrival_id, attempts = taken
    try:
        _attempt(sessions, arrival_id, attempts, encoder, sieve, at=at)
    except Exception as error:  # any failure belongs to this arrival alone
        log.exception("triage of arrival %s failed (attempt %s)", arrival_id, attempts)
        with sessions.begin() as session:
            _missed(session, arrival_id, attempts, error, at=at)
    return True


def _attempt(
    sessions: sessionmaker[Session],
    arrival_id: int,
    attempts: int,
    encoder: Encoder,
    sieve: Sieve | None,
    *,
    at: datetime,
) -> None:
    if attempts > ATTEMPTS:
        raise Exhausted
    with sessions.begin() as session:
        triage(session, session.get_one(Arrival, arrival_id), encoder, at=at, sieve=sieve)


def _claim(session: Session, at: datetime) -> tuple[int, int] | None:
    due = (
        select(Arrival.id)
        .where(Arrival.state == ArrivalState.RECEIVED, Arrival.next_try_at <= at, ~pictured.waiting())
        .order_by(_turn().desc(), Arrival.next_try_at, Arrival.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = session.execute(
        update(Arrival)
        .where(Arrival.id == due)
        .values(attempts=Arrival.attempts + 1, next_try_at=at + LEASE)
        .returning(Arrival.id, Arrival.attempts)
    ).one_or_none()
    return None if row is None else (row.id, row.attempts)


def _turn() -> ColumnElement[int]:
    """Return the order of turns: what the centre itself took or let in first, then the most telling.

    In calm times reports have no points and come in the order of their arrival.
    """
    return case((budget.limited(), func.coalesce(Arrival.telling, -1)), else_=_FIRST)


def _missed(session: Session, arrival_id: int, attempts: int, error: Exception, *, at: datetime) -> None:
    gone = attempts >= ATTEMPTS
    session.execute(
        update(Arrival)
        .where(Arrival.id == arrival_id, Arrival.state == ArrivalState.RECEIVED)
        .values(
            state=ArrivalState.SET_ASIDE if gone else ArrivalState.RECEIVED,
            next_try_at=at + BACKOFF * attempts,
            last_error=f"{type(error).__name__}: {error}"[:500],
        )
    )
    if gone:
        audit.record(session, "arrival.set-aside", subject=("arrival", arrival_id), by=None, at=at)


def triage(
    session: Session, arrival: Arrival, encoder: Encoder, *, at: datetime, sieve: Sieve | None = None
) -> Case | None:
    """Join `arrival` to its case, or open one with ranked matches. Returns the case, None if it is held."""
    found = _settle(session, arrival, encoder, sieve, at=at)
    if found is not None and arrival.pictures:
        same_picture.index(session, arrival, found.id)
    return found


def _settle(
    session: Session, arrival: Arrival, encoder: Encoder, sieve: Sieve | None, *, at: datetime
) -> Case | None:
    normal = _normal(session, arrival)
    same = _case_of(session, normal)
    if same is not None:
        return joining.join(session, arrival, same, _same_as(normal), at=at)
    query = search.Query.of(normal, encoder)
    session.execute(select(func.pg_advisory_xact_lock(_OPENING_LOCK)))
    seen = same_picture.find(session, arrival) if arrival.pictures else None
    if seen is not None and seen.sure:
        older = joining.standing(session, same_picture.case_of(session, seen))
        return joining.join(session, arrival, older, Joined.PICTURE, at=at, seen=seen)
    twins = search.cases(session, query, limit=TWINS)
    like = joining.like(session, normal, twins)
    fit = joining.choose(session, like)
    if fit is not None:
        how = Joined(fit.decision.value)
        joined = joining.join(session, arrival, fit.case, how, at=at, hit=fit.hit)
        resembling.gather(session, joined.id, arrival.family_id, query.side)
        return joined
    if sieve is not None and sieve.holds(session, arrival, like, at=at):
        near = joining.resembled(like)
        hold_all(session, [arrival], near)
        if near is None:
            resembling.attach(session, [arrival], {arrival.id: normal})
        else:
            resembling.gather(session, near.id, arrival.family_id, query.side)
        return None
    case = _open(session, arrival, query, encoder, at=at)
    if case is None:  # the same words opened a case a moment ago
        return joining.join(session, arrival, _expect(_case_of(session, normal)), _same_as(normal), at=at)
    resembling.gather(session, case.id, arrival.family_id, query.side)
    if seen is not None:
        _suggest_picture(session, case, seen, encoder, at=at)
    suggest_twins(session, case, twins, encoder, at=at)
    queries = [query, *_read(session, arrival, normal, encoder)]
    rank(session, case, queries, arrival.kind, encoder=encoder, at=at)
    return case


def rank(
    session: Session,
    case: Case,
    queries: Sequence[search.Query],
    kind: ArrivalKind,
    *,
    encoder: Encoder,
    at: datetime,
) -> list[int]:
    """Attach the confirmed claims nearest to any of `queries` to `case` as suggestions; returns their ids.

    `kind`: of the arrival that asks. A pair that a person has judged stays as judged.
    """
    moved = calibrations.moved(session, kind)
    answers = [search.answers(session, query, limit=MATCHES, moved=moved) for query in queries]
    calibrations.note(session, case.id, kind, answers, at=at)
    best: dict[int, search.Hit] = {}
    for hit in (hit for one in answers for hit in one.hits):
        if hit.owner_id not in best or hit.probability > best[hit.owner_id].probability:
            best[hit.owner_id] = hit
    hits = sorted(best.values(), key=lambda hit: -hit.probability)[:MATCHES]
    for position, hit in enumerate(hits, start=1):
        values = {**_scored(hit, encoder, at), "position": position}
        session.execute(
            insert(Match)
            .values(case_id=case.id, claim_id=hit.owner_id, **values)
            .on_conflict_do_update(
                index_elements=[Match.case_id, Match.claim_id],
                set_=values,
                where=(Match.judgement == "suggested"),
            )
        )
    return [hit.owner_id for hit in hits]


def _scored(hit: search.Hit, encoder: Encoder, at: datetime) -> dict[str, object]:
    return {
        "probability": hit.probability,
        "band": hit.band,
        "relation": hit.relation,
        "signals": hit.signals,
        "reasons": hit.reasons,
        "ranker": hit.ranker,
        "encoder": str(encoder.description),
        "pair_fingerprint": hit.pair_fingerprint,
        "suggested_at": at,
        "judgement": "suggested",
    }


def suggest_twins(
    session: Session, case: Case, twins: list[search.Hit], encoder: Encoder, *, at: datetime
) -> None:
    """Attach those of `twins` that are older than `case` and may be its story as suggestions."""
    for hit in twins:
        older = joining.standing(session, session.get_one(Case, hit.owner_id))
        if older.id < case.id and dedupe.decide(hit, older.state) is not dedupe.Decision.IGNORE:
            session.execute(
                insert(Twin)
                .values(case_id=case.id, older_id=older.id, **_scored(hit, encoder, at))
                .on_conflict_do_nothing()
            )


def _suggest_picture(
    session: Session, case: Case, seen: same_picture.Found, encoder: Encoder, *, at: datetime
) -> None:
    older = joining.standing(session, same_picture.case_of(session, seen))
    if older.id < case.id:
        values = seen.scored(str(encoder.description))
        session.execute(
            insert(Twin)
            .values(case_id=case.id, older_id=older.id, suggested_at=at, judgement="suggested", **values)
            .on_conflict_do_nothing()
        )


def _same_as(normal: NormalText) -> Joined:
    """Return how a report joins that has the fingerprint of a case: the same words, or the same file."""
    return Joined.EXACT if pictured.typed(normal.fingerprint) else Joined.PICTURE


def _case_of(session: Session, normal: NormalText) -> Case | None:
    found = session.scalar(select(Case).where(Case.fingerprint == normal.fingerprint))
    return None if found is None else joining.standing(session, found)


def _expect(case: Case | None) -> Case:
    if case is None:
        raise RuntimeError("a case with this fingerprint should exist")
    return case


def _open(
    session: Session, arrival: Arrival, query: search.Query, encoder: Encoder, *, at: datetime
) -> Case | None:
    """Open a case for `arrival`; None when another transaction has just opened the same one."""
    serial = session.scalar(select(CASE_NUMBERS.next_value()))
    normal = query.normal
    case_id = session.scalar(
        insert(Case)
        .values(
            number=f"VV-{at.year}-{serial:06d}",
            state=CaseState.OPEN,
            statement=_statement(session, arrival),
            fingerprint=normal.fingerprint,
            place_code=arrival.place_code,
            field=arrival.field,
            arrivals=1,
            opened_at=at,
            last_arrival_at=arrival.received_at,
            demo=arrival.demo,
        )
        .on_conflict_do_nothing(index_elements=[Case.fingerprint])
        .returning(Case.id)
    )
    if case_id is None:
        return None
    case = session.get_one(Case, case_id)
    joining.place(session, arrival, case, Joined.OPENED)
    columns = passages.values(normal, query.passage_vector, str(encoder.description), asking=query.vector)
    session.add(Passage(case_id=case.id, **columns))
    detail = {"arrival": arrival.id, "channel": arrival.channel.value}
    audit.record(session, "case.opened", subject=("case", case.id), by=None, at=at, detail=detail)
    return case


def _normal(session: Session, arrival: Arrival) -> NormalText:
    """Return the text by which an arrival is compared; one that says too little goes by link or picture."""
    normal = sifting.read(arrival)
    wordless = not normal.informative and arrival.url is None
    return pictured.normal(session, arrival) if wordless and arrival.pictures else normal


def _read(session: Session, arrival: Arrival, normal: NormalText, encoder: Encoder) -> list[search.Query]:
    """Return what the pictures of a report with its own words ask, too: often the rumour stands there."""
    read = pictured.normal(session, arrival) if arrival.pictures else normal
    return [search.Query.of(read, encoder)] if read.informative and read != normal else []


def _statement(session: Session, arrival: Arrival) -> str:
    words = " ".join(legible(arrival.text or arrival.url or pictured.statement(session, arrival)).split())
    return words if len(words) <= STATEMENT_LIMIT else words[: STATEMENT_LIMIT - 1].rstrip() + "…"
