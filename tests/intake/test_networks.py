import pytest

from intake import networks
from intake.networks import NARROW, WIDE, Crowds


class Clock:
    now = 1_000_000 * networks.WINDOW + 30.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.52.3.4", "1.52.3.4"),
        ("2405:4800:1:2::1", "2405:4800:1:2:ffff::9"),  # a /64: one line
        ("1.52.3.4", "::ffff:1.52.3.4"),
    ],
)
def test_one_line_counts_as_one(clock: Clock, one: str, other: str) -> None:
    crowds = Crowds(clock)
    for _ in range(NARROW):
        assert crowds.count(one) <= 1
    assert crowds.count(other) > 1


@pytest.mark.parametrize(
    ("pattern", "outside"),
    [("1.52.3.{}", "1.52.4.1"), ("2405:4800:1:{:x}::1", "2405:4800:2:1::1")],
)
def test_neighbours_count_together_later(clock: Clock, pattern: str, outside: str) -> None:
    crowds = Crowds(clock)
    found = [crowds.count(pattern.format(number % 200)) for number in range(WIDE + 1)]
    assert max(found[:-1]) <= 1 < found[-1]
    assert crowds.count(outside) < 1


@pytest.mark.parametrize(
    "host",
    [None, "", "testclient", "127.0.0.1", "::1", "10.1.2.3", "192.168.1.9", "172.20.0.3", "100.64.0.1",
     "169.254.1.1", "fd00::1", "fe80::1%eth0", "0.0.0.1", "::ffff:10.0.0.1", "224.0.0.1", "1.2.3.4, 5.6.7.8"],
)  # fmt: skip
def test_what_is_no_public_address_makes_no_crowd(clock: Clock, host: str | None) -> None:
    crowds = Crowds(clock)
    assert {crowds.count(host) for _ in range(2 * WIDE)} == {0.0}


def test_everything_is_forgotten_with_the_window_and_its_key(clock: Clock) -> None:
    crowds = Crowds(clock)
    for _ in range(NARROW + 1):
        crowds.count("1.52.3.4")
    known, key = set(vars(crowds)["_counts"]), vars(crowds)["_key"]
    assert crowds.seconds_left() == networks.WINDOW - 30
    clock.now += crowds.seconds_left()
    assert crowds.count("1.52.3.4") < 1
    assert vars(crowds)["_key"] != key
    assert known.isdisjoint(vars(crowds)["_counts"])


def test_memory_is_bounded_and_the_busiest_stay_known(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "MOST", 100)
    crowds = Crowds(clock)
    for number in range(3 * NARROW):
        crowds.count("1.52.3.4")
        crowds.count(f"2405:4800:{number:x}::1")
    assert len(vars(crowds)["_counts"]) == 100
    assert crowds.count("1.52.3.4") > 3


def test_nothing_that_is_kept_holds_an_address(clock: Clock) -> None:
    crowds = Crowds(clock)
    for host in ("1.52.3.4", "2405:4800:1:2::1"):
        crowds.count(host)
    kept = repr(vars(crowds)).encode() + b"".join(vars(crowds)["_counts"])
    for trace in (
        b"1.52",
        bytes([1, 52, 3]),
        b"2405",
        bytes.fromhex("24054800"),
        repr(bytes([1, 52, 3])).encode(),
    ):
        assert trace not in kept
