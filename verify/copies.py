"""Copies of pages on the desk: what was kept of a cited or reported address, and ordering a copy again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session, undefer

from models import (
    Arrival,
    Capture,
    CaptureState,
    Case,
    Conflict,
    Evidence,
    NotFound,
    Officer,
    ReadableCopy,
    StoredCopy,
    audit,
)
from verify import cases

Part = Literal["page", "records", "picture"]
_COLUMN: Final[Mapping[str, Any]] = {
    "page": Capture.copy_id,
    "records": Capture.warc_id,
    "picture": Capture.screenshot_id,
}


@dataclass(frozen=True)
class Kept:
    """A capture with what is shown of the copy that it brought, if it did."""

    capture: Capture
    sha256: str | None
    size: int | None
    media_type: str | None


@dataclass(frozen=True)
class Reading:
    """The page on which a copy is read: the words are None where it holds none (a picture, a PDF)."""

    kept: Kept
    words: ReadableCopy | None
    records: str | None  # SHA-256 of the WARC records


def of_arrivals(session: Session, arrivals: Iterable[Arrival]) -> Mapping[str, Kept]:
    """Return what was kept by reported address: the latest copy, else the latest order. One query."""
    urls = {one.url for one in arrivals if one.url}
    rows = session.execute(
        _kept()
        .where(Capture.reported_digest.in_([_digest(url) for url in urls]))
        .order_by(Capture.state != CaptureState.DONE, Capture.id.desc())
        .execution_options(populate_existing=True)
    )
    found: dict[str, Kept] = {}
    for row in rows:
        found.setdefault(row[0].url, Kept(*row))
    return found


def get(session: Session, capture_id: int, *, of: Case) -> Capture:
    """Return a capture of a page cited or reported in this case. Raises NotFound."""
    wanted = capture_id <= cases.LARGEST_ID
    found = session.scalar(select(Capture).where(Capture.id == capture_id, _in(of))) if wanted else None
    if found is None:
        raise NotFound
    return found


def read(session: Session, capture: Capture) -> Reading:
    """Return what stands on the page of a copy."""
    kept = Kept(*session.execute(_kept().where(Capture.id == capture.id)).one())
    words = None if capture.copy_id is None else session.get(ReadableCopy, capture.copy_id)
    records = session.scalar(
        select(func.encode(StoredCopy.sha256, "hex")).where(StoredCopy.id == capture.warc_id)
    )
    return Reading(kept, words, records)


def stored(session: Session, capture: Capture, part: Part) -> StoredCopy:
    """Return a stored part of a capture with its content. Raises NotFound where there is none."""
    found = session.scalar(
        select(StoredCopy)
        .join(Capture, _COLUMN[part] == StoredCopy.id)
        .where(Capture.id == capture.id)
        .options(undefer(StoredCopy.content))
    )
    if found is None:
        raise NotFound
    return found


def order_again(session: Session, case: Case, capture: Capture, *, by: Officer, at: datetime) -> None:
    """Have a page that could not be kept tried again, from now on. Raises Conflict unless it was given up."""
    ordered = session.scalar(
        update(Capture)
        .where(Capture.id == capture.id, Capture.state == CaptureState.FAILED)
        .values(state=CaptureState.WAITING, attempts=0, next_try_at=at, finished_at=None)
        .returning(Capture.id)
        .execution_options(synchronize_session=False)
    )
    if ordered is None:
        raise Conflict(code="capture-over")
    audit.record(
        session, "capture.ordered", subject=("case", case.id), by=by, at=at, detail={"url": capture.url}
    )


def _kept() -> Any:  # noqa: ANN401  a select over four columns
    return select(
        Capture, func.encode(StoredCopy.sha256, "hex"), StoredCopy.size, StoredCopy.media_type
    ).outerjoin(StoredCopy, StoredCopy.id == Capture.copy_id)


def _digest(url: str) -> ColumnElement[bytes]:
    return func.sha256(func.convert_to(url, "UTF8"))


def _in(case: Case) -> ColumnElement[bool]:
    """Whether the capture is of a source cited, or of an address reported, in `case`."""
    return or_(
        Capture.evidence_id.in_(select(Evidence.id).where(Evidence.case_id == case.id)),
        Capture.reported_digest.in_(
            select(func.sha256(func.convert_to(Arrival.url, "UTF8"))).where(
                Arrival.case_id == case.id, Arrival.url.is_not(None)
            )
        ),
    )
