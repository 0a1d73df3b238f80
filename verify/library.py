"""The stock of confirmed claims, searched by an officer's own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, select, true
from sqlalchemy.orm import Session

from models import ConfirmedClaim, Passage
from verify.queue import WORDS, fold

PAGE: Final = 20
PAGES: Final = 250


@dataclass(frozen=True)
class Shelf:
    """One page of claims."""

    claims: Sequence[ConfirmedClaim]
    total: int
    page: int
    pages: int


def search(session: Session, text: str = "", *, page: int = 1) -> Shelf:
    """Return the claims in whose entries every word of `text` stands, marks aside; newest first."""
    where = ConfirmedClaim.retired_at.is_(None) & _matching(text)
    total = session.scalar(select(func.count()).select_from(ConfirmedClaim).where(where)) or 0
    pages = max(1, min(-(-total // PAGE), PAGES))
    page = min(max(page, 1), pages)
    found = session.scalars(
        select(ConfirmedClaim)
        .where(where)
        .order_by(ConfirmedClaim.concluded_on.desc().nulls_last(), ConfirmedClaim.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return Shelf(found, total, page, pages)


def _matching(text: str) -> ColumnElement[bool]:
    words = "".join(char if char.isalnum() else " " for char in fold(text)).split()[:WORDS]
    if not words:
        return true()
    return exists().where(
        Passage.claim_id == ConfirmedClaim.id,
        and_(*(Passage.folded.contains(word, autoescape=True) for word in words)),
    )
