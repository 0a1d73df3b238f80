"""The command `kiemtin`. Commands import lazily: `--help` is quick and nothing here loads torch."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from app.commands import accounts, house, keeping, knowledge, making, measuring, stocking
from app.commands.showing import result, say
from app.refused import StartRefused

app = typer.Typer(
    name="kiemtin",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Kiểm Tin: reports come in, people decide, corrections go out.",
)
house.register(app)
knowledge.register(app)
measuring.register(app)
stocking.register(app)
making.register(app)
keeping.register(app)
app.add_typer(accounts.accounts, name="account")


def _show_version(wanted: bool) -> None:  # noqa: FBT001  Typer's shape of a callback
    if wanted:
        result(version("kiem-tin"))
        raise typer.Exit


@app.callback()
def _options(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    shown: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options of every command; `main` looks for --debug itself, as errors end up there."""


def _sentence(error: Exception) -> tuple[str, int]:
    """Return the one sentence for `error` and the exit code."""
    if isinstance(error, StartRefused):
        return str(error), error.exit_code
    # Imported here: an error is rare, and --help must not wait for SQLAlchemy.
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    from models.errors import Refusal  # noqa: PLC0415

    if isinstance(error, Refusal):
        return f"Refused: {error}{f' ({error.field})' if error.field else ''}.", 1
    if isinstance(error, DBAPIError):
        lines = str(error.orig).strip().splitlines()
        return f"The database refused: {lines[0] if lines else 'no reason given'}.", 1
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'unexpected'} (--debug shows where).", 70


def main() -> None:
    """Run the command line. An error is one sentence on stderr and a non-zero exit code."""
    debug = "--debug" in sys.argv[1:]
    if debug:  # wherever it stands
        sys.argv = [sys.argv[0], *(one for one in sys.argv[1:] if one != "--debug")]
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(141) from None
    except Exception as error:
        if debug:
            raise
        sentence, code = _sentence(error)
        say(f"kiemtin: {sentence}")
        raise SystemExit(code) from None


if __name__ == "__main__":
    main()
