"""Mended words ask for their case to be ranked again.

Revision: rereadings, after steady.
"""

import sqlalchemy as sa
from alembic import op

revision = "rereadings"
down_revision = "steady"
branch_labels = None
depends_on = None

ASK = """
-- Whoever mends the words: the row is there in the same transaction, and the worker is told.
CREATE FUNCTION ask_rereading() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rereadings (arrival_id, asked_at, next_try_at, attempts, last_error)
    VALUES (NEW.arrival_id, NEW.words_at, NEW.words_at, 0, '')
    ON CONFLICT (arrival_id) DO UPDATE
        SET asked_at = excluded.asked_at, next_try_at = excluded.next_try_at, attempts = 0, last_error = '';
    PERFORM pg_notify('arrivals', '');
    RETURN NULL;
END $$;
CREATE TRIGGER ask_rereading AFTER UPDATE OF words ON pictures FOR EACH ROW
    WHEN (NEW.words IS NOT NULL AND NEW.words IS DISTINCT FROM coalesce(OLD.words, OLD.words_read))
    EXECUTE FUNCTION ask_rereading();

DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kiemtin_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON rereadings TO kiemtin_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'role kiemtin_app could not be granted';
END $$;
"""


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rereadings",
        sa.Column("arrival_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["arrival_id"], ["arrivals.id"], name=op.f("fk_rereadings_arrival_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("arrival_id", name=op.f("pk_rereadings")),
    )
    op.create_index(op.f("ix_rereadings_next_try_at"), "rereadings", ["next_try_at"])
    op.execute(ASK)


def downgrade() -> None:
    """Take back."""
    op.execute("DROP TRIGGER ask_rereading ON pictures")
    op.execute("DROP FUNCTION ask_rereading()")
    op.drop_table("rereadings")
