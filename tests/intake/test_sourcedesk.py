"""The desk's pages of watched sources."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session, sessionmaker

from corpus.places import collation
from intake import sources, tallies
from models import (
    Alarm,
    Dropped,
    ItemState,
    SeenItem,
    Source,
    SourceAddress,
    SourceState,
    SourceTrial,
    SourceVisit,
    TrialState,
    VisitOutcome,
)
from tests import factories as make
from tests.intake.watched import FEED, ZONE, watched
from tests.verify.conftest import Desk

Sessions = sessionmaker[Session]
NOW = datetime.now(UTC)


@pytest.fixture
def shipped(sessions: Sessions) -> int:
    """The shipped list is loaded; returns the id of one of its sources."""
    with sessions.begin() as session:
        sources.load(session, at=NOW)
        return session.scalars(select(Source.id).where(Source.key == "vnexpress")).one()


@pytest.fixture
def queries(database: Engine) -> Callable[[Callable[[], Any]], int]:
    """Count the statements that something sends."""

    def count(what: Callable[[], Any]) -> int:
        sent: list[str] = []

        def listen(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            sent.append(statement)

        event.listen(database, "before_cursor_execute", listen)
        what()
        event.remove(database, "before_cursor_execute", listen)
        return len(sent)

    return count


def troubled(sessions: Sessions, source_id: int) -> None:
    """Give a source a past: tallies, a failing address, visits, items, an alarm."""
    with sessions.begin() as session:
        by = make.officer(session)
        source = sources.get(session, source_id)
        sources.start(session, source, by=by, at=NOW)
        today = tallies.day_of(NOW, ZONE)
        for back in range(5):
            tallies.count(session, source_id, today - timedelta(days=back), tallies.SEEN, 70)
            tallies.count(session, source_id, today - timedelta(days=back), "off_topic", 66)
        tallies.count(session, source_id, today, tallies.ARRIVED, 4)
        address = source.addresses[0]
        address.failures, address.last_error = 3, "status: 503"
        session.add(
            SourceVisit(
                source_id=source_id,
                address_id=address.id,
                at=NOW,
                outcome=VisitOutcome.FAILED,
                error="status: 503",
            )
        )
        item = SeenItem(
            source_id=source_id, host=address.host, url="https://vnexpress.net/1.html",
            title="<script>alert(1)</script>", seen_at=NOW, next_try_at=NOW,
            state=ItemState.DROPPED, reason=Dropped.NO_TEXT,
        )  # fmt: skip
        session.add(item)


def test_the_list_shows_health_in_vietnamese_order_and_a_fixed_number_of_queries(
    desk: Desk, sessions: Sessions, shipped: int, queries: Callable[[Callable[[], Any]], int]
) -> None:
    desk.as_("verifier")
    troubled(sessions, shipped)
    seen: list[str] = []
    few = queries(lambda: seen.append(desk.get("/nguon?muc=dang").text))
    many = queries(lambda: seen.append(desk.get("/nguon").text))
    assert few == many <= 6
    page = seen[1]
    assert "44 nguồn" in page
    names = [part.split("</a>")[0].split(">")[-1] for part in page.split('data-key="o"')[1:]]
    assert names == sorted(names, key=collation)
    assert names[0] == "An ninh Thủ đô"
    assert "Máy chủ trả lời lỗi" in seen[0]
    assert "70" in seen[0]  # a day: it began five days ago


@pytest.mark.parametrize(
    "asked", ["?q=lao cai", "?q=Lào Cai", "?q=laocai.gov", "?muc=loi", "?xep=bai", "?trang=2"]
)
@pytest.mark.usefixtures("shipped")
def test_the_list_is_searched_sorted_and_paged(desk: Desk, asked: str) -> None:
    desk.as_("auditor")
    page = desk.get(f"/nguon{asked}")
    assert page.status_code == 200
    if "q=" in asked:
        assert "Lào Cai" in page.text
        assert "VnExpress" not in page.text


@pytest.mark.parametrize(
    "asked", ["?q=%00%F0", "?trang=99999999999", "?trang=-1", "?muc=x&xep=y", "?q=" + "x" * 5000]
)
def test_odd_questions_are_answered(desk: Desk, asked: str) -> None:
    desk.as_("verifier")
    assert desk.get(f"/nguon{asked}").status_code == 200


def test_an_empty_list_says_what_to_do(desk: Desk) -> None:
    desk.as_("verifier")
    assert "kiemtin seed" in desk.get("/nguon").text
    assert "Không tìm thấy nguồn nào" in desk.get("/nguon?q=xyz").text


def test_a_sources_page_shows_everything_and_nothing_of_its_markup(
    desk: Desk, sessions: Sessions, shipped: int
) -> None:
    desk.as_("verifier")
    troubled(sessions, shipped)
    page = desk.get(f"/nguon/{shipped}").text
    assert "930 / 1.000 bài" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "Không có nội dung bài" in page
    assert "3 lần liền" in page
    assert '<figure class="chart column">' in page
    assert 'scope="row">Không liên quan' in page
    assert "chương trình giám sát báo chí" in page


def test_a_source_is_added_tried_started_paused(desk: Desk, sessions: Sessions) -> None:
    desk.as_("verifier")
    form = {"name": "Báo mới", "urls": FEED, "kind": "feed", "owner": "press_local", "scope": "lao_cai"}
    made = desk.post("/nguon/them", **form)
    assert made.status_code == 303
    where = made.headers["location"].split("?")[0].removeprefix("/ban-lam-viec")
    assert "Đang hỏi nguồn" in desk.get(where).text
    with sessions.begin() as session:
        trial = session.scalars(select(SourceTrial)).one()
        trial.state, trial.form = TrialState.DONE, "rss"
        found = {
            "title": "Tin thử",
            "url": "https://bao.example.vn/1.html",
            "published": None,
            "known": False,
            "named": "Bát Xát",
        }
        trial.items = [found]
    tried = desk.get(where).text
    assert "Tin thử</a>" in tried
    assert "Nhắc: Bát Xát" in tried
    for act, state in (("bat", SourceState.WATCHED), ("dung", SourceState.PAUSED)):
        assert desk.post(f"{where}/{act}").status_code == 303
        with sessions() as session:
            assert session.scalars(select(Source.state)).one() is state
    assert desk.post(f"{where}/go-cach-ly").status_code == 409
    with sessions.begin() as session:
        address = session.scalars(select(SourceAddress)).one()
        assert address.next_visit_at <= datetime.now(UTC)
    assert desk.post("/nguon/them", **form).status_code == 409


def test_a_refused_form_is_shown_again_as_typed(desk: Desk, shipped: int) -> None:
    desk.as_("admin")
    for path in ("/nguon/them", f"/nguon/{shipped}/sua"):
        answer = desk.post(path, name="Báo <x>", urls="http://a.example.vn/rss", takes="resembling")
        assert answer.status_code == 422
        assert "http không mã hóa" in answer.text
        assert "Báo &lt;x&gt;" in answer.text
        assert 'value="resembling" checked' in answer.text
    assert desk.post("/nguon/them", name="x", urls=FEED, kind="podcast").status_code == 422


def test_a_source_is_changed(desk: Desk, sessions: Sessions, shipped: int) -> None:
    desk.as_("admin")
    assert "VnExpress" in desk.get(f"/nguon/{shipped}/sua").text
    form = {
        "name": "VnExpress (mới)",
        "urls": FEED,
        "kind": "feed",
        "owner": "press_national",
        "scope": "national",
    }
    assert desk.post(f"/nguon/{shipped}/sua", **form).status_code == 303
    with sessions() as session:
        assert session.get_one(Source, shipped).name == "VnExpress (mới)"


def test_a_quarantined_source_is_freed_on_its_page(desk: Desk, sessions: Sessions) -> None:
    desk.as_("verifier")
    with sessions.begin() as session:
        source = watched(session, at=NOW)
        source.state, source.alarm, source.alarm_detail = SourceState.QUARANTINED, Alarm.HOST, "bao → xau"
        source_id = source.id
    page = desk.get(f"/nguon/{source_id}").text
    assert "dẫn đến tên miền khác" in page
    assert "bao → xau" in page
    assert desk.post(f"/nguon/{source_id}/go-cach-ly").status_code == 303
    assert "Đang theo dõi" in desk.get(f"/nguon/{source_id}").text


@pytest.mark.parametrize("role", ["approver", "publisher", "auditor"])
def test_others_read_and_change_nothing(desk: Desk, shipped: int, role: str) -> None:
    desk.as_(role)
    page = desk.get(f"/nguon/{shipped}").text
    assert "Bật theo dõi" not in page
    assert desk.get("/nguon/them").status_code == 403
    for act in ("bat", "dung", "go-cach-ly", "doc-ngay", "thu", "sua"):
        assert desk.post(f"/nguon/{shipped}/{act}").status_code == 403


def test_nobody_gets_in_without_signing_in_or_without_the_forms_token(desk: Desk, shipped: int) -> None:
    assert desk.get("/nguon").status_code == 303
    desk.as_("verifier")
    desk.token = "wrong"
    assert desk.post(f"/nguon/{shipped}/bat").status_code == 403
    assert desk.get("/nguon/999999").status_code == 404
