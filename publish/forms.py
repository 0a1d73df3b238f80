"""What may be asked of the public register, and what a publisher's forms may carry."""

from datetime import date
from typing import Annotated, Final

from fastapi import Query

from app import web
from models import Field, Invalid, Rating
from models.base import Json
from publish.plan import NOTE_LIMIT
from publish.register import Filters

QUERY_LIMIT: Final = 200  # characters of a search
YEARS: Final = range(2000, 2101)
CODE_LIMIT: Final = 40
NAME_LIMIT: Final = 300
CERTAINTIES: Final = ("confirmed", "read", "infer", "unverified")  # words: certainty.<value>

Search = Annotated[
    web.Text, Query(max_length=QUERY_LIMIT, description="Words to find; marks may be missing.")
]
Code = Annotated[web.Text, Query(max_length=CODE_LIMIT)]


def _whole(text: str, field: str, allowed: range) -> int:
    """Return the number that `text` writes in plain digits. Raises Invalid outside `allowed`."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):  # noqa: PLR2004  nine digits fit everywhere
        raise Invalid(code="filter", field=field)
    if int(text) not in allowed:
        raise Invalid(code="filter", field=field)
    return int(text)


def filters(
    q: Search = "", rating: Code = "", field: Code = "", place: Code = "", year: Code = ""
) -> Filters:
    """Return what a reader of the list asked for; empty choices of its form mean all. Raises Invalid."""
    if rating and rating not in set(Rating):
        raise Invalid(code="filter", field="rating")
    if field and field not in set(Field):
        raise Invalid(code="filter", field="field")
    return Filters(
        q=q.strip(),
        rating=Rating(rating) if rating else None,
        field=Field(field) if field else None,
        place=place.strip(),
        year=_whole(year, "year", YEARS) if year else None,
    )


def page_number(page: Code = "1") -> int:
    """Return the page of a list that was asked for. Raises Invalid."""
    return _whole(page or "1", "page", range(1, 1_000_000))


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(code="date", field=field) from None


def successor(
    successor: web.TextForm = "",
    valid_from: web.TextForm = "",
    valid_to: web.TextForm = "",
    legal_basis: web.TextForm = "",
    note: web.TextForm = "",
    certainty: web.TextForm = "",
) -> Json:
    """Return the columns of a successor as an administrator typed them. Raises Invalid."""
    if certainty not in CERTAINTIES:
        raise Invalid(code="certainty", field="certainty")
    limits = (
        ("successor", successor, NAME_LIMIT),
        ("legal_basis", legal_basis, NOTE_LIMIT),
        ("note", note, NOTE_LIMIT),
    )
    for name, text, limit in limits:
        if len(text) > limit:
            raise Invalid(code="too-long", field=name)
    return {
        "successor": successor.strip(),
        "valid_from": _day(valid_from.strip(), "valid_from"),
        "valid_to": _day(valid_to.strip(), "valid_to"),
        "legal_basis": legal_basis.strip(),
        "note": note.strip(),
        "certainty": certainty,
    }
