"""Rows straight from the driver: the session's own transaction, and its own errors without the words."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from corpus import directly


def test_rows_come_as_they_are_and_from_the_same_transaction(session: Session) -> None:
    session.execute(text("CREATE TEMP TABLE seen_here (words text)"))
    session.execute(text("INSERT INTO seen_here VALUES ('vỡ đập')"))
    found = directly.rows(session, "SELECT words, '\\x0041'::bytea, %(n)s::int FROM seen_here", {"n": 7})
    assert found == [("vỡ đập", b"\0A", 7)]


def test_an_error_is_the_sessions_own_and_says_nothing_of_what_was_given(session: Session) -> None:
    with pytest.raises(DBAPIError) as caught, session.begin_nested():
        directly.rows(session, "SELECT %(words)s::text FROM no_such_table", {"words": "a citizen's words"})
    assert "citizen" not in str(caught.value)
    assert not caught.value.connection_invalidated


def test_a_server_that_is_gone_is_told_as_such(database: Engine) -> None:
    with Session(database) as session, Session(database) as other:
        ((mine,),) = directly.rows(session, "SELECT pg_backend_pid()", {})
        other.execute(text("RESET ROLE"))  # rolled back with the rest
        other.execute(text("SELECT pg_terminate_backend(:mine, 5000)"), {"mine": mine})
        with pytest.raises(DBAPIError) as caught:
            directly.rows(session, "SELECT 1", {})
        assert caught.value.connection_invalidated
    with Session(database) as session:
        assert directly.rows(session, "SELECT 1", {}) == [(1,)]
