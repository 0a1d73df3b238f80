"""The public register: questions asked of the issued corrections."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from corpus.text import fold
from models import AuditCheckpoint, Correction, CorrectionKind, Field, NotFound, Rating, StoredCopy
from publish import plan

PAGE: Final = 20  # corrections on a page of the list
WORDS: Final = 16  # words of a search that count
_NUMBER: Final = re.compile(r"^\s*(\d{4}-\d{4,})\s*$")


@dataclass(frozen=True)
class Filters:
    """What a reader asked for. Empty means all."""

    q: str = ""
    rating: Rating | None = None
    field: Field | None = None
    place: str = ""
    year: int | None = None


@dataclass(frozen=True)
class Listed:
    """The latest version of a correction, with the day of its first."""

    correction: Correction
    first_issued_at: datetime


@dataclass(frozen=True)
class Page:
    """One page of an answer."""

    items: Sequence[Listed]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // self.size))


def tsquery(q: str) -> str:
    """Return the full-text query for what a person typed: all words, the last one by its beginning.

    Marks and signs are ignored; an empty string where nothing searchable was typed.
    """
    words = fold(q).split()[:WORDS]
    return " & ".join([*words[:-1], f"{words[-1]}:*"]) if words else ""


def _newest() -> ColumnElement[bool]:
    later = aliased(Correction)
    return ~exists().where(later.number == Correction.number, later.version > Correction.version)


def year_span(year: int) -> tuple[datetime, datetime]:
    """Return the first moment of `year` (1 to 9998) and of the next one, in Vietnam."""
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    return tuple(datetime.combine(day, time(), plan.ZONE) for day in (first, after))  # type: ignore[return-value]


def _conditions(filters: Filters, first: type[Correction]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_newest()]
    number = _NUMBER.match(filters.q)
    if number:
        found.append(Correction.number == number[1])
    elif filters.q.strip():
        found.append(Correction.search.op("@@")(func.to_tsquery("simple", tsquery(filters.q))))
    if filters.rating is not None:  # the rating of a withdrawn correction no longer holds
        found += [Correction.rating == filters.rating, Correction.kind != CorrectionKind.VOID]
    if filters.field is not None:
        found.append(Correction.field == filters.field)
    if filters.place:
        found.append(Correction.place_code == filters.place)
    if filters.year is not None:
        start, end = year_span(filters.year)
        found += [first.issued_at >= start, first.issued_at < end]
    return found


def _listed(filters: Filters) -> Select[Correction, datetime]:
    first = aliased(Correction)
    return (
        select(Correction, first.issued_at)
        .join(first, (first.number == Correction.number) & (first.version == 1))
        .where(*_conditions(filters, first))
    )


def latest(session: Session, filters: Filters | None = None, *, page: int = 1, size: int = PAGE) -> Page:
    """Return one page of the latest versions: the best fitting first in a search, else the newest.

    A page beyond the last one is empty. Two queries, whatever the number of corrections.
    """
    asked = filters or Filters()
    listed = _listed(asked)
    total = session.scalar(select(func.count()).select_from(listed.subquery())) or 0
    order: list[Any] = [Correction.issued_at.desc(), Correction.id.desc()]
    if tsquery(asked.q) and not _NUMBER.match(asked.q):
        order.insert(0, func.ts_rank(Correction.search, func.to_tsquery("simple", tsquery(asked.q))).desc())
    if (page - 1) * size >= total:
        return Page([], total, page, size)
    rows = session.execute(listed.order_by(*order).limit(size).offset((page - 1) * size))
    return Page([Listed(correction, at) for correction, at in rows], total, page, size)


def addresses(session: Session, *, limit: int) -> Sequence[tuple[str, datetime]]:
    """Return the slug of each correction and when its latest version was issued, the newest first.

    Demonstrations are left out.
    """
    rows = session.execute(
        select(Correction.slug, Correction.issued_at)
        .where(_newest(), ~Correction.demo)
        .order_by(Correction.issued_at.desc(), Correction.id.desc())
        .limit(limit)
    )
    return [(row.slug, row.issued_at) for row in rows]


def versions(session: Session, number: str) -> Sequence[Correction]:
    """Return all versions of the correction `number`, newest first. Raises NotFound."""
    found = session.scalars(
        select(Correction).where(Correction.number == number).order_by(Correction.version.desc())
    ).all()
    if not found:
        raise NotFound
    return found


def by_slug(session: Session, slug: str) -> Sequence[Correction]:
    """Return all versions of the correction at the address `slug`, newest first. Raises NotFound."""
    found = session.scalars(
        select(Correction).where(Correction.slug == slug).order_by(Correction.version.desc())
    ).all()
    if not found:
        raise NotFound
    return found


def years(session: Session) -> Sequence[int]:
    """Return the years in which corrections were first issued, newest first."""
    year = func.extract("year", func.timezone(plan.ZONE.key, Correction.issued_at))
    found = session.scalars(select(year).where(Correction.version == 1).distinct().order_by(year.desc()))
    return [int(number) for number in found]


def stored_on(session: Session, sources: Sequence[dict[str, Any]]) -> dict[str, datetime]:
    """Return when the kept copies of `sources` were stored, by the hexadecimal SHA-256."""
    digests = [bytes.fromhex(source["sha256"]) for source in sources if source.get("sha256")]
    if not digests:
        return {}
    rows = session.execute(
        select(StoredCopy.sha256, StoredCopy.stored_at).where(StoredCopy.sha256.in_(digests))
    )
    return {digest.hex(): at for digest, at in rows}


def checkpoints(session: Session, limit: int = 1) -> Sequence[AuditCheckpoint]:
    """Return the newest signed checkpoints of the audit log."""
    return session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.id.desc()).limit(limit)).all()


def counts(session: Session) -> dict[str, int]:
    """Return how many corrections stand per rating, withdrawn ones under "void"."""
    void = Correction.kind == CorrectionKind.VOID
    rows = session.execute(
        select(void, Correction.rating, func.count()).where(_newest()).group_by(void, Correction.rating)
    )
    found: dict[str, int] = {}
    for withdrawn, rating, number in rows.all():
        name = "void" if withdrawn else rating.value
        found[name] = found.get(name, 0) + number
    return found
