"""Somebody who does the work of a challenge, and what they hand in."""

import base64
import json
from typing import Any

import altcha

from intake import proofs


def solved(challenge: dict[str, Any]) -> dict[str, Any]:
    """Return challenge and solution, as they are handed in."""
    found = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    assert found is not None
    return {"challenge": challenge, "solution": {"counter": found.counter, "derivedKey": found.derived_key}}


def packed(payload: object) -> str:
    return base64.b64encode(json.dumps(payload).encode()).decode()


def proof(key: bytes, **asked: Any) -> str:
    """Return a fresh proof under `key`."""
    return packed(solved(proofs.challenge(key, **asked)))
