"""Golden documents: a change of ours shows as a difference in a file that somebody reads."""

import os
from pathlib import Path

HERE = Path(__file__).parent


def same(name: str, text: str) -> None:
    """Assert that `text` is the golden document `name`. GOLDEN=write keeps the new one instead."""
    if os.environ.get("GOLDEN") == "write":
        (HERE / name).write_text(text, encoding="utf-8")
    assert (HERE / name).read_text(encoding="utf-8") == text
