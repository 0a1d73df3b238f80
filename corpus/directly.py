"""What a statement finds, straight from the driver: texts and bytes as they come, in no record of any kind.

A search reads some seventy rows with a vector each. On the ordinary way through SQLAlchemy, in the readable
form, that takes twice as long. Transactions and errors are the session's own.
"""

from collections.abc import Mapping
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session


def rows(session: Session, statement: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return what `statement` finds in the transaction of `session`; `%(name)s` stands for what is `given`.

    The server keeps the statement prepared, so it must be one of few. Raises what SQLAlchemy would
    (DBAPIError), without what was given: that may be what a citizen wrote.
    """
    connection = session.connection()
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101  as the engine was made
    try:
        with driver.cursor(binary=True) as cursor:
            return cursor.execute(statement.encode(), given, prepare=True).fetchall()
    except psycopg.Error as error:
        gone = driver.closed
        if gone:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statement, None, error, psycopg.Error, hide_parameters=True, connection_invalidated=gone,
            dialect=connection.dialect,
        ) from error  # fmt: skip
