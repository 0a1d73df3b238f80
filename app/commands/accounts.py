"""Commands on officers' accounts: account add, list, password, disable."""

import re
import secrets
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.showing import result, say
from app.refused import StartRefused
from app.settings import read

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from models import Officer

_USERNAME = r"[a-z0-9._-]{3,40}"  # as the database has it (models/officer.py)
accounts = typer.Typer(no_args_is_help=True, help="Officers' accounts.")
_Name = Annotated[str, typer.Argument(help="User name: a-z, 0-9, dot, dash, underscore.", show_default=False)]
_Stdin = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from stdin; else one is made and shown once."),
]


def _password(*, stdin: bool) -> tuple[str, bool]:
    """Return a password, and whether it was made here and so must be shown."""
    if stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    return secrets.token_urlsafe(15), True


def _find(session: "Session", username: str) -> "Officer":
    from sqlalchemy import select  # noqa: PLC0415

    from models import Officer  # noqa: PLC0415

    found = session.scalar(select(Officer).where(Officer.username == username.strip().lower()))
    if found is None:
        raise StartRefused(f"There is no account '{username}'.", exit_code=1)
    return found


@accounts.command("add")
def add(
    username: _Name,
    *,
    name: Annotated[str, typer.Option(help="The person's name, as shown.")],
    role: Annotated[
        list[str],
        typer.Option(help="verifier, approver, publisher, auditor or admin; may be given several times."),
    ],
    password_stdin: _Stdin = False,
) -> None:
    """Add an officer. One person may hold several roles; nobody approves or publishes their own verdict."""
    from sqlalchemy import select  # noqa: PLC0415
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from app import auth, opening  # noqa: PLC0415
    from models import Officer, Role  # noqa: PLC0415

    username = username.strip().lower()
    unknown = sorted(set(role) - {one.value for one in Role})
    if unknown:
        raise StartRefused(f"There is no role '{unknown[0]}'; the roles are {', '.join(Role)}.", exit_code=2)
    if not re.fullmatch(_USERNAME, username):
        raise StartRefused(f"'{username}' cannot be a user name: 3 to 40 of a-z, 0-9, . - _", exit_code=2)
    password, made = _password(stdin=password_stdin)
    with opening.database(read()) as engine, Session(engine) as session, session.begin():
        if session.scalar(select(Officer.id).where(Officer.username == username)):
            raise StartRefused(f"There is an account '{username}' already.", exit_code=1)
        person = auth.create(
            session, username, display_name=name, password=password, roles=role, at=datetime.now(UTC)
        )
        username = person.username
    say(f"Added {username} ({', '.join(sorted(set(role)))}).")
    if made:
        result(f"Password, shown this once: {password}")


@accounts.command("list")
def list_() -> None:
    """List the accounts: user name, roles, name."""
    from sqlalchemy import select  # noqa: PLC0415
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from app import opening  # noqa: PLC0415
    from models import Officer  # noqa: PLC0415

    with opening.database(read()) as engine, Session(engine) as session:
        for person in session.scalars(select(Officer).order_by(Officer.username)):
            marks = "".join((" (demo)" if person.demo else "", "" if person.active else " (disabled)"))
            result(f"{person.username:20} {','.join(person.roles):30} {person.display_name}{marks}")


@accounts.command("password")
def password(username: _Name, *, password_stdin: _Stdin = False) -> None:
    """Give an officer a new password and end their open sessions."""
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from app import auth, opening  # noqa: PLC0415

    chosen, made = _password(stdin=password_stdin)
    with opening.database(read()) as engine, Session(engine) as session, session.begin():
        auth.renew(session, _find(session, username), password=chosen, by=None, at=datetime.now(UTC))
    say(f"Changed the password of {username}; open sessions have ended.")
    if made:
        result(f"Password, shown this once: {chosen}")


@accounts.command("disable")
def disable(username: _Name) -> None:
    """Close an account and end its open sessions. What the person did stays on record."""
    from sqlalchemy.orm import Session  # noqa: PLC0415

    from app import auth, opening  # noqa: PLC0415

    with opening.database(read()) as engine, Session(engine) as session, session.begin():
        auth.disable(session, _find(session, username), by=None, at=datetime.now(UTC))
    say(f"Disabled {username}.")
