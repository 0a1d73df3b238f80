"""Articles on the page of a case: outlet, hint with its words, how the page changed."""

from datetime import timedelta

from sqlalchemy.orm import Session, sessionmaker

from models import ArrivalKind, Article, ArticleChange, ArticleVersion, PageState, Source, SourceHost
from tests import factories as make
from tests.verify.conftest import Desk
from verify import published


def test_a_case_shows_the_articles_hint_and_the_changes_of_its_page(
    desk: Desk, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as session:
        case = make.case(session)
        values = {
            "kind": ArrivalKind.ARTICLE,
            "channel": "feed",
            "code_digest": None,
            "url": "https://bao.example.vn/1.html",
        }
        arrival = make.arrival(session, "Đập Nậm Pung an toàn", case_id=case.id, **values)
        plain = make.arrival(session, case_id=case.id)
        session.add(SourceHost(host="bao.example.vn", free_at=make.AT))
        source = Source(
            name="Báo mẫu", kind="feed", owner="press_national", scope="national",
            home="https://bao.example.vn", state_since=make.AT, added_at=make.AT,
        )  # fmt: skip
        session.add(source)
        session.flush()
        about = Article(
            arrival_id=arrival.id, source_id=source.id, host="bao.example.vn", url=arrival.url,
            title="Đập an toàn",
            outlet="Báo <mẫu>", places="Bát Xát", cue="… bác bỏ tin vỡ đập …", state=PageState.VANISHED,
        )  # fmt: skip
        session.add(about)
        session.flush()
        copy = make.stored_copy(session)
        for number, change in enumerate((ArticleChange.FIRST, ArticleChange.VANISHED), start=1):
            gone = change is ArticleChange.VANISHED
            session.add(
                ArticleVersion(
                    article_id=about.arrival_id, number=number, change=change,
                    title="" if gone else "Đập an toàn",
                    text="" if gone else "Bản đầu của bài", seen_at=make.AT + timedelta(days=number),
                    text_digest=b"x" * 32, copy_id=None if gone else copy.id, warc_id=copy.id,
                )
            )  # fmt: skip
        session.flush()
        shown = published.of(session, [arrival, plain])
        assert list(shown) == [arrival.id]
        versions = shown[arrival.id].versions
        assert [one.change for one in versions] == ["vanished", "first"]
        assert [sorted(one.parts) for one in versions] == [["records"], ["page", "records"]]
        stranger = make.case(session).id
    desk.as_("verifier")
    page = desk.get(f"/vu-viec/{case.id}").text
    assert "Báo &lt;mẫu&gt;" in page
    assert "có thể đang bác bỏ tin" in page
    assert "<q>… bác bỏ tin vỡ đập …</q>" in page
    assert "Trang không còn" in page
    assert "Bản đầu của bài" in page
    gone, first = (f"/ban-bai/{one.id}" for one in versions)
    assert f"{gone}/warc" in page
    assert f"{gone}/tep" not in page
    for path in (f"{first}/tep", f"{first}/warc", f"{gone}/warc"):
        answer = desk.get(f"/vu-viec/{case.id}{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/octet-stream")
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        assert desk.get(f"/vu-viec/{stranger}{path}").status_code == 404
    for path in (f"{gone}/tep", f"/ban-bai/{2**70}/warc"):
        assert desk.get(f"/vu-viec/{case.id}{path}").status_code == 404
