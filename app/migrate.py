"""Bringing the database to the schema of this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, func, select

from app.refused import StartRefused

_FOLDER = Path(__file__).parent.parent / "models" / "migrations"
_LOCK = 0x6B74_0000


def config() -> Config:
    """Return Alembic's configuration without any file."""
    made = Config()
    made.set_main_option("script_location", str(_FOLDER))
    return made


def head() -> str | None:
    """Return the newest revision that this version knows."""
    return ScriptDirectory.from_config(config()).get_current_head()


def current(engine: Engine) -> str | None:
    """Return the revision of the database, None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine) -> bool:
    """Migrate to the newest revision; returns whether there was anything to do.

    One process migrates at a time. Raises StartRefused for a database of a newer version. `engine`
    must have the owner's rights.
    """
    script = ScriptDirectory.from_config(config())
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and found not in {revision.revision for revision in script.walk_revisions()}:
            raise StartRefused(f"The database has the schema '{found}' of a newer version of Kiểm Tin.")
        if found == script.get_current_head():
            return False
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
    return True
