"""Indexes of sitemaps, in the shapes that papers give them: the newest parts are read, the rest is left."""

import gzip
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from intake import feedreading, sitemaps, sources, trials, visits
from models import (
    SeenItem,
    Source,
    SourceAddress,
    SourceHost,
    SourceKind,
    SourceTrial,
    SourceVisit,
    TrialState,
)
from tests import factories as make
from tests.intake.watched import Web, watched

Sessions = sessionmaker[Session]
SITE = "https://bao.example.vn"
INDEX = f"{SITE}/sitemap.xml"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
pytestmark = pytest.mark.usefixtures("_in_place")


def index(*parts: str | tuple[str, str]) -> str:
    """An index of (address, day) or addresses alone."""
    rows = [(part, "") if isinstance(part, str) else part for part in parts]
    body = "".join(
        f"<sitemap><loc>{url}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</sitemap>"
        for url, day in rows
    )
    return (
        f"{HEAD}<?xml-stylesheet type='text/xsl' href='/s.xsl'?><sitemapindex {SPACE}>{body}</sitemapindex>"
    )


def part(*names: str) -> bytes:
    body = "".join(f"<url><loc>{SITE}/{name}.html</loc></url>" for name in names)
    return f"{HEAD}<urlset {SPACE}>{body}</urlset>".encode()


def daily(day: int) -> str:
    return f"{SITE}/sitemaps/news-2026-11-{day:02}.xml"


def due(sessions: Sessions, web: Web, at: datetime) -> None:
    """Visit all that is due, and what an index named meanwhile; machines are taken as rested."""
    for moment in (at, at + timedelta(minutes=3)):
        worked = True
        while worked:
            with sessions.begin() as session:
                for host in session.scalars(select(SourceHost)):
                    host.free_at = min(host.free_at, moment)
            worked = visits.run_one(sessions, web.way, at=moment)


def addresses(sessions: Sessions) -> list[str]:
    with sessions() as session:
        known = select(SourceAddress.url).where(SourceAddress.index_id.is_not(None))
        return sorted(session.scalars(known), reverse=True)


def items(sessions: Sessions) -> list[str]:
    with sessions() as session:
        return sorted(url.rpartition("/")[2] for url in session.scalars(select(SeenItem.url)))


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def source_id(sessions: Sessions, at: datetime) -> int:
    with sessions.begin() as session:
        return watched(session, INDEX, at=at, kind=SourceKind.SITEMAP).id


@pytest.mark.parametrize(
    ("parts", "newest"),
    [
        ([(f"{SITE}/s-{n}.xml", f"2026-11-{n:02}T06:00:00+07:00") for n in (3, 20, 1, 22, 21)], [22, 21, 20]),
        ([f"{SITE}/s-2026-{month}.xml.gz" for month in (9, 10, 11, 8)], [11, 10, 9]),
        ([(f"{SITE}/s-{n}.xml", "2026-11-22") for n in range(1, 8)], [7, 6, 5]),
        (
            [f"{SITE}/sitemap-9.xml", f"{SITE}/google-news-sitemap-1.xml", f"{SITE}/chuyen-muc.xml"],
            [1, 9, -1],
        ),
    ],
)
def test_the_newest_parts_are_told_by_day_by_name_or_as_news(parts: list[str], newest: list[int]) -> None:
    found = feedreading.read(
        index(*parts).encode(), INDEX, "text/xml", "sitemap", "2026-11-22T03:00:00+00:00"
    )
    urls = sitemaps.newest(found, INDEX, INDEX)
    numbers = [url.rpartition("/")[2].partition(".")[0].rpartition("-")[2] for url in urls]
    assert [int(number) if number.isdigit() else -1 for number in numbers] == newest


@pytest.mark.usefixtures("source_id")
def test_the_newest_parts_are_read_packed_or_not_and_each_article_is_seen_once(
    sessions: Sessions, web: Web, at: datetime
) -> None:
    web.put(INDEX, index(*(daily(day) for day in range(1, 22)), f"{daily(22)}.gz"), "text/xml", etag='"1"')
    web.put(f"{daily(22)}.gz", gzip.compress(part("bai-4", "bai-3")), "application/x-gzip")
    web.put(daily(21), part("bai-3", "bai-2"), "text/xml")
    web.put(daily(20), part("bai-1"), "text/xml")
    due(sessions, web, at)
    assert addresses(sessions) == [f"{daily(22)}.gz", daily(21), daily(20)]
    assert items(sessions) == ["bai-1.html", "bai-2.html", "bai-3.html", "bai-4.html"]
    assert daily(19) not in web.asked
    with sessions() as session:
        assert {visit.error for visit in session.scalars(select(SourceVisit))} == {""}


@pytest.mark.usefixtures("source_id")
def test_a_new_day_takes_the_place_of_the_oldest_within_the_hour(
    sessions: Sessions, web: Web, at: datetime
) -> None:
    for day in range(18, 24):
        web.put(daily(day), part(f"bai-{day}"), "text/xml")
    web.put(INDEX, index(*(daily(day) for day in range(18, 23))), "text/xml")
    for hour in range(12):  # nothing new for half a day
        due(sessions, web, at + timedelta(hours=hour))
    web.put(INDEX, index(*(daily(day) for day in range(18, 24))), "text/xml")
    due(sessions, web, at + timedelta(hours=13))
    assert addresses(sessions) == [daily(23), daily(22), daily(21)]
    assert "bai-23.html" in items(sessions)
    web.put(INDEX, index(), "text/xml")  # an empty index has not lost what was read
    due(sessions, web, at + timedelta(hours=14))
    assert len(addresses(sessions)) == 3


@pytest.mark.usefixtures("source_id")
def test_other_machines_the_index_itself_and_indexes_in_an_index_are_not_followed(
    sessions: Sessions, web: Web, at: datetime
) -> None:
    inner = f"{SITE}/sitemap-inner.xml"
    web.put(
        INDEX,
        index(INDEX, "https://so.bao.example.vn/s.xml", "https://xau.example.com/s.xml", inner),
        "text/xml",
    )
    web.put(inner, index(daily(22)), "text/xml")
    due(sessions, web, at)
    assert addresses(sessions) == [inner]
    assert set(web.asked) == {f"{SITE}/robots.txt", INDEX, inner}
    with sessions() as session:
        failing = session.scalars(select(SourceAddress).where(SourceAddress.failures > 0)).one()
    assert (failing.url, failing.last_error) == (inner, "sitemap-index")


def test_a_trial_of_an_index_shows_what_its_newest_parts_hold(
    sessions: Sessions, web: Web, at: datetime, source_id: int
) -> None:
    web.put(INDEX, index(daily(22), f"{SITE}/sitemap-inner.xml"), "text/xml")
    web.put(f"{SITE}/sitemap-inner.xml", index(daily(1)), "text/xml")
    web.put(daily(22), part("bai-1"), "text/xml")
    with sessions.begin() as session:
        sources.try_out(session, sources.get(session, source_id), by=make.officer(session), at=at)
    for turn in range(1, 6):
        trials.run_one(sessions, web.way, at=at + turn * timedelta(minutes=2))
    with sessions() as session:
        done = {one.url: one for one in session.scalars(select(SourceTrial))}
        assert session.scalars(select(SeenItem)).all() == []
    assert (done[INDEX].state, done[INDEX].form, done[INDEX].items) == (TrialState.DONE, "sitemapindex", [])
    assert [one["url"] for one in done[daily(22)].items] == [f"{SITE}/bai-1.html"]
    assert done[f"{SITE}/sitemap-inner.xml"].error == "sitemap-index"
    assert len(done) == 3


def test_parts_stay_when_an_officer_changes_the_source_and_go_with_the_index(
    sessions: Sessions, web: Web, at: datetime, source_id: int
) -> None:
    web.put(INDEX, index(daily(22)), "text/xml")
    web.put(daily(22), part("bai-1"), "text/xml")
    due(sessions, web, at)

    def changed(*urls: str) -> None:
        with sessions.begin() as session:
            source = sources.get(session, source_id)
            wanted = sources.Wanted(
                name="Báo", home=SITE, urls=urls, kind=source.kind, owner=source.owner, scope=source.scope,
                takes=source.takes,
            )  # fmt: skip
            sources.change(session, source, wanted, by=make.officer(session), at=at)

    changed(INDEX)
    assert addresses(sessions) == [daily(22)]
    changed(f"{SITE}/rss.xml")
    assert addresses(sessions) == []


def test_an_address_that_is_forgotten_during_its_visit_frees_its_machine(
    sessions: Sessions, web: Web, at: datetime, source_id: int
) -> None:
    web.put(INDEX, index(daily(22)), "text/xml")
    get = web.get

    def forgotten(url: str, etag: str, last_modified: str) -> object:
        with sessions.begin() as session:
            session.execute(delete(SourceAddress))
        return get(url, etag, last_modified)

    web.get = forgotten  # type: ignore[method-assign,assignment]
    assert visits.run_one(sessions, web.way, at=at)
    with sessions() as session:
        assert session.scalars(select(SourceHost.free_at)).one() < at + timedelta(minutes=1)
        assert session.get_one(Source, source_id).alarm is None
