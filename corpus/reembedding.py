"""Another encoder takes over: all texts are encoded anew beside the serving vectors, then all switch at once.

Until the switch every search uses the vectors and the encoder that made them. Where the old encoder cannot
be loaded any more, texts are found by their words until then.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import Row, Select, Update, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from corpus import passages
from corpus.diacritics import readable
from models import FreshVector, Passage, ServingEncoder

if TYPE_CHECKING:
    from corpus.encoder import Encoder

log = logging.getLogger(__name__)

BATCH = 16  # texts encoded in one transaction, as in corpus.passages
_TURN: Final = 0x6B74_0003  # advisory: one worker at a time encodes anew
_REST: Final = 600.0  # seconds between two looks for vectors that an encoder left behind


class Encoders:
    """The encoders of one worker: the one that the settings name, and the serving one until the switch."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        wanted: Callable[[], "Encoder"],
        *,
        model: str,
        load: Callable[[str], "Encoder"],
    ) -> None:
        """Take how to load the encoder that the setting `model` names, and that of any other setting."""
        self._sessions, self._make, self._model, self._load = sessions, wanted, model, load
        self._wanted: Encoder | None = None
        self._old: tuple[str, Encoder | None] | None = None
        self._rested = 0.0

    @property
    def wanted(self) -> "Encoder":
        """The encoder that the settings name; loaded when first asked for."""
        if self._wanted is None:
            self._wanted = self._make()
        return self._wanted

    def serving(self, *, at: datetime) -> "Encoder":
        """Return the encoder whose vectors are searched now, or the wanted one where that one is gone."""
        name = str(self.wanted.description)
        with self._sessions.begin() as session:
            row = session.get(ServingEncoder, 1)
            if row is None:
                _begin(session, name, self._model, at)
                return self.wanted
            serving, model = row.name, row.model
        if serving == name:
            self._old = None
            return self.wanted
        if self._old is None or self._old[0] != serving:
            self._old = serving, self._loaded(serving, model)
        return self._old[1] or self.wanted

    def _loaded(self, name: str, model: str) -> "Encoder | None":
        log.info("the vectors of %s serve until all texts are encoded by %s", name, self._model)
        try:
            found = self._load(model)
        except (OSError, ValueError, ImportError):
            log.warning("%s cannot be loaded any more: texts are found by their words until then", model)
            return None
        return found if str(found.description) == name else None

    def advance(self, *, at: datetime) -> bool:
        """Encode a batch for the encoder that is to follow, or switch; returns whether there was anything."""
        name = str(self.wanted.description)
        with self._sessions.begin() as session:
            serving = session.scalar(select(ServingEncoder.name))
            if serving == name:
                return self._tidy(session, name)
            if serving is None or not session.scalar(select(func.pg_try_advisory_xact_lock(_TURN))):
                return False
            batch = session.execute(_next(name)).all()
            if batch:
                _keep(session, self.wanted, batch)
            else:
                switch(session, name, self._model, at=at)
        return True

    def _tidy(self, session: Session, name: str) -> bool:
        """Let texts that another worker wrote with an older encoder around the switch be encoded again."""
        if time.monotonic() - self._rested < _REST:
            return False
        self._rested = time.monotonic()
        session.execute(_without(name))
        return False


def _begin(session: Session, name: str, model: str, at: datetime) -> None:
    made = insert(ServingEncoder).values(id=1, name=name, model=model, since=at)
    session.execute(made.on_conflict_do_nothing())


def _next(name: str) -> Select[int, int | None, str, str]:
    """Return the query for the next passages in the order of their ids that have no vector by `name`."""
    done = select(func.coalesce(func.max(FreshVector.passage_id), 0)).where(FreshVector.encoder == name)
    return (
        select(Passage.id, Passage.case_id, Passage.canonical, Passage.lang)
        .where(Passage.id > done.scalar_subquery(), Passage.embedding.is_not(None), Passage.encoder != name)
        .order_by(Passage.id)
        .limit(BATCH)
    )


def _keep(session: Session, model: "Encoder", batch: Sequence[Row[int, int | None, str, str]]) -> None:
    name = str(model.description)
    session.execute(delete(FreshVector).where(FreshVector.encoder != name))  # of one that never took over
    texts = [readable(row.canonical, row.lang) for row in batch]
    vectors = passages.both_ways(model, texts, [row.case_id is not None for row in batch])
    rows = [
        {
            "passage_id": row.id,
            "encoder": name,
            "made_of": func.md5(row.canonical),
            "embedding": found,
            "asking": asking,
        }
        for row, (found, asking) in zip(batch, vectors, strict=True)
    ]
    for row in rows:
        session.execute(insert(FreshVector).values(row).on_conflict_do_nothing())


def switch(session: Session, name: str, model: str, *, at: datetime) -> None:
    """Put the fresh vectors of the encoder `name` in their places, all visible in the moment of commit.

    Searches go on meanwhile. A text that changed, or came with an older vector, waits for its new one.
    """
    session.execute(text("SET LOCAL statement_timeout = 0"))  # minutes where there are many
    fresh = (FreshVector.passage_id == Passage.id, FreshVector.encoder == name)
    same = FreshVector.made_of == func.md5(Passage.canonical)
    placed = update(Passage).where(*fresh, same, Passage.encoder != name)
    session.execute(
        placed.values(
            embedding=FreshVector.embedding, asking=FreshVector.asking, encoder=FreshVector.encoder
        ).execution_options(synchronize_session=False)
    )
    session.execute(_without(name))
    session.execute(delete(FreshVector))
    session.execute(update(ServingEncoder).values(name=name, model=model, since=at))
    log.info("the vectors of %s serve from now on", name)


def _without(name: str) -> Update:
    """Return the statement that takes away vectors which the encoder `name` did not make."""
    return (
        update(Passage)
        .where(Passage.encoder != name, Passage.embedding.is_not(None))
        .values(embedding=None, asking=None, encoder=None)
        .execution_options(synchronize_session=False)
    )
