"""How often suggestions prove right here, and what that is told from."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.arrival import ArrivalKind
from models.base import Base


class BestGuess(Base):
    """The claim that comes nearest to a case, near enough to be suggested or not. Shown to nobody."""

    __tablename__ = "best_guesses"
    __table_args__ = (
        CheckConstraint("odds BETWEEN -50 AND 50", name="odds"),
        Index("ix_best_guesses_kind", "kind", "case_id"),
    )

    case_id: Mapped[int] = mapped_column(
        ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    kind: Mapped[ArrivalKind]  # of the arrival that asked: reports and articles are answered unlike often
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("confirmed_claims.id", ondelete="SET NULL"))
    odds: Mapped[float]  # log-odds that it answers, as the ranker says
    ranker: Mapped[str]
    guessed_at: Mapped[datetime]


class Calibration(Base):
    """By how much all probabilities move, as the worker last told it from the latest decided cases."""

    __tablename__ = "calibrations"
    __table_args__ = (
        CheckConstraint("moved BETWEEN -3 AND 3", name="moved"),
        CheckConstraint("answered BETWEEN 0 AND cases", name="answered"),
        CheckConstraint("expected BETWEEN 0 AND cases", name="expected"),
    )

    kind: Mapped[ArrivalKind] = mapped_column(primary_key=True)
    moved: Mapped[float]  # log-odds
    cases: Mapped[int]  # decided ones that it was told from
    answered: Mapped[int]  # of those by the claim that came nearest
    expected: Mapped[float]  # of those, by the ranker's own probabilities
    ranker: Mapped[str]  # whose probabilities are meant; says nothing of another one's
    counted_at: Mapped[datetime]
