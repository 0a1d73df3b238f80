"""Proof of work: what it costs us, a browser, and a browser on a slow telephone.

The slow telephone: chromium on this machine, all its processes stopped five sixths of the time. (The
browser's own switch for it slows the page, but not the threads that do the sums.)
"""

import contextlib
import functools
import http.server
import os
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import altcha
import psutil

from bench.figures import Table
from intake import proofs

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM: Final = "/usr/bin/chromium"
SLOW: Final = 6
_STATIC: Final = Path(__file__).parent.parent / "app" / "static"
_KEY: Final = b"k" * 32
_BEAT: Final = 0.004  # seconds that it runs between two stops, at least
_SOLVE: Final = """asked => new Promise((solved, failed) => {
  const begun = performance.now(), worker = new Worker('/proof-worker.js');
  worker.onmessage = () => { worker.terminate(); solved(performance.now() - begun); };
  worker.onerror = failed;
  worker.postMessage(asked);
})"""


def measure(table: Table) -> None:
    """Measure the server's side, then the browser's where there is one."""
    at = datetime.now(UTC)
    made = proofs.challenge(_KEY, pressure=0, at=at)
    challenge = altcha.Challenge.from_dict(made)
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    payload = altcha.Payload(challenge, solution).to_base64()
    native = _each(lambda: altcha.derive_key_pbkdf2(challenge.parameters, b"s" * 16, b"p" * 20), 50)
    table.add("proof.try_ms", native, "ms", note=f"{proofs.ROUNDS} rounds of PBKDF2 by OpenSSL")
    table.add("proof.make_ms", _each(lambda: proofs.challenge(_KEY, pressure=0, at=at), 50), "ms")
    table.add("proof.check_ms", _each(lambda: proofs.read(payload, _KEY, at=at), 300), "ms", peer=1.0)
    if Path(CHROMIUM).exists():
        _browser(table)


def _each(do: Callable[[], object], times: int) -> float:
    """Return milliseconds a call, the median of `times`."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        do()
        taken.append(time.perf_counter() - begun)
    return 1000 * statistics.median(taken)


def _browser(table: Table) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  only where a browser is

    with _files() as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/favicon.svg")
        page.goto(f"http://127.0.0.1:{port}/fonts/OFL.txt")
        for name, tries in (("calm", proofs.TRIES), ("flood", proofs.TRIES_IN_A_FLOOD)):
            longest = altcha.create_challenge(
                proofs.ALGORITHM, proofs.ROUNDS, counter=tries - 1, hmac_secret=_KEY
            ).to_dict()
            note = f"the longest of {tries} tries, with the start of its worker"
            table.add(f"proof.{name}_ms", _solved(page, longest), "ms", note=note)
            with _slowed():
                slow = _solved(page, longest)
            table.add(f"proof.{name}_slow_ms", slow, "ms", peer=2000, note=f"at 1/{SLOW} of this machine")
        browser.close()


def _solved(page: "Page", challenge: dict[str, Any]) -> float:
    return statistics.median(float(page.evaluate(_SOLVE, challenge)) for _ in range(5))


@contextlib.contextmanager
def _files() -> Iterator[int]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(_STATIC))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@contextlib.contextmanager
def _slowed() -> Iterator[None]:
    """Let every process of the browser run one beat in `SLOW`."""
    stop = threading.Event()
    children = psutil.Process(os.getpid()).children(recursive=True)
    ours = [child.pid for child in children if "chrom" in child.name()]

    def tell(number: int) -> None:
        for pid in ours:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def beat() -> None:
        ran = _BEAT  # a busy machine lets it run longer than asked: then it is stopped longer
        while not stop.is_set():
            tell(signal.SIGSTOP)
            time.sleep(ran * (SLOW - 1))
            begun = time.perf_counter()
            tell(signal.SIGCONT)
            time.sleep(_BEAT)
            ran = time.perf_counter() - begun

    drummer = threading.Thread(target=beat, daemon=True)
    drummer.start()
    try:
        yield
    finally:
        stop.set()
        drummer.join()
        tell(signal.SIGCONT)
