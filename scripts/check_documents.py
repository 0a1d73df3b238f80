#!/usr/bin/env python3
"""Documents: links lead somewhere, modules stay small, .env.example and the settings table are true."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from app.settings import described, example

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(([^)\s]+)\)")
MODULE_LINES = 350
ROOMS = ("app", "corpus", "intake", "models", "publish", "verify")


def tracked(pattern: str) -> list[Path]:
    """Return the files of `pattern` that belong to the project, new ones included."""
    listed = subprocess.run(  # noqa: S603  constants of this file
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def links() -> Iterator[str]:
    """Yield each relative link that leads nowhere."""
    for page in tracked("*.md"):
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            path = unquote(target.split("#")[0])
            if (
                path
                and "://" not in path
                and not path.startswith("mailto:")
                and not (page.parent / path).exists()
            ):
                yield f"{page.relative_to(ROOT)}: {target} leads nowhere"


def sizes() -> Iterator[str]:
    """Yield each module that is too long."""
    for room in ROOMS:
        for module in tracked(f"{room}/*.py"):
            lines = len(module.read_text(encoding="utf-8").splitlines())
            if lines > MODULE_LINES and "migrations" not in module.parts:
                yield f"{module.relative_to(ROOT)}: {lines} lines, {MODULE_LINES} are the limit"


def settings() -> Iterator[str]:
    """Yield what .env.example or the table in docs/operating.md does not say, or says wrongly."""
    if (ROOT / ".env.example").read_text(encoding="utf-8") != example():
        yield ".env.example is not what `kiemtin settings --example` prints"
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    for name, default, description in described():
        row = f"| `{name}` | {f'`{default}`' if default else ''} | {description} |"
        if row not in page:
            yield f"docs/operating.md lacks the row: {row}"


def main() -> int:
    """Print what is wrong; return 1 when anything is."""
    wrong = [*links(), *sizes(), *settings()]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
