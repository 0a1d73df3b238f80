from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text
from sqlalchemy.orm import Session

from app import backup, checkpoints, opening
from app.refused import StartRefused
from app.settings import Settings
from models import audit


@pytest.fixture
def full(settings: Settings, database_url: str, at: datetime) -> Settings:
    """Settings of an installation whose audit log has an entry."""
    given = settings.model_copy(update={"database_url": SecretStr(database_url)})
    with opening.database(given) as engine, Session(engine) as session, session.begin():
        audit.record(session, "tried", subject=("case", 1), by=None, at=at, detail={"chữ": "Sa Pa"})
    return given


@pytest.fixture
def empty(settings: Settings, server: str) -> Iterator[Settings]:
    """Settings of an installation with an empty database."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE kt_restored")
    url = make_url(server).set(database="kt_restored").render_as_string(hide_password=False)
    yield settings.model_copy(update={"database_url": SecretStr(url)})
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE kt_restored WITH (FORCE)")


def test_restored_database_is_the_same_with_its_guards(
    full: Settings, empty: Settings, tmp_path: Path
) -> None:
    size = backup.save(full, tmp_path / "b.dump")
    assert size == (tmp_path / "b.dump").stat().st_size
    backup.restore(empty, tmp_path / "b.dump")
    with opening.database(empty) as engine, Session(engine) as session:
        assert session.scalar(text("SELECT detail FROM audit_details")) == '{"chữ": "Sa Pa"}'
        assert list(checkpoints.verify(session)) == []
        assert session.scalar(text("SELECT current_user")) == "kiemtin_app"
        assert session.scalar(text("SELECT has_table_privilege('audit_entries', 'UPDATE')")) is False


def test_backup_is_private_and_never_overwrites(full: Settings, tmp_path: Path) -> None:
    target = tmp_path / "b.dump"
    backup.save(full, target)
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StartRefused, match="never overwrites"):
        backup.save(full, target)


def test_restore_refuses_a_database_in_use(full: Settings, tmp_path: Path) -> None:
    backup.save(full, tmp_path / "b.dump")
    with pytest.raises(StartRefused, match="not empty"):
        backup.restore(full, tmp_path / "b.dump")


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.9, 0.9999])
def test_cut_off_backup_is_refused(full: Settings, empty: Settings, tmp_path: Path, share: float) -> None:
    backup.save(full, tmp_path / "b.dump")
    whole = (tmp_path / "b.dump").read_bytes()
    (tmp_path / "b.dump").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(StartRefused, match="cut off or changed"):
        backup.restore(empty, tmp_path / "b.dump")


def test_target_that_cannot_be_written_is_one_sentence(full: Settings, tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="cannot be written"):
        backup.save(full, tmp_path / "nowhere" / "b.dump")


def test_no_program_is_one_sentence(full: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.embedded.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StartRefused, match="No pg_dump"):
        backup.save(full, tmp_path / "b.dump")
