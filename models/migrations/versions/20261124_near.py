"""Held reports that resemble a case are shown with it.

Revision: near, after rereadings.
"""

import sqlalchemy as sa
from alembic import op

revision = "near"
down_revision = "rereadings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("arrivals", sa.Column("near_case_id", sa.BigInteger()))
    op.create_foreign_key(op.f("fk_arrivals_near_case_id"), "arrivals", "cases", ["near_case_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_arrivals_near_case"), "arrivals", "near_case_id IS NULL OR held_why = 'wave'"
    )
    op.create_index(
        "ix_arrivals_near_case", "arrivals", ["near_case_id"], postgresql_where=sa.text("state = 'held'")
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_arrivals_near_case", table_name="arrivals")
    op.drop_constraint(op.f("ck_arrivals_near_case"), "arrivals", type_="check")
    op.drop_column("arrivals", "near_case_id")
