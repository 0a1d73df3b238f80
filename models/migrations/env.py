"""Alembic's environment: one connection, handed in by `app.migrate` or made from DATABASE_URL."""

import os

from alembic import context
from sqlalchemy import Connection, create_engine, pool

from models import Base

_HAND_WRITTEN = (
    "ix_passages_claim_embedding",
    "ix_passages_case_embedding",
    "ix_cases_priority",
    "case_moves",
)


def _include(_object: object, name: str | None, _kind: str, _reflected: bool, _compare: object) -> bool:  # noqa: FBT001
    # Operator-class indexes reflect differently from how they are declared; the moves belong to a guard.
    return name not in _HAND_WRITTEN


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=_include,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    with create_engine(url, poolclass=pool.NullPool).connect() as own:
        _run(own)
        own.commit()
