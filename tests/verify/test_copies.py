import pytest
from sqlalchemy.orm import Session, sessionmaker

from models import CaptureState, Case, Conflict, NotFound, Officer
from tests import factories as make
from tests.factories import AT
from tests.verify.conftest import Desk
from tests.verify.test_queue import counted
from verify import copies

URL = "https://example.org/bai"


def reported(session: Session, url: str = URL) -> Case:
    case = make.case(session)
    make.arrival(session, case_id=case.id, url=url, demo=True)  # demo: orders no copy by itself
    return case


def test_the_latest_copy_is_shown_before_a_later_failure(session: Session) -> None:
    case = reported(session)
    kept = make.capture(session)
    make.capture(session, state="failed", failure="gone", reported_on=AT.date().replace(day=21))
    shown = make.arrival(session, case_id=case.id, url=URL, demo=True)
    other = make.arrival(session, case_id=case.id, url="https://example.org/khac", demo=True)
    with counted(session) as sent:
        found = copies.of_arrivals(session, [shown, other])
    assert len(sent) == 1
    assert {url: one.capture.id for url, one in found.items()} == {URL: kept.id}
    assert found[URL].sha256


def test_a_copy_belongs_to_the_cases_that_cite_or_report_its_page(session: Session, hoa: Officer) -> None:
    of_report, stranger = reported(session), reported(session, "https://example.org/khac")
    first = make.capture(session)
    citing = make.case(session)
    second = make.capture(session, make.evidence(session, citing, hoa, url=URL))
    assert copies.get(session, first.id, of=of_report) is first
    assert copies.get(session, second.id, of=citing) is second
    for capture, case in ((first, stranger), (second, of_report), (first, citing)):
        with pytest.raises(NotFound):
            copies.get(session, capture.id, of=case)
    with pytest.raises(NotFound):
        copies.get(session, 2**63, of=of_report)


def test_a_failed_copy_can_be_ordered_again_and_a_kept_one_cannot(session: Session, hoa: Officer) -> None:
    case = reported(session)
    failed = make.capture(session, state="failed", failure="gone", attempts=2, finished_at=AT)
    copies.order_again(session, case, failed, by=hoa, at=AT)
    session.refresh(failed)
    assert (failed.state, failed.attempts, failed.finished_at) == (CaptureState.WAITING, 0, None)
    with pytest.raises(Conflict):
        copies.order_again(session, case, failed, by=hoa, at=AT)
    with pytest.raises(NotFound):
        copies.stored(session, failed, "page")


@pytest.mark.parametrize("part", ["tep", "warc"])
def test_parts_come_as_files_to_save(desk: Desk, sessions: sessionmaker[Session], part: str) -> None:
    with sessions.begin() as session:
        case, capture = reported(session).id, make.capture(session).id
    desk.as_("auditor")
    answer = desk.get(f"/vu-viec/{case}/ban-luu/{capture}/{part}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert desk.get(f"/vu-viec/{case}/ban-luu/{capture}/anh").status_code == 404


def test_hostile_words_of_a_page_are_shown_as_words(desk: Desk, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        case = reported(session).id
        capture = make.capture(
            session,
            words={"title": "<script>alert(1)</script>", "text": "<img src=x onerror=alert(1)>\n{{ 7*7 }}"},
        ).id
    desk.as_("verifier")
    answer = desk.get(f"/vu-viec/{case}/ban-luu/{capture}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in answer.text
    assert "{{ 7*7 }}" in answer.text
    assert desk.get(f"/vu-viec/{case}").text.count(f"/ban-luu/{capture}") == 1


def test_why_there_is_no_copy_is_said_in_words(desk: Desk, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        case = reported(session).id
        capture = make.capture(session, state="failed", failure="gone", http_status=404, finished_at=AT).id
    desk.as_("verifier")
    page = desk.get(f"/vu-viec/{case}").text
    assert "trang không còn (mã 404)" in page
    assert desk.post(f"/vu-viec/{case}/ban-luu/{capture}/lai").status_code == 303
    assert "Đang chờ lưu bản sao" in desk.get(f"/vu-viec/{case}?da=luu-lai").text
