import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Approval,
    Capture,
    CaptureState,
    Case,
    CaseState,
    ClosedReason,
    Evidence,
    EvidenceKind,
    Invalid,
    Officer,
    Refusal,
    StoredCopy,
)
from tests import factories as make
from tests.factories import AT
from verify import evidence
from verify.evidence import Citation

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def docx(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return packed.getvalue()


def cite(session: Session, case: Case, by: Officer, **values: Any) -> Evidence:
    defaults = {
        "kind": EvidenceKind.STATEMENT,
        "issuer": "UBND xã",
        "title": "Trả lời",
        "quote": "Đập an toàn",
    }
    return evidence.cite(session, case, Citation(**{**defaults, **values}), by=by, at=AT)


def refused(verb: Callable[..., Any], *args: Any, **named: Any) -> tuple[str, str | None]:
    with pytest.raises(Refusal) as caught:
        verb(*args, **named)
    return caught.value.code, caught.value.field


@pytest.fixture
def case(session: Session) -> Case:
    return make.case(session)


def test_a_page_orders_its_capture(session: Session, case: Case, hoa: Officer) -> None:
    made = cite(session, case, hoa, kind=EvidenceKind.URL, url="https://baolaocai.vn/a")
    order = session.scalars(select(Capture).where(Capture.evidence_id == made.id)).one()
    assert (order.url, order.state, made.copy_id) == (made.url, CaptureState.WAITING, None)


def test_a_statement_is_written_down_as_its_copy(session: Session, case: Case, hoa: Officer) -> None:
    copy = evidence.stored(session, cite(session, case, hoa, stated_on=AT.date()))
    assert copy.media_type == "text/plain"
    assert copy.sha256 == hashlib.sha256(copy.content).digest()
    for said in ("UBND xã", "Đập an toàn", "20/11/2026", hoa.display_name):
        assert said in copy.content.decode()


def test_the_same_file_is_kept_once(session: Session, case: Case, hoa: Officer) -> None:
    first = cite(session, case, hoa, kind=EvidenceKind.DOCUMENT, upload=PNG)
    second = cite(session, case, hoa, kind=EvidenceKind.DOCUMENT, upload=PNG)
    assert first.copy_id == second.copy_id
    assert session.get_one(StoredCopy, first.copy_id).media_type == "image/png"


def test_an_uploaded_file_is_evidence_of_equal_rank(session: Session, case: Case, hoa: Officer) -> None:
    """The rule of the database: a primary document, or two independent sources, each with a copy."""

    def suffices(rating: str = "false") -> bool:
        return bool(session.scalar(select(func.evidence_suffices(case.id, rating))))

    page = cite(session, case, hoa, kind=EvidenceKind.URL, issuer="Báo A", url="https://example.org/a")
    cite(session, case, hoa, kind=EvidenceKind.DOCUMENT, issuer="Báo B", upload=PNG)
    assert (suffices("true"), suffices()) == (True, False)  # the page has no copy yet
    page.copy_id = make.stored_copy(session).id
    session.flush()
    assert suffices()
    other = make.case(session)
    cite(
        session, other, hoa, kind=EvidenceKind.DOCUMENT, issuer="Sở Y tế", upload=b"%PDF-1.7", is_primary=True
    )
    assert session.scalar(select(func.evidence_suffices(other.id, "fake")))


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7\n...", "application/pdf"),
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (docx("[Content_Types].xml", "word/document.xml"), evidence._DOCX),  # noqa: SLF001
        (b"  <!DOCTYPE html><p>x", "text/html"),
        ("Thông báo".encode(), "text/plain"),
        (b"\xef\xbb\xbf<html>", "text/html"),
    ],
)
def test_the_kind_is_read_from_the_content(content: bytes, media_type: str) -> None:
    assert evidence.kind_of(content) == media_type


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-empty"),
        (b"a" * (10 * 1024 * 1024 + 1), "file-too-large"),
        (b"MZ\x90\x00", "file-type"),
        (b"PK\x03\x04garbage", "file-type"),
        (docx("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "file-type"),
        (docx("evil.exe"), "file-type"),
        (b"GIF89a\x00", "file-type"),
        (b"text\x00with nul", "file-type"),
        ("windows: Ð".encode("cp1252"), "file-type"),
    ],
)
def test_what_is_not_kept(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        evidence.kind_of(content)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"issuer": " "}, "missing", "issuer"),
        ({"title": "x" * 301}, "too-long", "title"),
        ({"quote": ""}, "missing", "quote"),
        ({"kind": EvidenceKind.URL}, "missing", "url"),
        ({"kind": EvidenceKind.URL, "url": "javascript:alert(1)"}, "link", "url"),
        ({"kind": EvidenceKind.URL, "url": "https://user:pw@example.org/"}, "link", "url"),
        ({"kind": EvidenceKind.URL, "url": "http://[bad"}, "link", "url"),
        ({"kind": EvidenceKind.URL, "url": "http://intranet/"}, "link", "url"),
        ({"kind": EvidenceKind.URL, "url": "https://a.vn/" + "x" * 2000}, "too-long", "url"),
        ({"kind": EvidenceKind.DOCUMENT}, "missing", "file"),
        ({"stated_on": AT.date() + timedelta(days=3)}, "date-future", "stated_on"),
        ({"stated_on": AT.date().replace(year=1)}, "date-future", "stated_on"),
        ({"typed": "x" * 50_001}, "too-long", "typed"),
    ],
)
def test_what_is_not_cited(
    session: Session, case: Case, hoa: Officer, values: dict[str, Any], code: str, field: str
) -> None:
    assert refused(cite, session, case, hoa, **values) == (code, field)
    assert session.scalar(select(func.count()).select_from(Evidence)) == 0


def test_a_removed_source_stays_in_the_history(session: Session, case: Case, hoa: Officer) -> None:
    made = cite(session, case, hoa)
    evidence.remove(session, made, by=hoa, at=AT)
    assert refused(evidence.remove, session, made, by=hoa, at=AT)[0] == "evidence-over"
    session.refresh(made)
    assert made.removed_by_id == hoa.id


def test_citing_withdraws_an_approval(session: Session, hoa: Officer) -> None:
    case, _, approval = make.approved_case(session)
    cite(session, case, hoa)
    session.refresh(case)
    session.refresh(approval)
    assert case.state is CaseState.PROPOSED
    assert session.get_one(Approval, approval.id).withdrawn_at is not None


def test_nothing_is_cited_for_a_case_that_is_over(session: Session, hoa: Officer) -> None:
    closed = make.case(session)
    closed.state, closed.closed_reason = CaseState.CLOSED, ClosedReason.EMPTY
    closed.closed_at, closed.closed_by_id = AT, hoa.id
    session.flush()
    assert refused(cite, session, closed, hoa)[0] == "case-closed"
