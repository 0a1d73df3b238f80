"""Watched sources: publishers, their addresses and visits, what was seen, articles and their versions.

Revision: watched_sources.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "watched_sources"
down_revision = "doors"
branch_labels = None
depends_on = None

SOURCES = """
-- A source begins switched off, and only an officer with the right starts, pauses or frees it.
CREATE FUNCTION sources_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'off' THEN
            RAISE EXCEPTION 'source-starts-off' USING ERRCODE = 'KT422';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state IS DISTINCT FROM OLD.state THEN
        IF (OLD.state, NEW.state) NOT IN (('off', 'watched'), ('watched', 'paused'), ('watched', 'quarantined'),
            ('paused', 'watched'), ('quarantined', 'watched'), ('quarantined', 'paused')) THEN
            RAISE EXCEPTION 'source-moved' USING ERRCODE = 'KT409';
        END IF;
        IF NEW.state = 'quarantined' THEN
            NEW.changed_by_id := NULL;  -- so that who frees it must be named anew
        ELSIF NOT EXISTS (SELECT 1 FROM officers WHERE id = NEW.changed_by_id AND active
                          AND roles && ARRAY['verifier', 'admin']) THEN
            RAISE EXCEPTION 'role-missing' USING ERRCODE = 'KT403';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sources_guard BEFORE INSERT OR UPDATE ON sources FOR EACH ROW EXECUTE FUNCTION sources_guard();

-- What was seen of an article's page stays as it was seen.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON article_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TRIGGER tell AFTER INSERT ON source_trials FOR EACH STATEMENT EXECUTE FUNCTION tell();
"""

ROLE = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kiemtin_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON sources, source_hosts, source_addresses, source_visits,
            source_tallies, source_trials, seen_items, item_keys, articles TO kiemtin_app;
        GRANT SELECT, INSERT ON article_versions TO kiemtin_app;
        REVOKE DELETE ON sources, articles FROM kiemtin_app;
        GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO kiemtin_app;
    END IF;
END $$;
"""


def upgrade() -> None:

    op.create_table(
        "source_hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("robots", sa.Text(), nullable=False),
        sa.Column("robots_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("crawl_delay", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_source_hosts")),
    )
    op.create_table(
        "sources",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "feed",
                "sitemap",
                "listing",
                name="sourcekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "owner",
            sa.Enum(
                "press_local",
                "press_neighbour",
                "press_national",
                "government",
                "factcheck",
                "other",
                name="sourceowner",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "scope",
            sa.Enum(
                "lao_cai",
                "northern_mountains",
                "national",
                name="sourcescope",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "takes",
            sa.Enum(
                "mention",
                "resembling",
                name="sourcetakes",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("home", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "off",
                "watched",
                "paused",
                "quarantined",
                name="sourcestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "alarm",
            sa.Enum(
                "volume",
                "language",
                "host",
                "content_type",
                name="alarm",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("alarm_detail", sa.Text(), nullable=False),
        sa.Column("changed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'quarantined') = (alarm IS NOT NULL)", name=op.f("ck_sources_alarm_whole")
        ),
        sa.CheckConstraint("btrim(name) <> '' AND char_length(name) <= 200", name=op.f("ck_sources_name")),
        sa.CheckConstraint(
            "home ~* '^https?://' AND char_length(home) <= 1000", name=op.f("ck_sources_home")
        ),
        sa.CheckConstraint("char_length(note) <= 1000", name=op.f("ck_sources_note")),
        sa.ForeignKeyConstraint(["changed_by_id"], ["officers.id"], name=op.f("fk_sources_changed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("key", name=op.f("uq_sources_key")),
    )
    op.create_table(
        "source_addresses",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("allows_http", sa.Boolean(), nullable=False),
        sa.Column("next_visit_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pace", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_visit_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("visits", sa.BigInteger(), nullable=False),
        sa.Column("usual_items", sa.Double(), nullable=False),
        sa.Column("usual_language", sa.Text(), nullable=False),
        sa.Column("usual_form", sa.Text(), nullable=False),
        sa.Column("usual_host", sa.Text(), nullable=False),
        sa.CheckConstraint("host = lower(host) AND host <> ''", name=op.f("ck_source_addresses_host")),
        sa.CheckConstraint(
            "url ~* '^https://' OR (allows_http AND url ~* '^http://')", name=op.f("ck_source_addresses_tls")
        ),
        sa.CheckConstraint("char_length(url) <= 1000", name=op.f("ck_source_addresses_url_limit")),
        sa.ForeignKeyConstraint(["host"], ["source_hosts.host"], name=op.f("fk_source_addresses_host")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_addresses_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_addresses")),
        sa.UniqueConstraint("url", name=op.f("uq_source_addresses_url")),
    )
    op.create_index(op.f("ix_source_addresses_host"), "source_addresses", ["host"], unique=False)
    op.create_index(
        op.f("ix_source_addresses_next_visit_at"), "source_addresses", ["next_visit_at"], unique=False
    )
    op.create_index(op.f("ix_source_addresses_source_id"), "source_addresses", ["source_id"], unique=False)
    op.create_table(
        "source_tallies",
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_source_tallies_count")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_tallies_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", "day", "outcome", name=op.f("pk_source_tallies")),
    )
    op.create_table(
        "source_trials",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("allows_http", sa.Boolean(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "done",
                "failed",
                name="trialstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "url ~* '^https://' OR (allows_http AND url ~* '^http://')", name=op.f("ck_source_trials_tls")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["officers.id"], name=op.f("fk_source_trials_asked_by_id")),
        sa.ForeignKeyConstraint(["host"], ["source_hosts.host"], name=op.f("fk_source_trials_host")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_trials_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_trials")),
    )
    op.create_index(op.f("ix_source_trials_asked_at"), "source_trials", ["asked_at"], unique=False)
    op.create_index(op.f("ix_source_trials_source_id"), "source_trials", ["source_id"], unique=False)
    op.create_index(
        "ix_source_trials_waiting",
        "source_trials",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "articles",
        sa.Column("arrival_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("places", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=True),
        sa.Column("cue", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "standing",
                "changed",
                "vanished",
                name="pagestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("visits", sa.BigInteger(), nullable=False),
        sa.Column("misses", sa.BigInteger(), nullable=False),
        sa.Column("next_visit_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_visit_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.CheckConstraint("btrim(outlet) <> ''", name=op.f("ck_articles_outlet")),
        sa.CheckConstraint("url ~* '^https?://'", name=op.f("ck_articles_url")),
        sa.ForeignKeyConstraint(["arrival_id"], ["arrivals.id"], name=op.f("fk_articles_arrival_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["confirmed_claims.id"], name=op.f("fk_articles_claim_id")),
        sa.ForeignKeyConstraint(["host"], ["source_hosts.host"], name=op.f("fk_articles_host")),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_articles_source_id")),
        sa.PrimaryKeyConstraint("arrival_id", name=op.f("pk_articles")),
    )
    op.create_index(op.f("ix_articles_claim_id"), "articles", ["claim_id"], unique=False)
    op.create_index(
        "ix_articles_due",
        "articles",
        ["next_visit_at"],
        unique=False,
        postgresql_where=sa.text("next_visit_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_articles_host"), "articles", ["host"], unique=False)
    op.create_index(op.f("ix_articles_source_id"), "articles", ["source_id"], unique=False)
    op.create_table(
        "seen_items",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "read",
                "arrived",
                "dropped",
                name="itemstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "off_topic",
                "known",
                "old",
                "other_site",
                "robots",
                "no_text",
                "gone",
                "refused",
                "unreachable",
                name="dropped",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("page", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("arrival_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'arrived') = (arrival_id IS NOT NULL)", name=op.f("ck_seen_items_arrived")
        ),
        sa.CheckConstraint(
            "(state = 'dropped') = (reason IS NOT NULL)", name=op.f("ck_seen_items_dropped_whole")
        ),
        sa.CheckConstraint("(state = 'read') = (page IS NOT NULL)", name=op.f("ck_seen_items_read")),
        sa.CheckConstraint(
            "url ~* '^https?://' AND char_length(url) <= 2000", name=op.f("ck_seen_items_url")
        ),
        sa.CheckConstraint("(page IS NULL) = (content IS NULL)", name=op.f("ck_seen_items_content")),
        sa.CheckConstraint("char_length(title) <= 300", name=op.f("ck_seen_items_title")),
        sa.ForeignKeyConstraint(["arrival_id"], ["arrivals.id"], name=op.f("fk_seen_items_arrival_id")),
        sa.ForeignKeyConstraint(["host"], ["source_hosts.host"], name=op.f("fk_seen_items_host")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_seen_items_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seen_items")),
        sa.UniqueConstraint("arrival_id", name=op.f("uq_seen_items_arrival_id")),
    )
    op.create_index(op.f("ix_seen_items_host"), "seen_items", ["host"], unique=False)
    op.create_index("ix_seen_items_latest", "seen_items", ["source_id", "id"], unique=False)
    op.create_index(
        "ix_seen_items_read", "seen_items", ["id"], unique=False, postgresql_where=sa.text("state = 'read'")
    )
    op.create_index(op.f("ix_seen_items_seen_at"), "seen_items", ["seen_at"], unique=False)
    op.create_index(
        "ix_seen_items_waiting",
        "seen_items",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "source_visits",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "fresh",
                "same",
                "failed",
                "quarantined",
                name="visitoutcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("http_status", sa.BigInteger(), nullable=True),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.Column("fresh", sa.BigInteger(), nullable=False),
        sa.Column("over", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["address_id"],
            ["source_addresses.id"],
            name=op.f("fk_source_visits_address_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_visits_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_visits")),
    )
    op.create_index(op.f("ix_source_visits_address_id"), "source_visits", ["address_id"], unique=False)
    op.create_index(op.f("ix_source_visits_at"), "source_visits", ["at"], unique=False)
    op.create_index("ix_source_visits_latest", "source_visits", ["source_id", "at"], unique=False)
    op.create_table(
        "article_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column(
            "change",
            sa.Enum(
                "first",
                "changed",
                "vanished",
                "back",
                name="articlechange",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("http_status", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_digest", sa.LargeBinary(), nullable=False),
        sa.Column("copy_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(change = 'vanished') = (copy_id IS NULL)", name=op.f("ck_article_versions_copy")
        ),
        sa.CheckConstraint("octet_length(text_digest) = 32", name=op.f("ck_article_versions_text_digest")),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.arrival_id"], name=op.f("fk_article_versions_article_id")
        ),
        sa.ForeignKeyConstraint(["copy_id"], ["stored_copies.id"], name=op.f("fk_article_versions_copy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_versions")),
    )
    op.create_index("uq_article_versions_number", "article_versions", ["article_id", "number"], unique=True)
    op.create_table(
        "item_keys",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("ck_item_keys_digest")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["seen_items.id"], name=op.f("fk_item_keys_item_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_item_keys")),
    )
    op.create_index(op.f("ix_item_keys_item_id"), "item_keys", ["item_id"], unique=False)

    op.execute(SOURCES)
    op.execute(ROLE)


def downgrade() -> None:

    op.drop_index(op.f("ix_item_keys_item_id"), table_name="item_keys")
    op.drop_table("item_keys")
    op.drop_index("uq_article_versions_number", table_name="article_versions")
    op.drop_table("article_versions")
    op.drop_index("ix_source_visits_latest", table_name="source_visits")
    op.drop_index(op.f("ix_source_visits_at"), table_name="source_visits")
    op.drop_index(op.f("ix_source_visits_address_id"), table_name="source_visits")
    op.drop_table("source_visits")
    op.drop_index(
        "ix_seen_items_waiting", table_name="seen_items", postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_index(op.f("ix_seen_items_seen_at"), table_name="seen_items")
    op.drop_index("ix_seen_items_read", table_name="seen_items", postgresql_where=sa.text("state = 'read'"))
    op.drop_index("ix_seen_items_latest", table_name="seen_items")
    op.drop_index(op.f("ix_seen_items_host"), table_name="seen_items")
    op.drop_table("seen_items")
    op.drop_index(op.f("ix_articles_source_id"), table_name="articles")
    op.drop_index(op.f("ix_articles_host"), table_name="articles")
    op.drop_index(
        "ix_articles_due", table_name="articles", postgresql_where=sa.text("next_visit_at IS NOT NULL")
    )
    op.drop_index(op.f("ix_articles_claim_id"), table_name="articles")
    op.drop_table("articles")
    op.drop_index(
        "ix_source_trials_waiting", table_name="source_trials", postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_index(op.f("ix_source_trials_source_id"), table_name="source_trials")
    op.drop_index(op.f("ix_source_trials_asked_at"), table_name="source_trials")
    op.drop_table("source_trials")
    op.drop_table("source_tallies")
    op.drop_index(op.f("ix_source_addresses_source_id"), table_name="source_addresses")
    op.drop_index(op.f("ix_source_addresses_next_visit_at"), table_name="source_addresses")
    op.drop_index(op.f("ix_source_addresses_host"), table_name="source_addresses")
    op.drop_table("source_addresses")
    op.drop_table("sources")
    op.drop_table("source_hosts")

    op.execute("DROP FUNCTION sources_guard()")
