import logging
import time
from typing import Any

import psutil
import pytest

from intake import apart
from tests.intake.servers import canary

HERE = "tests.intake.bombs:"


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 0, -(2**70), 1.5, "", "Xã Mường Hum\0\ud800", b"", bytes(range(256))),
        *([], [1, [2, "3"]], (), (1, (2, [b"x"])), {}, {"a": {1: b"2"}}, {(1, "x"): None}, {"bytes": "x"}),
    ],
)
def test_builtin_values_go_and_come_back_as_they_were(value: Any) -> None:
    (got,) = apart.run(HERE + "echo", value)
    assert got == value
    assert type(got) is type(value)


def test_the_child_inherits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACT_KEY", "secret")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert set(apart.run(HERE + "environment")) <= {
        *("LANG", "LC_CTYPE"),
        *("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    }
    with canary():
        assert apart.run(HERE + "open_files") == 4  # standard input, output and error, and the result


def test_what_libraries_print_does_not_reach_the_result() -> None:
    assert apart.run(HERE + "prints") == "result"


def test_threads_are_allowed() -> None:
    assert apart.run(HERE + "threads") == 2


@pytest.mark.parametrize(
    ("bomb", "limits", "reason"),
    [
        ("spin", {"cpu_s": 1}, "time"),
        ("spin", {"wall_s": 0.5}, "time"),
        ("sleep", {"wall_s": 0.5}, "time"),
        ("swell", {}, "memory"),
        ("creep", {"memory_mb": 128}, "memory"),
        ("fall", {}, "crash"),
        ("flood", {"output_mb": 1}, "output"),
        ("complain", {"output_mb": 1}, "output"),
        ("many", {}, "output"),
        ("raises", {}, "error"),
        ("leaves", {}, "error"),
        ("vanishes", {}, "output"),
        ("foreign", {}, "error"),
        ("absent", {}, "error"),
    ],
)
def test_hostile_work_ends_in_a_reason_and_in_time(bomb: str, limits: dict[str, Any], reason: str) -> None:
    started = time.monotonic()
    with pytest.raises(apart.Refused) as refused:
        apart.run(HERE + bomb, **limits)
    assert refused.value.reason == reason
    assert time.monotonic() - started < 20  # also on a busy machine


def test_hostile_nesting_is_refused_and_little_of_it_is_not() -> None:
    assert apart.run(HERE + "nested", 50)
    with pytest.raises(apart.Refused, match="error"):
        apart.run(HERE + "nested", 100_000)


@pytest.mark.parametrize(
    "words",
    [
        *(b"", b"x", b"{}", b'{"tuple":', b"\xff", b'{"type": "os.system"}', b'{"a": 1}', b"9" * 10_000),
        *(
            b'{"bytes": "\xc3"}',
            b'{"bytes": 1}',
            b'{"tuple": 1}',
            b'{"bytes": "a", "tuple": []}',
            b"[" * 100_000,
        ),
        *(b'{"dict": [[[], 1]]}', b'{"dict": [1]}', b'{"dict": 1}', b"[" + b"[]," * 1_000_000 + b"[]]"),
    ],
)
def test_hostile_answers_of_the_child_are_refused(words: bytes) -> None:
    with pytest.raises(apart.Refused) as refused:
        apart.run(HERE + "forged", words)
    assert refused.value.reason == "output"


@pytest.mark.parametrize("what", ["fork", "exec", "run", "connect", "datagram", "kill parent", "leave group"])
def test_hostile_steps_out_of_the_child_are_refused(what: str) -> None:
    with canary() as (port, knocks):
        assert apart.run(HERE + "attempts", what, port) == "PermissionError"
    assert knocks == []


def test_the_log_says_what_happened_in_one_short_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(apart.Refused):
        apart.run(HERE + "raises")
    (line,) = [record.getMessage() for record in caplog.records]
    assert "bombs:raises" in line
    assert "ValueError" in line
    assert "\n" not in line
    assert len(line) < 1_000


def test_no_child_is_left_behind() -> None:
    before = set(psutil.Process().children(recursive=True))
    for bomb in ("sleep", "fall"):
        with pytest.raises(apart.Refused):
            apart.run(HERE + bomb, wall_s=0.3)
    assert set(psutil.Process().children(recursive=True)) <= before


def test_calm_work_does_not_wait_for_the_rest() -> None:
    spent: list[float] = []
    taken = 0
    while apart._slots.acquire(blocking=False):  # noqa: SLF001  everybody else reads something long
        taken += 1
    try:
        assert apart.run("intake.robots:ask", "", "KiemTin", "https://a.vn/", calm=True, told=spent.append)
    finally:
        apart._slots.release(taken)  # noqa: SLF001
    assert taken >= 2
    assert 0 < spent[0] < 20
