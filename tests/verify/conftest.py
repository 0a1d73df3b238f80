"""Officers, and a reader of the diary, for the tests of this room."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditDetail, AuditEntry, Officer
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
