"""How the syllable counts of this room are made.

python -m corpus.train diacritics FILE=ORIGIN...
"""

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpus import diacritics
from corpus.text import normalise

_DATA = Path(__file__).parent / "data"


def rows(path: Path) -> Iterator[str]:
    """Yield the lines of `path` or of `path`.gz."""
    found = path if path.exists() else path.with_name(path.name + ".gz")
    data = found.read_bytes()
    yield from (gzip.decompress(data) if found.suffix == ".gz" else data).decode("utf-8").splitlines()


def train_diacritics(sources: Sequence[tuple[Path, str]]) -> bytes:
    """Count the syllables of JSON lines (every field that holds text) and return the table as a file."""
    texts: list[str] = []
    for path, _ in sources:
        for row in map(json.loads, rows(path)):
            texts += [
                normalise(row[name]).canonical for name in ("text", "claim", "correction") if name in row
            ]
    return diacritics.build(texts, "; ".join(origin for _, origin in sources))


def main() -> None:
    """Read the command line, train, and write the artefact into `corpus/data`."""
    parser = argparse.ArgumentParser(prog="python -m corpus.train")
    kinds = parser.add_subparsers(dest="kind", required=True)
    counts = kinds.add_parser("diacritics")
    counts.add_argument("sources", nargs="+", help="FILE=ORIGIN")
    asked = parser.parse_args()
    split = [source.rpartition("=") for source in asked.sources]
    (_DATA / "syllables.npz").write_bytes(
        train_diacritics([(Path(path), origin) for path, _, origin in split])
    )


if __name__ == "__main__":
    main()
