"""How little a machine is trusted to answer in time.

Revision: steady, after families.
"""

import sqlalchemy as sa
from alembic import op

revision = "steady"
down_revision = "families"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("source_hosts", sa.Column("distrust", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Take back."""
    op.drop_column("source_hosts", "distrust")
