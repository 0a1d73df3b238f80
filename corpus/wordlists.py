"""Lists of words that rules look for, kept as data."""

import json
from functools import cache
from importlib import resources


def of(name: str) -> frozenset[str]:
    """Return the list `name` of data/wordlists.json. Raises KeyError."""
    return frozenset(_stored()[name])


@cache
def _stored() -> dict[str, list[str]]:
    stored: dict[str, list[str]] = json.loads(
        resources.files("corpus").joinpath("data/wordlists.json").read_text("utf-8")
    )
    return stored
