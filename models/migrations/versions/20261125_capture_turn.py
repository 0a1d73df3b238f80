"""The queue of captures is walked in the order of turns, however long it is.

Revision: capture_turn, after resembling.
"""

import sqlalchemy as sa
from alembic import op

revision = "capture_turn"
down_revision = "resembling"
branch_labels = None
depends_on = None

_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_captures_turn",
        "captures",
        [sa.text("(evidence_id IS NULL)"), "next_try_at", "id"],
        postgresql_where=_WAITING,
    )
    op.drop_index("ix_captures_waiting", table_name="captures")


def downgrade() -> None:
    """Take back."""
    op.create_index("ix_captures_waiting", "captures", ["next_try_at"], postgresql_where=_WAITING)
    op.drop_index("ix_captures_turn", table_name="captures")
