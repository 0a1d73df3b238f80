"""Officers, and a reader of the diary, for the tests of this room."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app import auth, web
from models import AuditDetail, AuditEntry, Officer, OfficerSession
from tests import factories as make


@pytest.fixture
def hoa(session: Session) -> Officer:
    return make.officer(session, "verifier", display_name="Nguyễn Thị Hoa")


@pytest.fixture
def pao(session: Session) -> Officer:
    return make.officer(session, "verifier", display_name="Giàng A Páo")


@pytest.fixture
def lan(session: Session) -> Officer:
    return make.officer(session, "approver", display_name="Trần Thị Lan")


@pytest.fixture
def diary(session: Session) -> Callable[[int], list[tuple[str, dict[str, Any]]]]:
    """The diary of a case: actions with their details, in order."""

    def read(case_id: int) -> list[tuple[str, dict[str, Any]]]:
        rows = session.execute(
            select(AuditEntry.action, AuditDetail.detail)
            .join(AuditDetail, AuditDetail.seq == AuditEntry.seq)
            .where(AuditEntry.subject_kind == "case", AuditEntry.subject_id == case_id)
            .order_by(AuditEntry.seq)
        )
        return [(action, json.loads(detail)) for action, detail in rows]

    return read


class Desk:
    """A browser at the desk. `as_(…)` signs an officer in; `post` sends the form token along."""

    def __init__(self, client: TestClient, sessions: sessionmaker[Session]) -> None:
        self.client = client
        self.sessions = sessions
        self.token = ""

    def as_(self, *roles: str, person: Officer | None = None) -> Officer:
        with self.sessions.begin() as session:
            found = person or make.officer(session, *roles)
            opened = auth.open_session(session, found, at=web.now(), hours=8)
            self.client.cookies.set(web.SESSION_COOKIE, opened)
            session.flush()
            digest = web.token_digest(opened)
            self.token = session.get_one(OfficerSession, digest).form_token
            return found

    def nobody(self) -> None:
        self.client.cookies.clear()

    def get(self, path: str) -> Any:
        return self.client.get(f"/ban-lam-viec{path}")

    def post(self, path: str, files: Any = None, **fields: Any) -> Any:
        data = {"form_token": self.token, **fields}
        return self.client.post(f"/ban-lam-viec{path}", data=data, files=files)


@pytest.fixture
def desk(client: TestClient, sessions: sessionmaker[Session]) -> Desk:
    return Desk(client, sessions)
