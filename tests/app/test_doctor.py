from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app import auth, keys, seed
from app.doctor import examine
from app.settings import Settings
from models import ArrivalKind, Calibration


@pytest.fixture
def whole(settings: Settings, database_url: str) -> Settings:
    return settings.model_copy(
        update={"database_url": SecretStr(database_url), "public_url": "https://kiemtin.example"}
    )


def _said(settings: Settings, level: str) -> str:
    return "\n".join(found.text for found in examine(settings) if found.level == level)


def test_empty_centre_lacks_register_and_people(whole: Settings) -> None:
    assert "plan register is empty" in _said(whole, "bad")
    assert "Nobody holds the role" in _said(whole, "warn")


def test_seeded_centre_with_its_people_is_sound(whole: Settings, database: Engine, at: datetime) -> None:
    with Session(database) as session, session.begin():
        seed.load(session, at=at)
        for name, role in (("lan", "verifier"), ("minh", "approver"), ("hoa", "publisher")):
            auth.create(session, name, display_name=name, password="x" * 12, roles=[role], at=at)
    bad = [line for line in _said(whole, "bad").splitlines() if "fsync" not in line]
    assert [line for line in bad if "full_page_writes" not in line and "synchronous" not in line] == []
    assert "Every step of a verdict has its people." in _said(whole, "ok")


def test_server_that_can_lose_data_is_bad(whole: Settings, server: str) -> None:
    if "kiemtin-pg-" in server:  # the tests' own server is fast and forgetful
        assert "fsync off" in _said(whole, "bad")


def test_how_often_suggestions_prove_right_is_told(whole: Settings, database: Engine, at: datetime) -> None:
    told = {"moved": 0.3, "cases": 412, "answered": 255, "expected": 230.4, "ranker": "x", "counted_at": at}
    with Session(database) as session, session.begin():
        session.add(Calibration(kind=ArrivalKind.REPORT, **told))
    said = _said(whole, "ok")
    assert "latest 412 decided cases opened by a report the nearest claim answered 255, where 230" in said
    assert "+0.30" in said


def test_open_address_without_tls_is_bad(whole: Settings) -> None:
    given = whole.model_copy(update={"public_url": "http://kiemtin.example"})
    assert "unencrypted" in _said(given, "bad")


def test_key_that_others_may_read_is_bad(whole: Settings) -> None:
    keys.load(whole)
    (keys.folder(whole) / "code.key").chmod(0o644)
    assert "code.key may be read by others" in _said(whole, "bad")


def test_missing_model_folder_is_bad(whole: Settings, tmp_path: Path) -> None:
    given = whole.model_copy(update={"encoder_model": str(tmp_path / "none")})
    assert "ENCODER_MODEL" in _said(given, "bad")


def test_unreachable_database_is_said_not_raised(settings: Settings) -> None:
    given = settings.model_copy(update={"database_url": SecretStr("postgresql://127.0.0.1:9/x")})
    assert "cannot be reached" in _said(given, "bad")
