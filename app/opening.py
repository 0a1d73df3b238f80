"""The way to the database for every command: the server of DATABASE_URL, or the embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from app import embedded
from app.engine import check, make_engine
from app.settings import Settings


@contextmanager
def address(settings: Settings) -> Iterator[str]:
    """Yield the database's URL; without DATABASE_URL the embedded server runs at least as long as this.

    Raises StartRefused when there is no such server or it cannot be started.
    """
    given = settings.secret("database_url")
    if given is not None:
        yield given
        return
    cluster = embedded.start(settings.state_dir / "postgres")
    try:
        yield cluster.url()
    finally:
        cluster.stop()


@contextmanager
def database(
    settings: Settings,
    *,
    name: str = "kiemtin",
    owner: bool = False,
    migrated: bool = True,
    statement_seconds: float = 15,
) -> Iterator[Engine]:
    """Yield an engine over the database, checked: reachable, new enough, and migrated if `migrated`.

    `owner` and `statement_seconds` are those of `make_engine`. Raises StartRefused otherwise.
    """
    with address(settings) as url:
        engine = make_engine(
            url, name=name, owner=owner, pool_size=settings.db_pool_size, statement_seconds=statement_seconds
        )
        try:
            check(engine)
            if migrated:
                # Alembic is slow to import, and --help needs none of it.
                from app import migrate  # noqa: PLC0415

                migrate.require(engine)
            yield engine
        finally:
            engine.dispose()
