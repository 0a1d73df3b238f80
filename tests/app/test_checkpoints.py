"""The audit log: tampering is found, erasure is none, checkpoints hold against a full rewrite."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from app import checkpoints
from app.engine import make_engine
from app.keys import Keys
from models import AuditEntry, audit
from tests import factories as make

Sessions = sessionmaker[Session]
Rewrite = Callable[[str], None]


@pytest.fixture
def written(sessions: Sessions, at: datetime) -> Sessions:
    """A log of twenty entries."""
    with sessions.begin() as session:
        person = make.officer(session)
        for number in range(20):
            audit.record(session, "tried", subject=("case", number), by=person, at=at, detail={"n": number})
    return sessions


@pytest.fixture
def rewrite(database_url: str) -> Rewrite:
    """An insider with the owner's rights, who switches the triggers off first."""

    def _rewrite(statement: str) -> None:
        engine = make_engine(database_url, owner=True)
        with engine.begin() as connection:
            connection.execute(text("SET session_replication_role = replica"))
            connection.execute(text(statement))
        engine.dispose()

    return _rewrite


def found(sessions: Sessions, **outside: tuple[int, bytes]) -> set[tuple[int, str]]:
    with sessions() as session:
        return {(one.seq, one.what) for one in checkpoints.verify(session, **outside)}


def test_an_untouched_log_holds(written: Sessions) -> None:
    assert found(written) == set()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE audit_entries SET action = 'x' WHERE seq = 7", (7, "hash")),
        ("UPDATE audit_entries SET actor_id = NULL WHERE seq = 7", (7, "hash")),
        ("UPDATE audit_entries SET at = at + interval '1 second' WHERE seq = 7", (7, "hash")),
        ("DELETE FROM audit_entries WHERE seq = 7", (7, "missing")),
        ("DELETE FROM audit_entries WHERE seq > 18", (20, "head")),
        ("UPDATE audit_details SET detail = '{}' WHERE seq = 7", (7, "detail")),
        (
            "UPDATE audit_entries SET seq = CASE seq WHEN 7 THEN 800 ELSE seq END WHERE seq = 7",
            (7, "missing"),
        ),
    ],
)
def test_tampering_is_found(
    written: Sessions, rewrite: Rewrite, statement: str, expected: tuple[int, str]
) -> None:
    rewrite(statement)
    assert expected in found(written)


def test_an_erased_detail_leaves_the_chain_whole(written: Sessions, rewrite: Rewrite) -> None:
    rewrite("DELETE FROM audit_details WHERE seq BETWEEN 3 AND 9")
    assert found(written) == set()


def test_a_checkpoint_is_signed_when_due(written: Sessions, keys: Keys, at: datetime) -> None:
    with written.begin() as session:
        assert checkpoints.sign_if_due(session, keys.audit, at=at) is not None
        assert checkpoints.sign_if_due(session, keys.audit, at=at) is None
        audit.record(session, "more", subject=("case", 1), by=None, at=at)
        assert checkpoints.sign_if_due(session, keys.audit, at=at + timedelta(minutes=59)) is None
        assert checkpoints.sign_if_due(session, keys.audit, at=at + timedelta(minutes=60)) is not None
    assert found(written) == set()


def test_a_log_rewritten_whole_is_found_from_outside(
    written: Sessions, keys: Keys, at: datetime, rewrite: Rewrite
) -> None:
    with written.begin() as session:
        point = checkpoints.sign_if_due(session, keys.audit, at=at)
        assert point is not None
        published = (point.seq, point.hash)
    rewrite("DELETE FROM audit_checkpoints")
    rewrite("DELETE FROM audit_details")
    rewrite("DELETE FROM audit_entries")
    rewrite("UPDATE audit_head SET seq = 0, hash = decode(repeat('00', 32), 'hex')")
    with written.begin() as session:
        for number in range(20):
            audit.record(session, "invented", subject=("case", number), by=None, at=at)
    assert found(written) == set()
    assert found(written, published=published) == {(20, "published")}


def test_a_forged_signature_is_found(written: Sessions, keys: Keys, at: datetime, rewrite: Rewrite) -> None:
    with written.begin() as session:
        checkpoints.sign_if_due(session, keys.audit, at=at)
    rewrite("UPDATE audit_checkpoints SET signed_at = signed_at - interval '1 day'")
    assert (20, "signature") in found(written)


def test_a_failing_entry_undoes_the_deed(sessions: Sessions, at: datetime) -> None:
    def deed() -> None:
        with sessions.begin() as session:
            made = make.case(session)
            audit.record(session, "x", subject=("case", made.id), by=None, at=at, detail={1j: ""})  # type: ignore[dict-item]

    with pytest.raises(TypeError):
        deed()
    with sessions() as session:
        assert session.scalar(select(AuditEntry.seq)) is None
        assert session.scalar(text("SELECT count(*) FROM cases")) == 0
