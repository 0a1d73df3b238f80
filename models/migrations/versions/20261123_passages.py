"""Passages: names kept with the text, statistics of terms, an index of terms without a waiting list.

Revision: passages, after pictures.
"""

import sqlalchemy as sa
from alembic import op

revision = "passages"
down_revision = "pictures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("passages", sa.Column("names", sa.Text(), nullable=True))
    # The 4,000 commonest terms instead of 1,000: a search asks for the rarest. Nobody asks for those of vectors.
    op.execute("ALTER TABLE passages ALTER COLUMN terms SET STATISTICS 400")
    op.execute("ALTER TABLE passages ALTER COLUMN embedding SET STATISTICS 0")
    # The waiting list is read by every search, once for each term, before it is worked in.
    op.execute("ALTER INDEX ix_passages_terms SET (fastupdate = off)")
    op.execute("SELECT gin_clean_pending_list('ix_passages_terms'::regclass)")


def downgrade() -> None:
    """Take back."""
    op.execute("ALTER INDEX ix_passages_terms RESET (fastupdate)")
    op.execute("ALTER TABLE passages ALTER COLUMN embedding SET STATISTICS -1")
    op.execute("ALTER TABLE passages ALTER COLUMN terms SET STATISTICS -1")
    op.drop_column("passages", "names")
