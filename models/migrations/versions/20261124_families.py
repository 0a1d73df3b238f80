"""Families of near-identical arrivals, and how telling each looks: what the held lane is ordered by.

Revision: families, after followed.
"""

import sqlalchemy as sa
from alembic import op

revision = "families"
down_revision = "followed"
branch_labels = None
depends_on = None

ROLE = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kiemtin_app') THEN
        GRANT SELECT, INSERT ON families TO kiemtin_app;
        GRANT USAGE, SELECT ON SEQUENCE families_id_seq TO kiemtin_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'role kiemtin_app could not be granted';
END $$
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "families",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["first_id"], ["arrivals.id"], name=op.f("fk_families_first_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_families")),
        sa.UniqueConstraint("first_id", name=op.f("uq_families_first_id")),
    )
    op.add_column("arrivals", sa.Column("family_id", sa.BigInteger()))
    op.add_column("arrivals", sa.Column("telling", sa.SmallInteger()))
    op.create_foreign_key(op.f("fk_arrivals_family_id"), "arrivals", "families", ["family_id"], ["id"])
    op.create_index(
        "ix_arrivals_family", "arrivals", ["family_id", "state"],
        postgresql_where=sa.text("family_id IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_arrivals_unsifted", "arrivals", ["id"],
        postgresql_where=sa.text("state = 'held' AND family_id IS NULL"),
    )  # fmt: skip
    op.create_index("ix_cases_opened_at", "cases", ["opened_at"])
    op.execute(ROLE)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_cases_opened_at", table_name="cases")
    for index in ("ix_arrivals_unsifted", "ix_arrivals_family"):
        op.drop_index(index, table_name="arrivals")
    for column in ("telling", "family_id"):
        op.drop_column("arrivals", column)
    op.drop_table("families")
