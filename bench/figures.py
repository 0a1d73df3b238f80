"""The table of figures: collected by name, printed for people, written to var/bench.json."""

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path

OUT = Path("var/bench.json")


@dataclass
class Figure:
    """One measured value. `peer` is what it is compared with, `floor` the best that could be."""

    value: float
    unit: str
    peer: float | None = None
    floor: float | None = None
    note: str = ""


@dataclass
class Table:
    """All figures of one run. What was not measured is absent, never zero."""

    figures: dict[str, Figure] = field(default_factory=dict)

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        peer: float | None = None,
        floor: float | None = None,
        note: str = "",
    ) -> None:
        """Record one figure and print its line at once, so that a long run shows progress."""
        figure = Figure(round(value, 4), unit, peer, floor, note)
        self.figures[name] = figure
        beside = "".join(
            f"  {word} {number:g}"
            for word, number in (("peer", peer), ("floor", floor))
            if number is not None
        )
        print(f"{name:34} {figure.value:>12g} {unit:6}{beside}  {note}", flush=True)

    def write(self, path: Path = OUT) -> None:
        """Merge the figures into `path`; a long run adds to what a short one wrote."""
        path.parent.mkdir(parents=True, exist_ok=True)
        before = json.loads(path.read_text())["figures"] if path.exists() else {}
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
        document = {
            "machine": {
                "python": platform.python_version(),
                "system": platform.system(),
                "processor": platform.machine(),
                "cores": os.cpu_count(),
            },
            "commit": commit,
            "figures": before | {name: asdict(figure) for name, figure in self.figures.items()},
        }
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def percentile(values: list[float], share: float) -> float:
    """Return the `share` (0..1) percentile of `values` by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
