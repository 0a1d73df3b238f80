"""Long reports, most of which is talk: found by their best passage, and by the whole text beside it.

A report is a starting claim as `bench.texts` disturbs it, somewhere among sentences that report nothing
(bench/data/chatter.txt).
"""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench import texts
from bench.figures import Table, percentile
from bench.matching import Corpus
from corpus import search
from corpus.text import normalise
from models import ConfirmedClaim

_QUERIES = 40
_TALK = (60, 120, 240)  # words around a report
_DEPTH = 5


def wrapped(report: str, words: int, chance: random.Random) -> str:
    """Return `report` somewhere among sentences of talk, `words` words or a few more."""
    talk = resources.files("bench").joinpath("data/chatter.txt").read_text("utf-8").splitlines()
    around: list[str] = []
    while sum(len(one.split()) for one in around) < words:
        around.append(chance.choice(talk))
    place = chance.randrange(len(around) + 1)
    return " ".join([*around[:place], f"{report.rstrip('.')}.", *around[place:]])


def measure(table: Table, corpus: Corpus) -> None:
    """Add MAP@5 and the time for each length; beside it the same of the whole text."""
    asked = texts.disturbed(_QUERIES, seed=11)
    known = texts.claims()
    for words in _TALK:
        chance = random.Random(words)  # noqa: S311  no secrets
        reports = [(known[index], wrapped(report, words, chance)) for index, report in asked]
        engine = corpus.home.engine()
        with Session(engine) as session:
            by_passage, taken = _asked(session, corpus, reports, parts=True)
            whole, floor = _asked(session, corpus, reports, parts=False)
        engine.dispose()
        note = f"{len(reports)} reports in about {words} words of talk, {corpus.size:,} texts"
        table.add(f"search.long_{words}_map5", by_passage, "", peer=round(whole, 4), note=note)
        table.add(f"search.long_{words}_p95_ms", taken, "ms", peer=round(floor, 1))


def _asked(
    session: Session, corpus: Corpus, reports: Sequence[tuple[str, str]], *, parts: bool
) -> tuple[float, float]:
    """Return MAP@5 and the p95 of the time in milliseconds. Each report has one answer."""
    gained, taken = 0.0, []
    for claim, report in reports:
        began = time.perf_counter()
        query = search.Query.of(normalise(report), corpus.encoder)
        if not parts:
            query = replace(query, encoder=None)  # which makes the passages
        search.claims(session, query, limit=_DEPTH)  # as the worker asks
        taken.append((time.perf_counter() - began) * 1000)
        hits = search.claims(session, query, limit=_DEPTH, floor=False)
        found = session.scalars(
            select(ConfirmedClaim.id).where(
                ConfirmedClaim.id.in_([hit.owner_id for hit in hits]), ConfirmedClaim.claim == claim
            )
        ).first()
        ranks = [place for place, hit in enumerate(hits, 1) if hit.owner_id == found]
        gained += 1 / ranks[0] if ranks else 0.0
    return gained / len(reports), percentile(taken, 0.95)


if __name__ == "__main__":
    from bench import house

    with house.cluster() as running, house.house(running, "bench_longer") as home:
        grown = Corpus(home)
        grown.grow(10_000)
        measure(Table(), grown)
        grown.owner.dispose()
