"""Those held reports that are compared with the cases are found at once among fifty thousand.

Revision: to_compare, after capture_turn.
"""

import sqlalchemy as sa
from alembic import op

revision = "to_compare"
down_revision = "capture_turn"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("UPDATE arrivals SET compared_to = 0 WHERE id IN (SELECT first_id FROM families)")
    op.create_index(
        "ix_arrivals_to_compare",
        "arrivals",
        ["telling"],
        postgresql_where=sa.text("state = 'held' AND near_case_id IS NULL AND compared_to IS NOT NULL"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_arrivals_to_compare", table_name="arrivals")
