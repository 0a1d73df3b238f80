"""Pictures at the desk: what is shown of them, their words, and the original behind a deliberate act."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, undefer

from app.web import plain
from intake.pictures import Seal
from models import (
    Arrival,
    Case,
    Conflict,
    Invalid,
    NotFound,
    Officer,
    Picture,
    PictureOriginal,
    PictureView,
    ViewSize,
    audit,
)
from models.picture import WORDS_LIMIT

_LARGEST_ID = 2**63 - 1
ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


@dataclass(frozen=True)
class Shown:
    """A picture on its own page."""

    picture: Picture
    arrival: Arrival
    case: Case | None
    view: PictureView | None
    original: bool  # whether it is still kept
    words_by: str | None  # who mended the words
    others: list[int]  # the report's pictures, this one included, in their order


def get(session: Session, picture_id: int) -> Picture:
    """Return a picture. Raises NotFound."""
    found = session.get(Picture, picture_id) if picture_id <= _LARGEST_ID else None
    if found is None:
        raise NotFound
    return found


def load(session: Session, picture_id: int) -> Shown:
    """Return everything that its page shows. Raises NotFound."""
    found = get(session, picture_id)
    arrival = session.get_one(Arrival, found.arrival_id)
    return Shown(
        picture=found,
        arrival=arrival,
        case=None if arrival.case_id is None else session.get(Case, arrival.case_id),
        view=session.get(PictureView, (found.id, ViewSize.PAGE)),
        original=keeps_original(session, found),
        words_by=session.scalar(select(Officer.display_name).where(Officer.id == found.words_by_id)),
        others=list(
            session.scalars(
                select(Picture.id).where(Picture.arrival_id == arrival.id).order_by(Picture.position)
            )
        ),
    )


def keeps_original(session: Session, found: Picture) -> bool:
    """Return whether the bytes as they were sent are still kept."""
    return session.scalar(select(PictureOriginal.picture_id).filter_by(picture_id=found.id)) is not None


def view(session: Session, picture_id: int, which: ViewSize) -> PictureView:
    """Return a redrawn image with its bytes. Raises NotFound."""
    found = session.get(
        PictureView, (min(picture_id, _LARGEST_ID), which), options=[undefer(PictureView.content)]
    )
    if found is None:
        raise NotFound
    return found


def original(session: Session, found: Picture, *, key: bytes, by: Officer, at: datetime) -> bytes:
    """Return the bytes as they were sent, and write down who took them. Raises NotFound once erased."""
    sealed = session.scalar(select(PictureOriginal.ciphertext).filter_by(picture_id=found.id))
    if sealed is None:
        raise NotFound
    content = Seal(key).open(sealed, found.sha256)
    detail = {"picture": found.id, "arrival": found.arrival_id, "sha256": found.sha256.hex()}
    audit.record(
        session, "picture.original-taken", subject=_subject(session, found), by=by, at=at, detail=detail
    )
    return content


def mend_words(session: Session, found: Picture, *, words: str, seen: str, by: Officer, at: datetime) -> None:
    """Let `words` stand as what the picture says; what the machine read is kept beside them.

    `seen` is the mark (`mark`) of the words that the officer had before them. Raises Invalid (`too-long`,
    `unprintable`) and Conflict (`content-changed`) when somebody else mended them meanwhile.
    """
    try:
        clean = plain(words).strip()
    except ValueError as broken:
        raise Invalid(code="unprintable", field="words") from broken
    if len(clean) > WORDS_LIMIT:
        raise Invalid(code="too-long", field="words")
    before = found.said
    standing = func.coalesce(Picture.words, Picture.words_read)
    changed = session.scalar(
        update(Picture)
        .where(Picture.id == found.id, func.md5(standing) == seen)
        .values(words=clean, words_by_id=by.id, words_at=at)
        .returning(Picture.id)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        raise Conflict(code="content-changed", field="words")
    detail = {"picture": found.id, "before": before, "after": clean}
    audit.record(
        session, "picture.words-mended", subject=_subject(session, found), by=by, at=at, detail=detail
    )


def mark(session: Session, found: Picture) -> str:
    """Return the mark of the words that stand, by which a form says which words it shows."""
    return str(session.scalar(select(func.md5(found.said))))


def _subject(session: Session, found: Picture) -> tuple[str, int]:
    """Acts on a picture belong into the diary of its case, if it has one by now."""
    case_id = session.scalar(select(Arrival.case_id).where(Arrival.id == found.arrival_id))
    return ("picture", found.id) if case_id is None else ("case", case_id)
