"""Families: texts at the door that are nearly the same, so that a flood is seen as signs and not as rows."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId


class Family(Base):
    """Near-identical arrivals, compared with the first of them only: a star, never a chain.

    It groups and orders what people look at. It decides nothing: an arrival joins a case by its own words.
    """

    __tablename__ = "families"

    id: Mapped[BigId]
    first_id: Mapped[int] = mapped_column(ForeignKey("arrivals.id"), unique=True)  # whose marks these are
    marks: Mapped[bytes]  # 48 numbers of 16 bits, little-endian: see verify/families.py
    since: Mapped[datetime]
