"""The command that measures matching on a set of texts with known answers: evaluate."""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.showing import result
from app.refused import StartRefused
from app.settings import read

if TYPE_CHECKING:
    from rich.progress import Progress
    from sqlalchemy.orm import Session

    from corpus.encoder import Encoder
    from corpus.evaluation import Collection
    from corpus.meanings import Meanings

_COLUMNS = ("map@5", "mrr", "p@1", "success@5", "success@10", "ndcg@10", "ece", "auc_match")


def evaluate(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, show_default=False)],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    vectors: Annotated[Path | None, typer.Option(help="Keeps vectors of texts between runs.")] = None,
) -> None:
    """Measure matching on FOLDER: corpus.jsonl and queries.jsonl (id, text), qrels.tsv (query, text); or .gz.

    The texts become confirmed claims of a throw-away database, and the search that serves reports answers
    every query. The installation's own database is not touched; the embedded PostgreSQL must be installed.
    """
    from corpus import encoder, evaluation, meanings  # noqa: PLC0415

    settings = read()
    try:
        known = evaluation.read(folder)
    except (OSError, ValueError, KeyError) as exc:
        raise StartRefused(f"{folder} cannot be read as an evaluation set: {exc!r}.", exit_code=65) from exc
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, so that no server stays running
    model = encoder.load(settings.encoder_model, "direct", threads=os.cpu_count() or 1)
    with _throw_away() as session:
        found = _measured(session, known, model, meanings.Meanings(model, vectors))
    if as_json:
        result(json.dumps(found, ensure_ascii=False))
    else:
        _show(found)


@contextmanager
def _throw_away() -> Iterator["Session"]:
    """Yield a session on an empty migrated database that is gone afterwards."""
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from app import embedded, migrate  # noqa: PLC0415
    from app.engine import make_engine  # noqa: PLC0415

    with embedded.throw_away() as cluster:
        engine = make_engine(cluster.url(), name="kiemtin evaluate", owner=True)
        migrate.upgrade(engine)
        with Session(engine) as session, session.begin():
            yield session
        engine.dispose()


def _measured(session: "Session", known: "Collection", model: "Encoder", kept: "Meanings") -> dict[str, Any]:
    from corpus import evaluation  # noqa: PLC0415

    loaded = evaluation.Loaded()
    answered = []
    with _progress() as progress:
        loading = _Told(progress, "Encoding texts", len(known.corpus))
        for loaded in evaluation.load(session, known, kept, at=datetime.now(UTC), owner=True):
            loading.reached(len(loaded.ids))
        asking = _Told(progress, "Asking", len(known.questions))
        for number, question in enumerate(known.questions, start=1):
            answered.append(evaluation.ask(session, question, loaded, model))
            asking.reached(number)
    return evaluation.summary(known, loaded, answered, model)


class _Told:
    """How far a step is: a bar on a terminal, elsewhere a line for each tenth."""

    def __init__(self, progress: "Progress", what: str, total: int) -> None:
        self._progress, self._what, self._total, self._tenth = progress, what, total, 0
        self._task = progress.add_task(what, total=total)

    def reached(self, done: int) -> None:
        self._progress.update(self._task, completed=done)
        tenth = done * 10 // self._total
        if tenth > self._tenth and not self._progress.console.is_terminal:
            print(f"{self._what}: {done:,} of {self._total:,}", file=sys.stderr, flush=True)  # noqa: T201
        self._tenth = tenth


def _progress() -> "Progress":
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415
    from rich.progress import TimeRemainingColumn as Remaining  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
    return Progress(*columns, console=Console(stderr=True))  # stdout is for the result alone


def _show(found: Mapping[str, Any]) -> None:
    result(f"{found['queries']} queries, {found['corpus']} texts, ranker {found['ranker']}")
    result(" " * 16 + "".join(f"{name:>11}" for name in _COLUMNS))
    lines = {
        "all": found,
        **{f"  {name}": one for name, one in found["groups"].items()},
        **found["baselines"],
    }
    for name, one in lines.items():
        cells = (f"{one[column]:>11.4f}" if column in one else f"{'-':>11}" for column in _COLUMNS)
        result(f"{name:16}" + "".join(cells))
    result(
        f"ece {found['ece']:.4f}; {found['ece_calibrated']:.4f} where people have decided of as many others; "
        f"{found['ece_by_chance']:.4f} if every probability were right"
    )
    times = found["latency_ms"]
    result(f"one query, encoding included: p50 {times['p50']:.0f} ms, p95 {times['p95']:.0f} ms")


def register(app: typer.Typer) -> None:
    """Hang the command into `app`."""
    app.command()(evaluate)
