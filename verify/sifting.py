"""What is held gets a family and a score, so that a person sees signs and not rows. Without the encoder."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, cast, func, select, update
from sqlalchemy.dialects.postgresql import TSQUERY, array
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from corpus import passages
from corpus.text import NormalText, normalise
from models import Arrival, ArrivalState, Passage
from verify import telling
from verify.families import Known, Text

log = logging.getLogger(__name__)
_EXACT: Final = ("url:", "id:")  # keys by which alone two texts belong together
COMPARED: Final = 5  # of each family that are compared with the cases by meaning, while they are held
BATCH: Final = 200  # arrivals of one transaction, about a fifth of a second


def held_some(
    session: Session, known: Known, *, at: datetime
) -> tuple[Sequence[Arrival], dict[int, NormalText]]:
    """Sift a batch of held arrivals that were not sifted yet; return them, and their normal texts by id."""
    waiting = session.scalars(
        select(Arrival)
        .where(Arrival.state == ArrivalState.HELD, Arrival.family_id.is_(None))
        .order_by(Arrival.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    return waiting, sift(session, waiting, known, at=at) if waiting else {}


def sift(
    session: Session, arrivals: Sequence[Arrival], known: Known, *, at: datetime
) -> dict[int, NormalText]:
    """Store family and score of `arrivals`, which are locked; return their normal texts by id."""
    normal = {one.id: read(one) for one in arrivals}
    named = _known_keys(session, {key for text in normal.values() for key in text.keys})
    texts = [Text(one.id, normal[one.id].folded) for one in arrivals]
    families = known.place(session, texts, at=at)
    rows = [
        {
            "which": one.id,
            "family": families[one.id].family,
            "due": 0 if families[one.id].number <= COMPARED else None,
            "points": telling.score(one, normal[one.id], known=not named.isdisjoint(normal[one.id].keys)),
        }
        for one in arrivals
    ]
    statement = update(Arrival).where(Arrival.id == bindparam("which"))
    statement = statement.values(
        family_id=bindparam("family"), telling=bindparam("points"), compared_to=bindparam("due")
    )
    session.connection().execute(statement, rows)
    for row, one in zip(rows, arrivals, strict=True):
        set_committed_value(one, "family_id", row["family"])
        set_committed_value(one, "telling", row["points"])
    return normal


def read(arrival: Arrival) -> NormalText:
    """Return the text by which an arrival is compared; one that says too little goes by its link."""
    normal = normalise(arrival.text)
    if normal.informative or arrival.url is None:
        return normal
    return normalise(f"{arrival.text}\n{arrival.url}")


def _known_keys(session: Session, keys: set[str]) -> set[str]:
    """Return those links and accounts among `keys` that a confirmed claim names."""
    exact = sorted(key for key in keys if key.startswith(_EXACT))
    if not exact:
        return set()
    asked = func.unnest(array(exact), array([passages.quoted(key) for key in exact]))
    pair = asked.table_valued("key", "term").render_derived()
    named = (
        select(Passage.id)
        .where(Passage.claim_id.is_not(None), Passage.terms.op("@@")(cast(pair.c.term, TSQUERY)))
        .exists()
    )
    return set(session.scalars(select(pair.c.key).where(named)))
