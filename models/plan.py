"""The province's plan: its tasks as printed, successors of its agencies, and cases logged against it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, Json


class PlanTask(Base):
    """One of the 35 tasks of the annex. `register` keeps the whole entry, printed oddities included."""

    __tablename__ = "plan_tasks"

    number: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(unique=True)
    group_number: Mapped[int]
    title: Mapped[str]
    register: Mapped[Json]


class AgencySuccessor(Base):
    """Who does today the work of an agency that the plan prints. Dated and editable; the print is not."""

    __tablename__ = "agency_successors"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from", name="dates"),
        Index("uq_agency_successors_row", "printed", "successor", unique=True),
    )

    id: Mapped[BigId]
    printed: Mapped[str] = mapped_column(index=True)
    successor: Mapped[str]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    legal_basis: Mapped[str] = mapped_column(default="")
    certainty: Mapped[str]
    note: Mapped[str] = mapped_column(default="")


class PlanEntry(Base):
    """A case logged against a task because something happened (`event`: see publish/plan_events.json)."""

    __tablename__ = "plan_entries"
    __table_args__ = (
        Index("uq_plan_entries_once", "case_id", "task_number", "event", unique=True),
        Index("ix_plan_entries_task", "task_number", "logged_at"),
    )

    id: Mapped[BigId]
    task_number: Mapped[str] = mapped_column(ForeignKey("plan_tasks.number"))
    event: Mapped[str]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("corrections.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    logged_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")
