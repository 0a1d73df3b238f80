"""Lines of text files that may be compressed."""

import gzip
from collections.abc import Iterator
from pathlib import Path


def rows(path: Path) -> Iterator[str]:
    """Yield the lines of `path` or of `path`.gz."""
    found = path if path.exists() else path.with_name(path.name + ".gz")
    data = found.read_bytes()
    yield from (gzip.decompress(data) if found.suffix == ".gz" else data).decode("utf-8").splitlines()
