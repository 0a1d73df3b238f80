"""Commands that fill and empty the house: seed, corpus import, export, reindex."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.commands.showing import result, say
from app.settings import Settings, read

if TYPE_CHECKING:
    from sqlalchemy import Engine

corpus = typer.Typer(no_args_is_help=True, help="Confirmed claims: what is already known.")
# The forms of corpus.exchange, which --help must not load (a test compares the two).
ReadForm = Literal["jsonl", "csv", "claimreview", "factcheck"]
WrittenForm = Literal["jsonl", "csv", "claimreview"]
_SHOWN = 50  # refused lines printed; the count says how many more


def seed(
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="Add demo officers and reports to an empty centre.")
    ] = False,
    remove_demo: Annotated[
        bool, typer.Option("--remove-demo", help="Remove all that the demo added.")
    ] = False,
) -> None:
    """Load the plan register and the starting claims. Safe to run again."""
    settings = read()
    if remove_demo:
        _remove_demo(settings)
        return
    plant(settings, demo=demo)


def plant(settings: Settings, *, demo: bool) -> None:
    """Load the first data and, if wanted and nobody works here yet, the demonstration; say what was done."""
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from app import opening  # noqa: PLC0415
    from app import seed as first  # noqa: PLC0415

    with opening.database(settings, name="kiemtin seed", statement_seconds=0) as engine:
        with Session(engine) as session, session.begin():
            done = first.load(session, at=datetime.now(UTC))
        say(f"Plan register loaded; {done.added} confirmed claims added, {done.known} known already.")
        if demo:
            _plant_demo(settings, engine)


def _plant_demo(settings: Settings, engine: "Engine") -> None:
    from sqlalchemy.orm import sessionmaker  # noqa: PLC0415

    from app import demo as plot  # noqa: PLC0415
    from app import keys as keyring  # noqa: PLC0415
    from corpus import encoder, passages  # noqa: PLC0415
    from intake.reports import Keys  # noqa: PLC0415

    held = keyring.load(settings)
    loaded: list[encoder.Encoder] = []

    def model() -> encoder.Encoder:
        say("Encoding the starting claims …")
        loaded.append(encoder.load(settings.encoder_model, "direct"))
        while passages.encode_some(sessionmaker(engine), loaded[0]):
            pass
        return loaded[0]

    passwords = plot.plant(engine, model, Keys(code=held.code, contact=held.contact), at=datetime.now(UTC))
    if not passwords:
        return
    say("Demo officers (shown once, stored only as hashes; `kiemtin account password` makes new ones):")
    for username, password in passwords.items():
        result(f"  {username:10} {password}")


def _remove_demo(settings: Settings) -> None:
    from app import demo as plot  # noqa: PLC0415
    from app import opening  # noqa: PLC0415

    with opening.database(settings, name="kiemtin seed", owner=True, statement_seconds=0) as engine:
        count = plot.remove(engine, at=datetime.now(UTC))
    say(f"The demo is gone: {count} cases with all that belonged to them, and the demo officers.")


@corpus.command("import")
def take_in(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, show_default=False)],
    *,
    form: Annotated[
        ReadForm | None, typer.Option(help="Form of the file; else told from its content.")
    ] = None,
) -> None:
    """Add confirmed claims from FILE, none twice; each refused line is named with its reason."""
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from app import opening  # noqa: PLC0415
    from corpus import claims, exchange  # noqa: PLC0415
    from models import ClaimOrigin  # noqa: PLC0415

    with (
        opening.database(read(), name="kiemtin corpus", statement_seconds=0) as engine,
        Session(engine) as session,
        session.begin(),
    ):
        rows = exchange.read(file.read_bytes(), form=exchange.Form(form) if form else None)
        done = claims.take_in(session, rows, origin=ClaimOrigin.IMPORTED, at=datetime.now(UTC))
    for refused in done.refused[:_SHOWN]:
        result(f"line {refused.number}: {refused.code}: {refused.detail}")
    if len(done.refused) > _SHOWN:
        say(f"… and {len(done.refused) - _SHOWN} more.")
    say(f"{done.added} added, {done.known} known already, {len(done.refused)} refused.")
    if done.refused and not done.added and not done.known:
        raise typer.Exit(1)


@corpus.command("export")
def give_out(
    file: Annotated[Path, typer.Argument(dir_okay=False, writable=True, show_default=False)],
    *,
    form: Annotated[WrittenForm, typer.Option(help="Form of the file.")] = "jsonl",
) -> None:
    """Write all confirmed claims that stand to FILE, which must not exist."""
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from app import opening  # noqa: PLC0415
    from corpus import claims, exchange  # noqa: PLC0415

    with (
        opening.database(read(), name="kiemtin corpus", statement_seconds=0) as engine,
        Session(engine) as session,
    ):
        rows = list(claims.give_out(session))
    with file.open("xb") as out:
        out.write(exchange.write(rows, exchange.Form(form)))
    say(f"{len(rows)} claims written.")


@corpus.command("reindex")
def reindex() -> None:
    """Bring every text to today's normal form; the worker encodes them anew while search goes on."""
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from app import opening  # noqa: PLC0415
    from corpus import claims  # noqa: PLC0415

    with (
        opening.database(read(), name="kiemtin corpus", statement_seconds=0) as engine,
        Session(engine) as session,
        session.begin(),
    ):
        count = claims.reindex(session)
    say(f"{count} texts brought to the present form; the worker encodes them now.")


def register(app: typer.Typer) -> None:
    """Hang these commands into `app`."""
    app.command()(seed)
    app.add_typer(corpus, name="corpus")
