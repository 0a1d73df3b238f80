"""Channels: the doors beside the form: telephone, counter, e-mail, partner portals.

Revision: channels, after guards.
"""

from alembic import op

revision = "channels"
down_revision = "guards"
branch_labels = None
depends_on = None

BEFORE = ("web", "api", "feed")
AFTER = (*BEFORE, "hotline", "walk_in", "email", "partner")


def _allow(channels: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_arrivals_channel"), "arrivals", type_="check")
    listed = ", ".join(f"'{channel}'" for channel in channels)
    op.create_check_constraint(op.f("ck_arrivals_channel"), "arrivals", f"channel IN ({listed})")


def upgrade() -> None:
    _allow(AFTER)


def downgrade() -> None:
    _allow(BEFORE)
