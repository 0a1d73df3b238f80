"""Same picture: the keys under which pictures are found again, and a way to join by them.

Revision: same_picture, after captures.
"""

import sqlalchemy as sa
from alembic import op

revision = "same_picture"
down_revision = "captures"
branch_labels = None
depends_on = None

BEFORE = ("opened", "exact", "near", "similar", "officer")
GRANT = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kiemtin_app') THEN
        GRANT SELECT, INSERT, DELETE ON picture_keys TO kiemtin_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'role kiemtin_app could not be granted';
END $$;
"""


def _allow(ways: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_arrivals_joined"), "arrivals", type_="check")
    listed = ", ".join(f"'{way}'" for way in ways)
    op.create_check_constraint(op.f("ck_arrivals_joined"), "arrivals", f"joined IN ({listed})")


def upgrade() -> None:
    op.create_table(
        "picture_keys",
        sa.Column("picture_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("fk_picture_keys_picture_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("picture_id", "key", "hash", name=op.f("pk_picture_keys")),
    )
    op.create_index("ix_picture_keys_key", "picture_keys", ["key"], postgresql_include=["hash", "picture_id"])
    op.execute(GRANT)
    _allow((*BEFORE, "picture"))


def downgrade() -> None:
    op.execute("UPDATE arrivals SET joined = 'similar' WHERE joined = 'picture'")
    _allow(BEFORE)
    op.drop_table("picture_keys")
