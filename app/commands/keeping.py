"""Commands that keep the house in order: audit verify, backup, restore, doctor."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.showing import result, say
from app.settings import read

audit = typer.Typer(no_args_is_help=True, help="The audit log.")


@audit.callback()
def _audit() -> None:
    """Keep `verify` a command of its own name."""


@audit.command("verify")
def verify(
    *,
    published: Annotated[
        str | None,
        typer.Option(help="SEQ:HASH of a checkpoint published earlier; finds a log rewritten as a whole."),
    ] = None,
) -> None:
    """Recompute the whole hash chain and check every signature. Exit code 1 when anything does not hold."""
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from app import checkpoints, opening  # noqa: PLC0415

    outside = _checkpoint(published) if published else None
    with (
        opening.database(read(), name="kiemtin audit", statement_seconds=0) as engine,
        Session(engine) as session,
    ):
        found = list(checkpoints.verify(session, published=outside))
    for finding in found:
        result(f"entry {finding.seq}: {finding.what}")
    if found:
        say(f"The audit log does not hold: {len(found)} finding(s).")
        raise typer.Exit(1)
    say("The audit log holds: no entry changed, removed or put in between.")


def _checkpoint(value: str) -> tuple[int, bytes]:
    from app.refused import StartRefused  # noqa: PLC0415

    number, _, digest = value.partition(":")
    try:
        return int(number), bytes.fromhex(digest)
    except ValueError as exc:
        raise StartRefused("--published takes SEQ:HASH, a number and 64 hex digits.", exit_code=2) from exc


def backup(target: Annotated[Path, typer.Argument(help="New file.", show_default=False)]) -> None:
    """Back up the whole database while it runs. Keys are not in it: keep STATE_DIR/keys apart."""
    from app import backup as keeper  # noqa: PLC0415

    size = keeper.save(read(), target)
    say(f"Wrote {target} ({size / 1e6:.1f} MB). The keys are not in it; keep a copy of them elsewhere.")


def restore(source: Annotated[Path, typer.Argument(help="A file of `backup`.", show_default=False)]) -> None:
    """Load a backup into an empty database. Give it the keys of the installation it came from."""
    from app import backup as keeper  # noqa: PLC0415

    keeper.restore(read(), source)
    say("Restored. `kiemtin migrate` brings an older backup up to date; `kiemtin audit verify` checks it.")


def doctor() -> None:
    """Say what is missing or unsafe in this set-up. Exit code 1 when something must be mended."""
    from app import doctor as examiner  # noqa: PLC0415

    found = list(examiner.examine(read()))
    for finding in found:
        result(f"{finding.level:4}  {finding.text}")
    if any(finding.level == "bad" for finding in found):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Hang these commands into `app`."""
    app.add_typer(audit, name="audit")
    for command in (backup, restore, doctor):
        app.command()(command)
