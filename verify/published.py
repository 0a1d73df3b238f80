"""What is known of the articles among a case's arrivals: outlet, hint, how their pages changed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Arrival, ArrivalKind, Article, ArticleChange, ArticleVersion

SHOWN = 12  # versions of one article


@dataclass(frozen=True)
class Version:
    """One state in which the page was seen."""

    change: ArticleChange
    seen_at: datetime
    title: str
    text: str


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
            ArticleVersion.change,
            ArticleVersion.seen_at,
            ArticleVersion.title,
            ArticleVersion.text,
        )
        .where(ArticleVersion.article_id.in_(wanted))
        .order_by(ArticleVersion.article_id, ArticleVersion.number.desc())
    )
    for article_id, change, seen_at, title, text in rows:
        versions[article_id].append(Version(change, seen_at, title, text))
    found = session.scalars(select(Article).where(Article.arrival_id.in_(wanted)))
    return {one.arrival_id: Published(one, versions[one.arrival_id][:SHOWN]) for one in found}
