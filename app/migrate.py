"""Bringing the database to the schema of this version."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import ProgrammingError

from app.refused import StartRefused

_FOLDER: Final = Path(__file__).parent.parent / "models" / "migrations"
_LOCK: Final = 0x6B74_0000
_NEWER: Final = (
    "The database has schema '{found}', which this version of Kiểm Tin does not know: it belongs to a newer "
    "version; install that one."
)


def config() -> Config:
    """Return Alembic's configuration without any file."""
    made = Config()
    made.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return made


def head() -> str | None:
    """Return the newest revision that this version knows."""
    return ScriptDirectory.from_config(config()).get_current_head()


def current(engine: Engine) -> str | None:
    """Return the revision of the database, None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require(engine: Engine) -> None:
    """Raise StartRefused, in one sentence, unless the database has exactly the schema of this version."""
    with engine.connect() as connection:
        found = _known(connection)
    if found != head():
        has = f"schema '{found}'" if found else "no schema"
        raise StartRefused(
            f"The database has {has}, this version needs '{head()}'; run `kiemtin migrate` first."
        )


def upgrade(engine: Engine) -> bool:
    """Migrate to the newest revision; return whether there was anything to do.

    One process migrates at a time, and the whole migration happens or none of it. `engine` must have the
    owner's rights. Raises StartRefused for a database of a newer version or a right that is missing.
    """
    try:
        with engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            if _known(connection) == head():
                return False
            settings = config()
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
    except ProgrammingError as exc:
        if getattr(exc.orig, "sqlstate", "") != "42501":  # insufficient_privilege
            raise
        reason = str(exc.orig).strip().splitlines()[0]
        hint = " (let an administrator run CREATE EXTENSION vector in it)" if "extension" in reason else ""
        raise StartRefused(f"The database user may not migrate this database: {reason}{hint}.") from exc
    return True


def _known(connection: Connection) -> str | None:
    """Return the revision of the database. Raises StartRefused when only a newer version knows it."""
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if found is not None and found not in known:
        raise StartRefused(_NEWER.format(found=found))
    return found
