"""The connection pool to PostgreSQL, and the plain refusals when the server is not what is needed."""

from typing import Any, Final

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from app.refused import StartRefused

OLDEST: Final = 150000  # PostgreSQL 15, as server_version_num

# Web and worker run as this role where migrations could make it: it may not change the audit log or
# what was published. Before the first migration it owns no right, hence the last condition.
_ASSUME_ROLE: Final = """
SELECT set_config('role', 'kiemtin_app', false) FROM pg_roles r
WHERE r.rolname = 'kiemtin_app' AND pg_has_role(session_user, r.oid, 'MEMBER')
  AND to_regclass('public.alembic_version') IS NOT NULL
  AND has_table_privilege(r.oid, to_regclass('public.alembic_version'), 'SELECT')
"""


def address(url: str) -> str:
    """Return `url` with the driver named. Raises StartRefused when it is no PostgreSQL address."""
    try:
        parsed = make_url(url)
    except ArgumentError as exc:
        raise StartRefused("DATABASE_URL is not a database address.", exit_code=78) from exc
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise StartRefused(
            "DATABASE_URL must start with postgresql://; no other database is supported.", exit_code=78
        )
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def make_engine(
    url: str,
    *,
    name: str = "kiemtin",
    pool_size: int = 5,
    statement_seconds: float = 15,
    lock_seconds: float = 5,
    owner: bool = False,
) -> Engine:
    """Return an engine over `url` (postgresql://…) that connects on first use.

    `name` is what the server's list of connections shows. At most `pool_size` connections are open at a
    time. A statement is cut off after `statement_seconds`, a wait for a lock after `lock_seconds` (0:
    never). With `owner` the connection keeps the rights of its own user and takes its time, for
    migrations; otherwise it takes the role kiemtin_app where that exists. Raises StartRefused when `url`
    is no PostgreSQL address.
    """
    if owner:
        statement_seconds, lock_seconds = 0, 60
    options: dict[str, Any] = (
        {"poolclass": NullPool}
        if owner
        else {"pool_size": pool_size, "max_overflow": 0, "pool_pre_ping": True, "pool_timeout": 10}
    )
    engine = create_engine(
        address(url),
        connect_args={"application_name": name, "connect_timeout": 5},
        **options,
    )

    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401  psycopg's own type is generic
        connection.autocommit = True
        with connection.cursor() as cursor:
            # Plain statements, not start-up options: connection poolers refuse the latter.
            cursor.execute(
                "SELECT set_config('TimeZone', 'UTC', false), set_config('statement_timeout', %s, false),"
                " set_config('lock_timeout', %s, false),"
                " set_config('hnsw.ef_search', '200', false),"  # as widely as decision 0014 says
                " set_config('hnsw.iterative_scan', 'strict_order', false),"
                " set_config('jit', 'off', false)",  # compiling takes longer than any statement of this house
                (str(round(statement_seconds * 1000)), str(round(lock_seconds * 1000))),
            )
            if not owner:
                cursor.execute(_ASSUME_ROLE)
        connection.autocommit = False

    event.listen(engine, "connect", prepare)
    return engine


def check(engine: Engine) -> None:
    """Raise StartRefused, in one sentence, unless a new enough PostgreSQL with pgvector answers."""
    where = engine.url.render_as_string(hide_password=True)
    try:
        with engine.connect() as connection:
            version, vector = connection.execute(
                text(
                    "SELECT current_setting('server_version_num')::int,"
                    " EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'vector')"
                )
            ).one()
    except DBAPIError as exc:
        reason = str(exc.orig).strip().splitlines()
        raise StartRefused(
            f"The database {where} cannot be reached: {reason[0] if reason else 'no answer'}."
        ) from exc
    if version < OLDEST:
        raise StartRefused(
            f"The database {where} is PostgreSQL {version // 10000}; {OLDEST // 10000} or newer is needed."
        )
    if not vector:
        raise StartRefused(f"The database server of {where} has no pgvector; install it there first.")
