"""Held arrivals: a lane at the door for what a flood brings, and proofs of work that count once.

Revision: held, after denials.
"""

import sqlalchemy as sa
from alembic import op

revision = "held"
down_revision = "denials"
branch_labels = None
depends_on = None

STATES = ("received", "triaged", "set_aside")
NEW_STATES = (*STATES, "held", "discarded")

# Why it was held stays, once; only what is held can be let in or discarded, and what was let in once stays in.
HELD = """
CREATE FUNCTION arrivals_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state = 'discarded' OR (NEW.held_why IS NOT NULL AND NEW.state <> 'held') THEN
            RAISE EXCEPTION 'arrival-held' USING ERRCODE = 'KT409';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.proven <> OLD.proven OR (OLD.held_why IS NOT NULL AND NEW.held_why IS DISTINCT FROM OLD.held_why) THEN
        RAISE EXCEPTION 'arrival-frozen' USING ERRCODE = 'KT403';
    END IF;
    IF NEW.held_why IS NOT NULL AND OLD.held_why IS NULL AND NOT (OLD.state = 'received' AND NEW.state = 'held') THEN
        RAISE EXCEPTION 'arrival-held' USING ERRCODE = 'KT409';
    END IF;
    IF NEW.state <> OLD.state AND (
        (OLD.state = 'held' AND NEW.state NOT IN ('received', 'discarded'))
        OR (OLD.state = 'discarded' AND NEW.state <> 'held')
        OR (NEW.state = 'discarded' AND OLD.state <> 'held')
        OR (NEW.state = 'held' AND OLD.state <> 'discarded' AND OLD.held_why IS NOT NULL)) THEN
        RAISE EXCEPTION 'arrival-held' USING ERRCODE = 'KT409';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER arrivals_held BEFORE INSERT OR UPDATE OF state, held_why, proven ON arrivals
    FOR EACH ROW EXECUTE FUNCTION arrivals_held();
"""

ROLE = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kiemtin_app') THEN
        GRANT SELECT, INSERT, DELETE ON spent_proofs TO kiemtin_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'role kiemtin_app could not be granted';
END $$
"""


def _allow(states: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_arrivals_arrivalstate"), "arrivals", type_="check")
    listed = ", ".join(f"'{state}'" for state in states)
    op.create_check_constraint(op.f("ck_arrivals_arrivalstate"), "arrivals", f"state IN ({listed})")


def upgrade() -> None:
    """Apply."""
    _allow(NEW_STATES)
    op.add_column("arrivals", sa.Column(
        "held_why",
        sa.Enum("no_proof", "too_fast", "bait", "many", "wave", name="heldwhy", native_enum=False,
                create_constraint=True, length=40),
    ))  # fmt: skip
    op.add_column("arrivals", sa.Column("proven", sa.Boolean(), server_default="false", nullable=False))
    op.create_check_constraint(
        op.f("ck_arrivals_held_why_given"),
        "arrivals",
        "state NOT IN ('held', 'discarded') OR held_why IS NOT NULL",
    )
    op.create_index(
        "ix_arrivals_held", "arrivals", ["received_at", "id"], postgresql_where=sa.text("state = 'held'")
    )
    op.create_table(
        "spent_proofs",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_proofs")),
    )
    op.create_index(op.f("ix_spent_proofs_expires_at"), "spent_proofs", ["expires_at"])
    op.execute(HELD)
    op.execute(ROLE)


def downgrade() -> None:
    """Take back: what is held goes the ordinary way, what was discarded is set aside for a person."""
    op.execute("DROP TRIGGER arrivals_held ON arrivals")
    op.execute("DROP FUNCTION arrivals_held()")
    op.execute("UPDATE arrivals SET state = 'received', next_try_at = now() WHERE state = 'held'")
    op.execute("UPDATE arrivals SET state = 'set_aside' WHERE state = 'discarded'")
    op.drop_table("spent_proofs")
    op.drop_index("ix_arrivals_held", table_name="arrivals")
    for column in ("proven", "held_why"):
        op.drop_column("arrivals", column)
    _allow(STATES)
