"""Captures: reported pages too, why an attempt failed, WARC records, pictures and readable copies.

Revision: captures, after passages.
"""

import sqlalchemy as sa
from alembic import op

revision = "captures"
down_revision = "passages"
branch_labels = None
depends_on = None

# A report that became part of a case orders a copy of its address, once a day however many report it.
ORDER = """
CREATE FUNCTION arrivals_capture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO captures (reported_digest, reported_on, url, state, attempts, next_try_at, last_error)
    VALUES (sha256(convert_to(NEW.url, 'UTF8')), (NEW.received_at AT TIME ZONE 'UTC')::date, NEW.url,
            'waiting', 0, NEW.received_at, '')
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER arrivals_capture AFTER INSERT OR UPDATE OF state ON arrivals FOR EACH ROW
    WHEN (NEW.state = 'triaged' AND NEW.url IS NOT NULL AND NEW.kind <> 'article' AND NOT NEW.demo)
    EXECUTE FUNCTION arrivals_capture();
"""

# What was captured stays: a finished order changes no more, a failed one only to be tried anew.
KEPT = """
CREATE FUNCTION captures_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.evidence_id, OLD.reported_digest, OLD.reported_on, OLD.url)
        IS DISTINCT FROM (NEW.evidence_id, NEW.reported_digest, NEW.reported_on, NEW.url)
        OR OLD.state = 'done' OR (OLD.state = 'failed' AND NEW.state <> 'waiting') THEN
        RAISE EXCEPTION 'capture-over' USING ERRCODE = 'KT409';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER captures_guard BEFORE UPDATE ON captures FOR EACH ROW EXECUTE FUNCTION captures_guard();
CREATE TRIGGER kept BEFORE UPDATE ON readable_copies FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

ROLE = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kiemtin_app') THEN
        GRANT SELECT, INSERT ON readable_copies TO kiemtin_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'role kiemtin_app could not be granted';
END $$;
"""


def upgrade() -> None:
    op.alter_column("captures", "evidence_id", nullable=True)
    op.add_column("captures", sa.Column("reported_digest", sa.LargeBinary()))
    op.add_column("captures", sa.Column("reported_on", sa.Date()))
    op.add_column("captures", sa.Column(
        "failure",
        sa.Enum("gone", "closed", "unreached", "refused", name="capturefailure", native_enum=False,
                create_constraint=True, length=40),
    ))  # fmt: skip
    for name in ("warc_id", "screenshot_id"):
        op.add_column(
            "captures",
            sa.Column(name, sa.BigInteger(), sa.ForeignKey("stored_copies.id", name=f"fk_captures_{name}")),
        )
    op.execute("UPDATE captures SET failure = CASE WHEN last_error LIKE 'refused%' OR last_error LIKE 'empty%' THEN 'refused' "
               "WHEN http_status IN (404, 410) THEN 'gone' WHEN http_status BETWEEN 400 AND 499 THEN 'closed' ELSE 'unreached' END "
               "WHERE last_error <> ''")  # fmt: skip
    op.execute("UPDATE captures SET failure = 'unreached' WHERE state = 'failed' AND failure IS NULL")
    op.execute("DELETE FROM captures a USING captures b WHERE a.evidence_id = b.evidence_id AND a.id < b.id")
    for name, rule in (
        ("failed", "state <> 'failed' OR failure IS NOT NULL"),
        ("of_one", "num_nonnulls(evidence_id, reported_digest) = 1"),
        ("reported_whole", "num_nonnulls(reported_digest, reported_on) IN (0, 2)"),
        ("reported_digest", "reported_digest = sha256(convert_to(url, 'UTF8'))"),
    ):
        op.create_check_constraint(op.f(f"ck_captures_{name}"), "captures", rule)
    op.drop_index("ix_captures_evidence_id", table_name="captures")
    op.create_unique_constraint("uq_captures_evidence_id", "captures", ["evidence_id"])
    op.create_unique_constraint("uq_captures_reported_digest", "captures", ["reported_digest", "reported_on"])
    op.create_index("ix_captures_copy_id", "captures", ["copy_id"])
    op.create_table(
        "readable_copies",
        sa.Column("copy_id", sa.BigInteger(), sa.ForeignKey("stored_copies.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("canonical_url", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )  # fmt: skip
    for part in (ORDER, KEPT, ROLE):
        op.execute(part)


def downgrade() -> None:
    op.execute("DROP FUNCTION arrivals_capture CASCADE")
    op.execute("DROP FUNCTION captures_guard CASCADE")
    op.drop_table("readable_copies")
    op.execute("DELETE FROM captures WHERE evidence_id IS NULL")
    op.drop_index("ix_captures_copy_id", table_name="captures")
    for name in ("uq_captures_evidence_id", "uq_captures_reported_digest"):
        op.drop_constraint(name, "captures", type_="unique")
    for name in ("failed", "of_one", "reported_whole", "reported_digest"):
        op.drop_constraint(op.f(f"ck_captures_{name}"), "captures", type_="check")
    for name in ("reported_digest", "reported_on", "failure", "warc_id", "screenshot_id"):
        op.drop_column("captures", name)
    op.alter_column("captures", "evidence_id", nullable=False)
    op.create_index("ix_captures_evidence_id", "captures", ["evidence_id"])
