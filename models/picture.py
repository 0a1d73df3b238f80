"""Pictures that came with a report: the sealed original apart, and what was redrawn from it."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId

BYTES_LIMIT = 10 * 1024 * 1024  # of one picture as sent
PIXELS_LIMIT = 25_000_000
PICTURES_LIMIT = 5  # of one report
WORDS_LIMIT = 20_000  # characters read from one picture, or typed by an officer


class PictureState(enum.StrEnum):
    """Where it is on its way to the desk."""

    WAITING = "waiting"  # durable, waits to be redrawn
    DRAWN = "drawn"  # redrawn without anything but its pixels
    UNREADABLE = "unreadable"  # no picture could be made of it


class ViewSize(enum.StrEnum):
    """Which of the redrawn images."""

    PAGE = "page"  # for reading on a page of its own
    SMALL = "small"  # beside the report


class Picture(Base):
    """One picture of a report. The row is the job: `state`, `attempts`, `next_try_at`, `last_error`.

    What a machine reads in it (`words_read`) and what an officer makes of that (`words`) stay apart from
    the report's own text. `grey` is a small grey copy by which pictures are compared.
    """

    __tablename__ = "pictures"
    __table_args__ = (
        UniqueConstraint("arrival_id", "position"),
        CheckConstraint(f"position BETWEEN 1 AND {PICTURES_LIMIT}", name="position"),
        CheckConstraint("media_type IN ('image/jpeg', 'image/png', 'image/webp')", name="media_type"),
        CheckConstraint(f"size BETWEEN 1 AND {BYTES_LIMIT}", name="size"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled"),
        CheckConstraint("(state = 'drawn') = (width IS NOT NULL AND height IS NOT NULL)", name="drawn"),
        CheckConstraint("num_nonnulls(words, words_by_id, words_at) IN (0, 3)", name="words_whole"),
        CheckConstraint(
            f"char_length(words_read) <= {WORDS_LIMIT} AND char_length(coalesce(words, '')) <= {WORDS_LIMIT}",
            name="words_limit",
        ),
        Index("ix_pictures_waiting", "next_try_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_pictures_arrival_waiting", "arrival_id", postgresql_where=text("state = 'waiting'")),
        Index("ix_pictures_sha256", "sha256"),
    )

    id: Mapped[BigId]
    arrival_id: Mapped[int] = mapped_column(ForeignKey("arrivals.id", ondelete="CASCADE"))
    position: Mapped[int]
    sha256: Mapped[bytes]  # of the original
    media_type: Mapped[str]  # as its content shows
    size: Mapped[int]  # bytes of the original
    received_at: Mapped[datetime]
    state: Mapped[PictureState] = mapped_column(default=PictureState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    last_error: Mapped[str] = mapped_column(default="")
    settled_at: Mapped[datetime | None]
    width: Mapped[int | None]  # of the original, turned upright
    height: Mapped[int | None]
    frames: Mapped[int] = mapped_column(default=1)  # only the first is redrawn
    grey: Mapped[bytes | None] = mapped_column(deferred=True)
    words_read: Mapped[str] = mapped_column(default="")
    words_reader: Mapped[str] = mapped_column(default="")  # which engine and model read them
    words: Mapped[str | None]
    words_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    words_at: Mapped[datetime | None]

    @property
    def said(self) -> str:
        """The words in the picture: an officer's version where there is one."""
        return self.words_read if self.words is None else self.words


class PictureOriginal(Base):
    """The bytes as they were sent, encrypted with a key that the database never sees; erased on its date."""

    __tablename__ = "picture_originals"

    picture_id: Mapped[int] = mapped_column(ForeignKey("pictures.id", ondelete="CASCADE"), primary_key=True)
    ciphertext: Mapped[bytes] = mapped_column(deferred=True)
    erase_after: Mapped[datetime] = mapped_column(index=True)


class PictureView(Base):
    """A redrawn image: pixels and nothing else."""

    __tablename__ = "picture_views"

    picture_id: Mapped[int] = mapped_column(ForeignKey("pictures.id", ondelete="CASCADE"), primary_key=True)
    which: Mapped[ViewSize] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(deferred=True)
    width: Mapped[int]
    height: Mapped[int]


class PictureKey(Base):
    """16 bits of one window of a picture that others are compared with, and all 64: see corpus/likeness.py.

    Only pictures at the centre of a star have keys: those of the report by which a case got its first.
    """

    __tablename__ = "picture_keys"
    __table_args__ = (Index("ix_picture_keys_key", "key", postgresql_include=["hash", "picture_id"]),)

    picture_id: Mapped[int] = mapped_column(
        ForeignKey("pictures.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
