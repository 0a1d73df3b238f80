"""Scored pairs: a case and a confirmed claim, or a case and an older case. People judge them."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, BigId, Json
from models.claim import ConfirmedClaim
from models.officer import Officer

_JUDGED_WHOLE = (
    "(judgement = 'suggested') = (judged_at IS NULL) AND "
    "num_nonnulls(judged_at, judged_by_id, judged_fingerprint) IN (0, 3)"
)


class Judgement(enum.StrEnum):
    """What a person said of a suggested pair."""

    SUGGESTED = "suggested"  # nobody has looked yet
    CONFIRMED = "confirmed"
    REJECTED = "rejected"  # never suggested again unless the content changes


class Band(enum.StrEnum):
    """How sure the ranker is; shown in words. Below the floor nothing is suggested."""

    STRONG = "strong"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Relation(enum.StrEnum):
    """How two texts relate, as far as their words tell."""

    SAME = "same"
    VARIANT = "variant"  # the same words with another number, date, place, name or yes for no
    DENIAL = "denial"  # one says that what the other tells is untrue
    OTHER = "other"


class _Scored:
    """Columns of every scored pair. `signals` and `reasons` are what the verifier is shown."""

    probability: Mapped[float]
    band: Mapped[Band]
    relation: Mapped[Relation]
    signals: Mapped[Json]
    reasons: Mapped[Json]
    ranker: Mapped[str]
    encoder: Mapped[str]
    pair_fingerprint: Mapped[str]  # of both texts as they were compared
    suggested_at: Mapped[datetime]
    judgement: Mapped[Judgement] = mapped_column(default=Judgement.SUGGESTED)
    judged_at: Mapped[datetime | None]
    judged_by_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))
    judged_fingerprint: Mapped[str | None]


class Match(_Scored, Base):
    """A case beside a confirmed claim."""

    __tablename__ = "matches"
    __table_args__ = (
        Index("uq_matches_pair", "case_id", "claim_id", unique=True),
        CheckConstraint(_JUDGED_WHOLE, name="judged_whole"),
        CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
    )

    id: Mapped[BigId]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    claim_id: Mapped[int] = mapped_column(ForeignKey("confirmed_claims.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]

    claim: Mapped[ConfirmedClaim] = relationship(lazy="raise")


class Twin(_Scored, Base):
    """A case beside an older case that may be the same story. Confirming it merges the two."""

    __tablename__ = "twins"
    __table_args__ = (
        Index("uq_twins_pair", "case_id", "older_id", unique=True),
        CheckConstraint(_JUDGED_WHOLE, name="judged_whole"),
        CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
        CheckConstraint("older_id < case_id", name="older"),
    )

    id: Mapped[BigId]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    older_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"), index=True)

    judged_by: Mapped[Officer | None] = relationship(lazy="raise")
