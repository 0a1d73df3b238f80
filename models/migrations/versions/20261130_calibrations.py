"""What comes nearest to each case is kept, and from what people decide how often it answers.

Revision: calibrations, after asking.
"""

import sqlalchemy as sa
from alembic import op

revision = "calibrations"
down_revision = "asking"
branch_labels = None
depends_on = None

_KINDS = ("report", "article")
GRANT = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kiemtin_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON best_guesses, calibrations TO kiemtin_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'role kiemtin_app could not be granted';
END $$;
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "best_guesses",
        sa.Column("case_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", _kind(), nullable=False),
        sa.Column("claim_id", sa.BigInteger()),
        sa.Column("odds", sa.Float(), nullable=False),
        sa.Column("ranker", sa.Text(), nullable=False),
        sa.Column("guessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_best_guesses_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["confirmed_claims.id"], name=op.f("fk_best_guesses_claim_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_best_guesses")),
        sa.CheckConstraint("odds BETWEEN -50 AND 50", name=op.f("ck_best_guesses_odds")),
    )
    op.create_index("ix_best_guesses_kind", "best_guesses", ["kind", "case_id"])
    op.create_table(
        "calibrations",
        sa.Column("kind", _kind(), nullable=False),
        sa.Column("moved", sa.Float(), nullable=False),
        sa.Column("cases", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("ranker", sa.Text(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_calibrations")),
        sa.CheckConstraint("moved BETWEEN -3 AND 3", name=op.f("ck_calibrations_moved")),
        sa.CheckConstraint("answered BETWEEN 0 AND cases", name=op.f("ck_calibrations_answered")),
        sa.CheckConstraint("expected BETWEEN 0 AND cases", name=op.f("ck_calibrations_expected")),
    )
    op.execute(GRANT)


def downgrade() -> None:
    """Take back."""
    op.drop_table("calibrations")
    op.drop_table("best_guesses")


def _kind() -> sa.Enum:
    return sa.Enum(*_KINDS, name="arrivalkind", native_enum=False, create_constraint=True, length=40)
