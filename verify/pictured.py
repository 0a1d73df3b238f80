"""What pictures bring to triage: reports wait for theirs, and one without words is known by its picture."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import i18n
from corpus.text import NormalText, normalise
from models import Arrival, Picture, PictureState, PictureView, Rereading, ViewSize

_MARK: Final = "picture-"  # begins the fingerprint of what is known by its picture alone
WORDLESS: Final = "picture.statement"  # its words stand for a picture in which none could be read


def typed(*fingerprints: str) -> bool:
    """Return whether all of these texts were typed: words that a machine read in a picture never join."""
    return not any(one.startswith(_MARK) for one in fingerprints)


def waiting() -> ColumnElement[bool]:
    """Return the condition that a picture of the arrival still waits to be redrawn."""
    return (
        select(Picture.id)
        .where(Picture.arrival_id == Arrival.id, Picture.state == PictureState.WAITING)
        .exists()
    )


def of_arrival(session: Session, arrival: Arrival) -> Sequence[Picture]:
    """Return the pictures of `arrival` in their order."""
    return session.scalars(
        select(Picture).where(Picture.arrival_id == arrival.id).order_by(Picture.position)
    ).all()


def words(session: Session, arrival: Arrival) -> str:
    """Return the words in all pictures of `arrival`."""
    said = (one.said.strip() for one in of_arrival(session, arrival))
    return "\n".join(text for text in said if text)


def statement(session: Session, arrival: Arrival) -> str:
    """Return what a case says that `arrival` opens with its pictures alone."""
    return words(session, arrival) or i18n.words("vi", WORDLESS)


def normal(session: Session, arrival: Arrival) -> NormalText:
    """Return the words in its pictures as the text by which `arrival` is compared.

    Their fingerprint is the first picture's, so that equal words never make two pictures one case, nor
    does a picture join a report that was typed.
    """
    found = of_arrival(session, arrival)
    return replace(normalise(words(session, arrival)), fingerprint=_MARK + found[0].sha256.hex())


def read_again(session: Session, arrival: Arrival, *, at: datetime) -> None:
    """Let the worker look at the pictures of `arrival`, which a person has put into a case.

    Triage never saw them in that case: the worker makes them findable there, and ranks by their words.
    """
    if not arrival.pictures:
        return
    asked = {"asked_at": at, "next_try_at": at, "attempts": 0, "last_error": ""}
    statement = insert(Rereading).values(arrival_id=arrival.id, **asked)
    session.execute(statement.on_conflict_do_update(index_elements=[Rereading.arrival_id], set_=asked))
    session.execute(select(func.pg_notify("arrivals", "")))


@dataclass(frozen=True)
class Shown:
    """A picture beside its report."""

    picture: Picture
    small: tuple[int, int] | None  # width and height of the small image, where it could be redrawn


def shown(session: Session, arrivals: Sequence[Arrival]) -> dict[int, list[Shown]]:
    """Return the pictures of `arrivals` by arrival, in their order, in one query."""
    wanted = [one.id for one in arrivals if one.pictures]
    found: dict[int, list[Shown]] = defaultdict(list)
    if not wanted:
        return found
    rows = session.execute(
        select(Picture, PictureView.width, PictureView.height)
        .outerjoin(
            PictureView, (PictureView.picture_id == Picture.id) & (PictureView.which == ViewSize.SMALL)
        )
        .where(Picture.arrival_id.in_(wanted))
        .order_by(Picture.arrival_id, Picture.position)
    )
    for picture, width, height in rows:
        found[picture.arrival_id].append(Shown(picture, None if width is None else (width, height)))
    return found
