"""Sitemaps that an index names, WARC records of articles, the machine of each capture.

Revision: followed, after held.
"""

import sqlalchemy as sa
from alembic import op

revision = "followed"
down_revision = "held"
branch_labels = None
depends_on = None

# As `intake.polite.host_of` names a machine: lower case, without the usual ports.
HOST = (
    "coalesce(regexp_replace(lower(substring(url from '(?i)^https?://(?:[^/?#]*@)?([^/?#]*)')), "
    "'[.]?(:(80|443)?)?$', ''), '')"
)


def upgrade() -> None:
    """Apply."""
    op.add_column("source_addresses", sa.Column("index_id", sa.BigInteger()))
    op.create_foreign_key(
        op.f("fk_source_addresses_index_id"),
        "source_addresses",
        "source_addresses",
        ["index_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_index(op.f("ix_source_addresses_index_id"), "source_addresses", ["index_id"])
    op.add_column("seen_items", sa.Column("records", sa.LargeBinary()))
    op.create_check_constraint(
        op.f("ck_seen_items_records"), "seen_items", "records IS NULL OR content IS NOT NULL"
    )
    op.add_column("article_versions", sa.Column("warc_id", sa.BigInteger()))
    op.create_foreign_key(
        op.f("fk_article_versions_warc_id"), "article_versions", "stored_copies", ["warc_id"], ["id"]
    )
    op.add_column("captures", sa.Column("host", sa.Text(), sa.Computed(HOST, persisted=True), nullable=False))


def downgrade() -> None:
    """Take back."""
    op.drop_column("captures", "host")
    op.drop_column("article_versions", "warc_id")
    op.drop_constraint(op.f("ck_seen_items_records"), "seen_items", type_="check")
    op.drop_column("seen_items", "records")
    op.execute("DELETE FROM source_addresses WHERE index_id IS NOT NULL")
    op.drop_column("source_addresses", "index_id")
