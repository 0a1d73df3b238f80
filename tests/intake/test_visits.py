"""Visits of watched sources: what is taken once, when the next visit is, what stops a source."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from intake import items, sources, tallies, visits
from models import (
    Alarm,
    AuditEntry,
    Dropped,
    ItemState,
    SeenItem,
    Source,
    SourceAddress,
    SourceHost,
    SourceState,
    SourceTally,
    SourceVisit,
    VisitOutcome,
)
from tests import factories as make
from tests.intake.watched import FEED, ZONE, Web, rss, watched

Sessions = sessionmaker[Session]
SITE = "https://bao.example.vn"


def news(count: int, start: int = 0) -> list[tuple[str, str]]:
    return [(f"Tin trong ngày số {n} ở huyện", f"{SITE}/tin-{n}.html") for n in range(start, start + count)]


def visit(sessions: Sessions, web: Web, at: datetime) -> SourceVisit:
    """Let the source be due and visit it."""
    with sessions.begin() as session:
        for host in session.scalars(select(SourceHost)):
            host.free_at = at
        for address in session.scalars(select(SourceAddress)):
            address.next_visit_at = at
    assert visits.run_one(sessions, web.way, at=at)
    with sessions() as session:
        return session.scalars(select(SourceVisit).order_by(SourceVisit.id.desc()).limit(1)).one()


pytestmark = pytest.mark.usefixtures("_in_place")


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def source_id(sessions: Sessions, at: datetime) -> int:
    with sessions.begin() as session:
        return watched(session, at=at).id


def now_is(sessions: Sessions) -> tuple[Source, SourceAddress]:
    with sessions() as session:
        return session.scalars(select(Source)).one(), session.scalars(select(SourceAddress)).one()


@pytest.mark.usefixtures("source_id")
def test_items_are_remembered_once_and_counted(sessions: Sessions, web: Web, at: datetime) -> None:
    web.put(FEED, rss(*news(3)), "text/xml")
    first = visit(sessions, web, at)
    assert (first.outcome, first.found, first.fresh) == (VisitOutcome.FRESH, 3, 3)
    web.put(FEED, rss(*news(5)).replace(".html", ".html?utm_source=rss"), "text/xml")
    second = visit(sessions, web, at + timedelta(minutes=20))
    assert (second.outcome, second.found, second.fresh) == (VisitOutcome.FRESH, 5, 2)
    third = visit(sessions, web, at + timedelta(minutes=40))
    assert (third.outcome, third.fresh) == (VisitOutcome.SAME, 0)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(SeenItem)) == 5
        assert session.scalar(select(SourceTally.count).where(SourceTally.outcome == tallies.SEEN)) == 5


@pytest.mark.usefixtures("source_id")
def test_an_unchanged_answer_is_not_sent_again(sessions: Sessions, web: Web, at: datetime) -> None:
    web.put(FEED, rss(*news(2)), "text/xml", etag='"a1"', last_modified="Sun, 22 Nov 2026 01:00:00 GMT")
    visit(sessions, web, at)
    again = visit(sessions, web, at + timedelta(hours=1))
    assert (again.outcome, again.http_status) == (VisitOutcome.SAME, 304)
    assert web.marks == [("", ""), ('"a1"', "Sun, 22 Nov 2026 01:00:00 GMT")]


@pytest.mark.usefixtures("source_id")
def test_the_pace_follows_what_comes(sessions: Sessions, web: Web, at: datetime) -> None:
    paces = []
    for hour in range(12):
        web.put(FEED, rss(*news(2, start=2 * min(hour, 4))), "text/xml")
        visit(sessions, web, at + timedelta(hours=hour))
        paces.append(now_is(sessions)[1].pace)
    base = visits.PACE[now_is(sessions)[0].kind]
    assert min(paces) >= base / 2
    assert paces[4] < base < paces[11] <= base * 8


@pytest.mark.usefixtures("source_id")
def test_failures_are_waited_out_ever_longer_and_a_wish_is_obeyed(
    sessions: Sessions, web: Web, at: datetime
) -> None:
    web.broken(FEED)
    web.put(f"{SITE}/robots.txt", "", status=404)
    waits = []
    for _ in range(12):
        assert visit(sessions, web, at).outcome is VisitOutcome.FAILED
        address = now_is(sessions)[1]
        waits.append((address.next_visit_at - at).total_seconds())
        at = address.next_visit_at
    assert waits[0] < 400
    assert waits[3] > 4 * waits[0]
    assert max(waits) < 86_400 * 1.2
    assert (address.failures, address.last_error) == (12, "unreached: ConnectError")
    web.put(FEED, "", status=429, retry_after="7200")
    visit(sessions, web, at)
    with sessions() as session:
        host = session.get_one(SourceHost, "bao.example.vn")
        assert timedelta(seconds=7200) <= host.free_at - at < timedelta(seconds=7230)
    web.put(FEED, rss(*news(1)), "text/xml")
    visit(sessions, web, at)
    assert (now_is(sessions)[1].failures, now_is(sessions)[1].last_error) == (0, "")


@pytest.mark.usefixtures("source_id")
def test_robots_txt_is_obeyed_and_asked_once_a_day(sessions: Sessions, web: Web, at: datetime) -> None:
    web.put(f"{SITE}/robots.txt", "User-agent: KiemTin\nDisallow: /rss\nCrawl-delay: 30", "text/plain")
    web.put(FEED, rss(*news(1)), "text/xml")
    assert visit(sessions, web, at).error == "robots"
    visit(sessions, web, at + timedelta(hours=2))
    assert web.asked == [f"{SITE}/robots.txt"]
    with sessions() as session:
        assert session.get_one(SourceHost, "bao.example.vn").crawl_delay == 30
    web.put(f"{SITE}/robots.txt", "", status=503)
    assert visit(sessions, web, at + timedelta(hours=25)).error.startswith("unreached: robots.txt")
    web.put(f"{SITE}/robots.txt", "", status=404)
    assert visit(sessions, web, at + timedelta(hours=26)).outcome is VisitOutcome.FRESH


def test_quotas_hold_for_an_answer_and_for_a_day(
    sessions: Sessions, web: Web, at: datetime, source_id: int
) -> None:
    with sessions.begin() as session:
        tallies.count(session, source_id, tallies.day_of(at, ZONE), tallies.SEEN, tallies.DAILY - 150)
    web.put(FEED, rss(*news(500)), "text/xml", etag='"x"')
    done = visit(sessions, web, at)
    assert (done.found, done.fresh, done.over) == (500, 150, 350)
    address = now_is(sessions)[1]
    assert address.etag == ""
    assert address.next_visit_at == tallies.day_end(at, ZONE)
    assert visit(sessions, web, at + timedelta(days=1)).fresh == 50


@pytest.mark.usefixtures("source_id")
def test_old_items_and_those_of_other_sites_are_counted_and_not_read(
    sessions: Sessions, web: Web, at: datetime
) -> None:
    web.put(FEED, rss(*news(2), published=at - timedelta(days=9)), "text/xml")
    visit(sessions, web, at)
    web.put(
        FEED, rss(*news(3, 10), ("Quảng cáo của nơi khác", "https://khac.example.com/1.html")), "text/xml"
    )
    visit(sessions, web, at + timedelta(hours=1))
    with sessions() as session:
        rows = session.execute(select(SourceTally.outcome, SourceTally.count))
        counts = {outcome: count for outcome, count in rows}  # noqa: C416  rows are no pairs to mypy
    assert counts == {"seen": 6, "old": 2, "other_site": 1}


ENGLISH = rss(*((f"Breaking news of the day number {n}", f"{SITE}/n-{n}.html") for n in range(9)))
STRANGERS = rss(*((f"Tin trong ngày số {n}", f"https://xau.example.com/{n}.html") for n in range(9)))
OTHER_FORM = '{"items": [{"url": "/1.html", "title": "Tin trong ngày"}]}'


@pytest.mark.parametrize(
    ("alarm", "url", "content", "media_type"),
    [
        (Alarm.LANGUAGE, FEED, ENGLISH, "text/xml"),
        (Alarm.HOST, "https://bao-example.com/rss", rss(*news(9, 100)), "text/xml"),
        (Alarm.HOST, FEED, STRANGERS, "text/xml"),
        (Alarm.CONTENT_TYPE, FEED, OTHER_FORM, "application/json"),
        (Alarm.VOLUME, FEED, rss(*news(150, 1000)), "text/xml"),
    ],
)
@pytest.mark.usefixtures("source_id")
def test_a_sudden_change_stops_the_source_until_an_officer_frees_it(
    sessions: Sessions, web: Web, at: datetime, alarm: Alarm, url: str, content: str, media_type: str
) -> None:
    for hour in range(4):
        web.put(FEED, rss(*news(6, hour * 6)), "text/xml")
        visit(sessions, web, at + timedelta(hours=hour))
    web.put(FEED, content, media_type, at=url)
    strange = visit(sessions, web, at + timedelta(hours=4))
    source = now_is(sessions)[0]
    assert (strange.outcome, strange.fresh) == (VisitOutcome.QUARANTINED, 0)
    assert (source.state, source.alarm) == (SourceState.QUARANTINED, alarm)
    assert source.alarm_detail
    with sessions.begin() as session:
        assert "source.quarantined" in session.scalars(select(AuditEntry.action)).all()
        session.execute(select(SourceHost)).scalars().one().free_at = at
    assert not visits.run_one(sessions, web.way, at=at + timedelta(days=2))
    with sessions.begin() as session:
        sources.lift(session, sources.get(session, source.id), by=make.officer(session, "admin"), at=at)
    if url == FEED:
        assert visit(sessions, web, at + timedelta(hours=5)).outcome is VisitOutcome.FRESH


@pytest.mark.usefixtures("source_id")
def test_a_sign_in_page_in_place_of_a_feed_is_an_error_first_and_an_alarm_at_last(
    sessions: Sessions, web: Web, at: datetime
) -> None:
    web.put(FEED, rss(*news(3)), "text/xml")
    visit(sessions, web, at)
    web.put(FEED, "<html><title>Đăng nhập</title></html>")
    for hour in (1, 2):
        done = visit(sessions, web, at + timedelta(hours=hour))
        assert (done.outcome, done.error) == (VisitOutcome.FAILED, "no-feed: text/html; charset=utf-8")
    assert visit(sessions, web, at + timedelta(hours=3)).outcome is VisitOutcome.QUARANTINED


@pytest.mark.usefixtures("source_id")
def test_an_outage_of_ours_is_no_flood_of_theirs(sessions: Sessions, web: Web, at: datetime) -> None:
    for hour in range(4):
        web.put(FEED, rss(*news(6, hour * 6)), "text/xml")
        visit(sessions, web, at + timedelta(hours=hour))
    web.put(FEED, rss(*news(120, 500)), "text/xml")
    assert visit(sessions, web, at + timedelta(hours=24)).fresh == 120


@pytest.mark.usefixtures("source_id")
def test_a_paused_source_is_left_alone_also_in_the_middle_of_a_visit(
    sessions: Sessions, web: Web, at: datetime
) -> None:
    web.put(FEED, rss(*news(3)), "text/xml")
    get = web.get

    def paused_meanwhile(url: str, etag: str, last_modified: str) -> object:
        with sessions.begin() as session:
            source = session.scalars(select(Source)).one()
            if source.state is SourceState.WATCHED:
                sources.pause(session, source, by=make.officer(session), at=at)
        return get(url, etag, last_modified)

    web.get = paused_meanwhile  # type: ignore[method-assign,assignment]
    assert visits.run_one(sessions, web.way, at=at)
    assert not visits.run_one(sessions, web.way, at=at + timedelta(days=1))
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(SeenItem)) == 0


def test_one_machine_is_asked_by_one_at_a_time_with_pauses(
    sessions: Sessions, web: Web, at: datetime
) -> None:
    with sessions.begin() as session:
        by = make.officer(session)
        for part in range(4):
            url = f"{SITE}/rss/{part}.rss"
            watched(session, url, at=at, by=by, name=f"Báo {part}")
            web.put(url, rss(*news(2, part * 10)), "text/xml")
    web.put(f"{SITE}/robots.txt", "", status=404)
    busy, most = threading.Semaphore(100), [0, 0]
    get = web.get

    def counted(url: str, etag: str, last_modified: str) -> object:
        most[0] += 1
        most[1] = max(most[1], most[0])
        with busy:
            threading.Event().wait(0.02)
        most[0] -= 1
        return get(url, etag, last_modified)

    web.get = counted  # type: ignore[method-assign,assignment]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: visits.run_one(sessions, web.way, at=at), range(8)))
    assert done.count(True) == 1
    assert most[1] == 1
    assert visits.run_one(sessions, web.way, at=at + timedelta(seconds=60))


@pytest.mark.usefixtures("source_id")
def test_killed_between_any_two_steps_nothing_is_lost_and_nothing_doubled(
    sessions: Sessions, web: Web, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.put(FEED, rss(*news(3)), "text/xml")
    for owner, name in ((web, "get"), (visits, "_settle"), (items, "note"), (visits, "_learn")):
        with monkeypatch.context() as patch:

            def killed(*_args: object, **_named: object) -> None:
                raise KeyboardInterrupt

            patch.setattr(owner, name, killed)
            with pytest.raises(KeyboardInterrupt):
                visits.run_one(sessions, web.way, at=at)
        assert not visits.run_one(sessions, web.way, at=at)
        at += timedelta(seconds=91)
    assert visits.run_one(sessions, web.way, at=at)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(SeenItem)) == 3
        assert set(session.scalars(select(SeenItem.state))) == {ItemState.WAITING}
        assert session.scalar(select(func.sum(SourceTally.count))) == 3


def test_the_same_articles_from_two_sources_at_once_are_taken_once(
    sessions: Sessions, web: Web, at: datetime
) -> None:
    with sessions.begin() as session:
        by = make.officer(session)
        for host in ("bao", "rss"):
            url = f"https://{host}.example.vn/home.rss"
            watched(session, url, at=at, by=by, name=host)
            web.put(url, rss(*(news(20) if host == "bao" else news(20)[::-1])), "text/xml")
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: visits.run_one(sessions, web.way, at=at), range(2))) == [True, True]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(SeenItem)) == 20
        seen = select(func.sum(SourceTally.count)).where(SourceTally.outcome == "seen")
        assert session.scalar(seen) == 20
        assert Dropped.KNOWN not in session.scalars(select(SeenItem.reason)).all()


def test_a_feed_cannot_use_up_another_sites_articles(sessions: Sessions, web: Web, at: datetime) -> None:
    stolen = ("Tin của báo bạn trong ngày", "https://ban.example.org/tin-1.html")
    with sessions.begin() as session:
        by = make.officer(session)
        watched(session, at=at, by=by)
        watched(session, "https://ban.example.org/rss", at=at + timedelta(hours=1), by=by, name="Báo bạn")
    web.put(FEED, rss(stolen), "text/xml")
    web.put("https://ban.example.org/rss", rss(stolen), "text/xml")
    assert visits.run_one(sessions, web.way, at=at)
    while visits.run_one(sessions, web.way, at=at + timedelta(hours=1)):
        pass
    with sessions() as session:
        states = session.scalars(select(SeenItem.state).order_by(SeenItem.id)).all()
    assert states == [ItemState.DROPPED, ItemState.WAITING]


def test_addresses_of_one_moment_do_not_stay_in_step(sessions: Sessions, web: Web, at: datetime) -> None:
    with sessions.begin() as session:
        by = make.officer(session)
        for number in range(12):
            url = f"https://bao{number}.example.vn/rss"
            watched(session, url, at=at, by=by, name=f"Báo {number}")
            web.put(url, rss(), "text/xml")
    while visits.run_one(sessions, web.way, at=at):
        pass
    with sessions() as session:
        addresses = session.scalars(select(SourceAddress)).all()
    shares = [(one.next_visit_at - one.last_visit_at).total_seconds() / one.pace for one in addresses]  # type: ignore[operator]
    assert 0.9 <= min(shares) < 0.97
    assert 1.03 < max(shares) <= 1.1
