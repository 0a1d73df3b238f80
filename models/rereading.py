"""Pictures that an officer has read anew or put into a case, until the worker has looked at them there."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Rereading(Base):
    """A report whose case waits to be ranked again.

    The database adds the row when words are mended, an officer's verb when a report is put into a case.
    The row is the job, as with arrivals: `attempts`, `next_try_at`, `last_error`; done, it is gone.
    """

    __tablename__ = "rereadings"

    arrival_id: Mapped[int] = mapped_column(
        ForeignKey("arrivals.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    asked_at: Mapped[datetime]
    next_try_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(default="")
