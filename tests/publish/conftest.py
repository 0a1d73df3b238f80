"""Scenery: a fixed correction for golden documents, published ones, officers at their desk."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app import auth, web
from models import Case, Correction, CorrectionKind, Officer, Rating, ReasonCode
from models import Field as Area
from publish import corrections, plan
from tests import factories as make

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
HOSTILE = "</script><b>&\u2028“bẫy” ]]> {{ 7*7 }} \U0001f9e8"


def a_correction(**values: Any) -> Correction:
    """A correction outside any session, the same in every run."""
    defaults: dict[str, Any] = {
        "number": "2026-0007",
        "version": 2,
        "slug": "dap-nam-pung-da-vo-2026-0007",
        "kind": CorrectionKind.UPDATE,
        "case_id": 1,
        "content_hash": "ab" * 32,
        "issued_at": AT,
        "rating": Rating.FAKE,
        "reason_code": ReasonCode.FABRICATED,
        "claim": "Đập Nậm Pung đã vỡ.",
        "truth": "Đập Nậm Pung an toàn. Mực nước bình thường.",
        "basis": "UBND xã đã kiểm tra tại chỗ.",
        "translations": {"en": {"claim": "The dam has burst.", "truth": "The dam is safe."}},
        "sources": [
            {
                "kind": "url",
                "issuer": "UBND xã Bát Xát",
                "title": "Thông báo về an toàn đập",
                "url": "https://example.org/thong-bao",
                "quote": "Đập an toàn.",
                "stated_on": date(2026, 11, 19).isoformat(),
                "is_primary": True,
                "sha256": "cd" * 32,
            }
        ],
        "appearances": [
            {"kind": "website", "count": 2, "url": "https://example.com/tin"},
            {"kind": "facebook", "count": 3},
        ],
        "first_seen": make.AT,
        "arrivals": 5,
        "place_code": None,
        "field": Area.DISASTER,
        "change_note": "Bổ sung kết quả kiểm tra lần hai.",
        "demo": False,
    }
    return Correction(**{**defaults, **values})


def approved(session: Session, *, demo: bool = False, **verdict: Any) -> Case:
    """A case whose verdict says `verdict` and is approved by somebody else."""
    author, approver = make.officer(session, "verifier"), make.officer(session, "approver")
    case = make.taken_case(session, author, demo=demo)
    make.arrival(session, case_id=case.id)
    make.evidence(session, case, author)
    make.approval(session, make.verdict(session, case, author, **verdict), approver)
    session.refresh(case)
    return case


def issued(
    session: Session, *, at: datetime = AT, case: dict[str, Any] | None = None, **verdict: Any
) -> Correction:
    """A published correction. The plan must be loaded."""
    found = approved(session, **verdict)
    for name, value in (case or {}).items():
        setattr(found, name, value)
    session.flush()
    return corrections.issue(session, found, by=make.officer(session, "publisher"), at=at)


def amended_until_approved(session: Session, first: Correction, **verdict: Any) -> Case:
    """The case of `first` with an approved verdict for its next version."""
    case, author = session.get_one(Case, first.case_id), make.officer(session, "verifier")
    case.state, case.taken_by_id, case.taken_at = "verifying", author.id, AT
    session.flush()
    values = {"change_note": "Sửa số liệu.", **verdict}
    make.approval(session, make.verdict(session, case, author, **values), make.officer(session, "approver"))
    session.refresh(case)
    return case


def amended(session: Session, first: Correction, **verdict: Any) -> Correction:
    """The next version of `first`, through all four eyes again."""
    case = amended_until_approved(session, first, **verdict)
    return corrections.issue(session, case, by=make.officer(session, "publisher"), at=AT)


@pytest.fixture
def planned(session: Session) -> Session:
    """A session in whose database the plan is loaded."""
    plan.load(session)
    return session


@pytest.fixture
def published(sessions: sessionmaker[Session]) -> Correction:
    """One committed correction."""
    with sessions.begin() as session:
        plan.load(session)
        return issued(session)


@pytest.fixture
def sign_in(sessions: sessionmaker[Session], client: TestClient) -> Callable[..., Officer]:
    """Sign an officer (or a new one with these roles) in; changes carry `form_token`, see `token`."""

    def do(*roles: str, person: Officer | None = None) -> Officer:
        with sessions.begin() as session:
            found = person or make.officer(session, *roles)
            client.cookies.set(web.SESSION_COOKIE, auth.open_session(session, found, at=web.now(), hours=8))
            return found

    return do


def token(client: TestClient) -> str:
    """The form token of whoever is signed in."""
    found = re.search(r'name="form-token" content="([^"]+)"', client.get("/ban-lam-viec/cong-bo").text)
    assert found is not None
    return found[1]
