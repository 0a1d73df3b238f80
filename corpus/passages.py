"""Texts in their searchable form: how a passage is written, and which waits for its vector."""

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, ColumnElement, Text, cast, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import TSQUERY, insert
from sqlalchemy.orm import Session, sessionmaker

from corpus import naming, places
from corpus.frequencies import Frequencies
from corpus.text import NormalText
from models import Passage
from models.passage import UNENCODED

if TYPE_CHECKING:  # the web process writes passages too, and must load neither numpy nor the encoder
    from corpus.encoder import Encoder, Vectors

PLACE = "place:"
BATCH = 16  # texts encoded in one transaction: under a second, so that arrivals need not wait long
_TERMS_ASKED = 64  # of a query; a long post says what it is about early
_EXACT = ("url:", "id:")  # keys by which alone two texts belong together
_EXACT_ASKED = 8


def values(
    normal: NormalText,
    vector: "Vectors | None" = None,
    encoder: str | None = None,
    *,
    asking: "Vectors | None" = None,
) -> dict[str, Any]:
    """Return the columns of a passage for `normal`. Without a vector the worker encodes it later.

    `asking`: for the text of a case, its vector as a text that asks.
    """
    return {
        "canonical": normal.canonical,
        "folded": normal.folded,
        "fingerprint": normal.fingerprint,
        "keys": [*normal.keys, *(PLACE + key for key in sorted(places.keys(normal.canonical)))],
        "names": " ".join(sorted(naming.names(normal.canonical))),
        "lang": normal.lang,
        "terms": func.array_to_tsvector(cast(terms(normal), ARRAY(Text))),
        "embedding": vector,
        "asking": None if vector is None else asking,
        "encoder": None if vector is None else encoder,
    }


def terms(normal: NormalText) -> list[str]:
    """Return what a passage is found by without its meaning: folded pairs, its links, its long numbers."""
    return [*normal.pairs, *(key for key in normal.keys if key.startswith(_EXACT))]


def asked(normal: NormalText) -> list[str]:
    """Return the terms by which `normal` may be looked up: what is exact first, then what it says early."""
    found = terms(normal)
    exact = len(normal.pairs)
    return [*found[exact:][:_EXACT_ASKED], *found[:exact][:_TERMS_ASKED]]


def quoted(term: str) -> str:
    """Return `term` as PostgreSQL reads it in a text search query."""
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"


def asking(normal: NormalText, among: Frequencies) -> ColumnElement[Any] | None:
    """Return the query "any of the rarest terms of `normal`", None when it has none."""
    rarest = among.rarest(asked(normal))
    return cast(" | ".join(quoted(term) for term, _ in rarest), TSQUERY) if rarest else None


def add(session: Session, claim_id: int, forms: Sequence[NormalText]) -> None:
    """Let a claim be found under further texts, for example that of a confirmed report."""
    for form in forms:
        session.execute(insert(Passage).values(claim_id=claim_id, **values(form)).on_conflict_do_nothing())


def drop(session: Session, claim_id: int, form: NormalText) -> None:
    """Let a claim no longer be found under one text."""
    found = (Passage.claim_id == claim_id, Passage.fingerprint == form.fingerprint)
    session.execute(delete(Passage).where(*found))


def encode_some(sessions: sessionmaker[Session], encoder: "Encoder") -> bool:
    """Encode a batch of passages that wait for their vector; returns whether there were any.

    Rows are skipped while another worker holds them. A crash of the encoder loses nothing.
    """
    from corpus.diacritics import readable  # noqa: PLC0415  numpy again

    with sessions.begin() as session:
        waiting = session.execute(
            select(Passage.id, Passage.case_id, Passage.canonical, Passage.lang)
            .where(text(UNENCODED))
            .order_by(Passage.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        if not waiting:
            return False
        texts = [readable(row.canonical, row.lang) for row in waiting]
        vectors = both_ways(encoder, texts, [row.case_id is not None for row in waiting])
        for row, (found, asking) in zip(waiting, vectors, strict=True):
            session.execute(
                update(Passage)
                .where(Passage.id == row.id)
                .values(embedding=found, asking=asking, encoder=str(encoder.description))
            )
    return True


def both_ways(
    encoder: "Encoder", texts: Sequence[str], asks: Sequence[bool]
) -> "Iterator[tuple[Vectors, Vectors | None]]":
    """Yield the vector of each of `texts` as one to be found and, where it `asks` too, as one that asks."""
    found = encoder.encode_passage(texts)
    asking = iter(encoder.encode_query(list(itertools.compress(texts, asks))))
    for vector, also in zip(found, asks, strict=True):
        yield vector, next(asking) if also else None
