"""In how many searchable texts a term stands, as PostgreSQL's own statistics know it.

ANALYZE, which the server runs by itself, keeps the commonest terms of `passages` with their shares. A term
that is not among them is rarer than all of them. There is no table to keep in step, and nothing grows with
the corpus.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

_FRESH: Final = 300.0  # seconds for which a process believes what it read
# Texts looked at for one query: a term that stands in many says little, and every text takes its time.
_TEXTS: Final = 2_300
_LEAST_ASKED, _MOST_ASKED = 3, 64  # terms of one query

_STATISTICS = text("""
    SELECT common.term, common.share
    FROM pg_stats s,
        unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS common (term, share)
    WHERE s.schemaname = current_schema() AND s.tablename = 'passages' AND s.attname = 'terms'
        AND common.term IS NOT NULL
""")
_COUNT = text("SELECT reltuples FROM pg_class WHERE oid = to_regclass('passages')")


@dataclass(frozen=True)
class Frequencies:
    """Shares of the commonest terms, and how many texts there are."""

    shares: dict[str, float]
    least: float  # share below which a term is not listed
    texts: float

    def rarest(self, terms: Sequence[str]) -> list[tuple[str, float]]:
        """Return those of `terms` by which texts are looked up, the rarest first, each with its weight.

        The weight is the logarithm of how many texts there are for each that has the term.
        """
        shares = sorted(
            (self.shares.get(term, self.least / 3), place, term) for place, term in enumerate(terms)
        )
        asked: list[tuple[str, float]] = []
        looked_at = 0.0
        for share, _, term in shares[:_MOST_ASKED]:
            looked_at += share * self.texts
            if looked_at > _TEXTS and len(asked) >= _LEAST_ASKED:
                break
            asked.append((term, math.log(1 / max(share, 1e-7))))
        return asked


_NOTHING_KNOWN = Frequencies({}, 0.001, 0.0)
_read: WeakKeyDictionary[Engine, tuple[float, Frequencies]] = WeakKeyDictionary()


def of(session: Session) -> Frequencies:
    """Return the frequencies in the database of `session`, read at most once in five minutes by a process."""
    engine = session.get_bind().engine
    at, known = _read.get(engine, (-math.inf, _NOTHING_KNOWN))
    if time.monotonic() - at > _FRESH:
        known = read(session)
        _read[engine] = (time.monotonic(), known)
    return known


def read(session: Session) -> Frequencies:
    """Return what the server knows now; nothing before its first ANALYZE."""
    shares = {row.term: float(row.share) for row in session.execute(_STATISTICS)}
    texts = max(0.0, float(session.scalar(_COUNT) or 0))
    return Frequencies(shares, min(shares.values()), texts) if shares else _NOTHING_KNOWN
