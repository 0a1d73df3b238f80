"""The way to the database for every command: the server of DATABASE_URL, or the embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from app import embedded, keys
from app.engine import check, make_engine
from app.settings import Settings


@contextmanager
def server(settings: Settings) -> Iterator[embedded.Cluster | None]:
    """Keep the embedded server running meanwhile and yield it; None where DATABASE_URL names another.

    Raises StartRefused when it cannot be started.
    """
    if settings.secret("database_url") is not None:
        yield None
        return
    cluster = embedded.start(settings.state_dir / "postgres")
    try:
        yield cluster
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

    `owner` and `statement_seconds` are those of `make_engine`. Raises StartRefused where that is not so.
    """
    with server(settings) as cluster:
        url = cluster.url() if cluster else settings.secret("database_url") or ""
        engine = make_engine(
            url, name=name, owner=owner, pool_size=settings.db_pool_size, statement_seconds=statement_seconds
        )
        try:
            check(engine)
            if migrated:
                # Alembic is slow to import, and --help needs none of it.
                from app import migrate  # noqa: PLC0415

                migrate.require(engine)
                keys.load(settings)  # numbers in texts are digested with a key, by every process the same
            yield engine
        finally:
            engine.dispose()
