"""When a form was served, carried in the form itself and signed, so that nothing is remembered here."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

OLDEST: Final = timedelta(days=1)  # a form left open longer says nothing any more
_LIMIT: Final = 60  # characters of a whole stamp


def stamp(key: bytes, *, at: datetime) -> str:
    """Return the stamp of a form that is served at `at`; `key` is the house's code key."""
    moment = str(int(at.timestamp() * 1000))
    return f"{moment}.{_signature(key, moment)}"


def since(served: str, key: bytes, *, at: datetime) -> timedelta | None:
    """Return how long before `at` the form was served, or None where `served` does not tell.

    Absent, foreign, older than a day, or of a machine whose clock is ahead: nothing follows from these.
    """
    moment, _, signature = served[:_LIMIT].partition(".")
    if not served.isascii() or not hmac.compare_digest(signature.encode(), _signature(key, moment).encode()):
        return None
    passed = at - datetime.fromtimestamp(int(moment) / 1000, tz=UTC)
    return passed if timedelta(0) <= passed <= OLDEST else None


def _signature(key: bytes, moment: str) -> str:
    return hmac.digest(key, b"form served\0" + moment.encode(), hashlib.sha256).hex()[:32]
