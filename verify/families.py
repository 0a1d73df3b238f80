"""Which arrivals are nearly the same text? Groups them without the encoder, some thousands a second.

A text is known by 48 marks: of all its runs of four letters, blanks and marks left out, the least under each
of 48 orders (minhash). The share of equal marks estimates how many runs two texts have in common. Two
reports about different matters share one run in twenty, two fillings of one template a third and more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from models import Family

MARKS: Final = 48
RUN: Final = 4  # letters
ALIKE: Final = 0.3  # share of equal marks from which two texts are one family
_LARGE, _ALIKE_LARGE = 20, 0.2  # members from which a family takes in even what was edited beyond that
KEPT: Final = timedelta(days=3)  # an older family takes no new members; a new one begins
_READ: Final = 1_500  # letters of a text that are looked at
_LOCK: Final = 0x6B74_0011  # advisory: one worker at a time founds families
_ORDERS: Final = np.random.default_rng(20261124).integers(1, 2**63, size=(2, MARKS), dtype=np.uint64) | 1

Marks = npt.NDArray[np.uint16]


def marks(folded: str) -> Marks:
    """Return the 48 marks of a folded text (corpus.text). Never raises; an empty text has marks as well."""
    letters = folded.replace(" ", "")[:_READ].encode()
    if len(letters) < RUN:
        letters = letters.ljust(RUN, b"\0")
    codes = np.frombuffer(letters, dtype=np.uint8).astype(np.uint64)
    runs = np.zeros(len(codes) - RUN + 1, dtype=np.uint64)
    for place in range(RUN):
        runs |= codes[place : len(runs) + place] << np.uint64(8 * place)
    # Multiply, mix the high half down, multiply: every order sees the runs in another sequence.
    mixed = np.unique(runs)[:, None] * _ORDERS[0]
    mixed ^= mixed >> np.uint64(29)
    mixed *= _ORDERS[1]
    least: Marks = (mixed.min(axis=0) >> np.uint64(17)).astype(np.uint16)
    return least


@dataclass(frozen=True)
class Text:
    """An arrival that has no family yet, and the folded words by which it finds one."""

    arrival_id: int
    folded: str


class Place(NamedTuple):
    """Where a text belongs."""

    family: int
    number: int  # among those that this process placed there, from 1


class Known:
    """The families of the last days, as one process knows them; reads what others founded before each use."""

    def __init__(self, room: int = 1024) -> None:
        self._ids: list[int] = []
        self._since: list[datetime] = []
        self._sizes = np.zeros(room, dtype=np.int64)  # members that this process placed
        self._table = np.zeros((room, MARKS), dtype=np.uint16)  # rows after the last id are scratch

    def place(self, session: Session, texts: Sequence[Text], *, at: datetime) -> dict[int, Place]:
        """Return the family of each text and its number there by arrival id; founds those that are missing.

        Holds a lock until the transaction ends, so that two workers do not found the same family twice.
        """
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        self._catch_up(session, at)
        ids = list(self._ids)  # a rollback leaves nothing behind: only `_catch_up` keeps rows
        found: dict[int, Place] = {}
        self._make_room(len(ids) + len(texts))
        for text in texts:
            mine = marks(text.folded or f"{text.arrival_id:x}")
            place = _nearest(self._table[: len(ids)], self._sizes[: len(ids)], mine)
            if place is None:
                place = len(ids)
                self._table[place], self._sizes[place] = mine, 0
                ids.append(_found(session, text, mine, at))
            self._sizes[place] += 1
            found[text.arrival_id] = Place(ids[place], int(self._sizes[place]))
        return found

    def _catch_up(self, session: Session, at: datetime) -> None:
        """Read what was committed since, and forget what is too old."""
        old = sum(since <= at - KEPT for since in self._since)  # ids grow with time
        if old:
            kept = len(self._ids) - old
            self._table[:kept] = self._table[old : len(self._ids)].copy()
            self._sizes[:kept] = self._sizes[old : len(self._ids)].copy()
            self._ids, self._since = self._ids[old:], self._since[old:]
        last = self._ids[-1] if self._ids else 0
        rows = session.execute(
            select(Family.id, Family.marks, Family.since)
            .where(Family.id > last, Family.since > at - KEPT)
            .order_by(Family.id)
        ).all()
        if rows:
            self._make_room(len(self._ids) + len(rows))
            read = np.frombuffer(b"".join(row.marks for row in rows), dtype="<u2").reshape(-1, MARKS)
            self._table[len(self._ids) : len(self._ids) + len(rows)] = read
            self._ids += [row.id for row in rows]
            self._since += [row.since for row in rows]

    def _make_room(self, rows: int) -> None:
        if rows > len(self._table):
            more = np.zeros((max(rows, 2 * len(self._table)) - len(self._table), MARKS), dtype=np.uint16)
            self._table = np.concatenate([self._table, more])
            self._sizes = np.concatenate([self._sizes, np.zeros(len(more), dtype=np.int64)])


def _found(session: Session, text: Text, mine: Marks, at: datetime) -> int:
    values = {"first_id": text.arrival_id, "marks": mine.astype("<u2").tobytes(), "since": at}
    return session.scalars(insert(Family).values(**values).returning(Family.id)).one()


def _nearest(table: Marks, sizes: npt.NDArray[np.int64], mine: Marks) -> int | None:
    if not len(table):
        return None
    equal = np.count_nonzero(table == mine, axis=1)
    best = int(equal.argmax())
    if equal[best] >= ALIKE * MARKS:
        return best
    best = int((equal * (sizes >= _LARGE)).argmax())
    return best if equal[best] >= _ALIKE_LARGE * MARKS and sizes[best] >= _LARGE else None
