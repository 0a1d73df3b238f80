"""The queue's questions. The queue is a query: nobody fills it, nothing can fall out of it."""

import enum
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, any_, false, func, literal, or_, select, true
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from models import (
    Band,
    Case,
    CaseState,
    Channel,
    ConfirmedClaim,
    Correction,
    Field,
    Judgement,
    Match,
    Officer,
    Rating,
    Relation,
)
from verify import clock, priority

PAGE: Final = 40  # rows; two screens of a desk display
PAGES: Final = 250  # nobody pages further; a filter is the way
QUERY_LIMIT: Final = 200  # characters of a search
WORDS: Final = 8  # of a search; more add cost, not precision


def _families() -> dict[str, str]:
    """Each bare letter with its marked kin: "d" -> "dđ". The search accepts any of them."""
    kin: dict[str, str] = {"d": "đ"}
    for char in map(chr, range(0xC0, 0x1EFA)):
        bare = unicodedata.normalize("NFD", char)
        if char.islower() and len(bare) > 1 and bare[0].isascii():
            kin[bare[0]] = kin.get(bare[0], "") + char
    return kin


_KIN: Final = _families()


class Tab(enum.StrEnum):
    """The lists of the queue, in the order of the work."""

    OPEN = "cho"
    MINE = "cua-toi"
    VERIFYING = "dang"
    PROPOSED = "trinh"
    APPROVED = "duyet"
    PUBLISHED = "cong-bo"
    CLOSED = "dong"


_STATES: Final[Mapping[Tab, CaseState]] = {
    Tab.OPEN: CaseState.OPEN,
    Tab.VERIFYING: CaseState.VERIFYING,
    Tab.PROPOSED: CaseState.PROPOSED,
    Tab.APPROVED: CaseState.APPROVED,
    Tab.PUBLISHED: CaseState.PUBLISHED,
    Tab.CLOSED: CaseState.CLOSED,
}


class Sort(enum.StrEnum):
    """The orders of a list."""

    PRIORITY = "uu-tien"
    NEWEST = "moi"
    OLDEST = "cu"
    REPORTED = "nhieu"


@dataclass(frozen=True)
class Question:
    """What is asked of the queue. Every part may be left out."""

    tab: Tab = Tab.OPEN
    field: Field | None = None
    place: str = ""
    urgent: bool = False
    overdue: bool = False
    channel: Channel | None = None  # at least one of its arrivals came this way
    text: str = ""
    sort: Sort = Sort.PRIORITY
    page: int = 1


@dataclass(frozen=True)
class Hint:
    """The best suggestion of a case that nobody has rejected."""

    band: Band
    relation: Relation
    rating: Rating
    confirmed: bool


@dataclass(frozen=True)
class Row:
    """One line of the queue."""

    id: int
    number: str
    state: CaseState
    statement: str
    field: Field | None
    place_code: str | None
    urgent: bool
    arrivals: int
    opened_at: datetime
    last_arrival_at: datetime
    taken_by: str | None
    clock: clock.Clock
    priority: priority.Priority
    hint: Hint | None
    demo: bool


@dataclass(frozen=True)
class Page:
    """One page of a list, with the number of cases behind every tab under the same filters.

    `channels` counts the cases of this tab by channel, whichever channel is chosen; a case may be in several.
    """

    rows: Sequence[Row]
    counts: Mapping[Tab, int]
    channels: Mapping[Channel, int]
    total: int
    page: int
    pages: int
    newest: int  # the highest case id known when the page was made; the poll asks for later ones


def fold(text: str) -> str:
    """Return `text` in small letters without marks: what the search compares."""
    bare = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(char for char in bare if not unicodedata.combining(char))


def ask(session: Session, question: Question, *, by: Officer, now: datetime) -> Page:
    """Return the page that `question` asks for. Three queries, whatever the size of the list."""
    filters = _filters(question, now)
    counts = _counts(session, question, filters, by)
    total = counts[question.tab]
    pages = max(1, min(-(-total // PAGE), PAGES))
    page = min(max(question.page, 1), pages)
    found = session.execute(rows_of(question, by=by, now=now).limit(PAGE).offset((page - 1) * PAGE)).all()
    hints = _hints(session, [row.Case.id for row in found])
    rows = [_row(row, hints.get(row.Case.id), now) for row in found]
    return Page(rows, counts.tabs, counts.channels, total, page, pages, counts.newest)


def rows_of(question: Question, *, by: Officer, now: datetime) -> Select[Any]:
    """Return the query of all rows that `question` asks for, in its order, whatever its page."""
    wanted = (_tab(question.tab, by), _through(question.channel), *_filters(question, now))
    return _rows().where(*wanted).order_by(*_order(question.sort))


def arrived(session: Session, *, after: int) -> int:
    """Return how many cases were opened since the case with id `after`, at most 100 (the poll)."""
    fresh = select(Case.id).where(Case.id > after, Case.state == CaseState.OPEN).limit(100).subquery()
    return session.scalar(select(func.count()).select_from(fresh)) or 0


@dataclass(frozen=True)
class _Counts:
    tabs: Mapping[Tab, int]
    channels: Mapping[Channel, int]
    newest: int

    def __getitem__(self, tab: Tab) -> int:
        return self.tabs[tab]


def _counts(
    session: Session, question: Question, filters: Sequence[ColumnElement[bool]], by: Officer
) -> _Counts:
    here, through = _tab(question.tab, by), _through(question.channel)
    tabs = [func.count().filter(_tab(tab, by), through).label(tab.name) for tab in Tab]
    channels = [func.count().filter(here, _through(one)).label(f"by_{one.name}") for one in Channel]
    newest = select(func.coalesce(func.max(Case.id), 0)).scalar_subquery()
    row = session.execute(select(*tabs, *channels, newest.label("newest")).where(*filters)).one()
    return _Counts(
        {tab: getattr(row, tab.name) for tab in Tab},
        {one: getattr(row, f"by_{one.name}") for one in Channel},
        row.newest,
    )


def _through(channel: Channel | None) -> ColumnElement[bool]:
    return true() if channel is None else literal(channel.value) == any_(Case.channels)


def _rows() -> Select[Any]:
    versions = select(func.count()).where(Correction.case_id == Case.id).correlate(Case).scalar_subquery()
    return select(Case, Officer.display_name.label("holder"), versions.label("versions")).outerjoin(
        Officer, Officer.id == Case.taken_by_id
    )


def _row(found: Any, hint: Hint | None, now: datetime) -> Row:  # noqa: ANN401  a joined row
    case: Case = found.Case
    return Row(
        id=case.id,
        number=case.number,
        state=case.state,
        statement=case.statement,
        field=case.field,
        place_code=case.place_code,
        urgent=case.urgent,
        arrivals=case.arrivals,
        opened_at=case.opened_at,
        last_arrival_at=case.last_arrival_at,
        taken_by=found.holder,
        clock=clock.read(
            case.state, opened_at=case.opened_at, taken_at=case.taken_at, versions=found.versions, now=now
        ),
        priority=priority.of_case(case, now),
        hint=hint,
        demo=case.demo,
    )


def _hints(session: Session, case_ids: list[int]) -> dict[int, Hint]:
    found = session.execute(
        select(Match.case_id, Match.band, Match.relation, Match.judgement, ConfirmedClaim.rating)
        .join(ConfirmedClaim, ConfirmedClaim.id == Match.claim_id)
        .where(Match.case_id.in_(case_ids), Match.judgement != Judgement.REJECTED)
        .ext(postgresql.distinct_on(Match.case_id))
        .order_by(Match.case_id, Match.judgement, Match.position)  # "confirmed" sorts before "suggested"
    )
    return {
        row.case_id: Hint(row.band, row.relation, row.rating, row.judgement is Judgement.CONFIRMED)
        for row in found
    }


def _tab(tab: Tab, by: Officer) -> ColumnElement[bool]:
    if tab is Tab.MINE:
        return and_(Case.taken_by_id == by.id, Case.state.in_(clock.WORKING))
    return Case.state == _STATES[tab]


def _filters(question: Question, now: datetime) -> list[ColumnElement[bool]]:
    wanted: list[Any] = []
    if question.field is not None:
        wanted.append(Case.field == question.field)
    if question.place:
        wanted.append(Case.place_code == question.place)
    if question.urgent:
        wanted.append(Case.urgent)
    if question.overdue:
        wanted.append(_overdue(now))
    if question.text.strip():
        wanted.append(_matching(question.text))
    return wanted or [true()]


def _overdue(now: datetime) -> ColumnElement[bool]:
    public = select(Correction.id).where(Correction.case_id == Case.id).exists()
    return or_(
        and_(Case.state == CaseState.OPEN, Case.opened_at <= now - clock.FIRST_RESPONSE),
        and_(
            Case.state.in_(clock.WORKING),
            or_(
                and_(~public, Case.opened_at <= now - clock.VERDICT),
                and_(public, Case.taken_at <= now - clock.MENDING),
            ),
        ),
    )


def _matching(text: str) -> ColumnElement[bool]:
    """Every word of `text` stands in the statement or the number, marks and case aside.

    A letter class instead of folding the column: 0.2 s for 100,000 statements, where translate()
    took half a minute.
    """
    shown = Case.number + " " + Case.statement
    words = fold(text[:QUERY_LIMIT]).split()[:WORDS]
    return and_(*(shown.regexp_match(pattern(word), flags="i") for word in words)) if words else false()


def pattern(word: str) -> str:
    """Return a regular expression that finds the folded `word` in text with or without marks."""
    return "".join(
        f"[{char}{_KIN[char]}]" if char in _KIN else char if char.isalnum() else f"\\{char}" for char in word
    )


def _order(sort: Sort) -> tuple[ColumnElement[Any], ...]:
    orders: Mapping[Sort, ColumnElement[Any]] = {
        Sort.PRIORITY: priority.order().desc(),
        Sort.NEWEST: Case.last_arrival_at.desc(),
        Sort.OLDEST: Case.opened_at.asc(),
        Sort.REPORTED: Case.arrivals.desc(),
    }
    return orders[sort], Case.id.desc()
