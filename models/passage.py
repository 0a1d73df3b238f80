"""Searchable texts: the entries of a confirmed claim, and the opening text of each case."""

from typing import Any

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigId, JsonList

DIMENSION = 384
UNENCODED = "embedding IS NULL OR (case_id IS NOT NULL AND asking IS NULL)"


class Passage(Base):
    """One text under which a confirmed claim or a case can be found.

    `terms` holds folded syllable pairs as lexemes; `embedding` is the unit vector of `canonical`
    made by `encoder` (NULL until the worker has encoded it), as a text to be found. The text of a case also
    asks, as two reports are compared both ways: `asking` is its vector in that role.
    """

    __tablename__ = "passages"
    __table_args__ = (
        CheckConstraint("num_nonnulls(claim_id, case_id) = 1", name="one_owner"),
        CheckConstraint(
            "asking IS NULL OR (case_id IS NOT NULL AND embedding IS NOT NULL)", name="asking_is_a_case"
        ),
        Index("uq_passages_claim_text", "claim_id", "fingerprint", unique=True),
        Index("uq_passages_case", "case_id", unique=True),
        Index("ix_passages_terms", "terms", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        *(
            Index(
                f"ix_passages_{owner}_embedding",
                "embedding",
                postgresql_using="hnsw",
                postgresql_ops={"embedding": "halfvec_ip_ops"},
                postgresql_where=text(f"{owner}_id IS NOT NULL"),
            )
            for owner in ("claim", "case")
        ),
        Index("ix_passages_unencoded", "id", postgresql_where=text(UNENCODED)),
    )

    id: Mapped[BigId]
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("confirmed_claims.id", ondelete="CASCADE"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    canonical: Mapped[str]
    folded: Mapped[str]
    fingerprint: Mapped[str] = mapped_column(index=True)
    keys: Mapped[JsonList]  # as in corpus/keys.py, and "place:…" for the places it names
    names: Mapped[str | None]  # folded words of its proper names; NULL in rows from before this was kept
    lang: Mapped[str] = mapped_column(default="vi")
    terms: Mapped[Any] = mapped_column(TSVECTOR)
    embedding: Mapped[Any | None] = mapped_column(HALFVEC(DIMENSION))
    asking: Mapped[Any | None] = mapped_column(HALFVEC(DIMENSION))
    encoder: Mapped[str | None]
