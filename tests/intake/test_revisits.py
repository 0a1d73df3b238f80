"""Articles whose pages change or vanish: noticed, told in the diary, the earlier copy kept."""

import io
import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker
from warcio.archiveiterator import ArchiveIterator

from intake import extraction, keeping, polite, revisits
from models import (
    Article,
    ArticleVersion,
    AuditDetail,
    AuditEntry,
    PageState,
    SourceHost,
    StoredCopy,
)
from tests import factories as make
from tests.intake.watched import Web, article, watched

Sessions = sessionmaker[Session]
LINK = "https://bao.example.vn/dap-nam-pung.html"
TITLE = "Đập Nậm Pung ở Bát Xát"
FIRST = article(TITLE, "Đập bị nứt một đoạn dài và nước đang tràn qua, người dân hạ lưu cần di dời.")
MENDED = article(TITLE, "Đập không bị nứt; thông tin trong bản trước đã được tòa soạn sửa lại cho đúng.")
pytestmark = pytest.mark.usefixtures("_in_place")


@pytest.fixture
def web() -> Web:
    made = Web()
    made.put(LINK, FIRST, etag='"1"')
    return made


@pytest.fixture
def arrived(sessions: Sessions, at: datetime) -> int:
    """An article that arrived and stands in a case; its id."""
    with sessions.begin() as session:
        source = watched(session, at=at)
        case = make.case(session)
        arrival = make.arrival(
            session, TITLE, kind="article", channel="feed", code_digest=None, url=LINK, case_id=case.id
        )
        page = extraction.read(FIRST.encode(), LINK, at.isoformat())
        assert page is not None
        about = Article(
            arrival_id=arrival.id,
            source_id=source.id,
            host=polite.know(session, LINK, at=at),
            url=LINK,
            title=TITLE,
            outlet="Báo mẫu",
            places="Bát Xát",
            next_visit_at=revisits.first(at),
        )
        session.add(about)
        session.flush()
        copy = keeping.store(session, FIRST.encode(), "text/html", at=at)
        revisits.begin(session, about, page["text"], copy, None, at=at)
    return arrival.id


def visit(sessions: Sessions, web: Web) -> Article:
    """Visit the page at the moment for which its next visit is planned."""
    with sessions.begin() as session:
        due = session.scalars(select(Article.next_visit_at)).one()
        assert due is not None
        session.execute(SourceHost.__table__.update().values(free_at=due))
    assert revisits.run_one(sessions, web.way, at=due)
    with sessions() as session:
        return session.scalars(select(Article)).one()


def diary(sessions: Sessions) -> list[tuple[str, str]]:
    with sessions() as session:
        rows = session.execute(
            select(AuditEntry.action, AuditDetail.detail)
            .join(AuditDetail, AuditDetail.seq == AuditEntry.seq)
            .where(AuditEntry.action.like("article.%"), AuditEntry.subject_kind == "case")
            .order_by(AuditEntry.seq)
        )
        return [(action, json.loads(detail)["note"]) for action, detail in rows]


@pytest.mark.usefixtures("arrived")
def test_an_unchanged_page_is_visited_ever_more_rarely_and_at_last_no_more(
    sessions: Sessions, web: Web
) -> None:
    waits = []
    while True:
        about = visit(sessions, web)
        if about.next_visit_at is None:
            break
        assert about.last_visit_at is not None
        waits.append((about.next_visit_at - about.last_visit_at).total_seconds() / 3600)
    assert [round(wait) for wait in waits] == list(revisits.RHYTHM[1:])
    assert about.state is PageState.STANDING
    assert diary(sessions) == []
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(ArticleVersion)) == 1


@pytest.mark.usefixtures("arrived")
def test_a_changed_page_is_told_and_both_copies_are_kept(sessions: Sessions, web: Web) -> None:
    visit(sessions, web)
    web.put(LINK, MENDED)
    about = visit(sessions, web)
    assert about.state is PageState.CHANGED
    (action, note), *more = diary(sessions)
    assert (action, more) == ("article.changed", [])
    assert "− Đập bị nứt" in note
    assert "+ Đập không bị nứt" in note
    with sessions() as session:
        kept = select(StoredCopy.content).join(ArticleVersion, ArticleVersion.copy_id == StoredCopy.id)
        copies = session.scalars(kept.order_by(ArticleVersion.number)).all()
    assert copies == [FIRST.encode(), MENDED.encode()]
    visit(sessions, web)
    assert len(diary(sessions)) == 1


@pytest.mark.usefixtures("arrived")
def test_advertisements_and_comments_are_no_change(sessions: Sessions, web: Web) -> None:
    web.put(LINK, FIRST.replace("tôi không tin", "tôi đã đọc").replace("Thời sự", "Quảng cáo mới"))
    assert visit(sessions, web).state is PageState.STANDING


@pytest.mark.usefixtures("arrived")
def test_a_page_is_gone_when_it_is_gone_twice_and_may_come_back(sessions: Sessions, web: Web) -> None:
    web.put(LINK, "", status=404)
    assert visit(sessions, web).state is PageState.STANDING
    assert visit(sessions, web).state is PageState.VANISHED
    visit(sessions, web)
    assert [action for action, _ in diary(sessions)] == ["article.vanished"]
    web.put(LINK, FIRST)
    assert visit(sessions, web).state is PageState.CHANGED
    assert [action for action, _ in diary(sessions)] == ["article.vanished", "article.back"]
    with sessions() as session:
        versions = session.scalars(select(ArticleVersion).order_by(ArticleVersion.id)).all()
        gone = session.scalars(select(StoredCopy.content).where(StoredCopy.id == versions[1].warc_id)).one()
    assert [version.number for version in versions] == [1, 2, 3]
    assert (
        next(
            one.http_headers.get_statuscode()
            for one in ArchiveIterator(io.BytesIO(gone))
            if one.rec_type == "response"
        )
        == "404"
    )  # what the server said in place of the page is on record
    assert versions[2].warc_id is not None


@pytest.mark.usefixtures("arrived")
def test_a_machine_that_does_not_answer_has_not_lost_the_page(sessions: Sessions, web: Web) -> None:
    web.broken(LINK)
    visit(sessions, web)
    web.put(LINK, "", status=503)
    assert visit(sessions, web).state is PageState.STANDING
    assert diary(sessions) == []


@pytest.mark.usefixtures("arrived")
def test_a_visit_that_was_killed_is_made_again(
    sessions: Sessions, web: Web, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    web.put(LINK, MENDED)
    due = at + timedelta(hours=2)
    for owner, name in ((web, "get"), (revisits, "settle"), (revisits, "_note")):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, killed)
            with pytest.raises(KeyboardInterrupt):
                revisits.run_one(sessions, web.way, at=due)
        assert diary(sessions) == []
        due += timedelta(minutes=5)
    assert revisits.run_one(sessions, web.way, at=due)
    assert len(diary(sessions)) == 1


@pytest.mark.usefixtures("arrived")
def test_what_was_seen_cannot_be_changed(sessions: Sessions) -> None:
    for statement in (
        "UPDATE article_versions SET text = ''",
        "DELETE FROM article_versions",
        "DELETE FROM articles",
    ):
        with sessions() as session, pytest.raises(DBAPIError, match=r"append-only|permission denied"):
            session.execute(text(statement))
