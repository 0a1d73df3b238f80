"""Doors: pieces sent together, entries by officers, partners and their keys, the inbox, channels of a case.

Revision: doors, after channels.
"""

import sqlalchemy as sa
from alembic import op

revision = "doors"
down_revision = "channels"
branch_labels = None
depends_on = None

PIECES = 10

# A piece stands beside the first piece of its report, sent in the same moment; nothing is added later.
ARRIVALS = """
CREATE FUNCTION arrivals_doors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.piece_of, OLD.piece_no, OLD.taken_by_id, OLD.read_back_at, OLD.partner_id) IS DISTINCT FROM
           (NEW.piece_of, NEW.piece_no, NEW.taken_by_id, NEW.read_back_at, NEW.partner_id) THEN
            RAISE EXCEPTION 'arrival-frozen' USING ERRCODE = 'KT403';
        END IF;
    ELSIF NEW.piece_of IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM arrivals first WHERE first.id = NEW.piece_of AND first.piece_of IS NULL
            AND (first.kind, first.channel, first.received_at, first.demo)
              = (NEW.kind, NEW.channel, NEW.received_at, NEW.demo)
            AND (first.taken_by_id, first.partner_id) IS NOT DISTINCT FROM (NEW.taken_by_id, NEW.partner_id)) THEN
        RAISE EXCEPTION 'piece-alone' USING ERRCODE = 'KT422';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER arrivals_doors BEFORE INSERT OR UPDATE ON arrivals
    FOR EACH ROW EXECUTE FUNCTION arrivals_doors();
"""

# Which channels stand in a case follows its arrivals. Once a statement, not once a row: a merge moves many.
CHANNELS = """
CREATE FUNCTION case_channels_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases c SET channels = ARRAY(SELECT DISTINCT unnest(c.channels || f.fresh) ORDER BY 1)
    FROM (SELECT case_id, array_agg(DISTINCT channel::text) AS fresh FROM added
          WHERE case_id IS NOT NULL GROUP BY case_id) f
    WHERE c.id = f.case_id AND NOT c.channels @> f.fresh;
    RETURN NULL;
END $$;
CREATE FUNCTION case_channels_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases c SET channels = ARRAY(
        SELECT DISTINCT a.channel::text FROM arrivals a WHERE a.case_id = c.id ORDER BY 1)
    WHERE c.id IN (SELECT b.case_id FROM before b JOIN added n USING (id)
                   WHERE b.case_id IS NOT NULL AND b.case_id IS DISTINCT FROM n.case_id);
    UPDATE cases c SET channels = ARRAY(SELECT DISTINCT unnest(c.channels || f.fresh) ORDER BY 1)
    FROM (SELECT n.case_id, array_agg(DISTINCT n.channel::text) AS fresh
          FROM added n JOIN before b USING (id)
          WHERE n.case_id IS NOT NULL AND n.case_id IS DISTINCT FROM b.case_id GROUP BY n.case_id) f
    WHERE c.id = f.case_id AND NOT c.channels @> f.fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER case_channels_added AFTER INSERT ON arrivals REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION case_channels_added();
CREATE TRIGGER case_channels_moved AFTER UPDATE ON arrivals REFERENCING OLD TABLE AS before NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION case_channels_moved();
UPDATE cases c SET channels = ARRAY(
    SELECT DISTINCT a.channel::text FROM arrivals a WHERE a.case_id = c.id ORDER BY 1);
"""

# A key keeps its secret, its owner and its rights; it can only be shortened and revoked, once and for ever.
KEYS = """
CREATE FUNCTION partner_keys_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.partner_id, OLD.prefix, OLD.digest, OLD.scopes, OLD.created_by_id, OLD.created_at, OLD.replaces_id)
        IS DISTINCT FROM
       (NEW.partner_id, NEW.prefix, NEW.digest, NEW.scopes, NEW.created_by_id, NEW.created_at, NEW.replaces_id)
       OR (OLD.revoked_at IS NOT NULL AND (OLD.revoked_at, OLD.revoked_by_id) IS DISTINCT FROM
           (NEW.revoked_at, NEW.revoked_by_id))
       OR (OLD.expires_at IS NOT NULL AND (NEW.expires_at IS NULL OR NEW.expires_at > OLD.expires_at))
    THEN
        RAISE EXCEPTION 'key-frozen' USING ERRCODE = 'KT403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER partner_keys_guard BEFORE UPDATE ON partner_keys
    FOR EACH ROW EXECUTE FUNCTION partner_keys_guard();
"""

ROLE = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kiemtin_app') THEN
        GRANT SELECT, INSERT, UPDATE ON partners, partner_keys, mailboxes, letters TO kiemtin_app;
        GRANT DELETE ON letters TO kiemtin_app;
        GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO kiemtin_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'role kiemtin_app could not be granted';
END $$;
"""

MOMENT = sa.DateTime(timezone=True)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _to(name: str, target: str, *, nullable: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{target}.id"), nullable=nullable)


def upgrade() -> None:
    _partners()
    _arrivals()
    _inbox()
    op.add_column(
        "cases", sa.Column("channels", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'"))
    )
    for part in (ARRIVALS, CHANNELS, KEYS, ROLE):
        op.execute(part)


def _partners() -> None:
    op.create_table(
        "partners",
        _id(),
        sa.Column("name", sa.Text(), nullable=False, unique=True),
        _to("created_by_id", "officers", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("btrim(name) <> '' AND char_length(name) <= 120", name="name"),
    )
    op.create_table(
        "partner_keys",
        _id(),
        _to("partner_id", "partners", nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False, unique=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("per_minute", sa.BigInteger(), nullable=False),
        _to("created_by_id", "officers", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column(
            "replaces_id", sa.BigInteger(), sa.ForeignKey("partner_keys.id"), nullable=True, unique=True
        ),
        sa.Column("expires_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        _to("revoked_by_id", "officers"),
        sa.Column("last_used_on", sa.Date()),
        sa.CheckConstraint("prefix ~ '^kt_[a-z0-9]{8}$'", name="prefix"),
        sa.CheckConstraint("octet_length(digest) = 32", name="digest"),
        sa.CheckConstraint(
            "scopes <@ ARRAY['reports:write', 'reports:status']::text[] AND cardinality(scopes) > 0",
            name="scopes",
        ),
        sa.CheckConstraint("per_minute BETWEEN 1 AND 6000", name="per_minute"),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="revoked_whole"),
        sa.CheckConstraint("replaces_id <> id", name="replaces_other"),
    )
    op.create_index(op.f("ix_partner_keys_partner_id"), "partner_keys", ["partner_id"])


def _arrivals() -> None:
    for column in (
        _to("piece_of", "arrivals"),
        sa.Column("piece_no", sa.BigInteger()),
        _to("taken_by_id", "officers"),
        sa.Column("read_back_at", MOMENT),
        _to("partner_id", "partners"),
    ):
        op.add_column("arrivals", column)
    op.create_index(op.f("ix_arrivals_partner_id"), "arrivals", ["partner_id"])
    op.create_unique_constraint(op.f("uq_arrivals_piece_of"), "arrivals", ["piece_of", "piece_no"])
    op.drop_constraint(op.f("ck_arrivals_code"), "arrivals", type_="check")
    for name, rule in {
        "code": "(kind = 'report' AND piece_of IS NULL) = (code_digest IS NOT NULL)",
        "piece_whole": "num_nonnulls(piece_of, piece_no) IN (0, 2)",
        "piece_no": f"piece_no BETWEEN 2 AND {PIECES}",
        "taken_by_officer": "(channel IN ('hotline', 'walk_in')) = (taken_by_id IS NOT NULL)",
        "read_back": "read_back_at IS NULL OR taken_by_id IS NOT NULL",
        "partner": "(channel = 'partner') = (partner_id IS NOT NULL)",
    }.items():
        op.create_check_constraint(op.f(f"ck_arrivals_{name}"), "arrivals", rule)


def _inbox() -> None:
    op.create_table(
        "mailboxes",
        _id(),
        sa.Column("address", sa.Text(), nullable=False, unique=True),
        sa.Column("last_try_at", MOMENT),
        sa.Column("last_read_at", MOMENT),
        sa.Column("failing_since", MOMENT),
        sa.Column("last_error", sa.Text(), nullable=False),
    )
    op.create_table(
        "letters",
        _id(),
        _to("mailbox_id", "mailboxes", nullable=False),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "report",
                "duplicate",
                "ignored",
                "refused",
                name="letteroutcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "arrival_id",
            sa.BigInteger(),
            sa.ForeignKey("arrivals.id", ondelete="CASCADE"),
            nullable=True,
            unique=True,
        ),
        sa.Column("left_out", sa.BigInteger(), nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.Column("marked", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("mailbox_id", "uid_validity", "uid"),
        sa.CheckConstraint("(outcome = 'report') = (arrival_id IS NOT NULL)", name="report"),
        sa.CheckConstraint("(outcome IN ('ignored', 'refused')) = (reason <> '')", name="reason"),
        sa.CheckConstraint("left_out >= 0", name="left_out"),
    )
    op.create_index(op.f("ix_letters_read_at"), "letters", ["read_at"])
    op.create_index(
        "uq_letters_report",
        "letters",
        ["digest"],
        unique=True,
        postgresql_where=sa.text("outcome = 'report'"),
    )
    op.create_index("ix_letters_unmarked", "letters", ["mailbox_id"], postgresql_where=sa.text("NOT marked"))


def downgrade() -> None:
    for name in ("arrivals_doors", "case_channels_added", "case_channels_moved", "partner_keys_guard"):
        op.execute(f"DROP FUNCTION {name} CASCADE")
    op.drop_column("cases", "channels")
    op.drop_table("letters")
    op.drop_table("mailboxes")
    op.execute("DELETE FROM arrivals WHERE piece_of IS NOT NULL")  # the older schema cannot hold them
    for name in ("code", "piece_whole", "piece_no", "taken_by_officer", "read_back", "partner"):
        op.drop_constraint(op.f(f"ck_arrivals_{name}"), "arrivals", type_="check")
    for column in ("piece_of", "piece_no", "taken_by_id", "read_back_at", "partner_id"):
        op.drop_column("arrivals", column)
    op.create_check_constraint(
        op.f("ck_arrivals_code"), "arrivals", "(kind = 'report') = (code_digest IS NOT NULL)"
    )
    op.drop_table("partner_keys")
    op.drop_table("partners")
