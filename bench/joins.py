"""Open reports beside each other: who says the same comes first, and what would join by itself.

`python -m bench.joins DATA` opens a case for each of the development reports in DATA, a folder as `kiemtin
train` reads it, and puts each report to the search that triage uses. Pairs about one matter belong together.
Beside it stands the same with vectors compared one way only.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import delete, update
from sqlalchemy.orm import Session, sessionmaker

from bench import house
from bench.figures import Table
from corpus import encoder, passages, search
from corpus.lines import rows
from corpus.text import normalise
from models import Case, CaseState, Passage
from verify import dedupe

_DEEP: Final = 60  # cases that a report is put beside


@dataclass(frozen=True)
class Pair:
    """A report beside the case of another one, and whether both are about one claim."""

    together: bool
    cosine: float
    probability: float
    joins: bool


def measure(table: Table, home: house.House, data: Path) -> None:
    """Add the average precision of the cosine, both ways and one way, and the joins, wrong ones apart."""
    reports = list(_reports(data))
    model, engine = encoder.load(), home.engine(owner=True)
    with Session(engine) as session, session.begin():
        owners = _opened(session, [words for words, _ in reports])
    while passages.encode_some(sessionmaker(engine), model):
        pass
    queries = search.Query.several([normalise(words) for words, _ in reports], model)
    with Session(engine) as session:
        both = list(_pairs(session, queries, reports, owners))
        session.execute(update(Passage).values(asking=None))
        one_way = list(_pairs(session, queries, reports, owners))
    engine.dispose()
    belonging = sum(one.together for one in both)
    note = f"{len(reports)} reports, {belonging} of {len(both):,} pairs belong together; peer: one way"
    precision = [_average_precision(found) for found in (both, one_way)]
    table.add("joins.cosine_ap", precision[0], "", peer=round(precision[1], 4), note=note)
    joined = [sum(one.joins for one in found) for found in (both, one_way)]
    wrong = [sum(one.joins and not one.together for one in found) for found in (both, one_way)]
    note = f"{wrong[0]} wrong; one way {wrong[1]} wrong"
    table.add("joins.by_themselves", joined[0], "pairs", peer=joined[1], note=note)
    least = max((one.probability for one in both if not one.together), default=0.0)
    table.add("joins.surest_wrong_pair", least, "", note=f"joining asks for {dedupe.SIMILAR_PROBABILITY}")


def _reports(data: Path) -> Iterator[tuple[str, str]]:
    """Yield each report with what it is about: a claim, or an event of which no claim is known."""
    for name, about in (("reports_dev.jsonl", "case_id"), ("reports_no_match_dev.jsonl", "event")):
        for row in map(json.loads, rows(data / name)):
            yield row["text"], str(row.get(about) or row["id"])


def _opened(session: Session, reports: Sequence[str]) -> list[int]:
    now = datetime.now(UTC)
    made = []
    for number, words in enumerate(reports):
        case = Case(
            number=f"B-{number}",
            statement=words,
            fingerprint=f"bench:{number}",
            opened_at=now,
            last_arrival_at=now,
        )
        session.add(case)
        session.flush()
        session.add(Passage(case_id=case.id, **passages.values(normalise(words))))
        made.append(case.id)
    return made


def _pairs(
    session: Session, queries: Sequence[search.Query], reports: Sequence[tuple[str, str]], owners: list[int]
) -> Iterator[Pair]:
    about = {owner: claim for owner, (_, claim) in zip(owners, reports, strict=True)}
    for query, own in zip(queries, owners, strict=True):
        before = session.begin_nested()
        session.execute(delete(Passage).where(Passage.case_id == own))  # as if it had not come yet
        for hit in search.cases(session, query, limit=_DEEP):
            yield Pair(
                about[hit.owner_id] == about[own],
                hit.signals["cosine"],
                hit.probability,
                dedupe.decide(hit, CaseState.OPEN) in dedupe.JOINS,
            )
        before.rollback()


def _average_precision(pairs: Sequence[Pair]) -> float:
    """Return the mean precision at each pair that belongs together, all pairs in one order by cosine."""
    together = np.array([one.together for one in sorted(pairs, key=lambda one: -one.cosine)])
    ranks = np.flatnonzero(together) + 1
    return float(np.mean(np.arange(1, len(ranks) + 1) / ranks)) if len(ranks) else 0.0


def main() -> None:
    """Measure with the reports of the folder that the argument names."""
    with house.cluster() as running, house.house(running, "bench_joins") as home:
        measure(Table(), home, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
