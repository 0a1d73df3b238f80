"""How commands speak: results to stdout, everything else to stderr."""

import sys

import typer


def say(line: str) -> None:
    """Write one line of progress to stderr."""
    typer.echo(line, err=True)


def result(line: str) -> None:
    """Write one line of the result to stdout, whatever the terminal's encoding can show."""
    encoding = sys.stdout.encoding or "utf-8"
    typer.echo(line.encode(encoding, "replace").decode(encoding))
