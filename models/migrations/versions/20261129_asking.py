"""The opening text of a case is kept as a text that asks too, so that reports are compared both ways.

Revision: asking, after to_compare. The worker encodes what is missing; until then one way counts.
"""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import HALFVEC

revision = "asking"
down_revision = "to_compare"
branch_labels = None
depends_on = None

_UNENCODED = "embedding IS NULL OR (case_id IS NOT NULL AND asking IS NULL)"


def upgrade() -> None:
    """Apply."""
    op.add_column("passages", sa.Column("asking", HALFVEC(dim=384)))
    op.create_check_constraint(
        op.f("ck_passages_asking_is_a_case"),
        "passages",
        "asking IS NULL OR (case_id IS NOT NULL AND embedding IS NOT NULL)",
    )
    op.add_column("fresh_vectors", sa.Column("asking", HALFVEC(dim=384)))
    _index(_UNENCODED)


def downgrade() -> None:
    """Take back."""
    op.drop_column("fresh_vectors", "asking")
    op.drop_constraint(op.f("ck_passages_asking_is_a_case"), "passages", type_="check")
    _index("embedding IS NULL")
    op.drop_column("passages", "asking")


def _index(waiting: str) -> None:
    op.drop_index("ix_passages_unencoded", table_name="passages")
    op.create_index("ix_passages_unencoded", "passages", ["id"], postgresql_where=sa.text(waiting))
