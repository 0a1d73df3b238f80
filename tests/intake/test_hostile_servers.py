"""Every hostile server is visited once, all at the same time, under the true limits, beside healthy ones."""

import dataclasses
import socket
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import pytest_socket

from intake import apart, fetch
from tests.intake import hostile
from tests.intake.servers import canary, certificate, open_to, page, serving

HEALTHY = 20
NOW = "2026-11-22T08:00:00+00:00"
INSIDE = {
    "zero": "http://0.0.0.0:{shut}/",
    "user-info": "http://127.0.0.1:{port}@127.0.0.1:{canary}/",
    "long-address": "http://127.0.0.1:{port}/" + "x" * 100_000,
    "port-22": "http://127.0.0.1:22/",
    "port-25": "http://127.0.0.1:25/",
    "port-5432": "http://127.0.0.1:5432/",
    "port-6379": "http://127.0.0.1:6379/",
    "mixed-addresses": "http://mixed.example:{port}/",
    "look-alike": "http://lаocai.example:{shut}/",  # the first a is Cyrillic
    "another-name-of-inside": "http://inside.example:{shut}/",
    "slow-name-server": "http://slow.example/",
}


@dataclasses.dataclass
class Outcome:
    """How one fetch ended."""

    seconds: float
    error: Exception | None
    answer: fetch.Fetched | None


@dataclasses.dataclass
class Run:
    """What came of visiting them all."""

    outcomes: dict[str, Outcome]
    healthy: list[float]
    sent: dict[str, int]
    knocks: list[str]


NAMES = {
    "mixed.example": ["127.0.0.1", "10.0.0.7"],
    "inside.example": ["::1"],
    "xn--locai-4ve.example": ["::1"],
}


def row(address: str, port: int) -> tuple[object, ...]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return (family, socket.SOCK_STREAM, 6, "", (address, port))


def names(host: str, port: int, *_args: object, **_kwargs: object) -> list[object]:
    """Stand in for the name server."""
    if host == "slow.example":
        time.sleep(25)
    if host in NAMES:
        return [row(address, port) for address in NAMES[host]]
    return [row(str(found[4][0]), port) for found in real(host, port)]


real = socket.getaddrinfo


def timed(url: str, limits: fetch.Limits) -> Outcome:
    started = time.monotonic()
    try:
        answer = fetch.get(url, limits=limits)
    except Exception as error:  # noqa: BLE001  judged by the test
        return Outcome(time.monotonic() - started, error, None)
    return Outcome(time.monotonic() - started, None, answer)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One run over all of them, with the true limits of time and bytes."""
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    secure, trust = certificate(tmp_path_factory.mktemp("tls"))
    with (
        pytest.MonkeyPatch.context() as patch,
        canary() as (port, knocks),
        canary("::1") as (shut, more),
        hostile.laid(secure, port, shut) as ground,
        serving(page("<p>Tin của tỉnh</p>".encode())) as good,
        ThreadPoolExecutor(100) as pool,
    ):
        patch.setattr(socket, "getaddrinfo", names)
        limits = open_to(ground.port, ground.silent, ground.stalled, good, shut, trust=trust)
        urls = {name: f"http://127.0.0.1:{ground.port}/{name}" for name in
                (*hostile.STALLING, *hostile.BREAKING, *hostile.READABLE)}  # fmt: skip
        urls |= {
            "silent": f"http://127.0.0.1:{ground.silent}/",
            "stalled-handshake": f"https://127.0.0.1:{ground.silent}/",
            "stalled-tls": f"https://127.0.0.1:{ground.stalled}/",
            "plain-where-tls-is-meant": f"https://127.0.0.1:{ground.port}/",
        }
        urls |= {name: url.format(port=ground.port, canary=port, shut=shut) for name, url in INSIDE.items()}
        outcomes = {name: pool.submit(timed, url, limits) for name, url in urls.items()}
        healthy: list[Future[Outcome]] = []
        for _ in range(HEALTHY):
            healthy.append(pool.submit(timed, f"http://127.0.0.1:{good}/", limits))
            time.sleep(0.9)
        done = {name: future.result() for name, future in outcomes.items()}
        fine = [future.result() for future in healthy]
        assert all(one.answer is not None and one.answer.status == 200 for one in fine)
        yield Run(done, [one.seconds for one in fine], ground.sent, knocks + more)
    pytest_socket.enable_socket()


STALLING = [
    *hostile.STALLING,
    "silent",
    "stalled-handshake",
    "stalled-tls",
    "plain-where-tls-is-meant",
    "slow-name-server",
]
REFUSED = [
    *(name for name in hostile.BREAKING if name.startswith("redirect")),
    *("endless-body", "endless-chunks", "ten-gigabytes", "many-headers"),
    *("gzip-bomb", "deflate-bomb", "gzip-bomb-10-gb", "gzip-in-gzip", "gzip-of-many-members"),
    *("brotli-bomb", "zstd-bomb"),
    *(name for name in INSIDE if name != "slow-name-server"),
]
BROKEN = [name for name in hostile.BREAKING if name not in REFUSED]


def test_hostile_servers_are_at_least_as_many_as_the_list_has() -> None:
    assert len({*STALLING, *REFUSED, *BROKEN, *hostile.READABLE}) >= 45


@pytest.mark.parametrize("name", STALLING)
def test_hostile_stalling_ends_when_time_is_up(name: str, run: Run) -> None:
    outcome = run.outcomes[name]
    assert isinstance(outcome.error, fetch.Unreached)
    assert 18.5 < outcome.seconds < 20.5  # what a busy machine adds


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_answers_and_addresses_are_refused(name: str, run: Run) -> None:
    outcome = run.outcomes[name]
    assert isinstance(outcome.error, fetch.Refused), outcome
    assert outcome.seconds < 15


@pytest.mark.parametrize("name", BROKEN)
def test_hostile_brokenness_is_not_an_answer(name: str, run: Run) -> None:
    outcome = run.outcomes[name]
    assert isinstance(outcome.error, fetch.Unreached | fetch.Refused), outcome
    assert outcome.seconds < 15


@pytest.mark.parametrize("name", hostile.READABLE)
def test_hostile_content_comes_within_the_limits(name: str, run: Run) -> None:
    outcome = run.outcomes[name]
    assert outcome.error is None
    assert outcome.answer is not None
    assert len(outcome.answer.content) <= fetch.DEFAULT.unpacked
    assert outcome.seconds < 15


@pytest.mark.parametrize("name", hostile.READABLE)
def test_hostile_content_harms_nobody_who_reads_it(name: str, run: Run) -> None:
    answer = run.outcomes[name].answer
    assert answer is not None
    about = (answer.content, answer.url, answer.media_type)
    words = read("intake.readable:read", *about, NOW)
    assert words is None or "root:" not in str(words)
    reading = read("intake.feedreading:read", *about, "feed", NOW)
    for item in reading["items"] if reading else ():
        assert item["url"].startswith(("http://", "https://"))
        assert "<" not in item["title"]
        assert "root:" not in item["title"]
    assert run.knocks == []  # nothing that the content names was asked for


def read(function: str, *about: object) -> Any:
    """Return what a reader makes of it, or None where its limits of time and memory stopped it."""
    try:
        return apart.run(function, *about, cpu_s=5, wall_s=15)
    except apart.Refused as refused:
        if refused.reason in {"crash", "error"}:
            raise
        return None


def test_hostile_servers_are_read_no_further_than_the_limit(run: Run) -> None:
    slack = 8 * hostile.MB  # what the two kernels' buffers hold on loopback
    assert max(run.sent.values()) <= fetch.DEFAULT.wire + slack
    assert run.sent["ten-gigabytes"] <= slack  # it says how much it is


def test_hostile_servers_do_not_delay_healthy_ones(run: Run) -> None:
    assert len(run.healthy) == HEALTHY
    assert max(run.healthy) < 2


def test_hostile_servers_lead_nobody_to_the_canaries(run: Run) -> None:
    assert run.knocks == []


@pytest.mark.parametrize(
    "name", ["gzip-bomb", "gzip-bomb-10-gb", "deflate-bomb", "endless-body", "endless-headers"]
)
def test_hostile_bombs_take_little_memory(name: str, tmp_path: Path) -> None:
    secure, _ = certificate(tmp_path)
    with hostile.laid(secure, 1, 1) as ground:
        tracemalloc.start()
        try:
            with pytest.raises((fetch.Refused, fetch.Unreached)):
                fetch.get(f"http://127.0.0.1:{ground.port}/{name}", limits=open_to(ground.port))
            peak = tracemalloc.get_traced_memory()[1]  # the server's own memory counts too
        finally:
            tracemalloc.stop()
    assert peak < 64 * hostile.MB


def test_hostile_second_answer_of_the_name_server_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int, *_args: object, **_kwargs: object) -> list[object]:
        if host != "rebind.example":
            return [row(host, port)]
        asked.append(host)
        return [row("127.0.0.1" if len(asked) == 1 else "::1", port)]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with canary("::1") as (shut, knocks), serving(page(b"first")) as port:
        limits = open_to(port, shut)
        url = f"http://rebind.example:{port}/"
        assert fetch.get(url, limits=limits).content == b"first"
        assert len(asked) == 1  # the connection goes to what was vetted: nobody asks again
        with pytest.raises(fetch.Refused, match="public"):
            fetch.get(url, limits=limits)
    assert knocks == []
