#!/usr/bin/env python3
"""Migrations on an empty database: up, equal to the records, down to nothing, and up again."""

import sys

from alembic import command
from sqlalchemy import inspect

from app import embedded, migrate
from app.engine import make_engine


def main() -> int:
    """Return 0 when all of it holds; Alembic raises with the difference otherwise."""
    with embedded.throw_away() as cluster:
        engine = make_engine(cluster.url(), owner=True)
        migrate.upgrade(engine)
        with engine.begin() as connection:
            settings = migrate.config()
            settings.attributes["connection"] = connection
            command.check(settings)
        with engine.begin() as connection:
            settings.attributes["connection"] = connection
            command.downgrade(settings, "base")
        left = sorted(set(inspect(engine).get_table_names()) - {"alembic_version"})
        if left:
            print(f"left after going down: {', '.join(left)}", file=sys.stderr)
            return 1
        migrate.upgrade(engine)
        engine.dispose()
    print("up, as the records say, down, up again")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
