"""The job on pictures: open the seal, redraw in a limited child process, keep what was drawn.

A picture is claimed (attempt counted and committed) before anything touches it, and settled in one
transaction, so that a process killed at any point loses nothing and draws nothing twice. A report
waits for its pictures before triage; a picture that cannot be drawn does not hold it up for long.
"""

import logging
import zlib
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from app.web import plain
from intake import apart
from intake.pictures import Seal
from models import Picture, PictureOriginal, PictureState, PictureView, ViewSize
from models.picture import WORDS_LIMIT

log = logging.getLogger(__name__)
ATTEMPTS: Final = 3
LEASE: Final = timedelta(seconds=120)  # longer than all child processes of one picture together
BACKOFF: Final = timedelta(seconds=5)
MEMORY_MB: Final = 512
CPU_S, WALL_S = 10, 30  # processor time, and time by the clock on a busy machine
READER: Final = "tesseract 5, vie"  # which engine and model read the words


class Unreadable(Exception):  # noqa: N818  an answer, not a fault
    """No picture can be made of it, now or later."""


def run_one(sessions: sessionmaker[Session], key: bytes, *, at: datetime) -> bool:
    """Take and settle one waiting picture; return whether there was one. A bad picture never raises.

    `key` is the key of contact data, from which that of the originals is derived.
    """
    with sessions.begin() as session:
        taken = _claim(session, at)
    if taken is None:
        return False
    picture_id, attempts = taken
    try:
        drawn = _drawn(_original(sessions, picture_id, attempts, key))
        words = _words(drawn)
        with sessions.begin() as session:
            _keep(session, picture_id, drawn, words, at=at)
    except Unreadable as reason:
        with sessions.begin() as session:
            _give_up(session, picture_id, str(reason), at=at)
    except Exception as error:  # any failure belongs to this picture alone
        log.exception("picture %s failed (attempt %s)", picture_id, attempts)
        with sessions.begin() as session:
            _missed(session, picture_id, attempts, error, at=at)
    return True


def _claim(session: Session, at: datetime) -> tuple[int, int] | None:
    due = (
        select(Picture.id)
        .where(Picture.state == PictureState.WAITING, Picture.next_try_at <= at)
        .order_by(Picture.next_try_at, Picture.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = session.execute(
        update(Picture)
        .where(Picture.id == due)
        .values(attempts=Picture.attempts + 1, next_try_at=at + LEASE)
        .returning(Picture.id, Picture.attempts)
    ).one_or_none()
    return None if row is None else (row.id, row.attempts)


def _original(sessions: sessionmaker[Session], picture_id: int, attempts: int, key: bytes) -> bytes:
    """Return the original. Raises Unreadable when it was tried too often, is gone or sealed otherwise."""
    if attempts > ATTEMPTS:
        raise Unreadable("interrupted")
    with sessions() as session:
        row = session.execute(
            select(Picture.sha256, PictureOriginal.ciphertext)
            .join(PictureOriginal, PictureOriginal.picture_id == Picture.id)
            .where(Picture.id == picture_id)
        ).one_or_none()
    if row is None:
        raise Unreadable("erased")
    try:
        return Seal(key).open(row.ciphertext, row.sha256)
    except InvalidTag as sealed:
        raise Unreadable("sealed with another key") from sealed


def _drawn(content: bytes) -> dict[str, Any]:
    """Return what the child process drew. Raises Unreadable; apart.Refused where another try may help."""
    try:
        drawn: dict[str, Any] = apart.run(
            "intake.redraw:redraw", content, cpu_s=CPU_S, memory_mb=MEMORY_MB, wall_s=WALL_S
        )
    except apart.Refused as refused:
        if refused.reason in {"error", "output"}:
            raise Unreadable(refused.reason) from refused
        raise
    if "refused" in drawn:
        raise Unreadable(drawn["refused"])
    return drawn


def _words(drawn: dict[str, Any]) -> str:
    """Return the words that a machine reads in the redrawn page, none where it cannot."""
    try:
        words, _sure = apart.run("intake.ocr:read", drawn["page"][1], cpu_s=CPU_S, wall_s=WALL_S)
    except apart.Refused:  # a picture without its words is still a picture
        return ""
    return plain("".join(char for char in words if char.isprintable() or char == "\n"))


def _keep(session: Session, picture_id: int, drawn: dict[str, Any], words: str, *, at: datetime) -> None:
    grey, width, height = drawn["grey"]
    settled = session.scalar(
        update(Picture)
        .where(Picture.id == picture_id, Picture.state == PictureState.WAITING)
        .values(
            state=PictureState.DRAWN,
            settled_at=at,
            last_error="",
            width=drawn["width"],
            height=drawn["height"],
            frames=drawn["frames"],
            words_read=words[:WORDS_LIMIT],
            words_reader=READER if words else "",
            grey=width.to_bytes(2, "big") + height.to_bytes(2, "big") + zlib.compress(grey, 6),
        )
        .returning(Picture.id)
    )
    if settled is None:  # settled elsewhere meanwhile
        return
    for which in ViewSize:
        media_type, content, wide, high = drawn[which.value]
        session.execute(
            insert(PictureView).values(
                picture_id=picture_id,
                which=which,
                media_type=media_type,
                content=content,
                width=wide,
                height=high,
            )
        )
    session.execute(select(func.pg_notify("arrivals", "")))


def _give_up(session: Session, picture_id: int, reason: str, *, at: datetime) -> None:
    session.execute(
        update(Picture)
        .where(Picture.id == picture_id, Picture.state == PictureState.WAITING)
        .values(state=PictureState.UNREADABLE, settled_at=at, last_error=reason[:500])
    )
    session.execute(select(func.pg_notify("arrivals", "")))


def _missed(session: Session, picture_id: int, attempts: int, error: Exception, *, at: datetime) -> None:
    said = f"{type(error).__name__}: {error}"
    if attempts >= ATTEMPTS:
        _give_up(session, picture_id, said, at=at)
        return
    session.execute(
        update(Picture)
        .where(Picture.id == picture_id, Picture.state == PictureState.WAITING)
        .values(next_try_at=at + BACKOFF * attempts, last_error=said[:500])
    )
