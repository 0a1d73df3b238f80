"""What is known of the articles among a case's arrivals: outlet, hint, how their pages changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from models import (
    Arrival,
    ArrivalKind,
    Article,
    ArticleChange,
    ArticleVersion,
    Case,
    NotFound,
    StoredCopy,
)
from verify import cases

SHOWN = 12  # versions of one article


Part = Literal["page", "records"]
_COLUMN: Final[Mapping[str, Any]] = {"page": ArticleVersion.copy_id, "records": ArticleVersion.warc_id}


@dataclass(frozen=True)
class Version:
    """One state in which the page was seen."""

    id: int
    change: ArticleChange
    seen_at: datetime
    title: str
    text: str
    parts: frozenset[Part]  # of what is kept of it


@dataclass(frozen=True)
class Published:
    """An article with the states of its page, latest first."""

    article: Article
    versions: Sequence[Version] = field(default=())


def of(session: Session, arrivals: Iterable[Arrival]) -> Mapping[int, Published]:
    """Return the articles among `arrivals` by the arrival's id. Two queries at most."""
    wanted = [one.id for one in arrivals if one.kind is ArrivalKind.ARTICLE]
    if not wanted:
        return {}
    versions: defaultdict[int, list[Version]] = defaultdict(list)
    rows = session.execute(
        select(
            ArticleVersion.article_id,
            ArticleVersion.id,
            ArticleVersion.change,
            ArticleVersion.seen_at,
            ArticleVersion.title,
            ArticleVersion.text,
            *_COLUMN.values(),
        )
        .where(ArticleVersion.article_id.in_(wanted))
        .order_by(ArticleVersion.article_id, ArticleVersion.number.desc())
    )
    for article_id, version_id, change, seen_at, title, text, copy_id, warc_id in rows:
        kept: dict[Part, int | None] = {"page": copy_id, "records": warc_id}
        parts = frozenset(part for part, stored_id in kept.items() if stored_id is not None)
        versions[article_id].append(Version(version_id, change, seen_at, title, text, parts))
    found = session.scalars(select(Article).where(Article.arrival_id.in_(wanted)))
    return {one.arrival_id: Published(one, versions[one.arrival_id][:SHOWN]) for one in found}


def stored(session: Session, version_id: int, part: Part, *, of: Case) -> StoredCopy:
    """Return what is kept of a state of an article's page in this case, with content. Raises NotFound."""
    found = session.scalar(
        select(StoredCopy)
        .join(ArticleVersion, _COLUMN[part] == StoredCopy.id)
        .join(Arrival, Arrival.id == ArticleVersion.article_id)
        .where(ArticleVersion.id == min(version_id, cases.LARGEST_ID), Arrival.case_id == of.id)
        .options(undefer(StoredCopy.content))
    )
    if found is None:
        raise NotFound
    return found
