"""Confirmed claims: taken in from files, given out to files, kept searchable."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from corpus import exchange, passages
from corpus.text import normalise
from models import ClaimOrigin, ConfirmedClaim, Field, Passage, Rating, ReasonCode


@dataclass
class Import:
    """What became of a file: how many claims were new, how many known, and each refusal with its place."""

    added: int = 0
    known: int = 0
    refused: list[exchange.Refused] = field(default_factory=list)


def take_in(
    session: Session, rows: Iterable[exchange.Claim | exchange.Refused], *, origin: ClaimOrigin, at: datetime
) -> Import:
    """Add the claims of a file; what is known already (by its external id) stays as it is."""
    done = Import()
    for row in rows:
        if isinstance(row, exchange.Refused):
            done.refused.append(row)
        elif _add(session, row, origin, at):
            done.added += 1
        else:
            done.known += 1
    return done


def _add(session: Session, row: exchange.Claim, origin: ClaimOrigin, at: datetime) -> bool:
    # "own:" names this centre's own corrections; a file must not take the place of one.
    foreign = row.external_id.startswith("own:") and origin is not ClaimOrigin.OWN
    claim_id = session.scalar(
        insert(ConfirmedClaim)
        .values(
            external_id=f"imported:{row.external_id}" if foreign else row.external_id,
            origin=origin,
            claim=row.claim,
            rating=Rating(row.verdict),
            reason_code=None if row.reason_code is None else ReasonCode(row.reason_code),
            truth=row.correction,
            concluded_by=list(row.corrected_by),
            concluded_on=row.date,
            date_precision=row.date_precision,
            place=row.place,
            field=Field(row.topic),
            topic=row.original_topic,
            sources=[{"url": source.url, "title": source.title} for source in row.sources],
            language=row.language,
            added_at=at,
        )
        .on_conflict_do_nothing(index_elements=[ConfirmedClaim.external_id])
        .returning(ConfirmedClaim.id)
    )
    if claim_id is None:
        return False
    passages.add(session, claim_id, [normalise(row.claim)])
    return True


def give_out(session: Session) -> Iterator[exchange.Claim]:
    """Yield every claim that is not retired, oldest first, in the form of files."""
    for row in session.scalars(
        select(ConfirmedClaim)
        .where(ConfirmedClaim.retired_at.is_(None))
        .order_by(ConfirmedClaim.id)
        .execution_options(yield_per=500)
    ):
        yield exchange.Claim(
            external_id=row.external_id,
            claim=row.claim,
            verdict=row.rating.value,
            reason_code=None if row.reason_code is None else row.reason_code.value,
            correction=row.truth,
            corrected_by=tuple(row.concluded_by),
            date=row.concluded_on,
            date_precision=row.date_precision,
            place=row.place,
            topic=row.field.value,
            original_topic=row.topic,
            sources=tuple(exchange.Source(source["url"], source["title"]) for source in row.sources),
            language=row.language,
        )


def reindex(session: Session) -> int:
    """Bring every passage to today's normal form and let the worker encode it anew; returns how many.

    While that goes on, a text is found by its words; after its batch, by its meaning again.
    """
    count = 0
    for passage in session.scalars(select(Passage).order_by(Passage.id).execution_options(yield_per=500)):
        session.execute(
            update(Passage)
            .where(Passage.id == passage.id)
            .values(**passages.values(normalise(passage.canonical)))
        )
        count += 1
    return count
