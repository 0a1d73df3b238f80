"""Commands that run the house: run, serve, work, migrate, settings."""

from typing import Annotated

import typer

from app.commands.showing import result, say
from app.settings import Settings, described, example, read

_Fd = Annotated[int | None, typer.Option(hidden=True, help="Set by `kiemtin run`.")]


def run() -> None:
    """Run everything on this machine: database, migrations, first data, web and worker. Ctrl-C stops it."""
    from app import supervisor  # noqa: PLC0415

    supervisor.run(read(), say=say)


def prepare() -> None:
    """Bring schema and first data to where this version wants them: the first step of `run`."""
    from app.commands import stocking  # noqa: PLC0415

    settings = read()
    _migrate(settings)
    stocking.plant(settings, demo=settings.demo)


def serve(socket_fd: _Fd = None, lifeline: _Fd = None) -> None:
    """Serve the site and the API. Any number of these may run on one database."""
    from app import serving  # noqa: PLC0415

    serving.serve(read(), socket_fd=socket_fd, lifeline=lifeline)


def work(lifeline: _Fd = None) -> None:
    """Do the worker's part: triage, matching, capture, timetable. Any number of these may run."""
    from app import serving  # noqa: PLC0415

    serving.work(read(), lifeline=lifeline)


def migrate() -> None:
    """Bring the database to the schema of this version."""
    _migrate(read())


def _migrate(settings: Settings) -> None:
    from app import migrate, opening  # noqa: PLC0415

    with opening.database(settings, name="kiemtin migrate", owner=True, migrated=False) as engine:
        changed = migrate.upgrade(engine)
    say(f"Schema '{migrate.head()}'{'' if changed else ', as it was'}.")


def settings(
    *,
    as_example: Annotated[bool, typer.Option("--example", help="Print the text of .env.example.")] = False,
) -> None:
    """List every setting, its default and what it means. Values are not shown: some are secret."""
    if as_example:
        result(example().rstrip("\n"))
        return
    for name, default, description in described():
        result(f"{name}={default}\n    {description}")


def register(app: typer.Typer) -> None:
    """Hang these commands into `app`."""
    for command in (run, serve, work, migrate, settings):
        app.command()(command)
    app.command(hidden=True)(prepare)
