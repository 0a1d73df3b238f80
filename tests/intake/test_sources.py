"""Who may add, start, pause and free a source, and what the database refuses by itself."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from intake import fetch, polite, sources, trials
from models import (
    Alarm,
    AuditEntry,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Officer,
    SeenItem,
    Source,
    SourceAddress,
    SourceHost,
    SourceKind,
    SourceOwner,
    SourceScope,
    SourceState,
    SourceTakes,
    SourceTrial,
    TrialState,
)
from tests import factories as make
from tests.intake.watched import FEED, Web, rss

WANTED = sources.Wanted(
    name="Báo mẫu",
    home="https://bao.example.vn",
    urls=[FEED],
    kind=SourceKind.FEED,
    owner=SourceOwner.PRESS_LOCAL,
    scope=SourceScope.PROVINCE,
    takes=SourceTakes.MENTION,
)


@pytest.fixture
def keeper(session: Session) -> Officer:
    return make.officer(session, "admin")


@pytest.fixture
def source(session: Session, keeper: Officer, at: datetime) -> Source:
    return sources.get(session, sources.add(session, WANTED, by=keeper, at=at).id)


def refused(session: Session, statement: str) -> str:
    with pytest.raises(DBAPIError) as caught, session.begin_nested():
        session.execute(text(statement))
    state: str = getattr(caught.value.orig, "sqlstate", "")
    return str(caught.value.orig).splitlines()[0] if state.startswith("KT") else state


def test_the_shipped_list_is_loaded_once_and_switched_off(session: Session, at: datetime) -> None:
    assert sources.load(session, at=at) == 44
    vnexpress = session.scalars(select(Source).where(Source.key == "vnexpress")).one()
    vnexpress.name = "Tên cán bộ đặt"
    session.flush()
    assert sources.load(session, at=at) == 0
    assert set(session.scalars(select(Source.state))) == {SourceState.OFF}
    assert session.scalar(select(func.count()).select_from(SourceAddress)) == 61
    assert session.scalars(select(Source.name).where(Source.key == "vnexpress")).one() == "Tên cán bộ đặt"


@pytest.mark.parametrize("role", ["verifier", "admin"])
def test_verifiers_and_administrators_keep_the_sources(session: Session, at: datetime, role: str) -> None:
    by = make.officer(session, role)
    source = sources.get(session, sources.add(session, WANTED, by=by, at=at).id)
    sources.start(session, source, by=by, at=at)
    assert source.state is SourceState.WATCHED
    sources.pause(session, source, by=by, at=at)
    assert session.scalars(select(AuditEntry.action)).all() == [
        "source.added",
        "source.started",
        "source.paused",
    ]


@pytest.mark.parametrize("role", ["approver", "publisher", "auditor"])
def test_others_do_not(session: Session, source: Source, at: datetime, role: str) -> None:
    by = make.officer(session, role)
    with pytest.raises(Forbidden):
        sources.add(session, replace(WANTED, urls=["https://khac.example.vn/rss"]), by=by, at=at)
    for verb in (sources.start, sources.pause, sources.lift, sources.visit_now, sources.try_out):
        with pytest.raises(Forbidden):
            verb(session, source, by=by, at=at)  # type: ignore[operator]
    assert (
        refused(session, f"UPDATE sources SET state = 'watched', changed_by_id = {by.id}") == "role-missing"
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "  "}, "source-name"),
        ({"name": "x" * 201}, "source-name"),
        ({"urls": []}, "source-address"),
        ({"urls": ["javascript:alert(1)"]}, "source-address"),
        ({"urls": ["https://user:pass@bao.example.vn/rss"]}, "source-address"),
        ({"urls": ["http://bao.example.vn/rss"]}, "source-http"),
        ({"home": "file:///etc/passwd"}, "source-address"),
        ({"note": "x" * 1001}, "too-long"),
        ({"urls": [f"https://bao.example.vn/{n}" for n in range(21)]}, "source-address"),
    ],
)
def test_what_a_source_may_not_be(
    session: Session, keeper: Officer, at: datetime, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(Invalid) as caught:
        sources.add(session, replace(WANTED, **changes), by=keeper, at=at)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_plain_http_needs_an_officers_yes_also_in_the_database(
    session: Session, source: Source, keeper: Officer, at: datetime
) -> None:
    allowed = replace(WANTED, urls=["http://cu.example.vn/rss"], allows_http=True)
    assert sources.get(session, sources.add(session, allowed, by=keeper, at=at).id).addresses[0].allows_http
    statement = f"UPDATE source_addresses SET url = 'http://x.vn' WHERE source_id = {source.id}"
    assert refused(session, statement) == "23514"


@pytest.mark.usefixtures("source")
def test_an_address_belongs_to_one_source(session: Session, keeper: Officer, at: datetime) -> None:
    with pytest.raises(Conflict) as caught:
        sources.add(session, replace(WANTED, name="Báo khác"), by=keeper, at=at)
    assert caught.value.code == "source-known"


def test_addresses_are_changed_in_place(
    session: Session, source: Source, keeper: Officer, at: datetime
) -> None:
    kept = source.addresses[0].id
    new = "https://bao.example.vn/rss/moi.rss"
    sources.change(session, source, replace(WANTED, name="Tên mới", urls=[FEED, new]), by=keeper, at=at)
    found = sources.get(session, source.id)
    assert (found.name, [one.url for one in found.addresses]) == ("Tên mới", [FEED, new])
    assert found.addresses[0].id == kept
    sources.change(session, found, replace(WANTED, urls=[new]), by=keeper, at=at)
    assert [one.url for one in sources.get(session, source.id).addresses] == [new]


def test_states_move_along_their_table_only(
    session: Session, source: Source, keeper: Officer, at: datetime
) -> None:
    for verb in (sources.pause, sources.lift, sources.visit_now):
        with pytest.raises(Conflict):
            verb(session, source, by=keeper, at=at)
    assert refused(session, "UPDATE sources SET state = 'paused'") == "source-moved"
    columns = "name, kind, owner, scope, takes, home, note, origin, state_since, alarm_detail, added_at"
    copied = f"INSERT INTO sources ({columns}, state) SELECT {columns}, 'watched' FROM sources"
    assert refused(session, copied) == "source-starts-off"
    sources.start(session, source, by=keeper, at=at)
    with pytest.raises(Conflict):
        sources.start(session, source, by=keeper, at=at)


def test_who_frees_a_quarantined_source_is_named_anew(
    session: Session, source: Source, keeper: Officer, at: datetime
) -> None:
    sources.start(session, source, by=keeper, at=at)
    source.state, source.alarm, source.alarm_detail = SourceState.QUARANTINED, Alarm.VOLUME, "3/h → 90/h"
    session.flush()
    session.refresh(source)
    assert source.changed_by_id is None
    assert refused(session, "UPDATE sources SET state = 'watched', alarm = NULL") == "role-missing"
    source.addresses[0].visits = 9
    sources.lift(session, source, by=keeper, at=at)
    assert (source.state, source.alarm, source.changed_by_id) == (SourceState.WATCHED, None, keeper.id)
    assert sources.get(session, source.id).addresses[0].visits == 0


def test_an_unknown_source_is_not_found(session: Session) -> None:
    for number in (0, 1, 2**63, 10**30):
        with pytest.raises(NotFound):
            sources.get(session, number)


@pytest.mark.usefixtures("_in_place")
def test_a_trial_shows_what_would_come_and_takes_nothing(
    sessions: sessionmaker[Session], at: datetime
) -> None:
    web = Web()
    web.put(FEED, rss(("Tin đầu tiên trong ngày", "https://bao.example.vn/1.html")), "text/xml")
    with sessions.begin() as session:
        by = make.officer(session)
        source = sources.get(session, sources.add(session, WANTED, by=by, at=at).id)
        sources.try_out(session, source, by=by, at=at)
    assert trials.run_one(sessions, web.way, at=at)
    with sessions.begin() as session:
        trial = session.scalars(select(SourceTrial)).one()
        assert (trial.state, trial.form, trial.error) == (TrialState.DONE, "rss", "")
        assert [(one["title"], one["known"]) for one in trial.items] == [("Tin đầu tiên trong ngày", False)]
        assert session.scalar(select(func.count()).select_from(SeenItem)) == 0
        sources.try_out(session, sources.get(session, source.id), by=by, at=at)
        session.scalars(select(SourceHost)).one().free_at = at
    web.broken(FEED)
    assert trials.run_one(sessions, web.way, at=at + timedelta(minutes=1))
    with sessions.begin() as session:
        trial = session.scalars(select(SourceTrial)).one()
        assert (trial.state, trial.error, trial.items) == (TrialState.FAILED, "unreached: ConnectError", [])
        trials.forget(session, at=at + timedelta(days=2))
        assert session.scalars(select(SourceTrial)).all() == []


def test_robots_txt_is_asked_under_the_name_that_we_give() -> None:
    assert f"; {polite.AGENT}/" in fetch.AGENT


def test_a_machine_is_named_with_an_unusual_port_only() -> None:
    assert polite.host_of("https://Bao.Example.VN:443/a") == "bao.example.vn"
    assert polite.host_of("http://bao.example.vn:8080/a") == "bao.example.vn:8080"
