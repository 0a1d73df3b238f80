"""Search among known claims at growing sizes, and how soon a new claim is found elsewhere."""

import gc
import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, cast, select, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session, sessionmaker

from bench import filling, house, texts
from bench.figures import Table, percentile
from corpus import claims as confirmed
from corpus import diacritics, encoder, exchange, frequencies, passages, search
from corpus.encoder import Encoder
from corpus.syllables import is_syllable, unmarked
from corpus.text import normalise
from models import ClaimOrigin, ConfirmedClaim, Passage

QUERIES = 100
_WARM_UP = 10
_PAUSE = 0.005  # seconds between two queries: reports come one by one, and nobody's turn on the core ends
_COMPARED = 20  # queries whose nearest vectors are looked for in both ways
_GUIDE = Path(__file__).parent.parent / "docs" / "huong-dan"
_WORD = re.compile(r"[^\W\d_]+")
_NAMES = {10_000: "10k", 100_000: "100k", 1_000_000: "1m"}
_NEW = 7  # claims made known one after the other


class Corpus:
    """The corpus of one database while it grows."""

    def __init__(self, home: house.House) -> None:
        self.home = home
        self.encoder: Encoder = encoder.load()
        self.owner = home.engine(owner=True)
        self.size = 0
        while passages.encode_some(sessionmaker(self.owner), self.encoder):
            pass
        self._anchors = filling.anchors(self.encoder)

    def grow(self, size: int) -> None:
        """Add invented claims up to `size`, beside the starting ones."""
        seconds = filling.pad(
            self.owner, self.size, size, self._anchors, encoder=str(self.encoder.description)
        )
        print(f"  {size:,} texts; indexes built in {seconds:.0f} s", flush=True)
        self.size = size


def canonical(table: Table) -> None:
    """Measure how many texts a second are brought to their normal form."""
    for _, words in texts.disturbed(1_000, seed=4):  # a process that runs knows most words already
        normalise(words)
    given = [words for _, words in texts.disturbed(6_000, seed=5)]
    began = time.process_time()
    for words in given:
        normalise(words)
    table.add(
        "text.canonical_per_s",
        len(given) / (time.process_time() - began),
        "1/s",
        note="short reports, a second of one core",
    )


def restored(table: Table) -> None:
    """Measure how many syllables of the guide, none of which was counted, get their marks back."""
    right = total = 0
    for line in "\n".join(page.read_text("utf-8") for page in sorted(_GUIDE.glob("*.md"))).splitlines():
        canonical = normalise(line).canonical
        words, again = (
            _WORD.findall(text.lower()) for text in (canonical, diacritics.restore(unmarked(canonical)))
        )
        known = [(word, mended) for word, mended in zip(words, again, strict=False) if is_syllable(word)]
        right, total = right + sum(word == mended for word, mended in known), total + len(known)
    note = f"{total} syllables of docs/huong-dan, sent without marks"
    table.add("text.restore_accuracy", right / max(1, total), "", note=note)


def measure(table: Table, corpus: Corpus) -> None:
    """Measure the search that serves reports, encoding included, at the present size of `corpus`."""
    asked = texts.disturbed(QUERIES + _WARM_UP)
    known = texts.claims()
    engine = corpus.home.engine()
    taken, floors, spent, first, found = [], [], [], 0, 0
    gc.collect()
    gc.freeze()  # as the worker does
    for number, (index, words) in enumerate(asked):
        time.sleep(_PAUSE)
        with Session(engine) as session, session.begin():  # committed, as the worker commits each arrival
            session.connection()  # in which it has looked at the arrival before it searches
            began, cpu = time.perf_counter(), time.thread_time()
            hits = search.claims(session, search.Query.of(normalise(words), corpus.encoder))
            seconds, cpu = time.perf_counter() - began, time.thread_time() - cpu
            if number < _WARM_UP:
                continue
            said = [session.get_one(ConfirmedClaim, hit.owner_id).claim for hit in hits]
        taken.append(seconds * 1000)
        spent.append(cpu * 1000)
        first += said[:1] == [known[index]]
        found += known[index] in said
        floors.append(_floor(engine, corpus.encoder, words))
    engine.dispose()
    table.add(
        f"match.p95_ms_{_NAMES[corpus.size]}", percentile(taken, 0.95), "ms",
        floor=round(percentile(floors, 0.95), 1),
        note=f"p50 {percentile(taken, 0.5):.0f}, floor p50 {percentile(floors, 0.5):.0f}, CPU here p50 "
        f"{percentile(spent, 0.5):.0f}; {QUERIES} disturbed claims, {first} found first, {found} at all; "
        "floor: an encoding, a probe of either index",
    )  # fmt: skip


def _floor(engine: Engine, model: Encoder, words: str) -> float:
    """Return the ms that one pass of the encoder and one look into either index take."""
    normal = normalise(words)
    with Session(engine) as session, session.begin():
        session.connection()
        ((rarest, _), *_) = frequencies.of(session).rarest(passages.asked(normal))
        began = time.perf_counter()
        vector = model.encode_query([normal.canonical])[0]
        claims = select(Passage.id).where(Passage.claim_id.is_not(None)).limit(search.DEPTH)
        session.scalars(claims.order_by(Passage.embedding.max_inner_product(vector))).all()
        session.scalars(claims.where(Passage.terms.op("@@")(cast(passages.quoted(rarest), TSQUERY)))).all()
        return (time.perf_counter() - began) * 1000


def recall(table: Table, corpus: Corpus) -> None:
    """Measure how many of the nearest vectors the index finds that a look at all of them finds."""
    nearest = select(Passage.id).where(Passage.claim_id.is_not(None)).limit(search.DEPTH)
    engine, shared = corpus.home.engine(), 0
    asked = texts.disturbed(_COMPARED, seed=21)
    for _, words in asked:
        vector = corpus.encoder.encode_query([normalise(words).canonical])[0]
        ordered = nearest.order_by(Passage.embedding.max_inner_product(vector))
        with Session(engine) as session:
            found = set(session.scalars(ordered))
            session.execute(text("SET LOCAL enable_indexscan = off"))
            shared += len(found & set(session.scalars(ordered)))
    engine.dispose()
    table.add(
        f"match.dense_recall_{_NAMES[corpus.size]}", shared / (_COMPARED * search.DEPTH), "",
        note=f"of the {search.DEPTH} nearest vectors, {_COMPARED} disturbed claims; peer: looking at all",
        peer=1.0,
    )  # fmt: skip


def bulk(table: Table, corpus: Corpus) -> None:
    """Measure how many texts a second two processes bring to their normal form, encode and match."""
    command = [sys.executable, "-m", "bench.bulk", corpus.home.url]
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen(  # noqa: S603  our own module
                    [*command, str(seed)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                )
            )
            for seed in (31, 32)
        ]
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        began = time.monotonic()
        for one in running:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        answers = [json.loads(one.stdout.readline()) for one in running if one.stdout is not None]
        seconds = time.monotonic() - began
    table.add(
        "match.bulk_per_s", sum(one["texts"] for one in answers) / seconds, "1/s",
        note=f"two processes, {corpus.size:,} texts; {sum(one['first'] for one in answers)} of "
        f"{sum(one['texts'] for one in answers)} disturbed claims found first",
    )  # fmt: skip


def visible(table: Table, corpus: Corpus) -> None:
    """Measure how long after its commit here a claim is found by the search of another process."""
    with subprocess.Popen(  # noqa: S603  our own module
        [sys.executable, "-m", "bench.finding", corpus.home.url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    ) as other:  # fmt: skip
        assert other.stdin is not None
        assert other.stdout is not None
        taken = []
        for words in texts.texts(_NEW, words=(18, 30), seed=77):
            other.stdin.write(words + "\n")
            other.stdin.flush()
            assert other.stdout.readline() == "asking\n"
            time.sleep(0.3)
            committed = make_known(corpus.owner, words)
            taken.append(float(other.stdout.readline()) - committed)
        other.stdin.close()
    table.add(
        "match.visible_s", max(taken), "s",
        note=f"worst of {_NEW}, {corpus.size:,} texts, not yet encoded; p50 {percentile(taken, 0.5):.3f}",
    )  # fmt: skip


def make_known(engine: Engine, words: str) -> float:
    """Add a confirmed claim; return the moment after its commit on the monotonic clock."""
    claim = exchange.Claim(
        external_id=f"bench:{words}", claim=words, verdict="false", reason_code=None, correction="Sai.",
        corrected_by=("bench",), date=None, date_precision="day", place="", topic="linh_vuc_khac",
        original_topic="", sources=(), language="vi",
    )  # fmt: skip
    with Session(engine) as session, session.begin():
        confirmed.take_in(session, [claim], origin=ClaimOrigin.IMPORTED, at=datetime.now(UTC))
    return time.monotonic()


def sizes(*, long: bool) -> Sequence[int]:
    """Return the sizes to be measured, ascending."""
    return (10_000, 100_000, 1_000_000) if long else (10_000, 100_000)
