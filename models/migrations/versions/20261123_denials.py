"""Relations of a scored pair: one text may say that what the other tells is untrue.

Revision: denials.
"""

from alembic import op

revision = "denials"
down_revision = "encoders"
branch_labels = None
depends_on = None

BEFORE = ("same", "variant", "other")
AFTER = (*BEFORE, "denial")


def _allow(relations: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{relation}'" for relation in relations)
    for table in ("matches", "twins"):
        name = op.f(f"ck_{table}_relation")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"relation IN ({listed})")


def upgrade() -> None:
    _allow(AFTER)


def downgrade() -> None:
    op.execute("UPDATE matches SET relation = 'other' WHERE relation = 'denial'")
    op.execute("UPDATE twins SET relation = 'other' WHERE relation = 'denial'")
    _allow(BEFORE)
