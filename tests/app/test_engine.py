import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError

from app.engine import address, check, make_engine
from app.refused import StartRefused


@pytest.mark.parametrize(
    "url", ["postgresql://u:p@h/d", "postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"]
)
def test_address_names_the_driver(url: str) -> None:
    assert address(url) == "postgresql+psycopg://u:p@h/d"


@pytest.mark.parametrize("url", ["sqlite:///x.db", "mysql://h/d", "nonsense", ""])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(StartRefused, match=r"^DATABASE_URL"):
        address(url)


def test_connection_has_role_clock_and_limits(database: Engine) -> None:
    with database.connect() as connection:
        row = connection.execute(
            text(
                "SELECT current_user, current_setting('TimeZone'), current_setting('statement_timeout'),"
                " current_setting('lock_timeout')"
            )
        ).one()
    assert tuple(row) == ("kiemtin_app", "UTC", "15s", "5s")


def test_runtime_role_may_not_touch_the_audit_log(database: Engine) -> None:
    for statement in ("UPDATE audit_entries SET action = ''", "DELETE FROM audit_entries"):
        with pytest.raises(DBAPIError, match="permission denied"), database.begin() as connection:
            connection.execute(text(statement))


def test_owner_keeps_its_rights(database_url: str) -> None:
    engine = make_engine(database_url, owner=True)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT current_user = session_user"))
    engine.dispose()


def test_empty_database_is_used_with_its_own_user(server: str) -> None:
    engine = make_engine(server)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT current_user = session_user"))
    engine.dispose()


def test_check_accepts_the_test_server(database: Engine) -> None:
    check(database)


def test_unreachable_server_is_one_sentence_without_the_password() -> None:
    engine = make_engine("postgresql://kiemtin:secret@127.0.0.1:9/kiemtin")
    with pytest.raises(StartRefused, match="cannot be reached") as refused:
        check(engine)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_missing_database_is_one_sentence(server: str) -> None:
    url = make_url(server).set(database="no_such").render_as_string(hide_password=False)
    with pytest.raises(StartRefused, match="no_such"):
        check(make_engine(url))


def test_older_server_is_refused(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.engine.OLDEST", 990000)
    with pytest.raises(StartRefused, match="99 or newer is needed"):
        check(database)
