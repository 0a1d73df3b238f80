from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from models import Case, Channel, Field, Officer
from tests import factories as make
from tests.factories import AT
from verify import queue
from verify.queue import Question, Sort, Tab


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """Collect the statements sent to the database."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield sent
    event.remove(connection, "before_cursor_execute", note)


@pytest.fixture
def me(session: Session) -> Officer:
    return make.officer(session, "verifier")


@pytest.fixture
def ask(session: Session, me: Officer) -> Callable[..., list[int]]:
    def asked(**question: Any) -> list[int]:
        return [row.id for row in queue.ask(session, Question(**question), by=me, now=AT).rows]

    return asked


def test_each_tab_shows_its_state_and_mine_shows_mine(
    session: Session, me: Officer, ask: Callable[..., list[int]]
) -> None:
    waiting = make.case(session)
    mine = make.taken_case(session, me)
    theirs = make.taken_case(session, make.officer(session))
    assert ask() == [waiting.id]
    assert ask(tab=Tab.MINE) == [mine.id]
    assert set(ask(tab=Tab.VERIFYING)) == {mine.id, theirs.id}
    counts = queue.ask(session, Question(), by=me, now=AT).counts
    assert (counts[Tab.OPEN], counts[Tab.MINE], counts[Tab.VERIFYING]) == (1, 1, 2)


def test_filters_leave_the_noise_out(session: Session, ask: Callable[..., list[int]]) -> None:
    make.case(session, field=Field.OTHER)
    health = make.case(session, field=Field.HEALTH)
    here = make.case(session, place_code="02683")
    urgent = make.case(session, urgent=True)
    late = make.case(session, opened_at=AT - timedelta(hours=3))
    assert ask(field=Field.HEALTH) == [health.id]
    assert ask(place="02683") == [here.id]
    assert ask(urgent=True) == [urgent.id]
    assert ask(overdue=True) == [late.id]


@pytest.mark.parametrize("words", ["dap nam pung", "ĐẬP vỡ", "đap PUNG", "VV-2026-9"])
def test_words_are_found_without_marks_and_by_number(
    session: Session, ask: Callable[..., list[int]], words: str
) -> None:
    make.case(session, statement="Cầu Cốc Lếu nứt", number="VV-2026-111")
    found = make.case(session, statement="Đập thủy điện Nậm Pung đã vỡ", number="VV-2026-999")
    assert ask(text=words) == [found.id]


@pytest.mark.parametrize("words", ["(", "a|b)", "\\", "[[:alpha:]]", "%", "_", "'; --", "ă" * 300, "😀"])
def test_a_search_is_words_and_never_a_pattern(
    session: Session, ask: Callable[..., list[int]], words: str
) -> None:
    make.case(session)
    assert ask(text=words) == []


def test_orders(session: Session, ask: Callable[..., list[int]]) -> None:
    old = make.case(session, opened_at=AT - timedelta(days=3), last_arrival_at=AT - timedelta(days=3))
    many = make.case(session, arrivals=9, last_arrival_at=AT - timedelta(hours=5))
    fresh = make.case(session, last_arrival_at=AT)
    assert ask(sort=Sort.PRIORITY) == [many.id, fresh.id, old.id]
    assert ask(sort=Sort.NEWEST) == [fresh.id, many.id, old.id]
    assert ask(sort=Sort.OLDEST)[0] == old.id
    assert ask(sort=Sort.REPORTED)[0] == many.id


def test_a_channel_filters_and_is_counted_under_the_other_filters(
    session: Session, me: Officer, ask: Callable[..., list[int]]
) -> None:
    told, mailed = make.case(session), make.case(session, urgent=True)
    by: dict[str, Any] = {"channel": Channel.HOTLINE, "taken_by_id": me.id}
    make.arrival(session, case_id=told.id, **by)
    make.arrival(session, case_id=mailed.id, channel=Channel.EMAIL)
    make.arrival(session, case_id=mailed.id, **by)
    assert set(ask(channel=Channel.HOTLINE)) == {told.id, mailed.id}
    assert ask(channel=Channel.EMAIL) == [mailed.id]
    assert ask(channel=Channel.FEED) == []
    page = queue.ask(session, Question(channel=Channel.EMAIL), by=me, now=AT)
    assert (page.total, page.counts[Tab.OPEN]) == (1, 1)
    assert {one: n for one, n in page.channels.items() if n} == {Channel.HOTLINE: 2, Channel.EMAIL: 1}
    urgent = queue.ask(session, Question(urgent=True), by=me, now=AT)
    assert urgent.channels[Channel.HOTLINE] == 1


def test_a_page_costs_three_queries_whatever_it_shows(session: Session, me: Officer) -> None:
    claim = make.claim(session)
    for _ in range(queue.PAGE + 5):
        make.match(session, make.case(session), claim)
    with counted(session) as sent:
        found = queue.ask(session, Question(text="nam pung", page=9), by=me, now=AT)
    assert len(sent) == 3
    assert (found.total, found.page, found.pages, len(found.rows)) == (queue.PAGE + 5, 2, 2, 5)
    assert all(row.hint is not None and row.hint.rating == "false" for row in found.rows)


def test_a_long_list_of_finished_cases_is_not_read_for_the_open_ones(session: Session, me: Officer) -> None:
    session.execute(
        text(
            "INSERT INTO cases (number, state, statement, fingerprint, urgent, arrivals, opened_at,"
            " last_arrival_at, closed_note, demo) SELECT 'N' || g, 'open', 's', 'f' || g, false, 1, now(),"
            " now(), '', false FROM generate_series(1, 20000) g"
        )
    )
    session.execute(
        text(
            "UPDATE cases SET state = 'closed', closed_reason = 'empty', closed_at = now(),"
            " closed_by_id = :o WHERE number LIKE 'N%' AND number NOT LIKE '%00'"
        ),
        {"o": me.id},
    )
    session.execute(text("ANALYZE cases"))
    statement = queue.rows_of(Question(sort=Sort.NEWEST), by=me, now=AT)
    plan = "\n".join(session.scalars(text("EXPLAIN " + _literal(session, statement))))
    assert "ix_cases_queue" in plan
    assert "Seq Scan on cases" not in plan


def test_the_poll_counts_what_came_since(session: Session) -> None:
    before = make.case(session)
    make.case(session)
    assert queue.arrived(session, after=before.id) == 1
    session.expunge_all()
    assert session.get(Case, before.id) is not None


def _literal(session: Session, statement: Any) -> str:
    made = statement.compile(dialect=session.connection().dialect, compile_kwargs={"literal_binds": True})
    return str(made).replace("%%", "%").replace(":", "\\:")
