"""Which encoder's vectors are searched, and the vectors of the one that will follow it."""

from datetime import datetime
from typing import Any

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.passage import DIMENSION


class ServingEncoder(Base):
    """The one row that says whose vectors `passages.embedding` holds. Absent: nothing was encoded yet."""

    __tablename__ = "serving_encoder"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, default=1)
    name: Mapped[str]  # the encoder's description, as stored with every vector
    model: Mapped[str]  # the setting by which it is loaded
    since: Mapped[datetime]


class FreshVector(Base):
    """A passage's vector by the encoder that is to follow; it takes its place when all are there."""

    __tablename__ = "fresh_vectors"

    passage_id: Mapped[int] = mapped_column(
        ForeignKey("passages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    encoder: Mapped[str]
    made_of: Mapped[str]  # MD5 of the text that was encoded: another text needs another vector
    embedding: Mapped[Any] = mapped_column(HALFVEC(DIMENSION))
    asking: Mapped[Any | None] = mapped_column(HALFVEC(DIMENSION))  # where the passage is that of a case
