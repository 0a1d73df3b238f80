"""Pictures that come with reports: the row that is the job, sealed originals, redrawn views.

Revision: pictures, after watched_sources.
"""

import sqlalchemy as sa
from alembic import op

revision = "pictures"
down_revision = "watched_sources"
branch_labels = None
depends_on = None

GUARDS = """
-- What was sent stays as it was sent, and what is settled stays settled.
CREATE FUNCTION pictures_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.arrival_id, OLD.position, OLD.sha256, OLD.media_type, OLD.size, OLD.received_at)
        IS DISTINCT FROM
       (NEW.arrival_id, NEW.position, NEW.sha256, NEW.media_type, NEW.size, NEW.received_at)
       OR (OLD.state <> 'waiting' AND
           (OLD.state, OLD.settled_at, OLD.width, OLD.height, OLD.frames, OLD.grey, OLD.words_read, OLD.words_reader)
            IS DISTINCT FROM
           (NEW.state, NEW.settled_at, NEW.width, NEW.height, NEW.frames, NEW.grey, NEW.words_read, NEW.words_reader))
    THEN
        RAISE EXCEPTION 'picture-frozen' USING ERRCODE = 'KT403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pictures_guard BEFORE UPDATE ON pictures FOR EACH ROW EXECUTE FUNCTION pictures_guard();
CREATE TRIGGER tell AFTER INSERT ON pictures FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER kept BEFORE UPDATE ON picture_originals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER kept BEFORE UPDATE ON picture_views FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE picture_originals ALTER COLUMN ciphertext SET STORAGE EXTERNAL;
ALTER TABLE picture_views ALTER COLUMN content SET STORAGE EXTERNAL;

-- A report that says it has pictures has them: each is stored in the same transaction, none comes later.
CREATE FUNCTION pictures_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wanted bigint := CASE TG_TABLE_NAME WHEN 'arrivals' THEN NEW.id ELSE (to_jsonb(NEW)->>'arrival_id')::bigint END;
BEGIN
    IF EXISTS (SELECT 1 FROM arrivals a WHERE a.id = wanted
               AND a.pictures <> (SELECT count(*) FROM pictures p WHERE p.arrival_id = wanted)) THEN
        RAISE EXCEPTION 'pictures-incomplete' USING ERRCODE = 'KT422';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER pictures_whole AFTER INSERT ON arrivals DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.pictures > 0) EXECUTE FUNCTION pictures_whole();
CREATE CONSTRAINT TRIGGER pictures_whole AFTER INSERT ON pictures DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pictures_whole();
CREATE TRIGGER pictures_frozen BEFORE UPDATE OF pictures ON arrivals FOR EACH ROW
    WHEN (OLD.pictures IS DISTINCT FROM NEW.pictures) EXECUTE FUNCTION refuse_change();

DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kiemtin_app') THEN
        GRANT SELECT, INSERT, UPDATE ON pictures TO kiemtin_app;
        GRANT SELECT, INSERT, DELETE ON picture_originals TO kiemtin_app;
        GRANT SELECT, INSERT ON picture_views TO kiemtin_app;
        GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO kiemtin_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'role kiemtin_app could not be granted';
END $$;
"""


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("arrival_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "drawn",
                "unreadable",
                name="picturestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("width", sa.BigInteger(), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("grey", sa.LargeBinary(), nullable=True),
        sa.Column("words_read", sa.Text(), nullable=False),
        sa.Column("words_reader", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("words_by_id", sa.BigInteger(), nullable=True),
        sa.Column("words_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("position BETWEEN 1 AND 5", name=op.f("ck_pictures_position")),
        sa.CheckConstraint(
            "media_type IN ('image/jpeg', 'image/png', 'image/webp')", name=op.f("ck_pictures_media_type")
        ),
        sa.CheckConstraint("size BETWEEN 1 AND 10485760", name=op.f("ck_pictures_size")),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_pictures_sha256")),
        sa.CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name=op.f("ck_pictures_settled")),
        sa.CheckConstraint(
            "(state = 'drawn') = (width IS NOT NULL AND height IS NOT NULL)", name=op.f("ck_pictures_drawn")
        ),
        sa.CheckConstraint(
            "num_nonnulls(words, words_by_id, words_at) IN (0, 3)", name=op.f("ck_pictures_words_whole")
        ),
        sa.CheckConstraint(
            "char_length(words_read) <= 20000 AND char_length(coalesce(words, '')) <= 20000",
            name=op.f("ck_pictures_words_limit"),
        ),
        sa.ForeignKeyConstraint(
            ["arrival_id"], ["arrivals.id"], name=op.f("fk_pictures_arrival_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["words_by_id"], ["officers.id"], name=op.f("fk_pictures_words_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pictures")),
        sa.UniqueConstraint("arrival_id", "position", name=op.f("uq_pictures_arrival_id")),
    )
    for name, column in (
        ("ix_pictures_waiting", "next_try_at"),
        ("ix_pictures_arrival_waiting", "arrival_id"),
    ):
        op.create_index(name, "pictures", [column], postgresql_where=sa.text("state = 'waiting'"))
    op.create_index("ix_pictures_sha256", "pictures", ["sha256"])
    op.create_table(
        "picture_originals",
        sa.Column("picture_id", sa.BigInteger(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("erase_after", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("fk_picture_originals_picture_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("picture_id", name=op.f("pk_picture_originals")),
    )
    op.create_index(op.f("ix_picture_originals_erase_after"), "picture_originals", ["erase_after"])
    op.create_table(
        "picture_views",
        sa.Column("picture_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "which",
            sa.Enum("page", "small", name="viewsize", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("fk_picture_views_picture_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("picture_id", "which", name=op.f("pk_picture_views")),
    )
    op.add_column("arrivals", sa.Column("pictures", sa.BigInteger(), server_default="0", nullable=False))
    op.drop_constraint(op.f("ck_arrivals_content"), "arrivals")
    op.create_check_constraint(
        op.f("ck_arrivals_content"), "arrivals", "text <> '' OR url IS NOT NULL OR pictures > 0"
    )
    op.execute(GUARDS)


def downgrade() -> None:
    op.execute("DROP TRIGGER pictures_frozen ON arrivals")
    op.execute("DROP FUNCTION pictures_whole CASCADE")
    op.execute("DROP FUNCTION pictures_guard CASCADE")
    op.drop_constraint(op.f("ck_arrivals_content"), "arrivals")
    op.create_check_constraint(  # what was sent as a picture alone stays, without it
        op.f("ck_arrivals_content"), "arrivals", "text <> '' OR url IS NOT NULL", postgresql_not_valid=True
    )
    op.drop_column("arrivals", "pictures")
    for table in ("picture_views", "picture_originals", "pictures"):
        op.drop_table(table)
