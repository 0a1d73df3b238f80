"""From an item to an arrival: the page is read once, judged once, and counted whatever becomes of it."""

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from warcio.archiveiterator import ArchiveIterator

from corpus import encoder
from corpus.encoder import Encoder
from intake import apart, arriving, articles, capture, items, keeping, revisits, tallies, visits
from models import (
    Arrival,
    ArrivalKind,
    Article,
    ArticleVersion,
    Capture,
    CaptureState,
    Channel,
    Dropped,
    ItemState,
    ReadableCopy,
    SeenItem,
    SeenWhere,
    SourceHost,
    SourceScope,
    SourceTakes,
    SourceTally,
    StoredCopy,
)
from tests import factories as make
from tests.intake.watched import FEED, ZONE, Web, article, rss, watched

Sessions = sessionmaker[Session]
MINUTE = timedelta(minutes=1)
SITE = "https://bao.example.vn"
LINK = f"{SITE}/dap-nam-pung-123456.html"
TITLE = "Đập thủy điện Nậm Pung ở Bát Xát vẫn an toàn sau mưa lớn"
pytestmark = pytest.mark.usefixtures("_in_place")


@pytest.fixture(scope="module")
def model() -> Encoder:
    return encoder.load()


@pytest.fixture
def web() -> Web:
    made = Web()
    made.put(FEED, rss((TITLE, LINK)), "text/xml")
    made.put(LINK, article(TITLE, sapo="Cơ quan chức năng đã kiểm tra và không ghi nhận sự cố nào ở đập."))
    return made


def run(sessions: Sessions, web: Web, model: Encoder, at: datetime, **values: object) -> None:
    """Watch the source, if nobody does, and do all that is to be done at `at`."""
    with sessions.begin() as session:
        if session.scalar(select(func.count()).select_from(SourceHost)) == 0:
            watched(session, at=at, **values)
    steps: list[Callable[[], bool]] = [
        lambda: visits.run_one(sessions, web.way, at=at),
        lambda: articles.run_one(sessions, web.way, at=at + MINUTE),
        lambda: arriving.run_one(sessions, model, at=at + 2 * MINUTE, zone=ZONE),
    ]
    for _ in range(100):
        free(sessions, at)
        worked = [step() for step in steps]
        if not any(worked):
            return
    raise AssertionError("it never ends")


def free(sessions: Sessions, at: datetime) -> None:
    with sessions.begin() as session:
        for host in session.scalars(select(SourceHost)):
            host.free_at = min(host.free_at, at)


def seen(sessions: Sessions) -> SeenItem:
    with sessions() as session:
        return session.scalars(select(SeenItem).order_by(SeenItem.id.desc()).limit(1)).one()


def tally(sessions: Sessions) -> dict[str, int]:
    with sessions() as session:
        rows = session.execute(
            select(SourceTally.outcome, func.sum(SourceTally.count)).group_by(SourceTally.outcome)
        )
        return {outcome: int(count) for outcome, count in rows}


def test_an_article_that_names_the_province_arrives(
    sessions: Sessions, web: Web, model: Encoder, at: datetime
) -> None:
    run(sessions, web, model, at, name="Báo Mẫu")
    with sessions() as session:
        arrival = session.scalars(select(Arrival)).one()
        about = session.get_one(Article, arrival.id)
        version = session.scalars(select(ArticleVersion)).one()
        kept = session.scalars(select(StoredCopy.content).where(StoredCopy.id == version.copy_id)).one()
    assert (arrival.kind, arrival.channel, arrival.code_digest) == (ArrivalKind.ARTICLE, Channel.FEED, None)
    assert (arrival.seen_where, arrival.url, arrival.language) == (SeenWhere.PRESS, LINK, "vi")
    lines = arrival.text.split("\n")
    assert lines[:2] == [TITLE, "Cơ quan chức năng đã kiểm tra và không ghi nhận sự cố nào ở đập."]
    assert (about.outlet, about.title) == ("Báo Mẫu", TITLE)
    assert "Bát Xát" in about.places
    assert kept == web.get(LINK, "", "").content
    assert "Tác Giả" not in f"{version.text}{arrival.text}"
    assert "Độc Giả" not in version.text
    assert tally(sessions) == {"seen": 1, "arrived": 1}
    item = seen(sessions)
    assert (item.state, item.arrival_id, item.page) == (ItemState.ARRIVED, arrival.id, None)


def test_an_article_that_arrived_has_records_and_words_from_the_one_answer_that_came(
    sessions: Sessions, web: Web, model: Encoder, at: datetime
) -> None:
    with sessions.begin() as session:  # a citizen reported it on the same day, before
        case = make.case(session)
        make.arrival(session, case_id=case.id, url=LINK, received_at=at)
    run(sessions, web, model, at)
    with sessions() as session:
        done = session.scalars(select(Capture)).one()
        version = session.scalars(select(ArticleVersion)).one()
        words = session.get_one(ReadableCopy, version.copy_id)
        records = session.scalars(select(StoredCopy.content).where(StoredCopy.id == done.warc_id)).one()
    assert (done.url, done.state, done.http_status) == (LINK, CaptureState.DONE, 200)
    assert (done.copy_id, done.warc_id) == (version.copy_id, version.warc_id)
    assert (words.title, words.outlet) == (TITLE, "bao.example.vn")
    bodies = [one.content_stream().read() for one in ArchiveIterator(io.BytesIO(records))]
    assert web.get(LINK, "", "").content in bodies
    web.asked.clear()
    assert not capture.run_one(sessions, at=at + timedelta(days=1), get=lambda url: web.get(url, "", ""))
    assert web.asked == []


def test_hostile_canonical_address_does_not_pass_one_page_off_as_the_copy_of_another(
    sessions: Sessions, web: Web, model: Encoder, at: datetime
) -> None:
    other = f"{SITE}/tin-khac-999.html"
    web.put(LINK, article(TITLE, canonical=other))
    with sessions.begin() as session:
        make.arrival(session, case_id=make.case(session).id, url=other, received_at=at)
    run(sessions, web, model, at)
    with sessions() as session:
        arrived = session.scalars(select(Arrival.url).where(Arrival.kind == ArrivalKind.ARTICLE)).one()
        order = session.scalars(select(Capture)).one()
        version = session.scalars(select(ArticleVersion)).one()
    assert (arrived, order.url, order.state) == (other, other, CaptureState.WAITING)
    assert None not in (version.copy_id, version.warc_id)  # what was read is kept as what it is


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (article("Giá vàng trong nước tăng nhẹ phiên sáng nay"), Dropped.OFF_TOPIC),
        (article("Sạt lở tại xã Tân Tiến của tỉnh Đồng Nai"), Dropped.OFF_TOPIC),
        ("<html><body><p>ngắn</p></body></html>", Dropped.NO_TEXT),
        (b"\x89PNG" + b"\0" * 500, Dropped.NO_TEXT),
    ],
)
def test_the_rest_is_dropped_and_counted(
    sessions: Sessions, web: Web, model: Encoder, at: datetime, page: str | bytes, reason: Dropped
) -> None:
    web.put(LINK, page)
    run(sessions, web, model, at)
    assert tally(sessions) == {"seen": 1, reason.value: 1}
    item = seen(sessions)
    assert (item.state, item.reason, item.page) == (ItemState.DROPPED, reason, None)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Arrival)) == 0
        assert session.scalar(select(func.count()).select_from(StoredCopy)) == 0


def test_a_local_source_need_not_name_the_province(
    sessions: Sessions, web: Web, model: Encoder, at: datetime
) -> None:
    web.put(LINK, article("Xã Hưng Khánh họp bàn việc sửa đường liên thôn"))
    run(sessions, web, model, at, scope=SourceScope.PROVINCE)
    assert tally(sessions) == {"seen": 1, "arrived": 1}


def test_what_resembles_a_known_claim_arrives_without_naming_the_province(
    sessions: Sessions, web: Web, model: Encoder, at: datetime
) -> None:
    said = "Uống nước lá đu đủ mỗi ngày chữa khỏi hoàn toàn bệnh ung thư phổi"
    with sessions.begin() as session:
        known = make.claim(session, said).id
        make.passage(session, said, claim_id=known)
    web.put(LINK, article(said, said + ", theo một tài khoản mạng xã hội."))
    run(sessions, web, model, at, takes=SourceTakes.RESEMBLING)
    with sessions() as session:
        assert session.scalars(select(Article.claim_id)).one() == known


def test_a_source_may_be_held_to_resemblance(
    sessions: Sessions, web: Web, model: Encoder, at: datetime
) -> None:
    run(sessions, web, model, at, takes=SourceTakes.RESEMBLING)
    assert tally(sessions) == {"seen": 1, "off_topic": 1}


def test_an_article_that_denies_is_marked_with_its_own_words(
    sessions: Sessions, web: Web, model: Encoder, at: datetime
) -> None:
    web.put(LINK, article("Công an tỉnh Lào Cai bác bỏ tin vỡ đập ở Nậm Pung"))
    run(sessions, web, model, at)
    with sessions() as session:
        cue = session.scalars(select(Article.cue)).one()
    assert "bác bỏ tin vỡ đập" in cue


def test_one_article_under_two_addresses_arrives_once(
    sessions: Sessions, web: Web, model: Encoder, at: datetime
) -> None:
    other = f"{SITE}/amp/ten-khac-123456.html"
    web.put(FEED, rss((TITLE, LINK), (TITLE + " (bản rút gọn)", other)), "text/xml")
    web.put(other, article(TITLE, canonical=LINK))
    run(sessions, web, model, at)
    assert tally(sessions) == {"seen": 2, "arrived": 1, "known": 1}
    web.put(FEED, rss((TITLE, LINK.replace("https", "http") + "?utm_source=x"), (TITLE, other)), "text/xml")
    run(sessions, web, model, at + timedelta(hours=2))
    assert tally(sessions) == {"seen": 2, "arrived": 1, "known": 1}


@pytest.mark.parametrize(("status", "reason"), [(404, Dropped.GONE), (410, Dropped.GONE)])
def test_a_page_that_is_gone_is_dropped_at_once(
    sessions: Sessions, web: Web, model: Encoder, at: datetime, status: int, reason: Dropped
) -> None:
    web.put(LINK, "", status=status)
    run(sessions, web, model, at)
    assert seen(sessions).reason is reason


def test_a_page_that_does_not_come_is_tried_again_and_given_up_at_last(
    sessions: Sessions, web: Web, model: Encoder, at: datetime
) -> None:
    web.broken(LINK)
    for attempt in range(1, articles.ATTEMPTS):
        run(sessions, web, model, at)
        item = seen(sessions)
        assert (item.state, item.attempts, item.last_error) == (ItemState.WAITING, attempt, "ConnectError")
        at = item.next_try_at
    run(sessions, web, model, at)
    assert seen(sessions).reason is Dropped.UNREACHABLE


def test_a_page_of_another_site_is_not_the_sources_article(
    sessions: Sessions, web: Web, model: Encoder, at: datetime
) -> None:
    web.put(LINK, article(TITLE), at="https://xau.example.com/bai.html")
    run(sessions, web, model, at)
    assert seen(sessions).reason is Dropped.OTHER_SITE


def test_robots_txt_counts_for_articles_too(
    sessions: Sessions, web: Web, model: Encoder, at: datetime
) -> None:
    web.put(f"{SITE}/robots.txt", "User-agent: *\nDisallow: /dap", "text/plain")
    run(sessions, web, model, at)
    assert seen(sessions).reason is Dropped.ROBOTS
    assert LINK not in web.asked


def test_killed_between_any_two_steps_it_arrives_once_all_the_same(
    sessions: Sessions, web: Web, model: Encoder, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    steps: list[tuple[object, str]] = [(apart, "run"), (visits, "_settle"), (items, "claim_keys")]
    steps += [
        (articles, "settle"),
        (arriving, "judge"),
        (arriving, "_arrive"),
        (keeping, "store"),
        (keeping, "kept"),
    ]
    steps += [(revisits, "begin"), (tallies, "count")]
    for number, (owner, name) in enumerate(steps, start=1):
        title, link = f"{TITLE}, bản tin số {number}", f"{SITE}/tin-{number}.html"
        web.put(FEED, rss((title, link)), "text/xml")
        web.put(link, article(title))
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, killed)
            with pytest.raises(KeyboardInterrupt):
                run(sessions, web, model, at)
        assert tally(sessions).get("arrived", 0) == number - 1, name
        run(sessions, web, model, at + timedelta(minutes=10))
        assert tally(sessions) == {"seen": number, "arrived": number}, name
        at += timedelta(hours=3)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Arrival)) == len(steps)


def test_many_workers_let_each_article_arrive_once(
    sessions: Sessions, web: Web, model: Encoder, at: datetime
) -> None:
    rows = [(f"Tin số {n} về mưa lũ ở Bát Xát, Lào Cai", f"{SITE}/tin-{n}.html") for n in range(8)]
    web.put(FEED, rss(*rows), "text/xml")
    for title, link in rows:
        web.put(link, article(title))
    with sessions.begin() as session:
        watched(session, at=at)
    assert visits.run_one(sessions, web.way, at=at)
    gate = threading.Barrier(3)

    def work(worker: int) -> None:
        gate.wait()
        for tick in range(40):
            moment = at + timedelta(seconds=100 * (tick + 1))
            articles.run_one(sessions, replace(web.way, calm=worker == 0), at=moment)
            arriving.run_one(sessions, model, at=moment, zone=ZONE)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert tally(sessions) == {"seen": 8, "arrived": 8}
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Arrival)) == 8


def test_a_source_with_many_items_takes_nothing_away_from_the_others(
    sessions: Sessions, web: Web, at: datetime
) -> None:
    with sessions.begin() as session:
        by = make.officer(session)
        for number, size in enumerate((150, 1, 1, 1)):
            site = f"https://bao{number}.example.vn"
            watched(session, f"{site}/rss", at=at, by=by, name=f"Báo {number}")
            rows = [(f"Tin số {n} của báo {number}", f"{site}/tin-{n}.html") for n in range(size)]
            web.put(f"{site}/rss", rss(*rows), "text/xml")
    while visits.run_one(sessions, web.way, at=at):
        pass
    web.asked.clear()
    for tick in range(4):
        assert articles.run_one(sessions, web.way, at=at + timedelta(minutes=1, seconds=tick))
    read = {url.split("/")[2] for url in web.asked if url.endswith(".html")}
    assert read == {f"bao{number}.example.vn" for number in range(4)}
