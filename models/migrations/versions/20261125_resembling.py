"""Held reports are compared with the cases when there is time, whyever they are held.

Revision: resembling, after near.
"""

import sqlalchemy as sa
from alembic import op

revision = "resembling"
down_revision = "near"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("arrivals", sa.Column("compared_to", sa.BigInteger()))
    op.drop_constraint(op.f("ck_arrivals_near_case"), "arrivals", type_="check")
    op.create_check_constraint(
        op.f("ck_arrivals_near_case"), "arrivals", "near_case_id IS NULL OR held_why IS NOT NULL"
    )


def downgrade() -> None:
    """Take back."""
    op.execute("UPDATE arrivals SET near_case_id = NULL WHERE held_why <> 'wave'")
    op.drop_constraint(op.f("ck_arrivals_near_case"), "arrivals", type_="check")
    op.create_check_constraint(
        op.f("ck_arrivals_near_case"), "arrivals", "near_case_id IS NULL OR held_why = 'wave'"
    )
    op.drop_column("arrivals", "compared_to")
