from datetime import UTC, datetime, timedelta

import pytest

from intake import stamps

KEY, AT = b"k" * 32, datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
STAMP = stamps.stamp(KEY, at=AT)


def test_a_stamp_tells_when_the_form_was_served() -> None:
    assert stamps.since(STAMP, KEY, at=AT + timedelta(seconds=2.5)) == timedelta(seconds=2.5)
    assert stamps.since(STAMP, KEY, at=AT + stamps.OLDEST) == stamps.OLDEST


@pytest.mark.parametrize(
    "served",
    [
        "",
        "x",
        STAMP.split(".")[0],
        "0." + STAMP.split(".")[1],
        STAMP[:-1],
        STAMP.upper(),
        "đ.ă",
        "\ud800",
        "9" * 10**6,
        stamps.stamp(b"x" * 32, at=AT),
    ],
)
def test_what_is_no_stamp_of_ours_tells_nothing(served: str) -> None:
    assert stamps.since(served, KEY, at=AT) is None


@pytest.mark.parametrize("passed", [timedelta(seconds=-5), stamps.OLDEST + timedelta(seconds=1)])
def test_a_clock_that_differs_or_a_form_from_yesterday_tells_nothing(passed: timedelta) -> None:
    assert stamps.since(STAMP, KEY, at=AT + passed) is None
