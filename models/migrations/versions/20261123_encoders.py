"""Encoders: whose vectors are searched, and the vectors of the one that will follow.

Revision: encoders, after same_picture.
"""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import HALFVEC

revision = "encoders"
down_revision = "same_picture"
branch_labels = None
depends_on = None

ROLE = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kiemtin_app') THEN
        GRANT SELECT, INSERT, UPDATE ON serving_encoder TO kiemtin_app;
        GRANT SELECT, INSERT, DELETE ON fresh_vectors TO kiemtin_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'role kiemtin_app could not be granted';
END $$
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "serving_encoder",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_serving_encoder_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_serving_encoder")),
    )
    op.create_table(
        "fresh_vectors",
        sa.Column("passage_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("made_of", sa.Text(), nullable=False),
        sa.Column("embedding", HALFVEC(dim=384), nullable=False),
        sa.ForeignKeyConstraint(
            ["passage_id"], ["passages.id"], name=op.f("fk_fresh_vectors_passage_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("passage_id", name=op.f("pk_fresh_vectors")),
    )
    # A database that was filled before this knew one encoder only: the one that its vectors name.
    op.execute(
        "INSERT INTO serving_encoder (id, name, model, since)"
        " SELECT 1, encoder, encoder, now() FROM passages WHERE embedding IS NOT NULL AND encoder IS NOT NULL"
        " ORDER BY id LIMIT 1"
    )
    op.execute(ROLE)


def downgrade() -> None:
    """Take back."""
    op.drop_table("fresh_vectors")
    op.drop_table("serving_encoder")
