"""Where the time of a search goes: `python -m bench.stages`, in CPU time, which a crowd disturbs least.

Each stage is timed without those inside it. What the server spends is read from the kernel's own books, so it
is only known on Linux, and where the server may be looked at.
"""

import gc
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final
from unittest import mock

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import house, texts
from bench.matching import Corpus
from corpus import candidates, directly, lexical, reasons, search
from corpus.encoder import Encoder
from corpus.signals import Comparison
from corpus.text import normalise

_QUERIES, _WARM_UP = 200, 20
_SIZE = 10_000
_STAGES: Final[dict[str, tuple[Any, str]]] = {
    "marks": (search, "readable"),
    "encoder": (Encoder, "encode_query"),
    "candidates": (candidates, "find"),
    "talking to the server": (directly, "rows"),
    "signals": (Comparison, "table"),
    "letters and words": (lexical, "similarity"),
    "reasons": (reasons, "explain"),
}


class Stopwatch:
    """CPU seconds of this thread by stage."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._inside = [0.0]

    @contextmanager
    def stage(self, name: str) -> Any:  # noqa: ANN401  a generator for contextmanager
        """Count what happens meanwhile as `name`, without the stages inside it."""
        self._inside.append(0.0)
        began = time.thread_time()
        try:
            yield
        finally:
            took = time.thread_time() - began
            self.spent[name] += took - self._inside.pop()
            self._inside[-1] += took

    def watched(self, name: str, of: Callable[..., Any]) -> Callable[..., Any]:
        """Return `of` with its time counted as `name`."""

        def timed(*given: Any, **named: Any) -> Any:  # noqa: ANN401  whatever `of` takes and gives
            with self.stage(name):
                return of(*given, **named)

        return timed


def measure(corpus: Corpus) -> None:
    """Print the mean CPU ms a search of each stage, of all of them, and of the server."""
    engine, watch = corpus.home.engine(), Stopwatch()
    server: list[float] = []
    with ExitStack() as stack:
        for name, (owner, function) in _STAGES.items():
            timed = watch.watched(name, getattr(owner, function))
            stack.enter_context(mock.patch.object(owner, function, timed))
        gc.collect()
        gc.freeze()
        for number, (_, words) in enumerate(texts.disturbed(_QUERIES + _WARM_UP)):
            if number == _WARM_UP:
                watch.spent.clear()
                server.clear()
            with Session(engine) as session, session.begin():
                process = session.scalar(text("SELECT pg_backend_pid()"))
                before = _cpu(process)
                with watch.stage("all else"):
                    with watch.stage("normal form"):
                        normal = normalise(words)
                    search.claims(session, search.Query.of(normal, corpus.encoder))
                server.append(_cpu(process) - before)
    engine.dispose()
    for name, seconds in sorted(watch.spent.items(), key=lambda it: -it[1]):
        print(f"{name:24} {seconds / _QUERIES * 1000:6.2f} ms")
    print(f"{'here':24} {sum(watch.spent.values()) / _QUERIES * 1000:6.2f} ms")
    print(f"{'in the server':24} {np.mean(server) * 1000:6.2f} ms")


def _cpu(process: int | None) -> float:
    """Return the CPU seconds that a process has had."""
    return int(Path(f"/proc/{process}/schedstat").read_text("ascii").split()[0]) / 1e9


if __name__ == "__main__":
    with house.cluster() as running, house.house(running, "bench_stages") as home:
        grown = Corpus(home)
        grown.grow(_SIZE)
        measure(grown)
        grown.owner.dispose()
