"""The records: every table with its constraints.

Revision: records, after nothing; made 2026-11-22
"""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import HALFVEC
from sqlalchemy.dialects import postgresql

revision = "records"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.execute(sa.schema.CreateSequence(sa.Sequence("case_numbers")))
    op.execute(sa.schema.CreateSequence(sa.Sequence("correction_numbers")))
    op.create_table(
        "agency_successors",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("printed", sa.Text(), nullable=False),
        sa.Column("successor", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from",
            name=op.f("ck_agency_successors_dates"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_successors")),
    )
    op.create_index(op.f("ix_agency_successors_printed"), "agency_successors", ["printed"], unique=False)
    op.create_index("uq_agency_successors_row", "agency_successors", ["printed", "successor"], unique=True)
    op.create_table(
        "audit_checkpoints",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checkpoints")),
    )
    op.create_table(
        "audit_entries",
        sa.Column(
            "seq", sa.BigInteger(), server_default=sa.FetchedValue(), autoincrement=False, nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), server_default=sa.FetchedValue(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), server_default=sa.FetchedValue(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
    )
    op.create_index(
        "ix_audit_entries_subject", "audit_entries", ["subject_kind", "subject_id", "seq"], unique=False
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "officers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("btrim(display_name) <> ''", name=op.f("ck_officers_display_name")),
        sa.CheckConstraint(
            "roles <@ ARRAY['verifier', 'approver', 'publisher', 'auditor', 'admin']::text[]",
            name=op.f("ck_officers_roles"),
        ),
        sa.CheckConstraint(
            "username = lower(username) AND username ~ '^[a-z0-9._-]{3,40}$'",
            name=op.f("ck_officers_username"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officers")),
        sa.UniqueConstraint("username", name=op.f("uq_officers_username")),
    )
    op.create_table(
        "plan_tasks",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("group_number", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("register", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_plan_tasks")),
        sa.UniqueConstraint("position", name=op.f("uq_plan_tasks_position")),
    )
    op.create_table(
        "stored_copies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "octet_length(content) BETWEEN 1 AND 10485760", name=op.f("ck_stored_copies_size")
        ),
        sa.CheckConstraint(
            "octet_length(sha256) = 32 AND sha256 = sha256(content)", name=op.f("ck_stored_copies_sha256")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_copies")),
        sa.UniqueConstraint("sha256", name=op.f("uq_stored_copies_sha256")),
    )
    op.create_table(
        "audit_details",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["audit_entries.seq"], name=op.f("fk_audit_details_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_details")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "verifying",
                "proposed",
                "approved",
                "published",
                "closed",
                "merged",
                name="casestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("place_code", sa.Text(), nullable=True),
        sa.Column(
            "field",
            sa.Enum(
                "chinh_sach_phap_luat",
                "kinh_te_tai_chinh",
                "y_te",
                "thien_tai_dich_benh",
                "an_ninh_trat_tu",
                "tai_khoan_gia_mao",
                "duong_link_lua_dao",
                "linh_vuc_khac",
                name="field",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("arrivals", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_arrival_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by_id", sa.BigInteger(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "closed_reason",
            sa.Enum(
                "opinion",
                "not_a_claim",
                "satire",
                "out_of_area",
                "private_dispute",
                "scam_forwarded",
                "already_answered",
                "empty",
                name="closedreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("closed_note", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_cases_closed_state")
        ),
        sa.CheckConstraint(
            "(state = 'merged') = (merged_into_id IS NOT NULL)", name=op.f("ck_cases_merged_state")
        ),
        sa.CheckConstraint("btrim(statement) <> ''", name=op.f("ck_cases_statement")),
        sa.CheckConstraint(
            "state NOT IN ('verifying', 'proposed') OR taken_by_id IS NOT NULL", name=op.f("ck_cases_taken")
        ),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_cases_merged_other")),
        sa.CheckConstraint(
            "num_nonnulls(closed_reason, closed_at, closed_by_id) IN (0, 3)",
            name=op.f("ck_cases_closed_whole"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(taken_by_id, taken_at) IN (0, 2)", name=op.f("ck_cases_taken_whole")
        ),
        sa.ForeignKeyConstraint(["closed_by_id"], ["officers.id"], name=op.f("fk_cases_closed_by_id")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["cases.id"], name=op.f("fk_cases_merged_into_id")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["officers.id"], name=op.f("fk_cases_taken_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_cases_fingerprint")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    op.create_index(op.f("ix_cases_last_arrival_at"), "cases", ["last_arrival_at"], unique=False)
    op.create_index(op.f("ix_cases_merged_into_id"), "cases", ["merged_into_id"], unique=False)
    op.create_index(op.f("ix_cases_place_code"), "cases", ["place_code"], unique=False)
    op.execute(
        "CREATE INDEX ix_cases_priority ON cases (state, (ln(greatest(arrivals, 1)::float8 * (CASE field"
        " WHEN 'y_te' THEN 2.0 WHEN 'thien_tai_dich_benh' THEN 2.0 WHEN 'duong_link_lua_dao' THEN 2.0"
        " WHEN 'an_ninh_trat_tu' THEN 1.5 WHEN 'tai_khoan_gia_mao' THEN 1.5 WHEN 'kinh_te_tai_chinh' THEN 1.25"
        " WHEN 'chinh_sach_phap_luat' THEN 1.25 WHEN 'linh_vuc_khac' THEN 1.0 ELSE 1.0 END)::float8"
        " * (CASE WHEN urgent THEN 8.0 ELSE 1.0 END)::float8) / 0.6931471805599453::float8"
        " + extract(epoch FROM last_arrival_at - timestamptz '2026-01-01 00:00:00+00')::float8 / 86400.0::float8)"
        " DESC, id DESC)"
    )
    op.create_index(
        "ix_cases_queue",
        "cases",
        ["state", sa.literal_column("last_arrival_at DESC")],
        unique=False,
        postgresql_where=sa.text("state NOT IN ('closed', 'merged', 'published')"),
    )
    op.create_index(op.f("ix_cases_taken_by_id"), "cases", ["taken_by_id"], unique=False)
    op.create_table(
        "officer_sessions",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("form_token", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officers.id"], name=op.f("fk_officer_sessions_officer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_officer_sessions")),
    )
    op.create_index(op.f("ix_officer_sessions_officer_id"), "officer_sessions", ["officer_id"], unique=False)
    op.create_table(
        "arrivals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "report", "article", name="arrivalkind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "web", "api", "feed", name="channel", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("code_digest", sa.LargeBinary(), nullable=True),
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column(
            "seen_where",
            sa.Enum(
                "facebook",
                "zalo",
                "tiktok",
                "youtube",
                "other_social",
                "website",
                "press",
                "message",
                "spoken",
                "other",
                name="seenwhere",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("seen_on", sa.Date(), nullable=True),
        sa.Column("place_code", sa.Text(), nullable=True),
        sa.Column("place_text", sa.Text(), nullable=False),
        sa.Column(
            "field",
            sa.Enum(
                "chinh_sach_phap_luat",
                "kinh_te_tai_chinh",
                "y_te",
                "thien_tai_dich_benh",
                "an_ninh_trat_tu",
                "tai_khoan_gia_mao",
                "duong_link_lua_dao",
                "linh_vuc_khac",
                name="field",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("doubt", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "triaged",
                "set_aside",
                name="arrivalstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "joined",
            sa.Enum(
                "opened",
                "exact",
                "near",
                "similar",
                "officer",
                name="joined",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(kind = 'report') = (code_digest IS NOT NULL)", name=op.f("ck_arrivals_code")),
        sa.CheckConstraint(
            "(state = 'triaged') = (case_id IS NOT NULL)", name=op.f("ck_arrivals_triaged_case")
        ),
        sa.CheckConstraint("text <> '' OR url IS NOT NULL", name=op.f("ck_arrivals_content")),
        sa.CheckConstraint(
            "url IS NULL OR (url ~* '^https?://' AND char_length(url) <= 2000)", name=op.f("ck_arrivals_url")
        ),
        sa.CheckConstraint("(case_id IS NULL) = (joined IS NULL)", name=op.f("ck_arrivals_joined_whole")),
        sa.CheckConstraint("char_length(doubt) <= 2000", name=op.f("ck_arrivals_doubt_limit")),
        sa.CheckConstraint("char_length(text) <= 10000", name=op.f("ck_arrivals_text_limit")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_arrivals_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_arrivals_code_digest")),
    )
    op.create_index(op.f("ix_arrivals_case_id"), "arrivals", ["case_id"], unique=False)
    op.create_index(op.f("ix_arrivals_received_at"), "arrivals", ["received_at"], unique=False)
    op.create_index(
        "ix_arrivals_waiting",
        "arrivals",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "confirmed_claims",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column(
            "origin",
            sa.Enum(
                "starting",
                "imported",
                "own",
                name="claimorigin",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column(
            "rating",
            sa.Enum(
                "fake",
                "false",
                "true",
                "unproven",
                "outdated",
                name="rating",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason_code",
            sa.Enum(
                "fabricated",
                "impersonation",
                "manipulated",
                "staged",
                "out_of_context",
                "misleading",
                "scam",
                "unfounded",
                name="reasoncode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("truth", sa.Text(), nullable=False),
        sa.Column("concluded_by", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("concluded_on", sa.Date(), nullable=True),
        sa.Column("date_precision", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column(
            "field",
            sa.Enum(
                "chinh_sach_phap_luat",
                "kinh_te_tai_chinh",
                "y_te",
                "thien_tai_dich_benh",
                "an_ninh_trat_tu",
                "tai_khoan_gia_mao",
                "duong_link_lua_dao",
                "linh_vuc_khac",
                name="field",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("sources", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("correction_number", sa.Text(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(origin = 'own') = (correction_number IS NOT NULL)", name=op.f("ck_confirmed_claims_own_number")
        ),
        sa.CheckConstraint("btrim(claim) <> ''", name=op.f("ck_confirmed_claims_claim")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_confirmed_claims_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmed_claims")),
        sa.UniqueConstraint("correction_number", name=op.f("uq_confirmed_claims_correction_number")),
        sa.UniqueConstraint("external_id", name=op.f("uq_confirmed_claims_external_id")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "url",
                "document",
                "statement",
                name="evidencekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("stated_on", sa.Date(), nullable=True),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("copy_id", sa.BigInteger(), nullable=True),
        sa.Column("cited_by_id", sa.BigInteger(), nullable=False),
        sa.Column("cited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("btrim(issuer) <> '' AND btrim(title) <> ''", name=op.f("ck_evidence_named")),
        sa.CheckConstraint("kind <> 'url' OR url IS NOT NULL", name=op.f("ck_evidence_url_kind")),
        sa.CheckConstraint("url IS NULL OR url ~* '^https?://'", name=op.f("ck_evidence_url")),
        sa.CheckConstraint(
            "num_nonnulls(removed_at, removed_by_id) IN (0, 2)", name=op.f("ck_evidence_removed_whole")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_evidence_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["cited_by_id"], ["officers.id"], name=op.f("fk_evidence_cited_by_id")),
        sa.ForeignKeyConstraint(["copy_id"], ["stored_copies.id"], name=op.f("fk_evidence_copy_id")),
        sa.ForeignKeyConstraint(["removed_by_id"], ["officers.id"], name=op.f("fk_evidence_removed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_case_id"), "evidence", ["case_id"], unique=False)
    op.create_table(
        "twins",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("older_id", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column(
            "band",
            sa.Enum(
                "strong",
                "likely",
                "possible",
                name="band",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "relation",
            sa.Enum(
                "same",
                "variant",
                "other",
                name="relation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("signals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ranker", sa.Text(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("pair_fingerprint", sa.Text(), nullable=False),
        sa.Column("suggested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "judgement",
            sa.Enum(
                "suggested",
                "confirmed",
                "rejected",
                name="judgement",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("judged_by_id", sa.BigInteger(), nullable=True),
        sa.Column("judged_fingerprint", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(judgement = 'suggested') = (judged_at IS NULL) AND num_nonnulls(judged_at, judged_by_id, judged_fingerprint) IN (0, 3)",
            name=op.f("ck_twins_judged_whole"),
        ),
        sa.CheckConstraint("older_id < case_id", name=op.f("ck_twins_older")),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("ck_twins_probability")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_twins_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["judged_by_id"], ["officers.id"], name=op.f("fk_twins_judged_by_id")),
        sa.ForeignKeyConstraint(
            ["older_id"], ["cases.id"], name=op.f("fk_twins_older_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_twins")),
    )
    op.create_index(op.f("ix_twins_older_id"), "twins", ["older_id"], unique=False)
    op.create_index("uq_twins_pair", "twins", ["case_id", "older_id"], unique=True)
    op.create_table(
        "verdicts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "approved",
                "returned",
                "published",
                name="verdictstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "rating",
            sa.Enum(
                "fake",
                "false",
                "true",
                "unproven",
                "outdated",
                name="rating",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason_code",
            sa.Enum(
                "fabricated",
                "impersonation",
                "manipulated",
                "staged",
                "out_of_context",
                "misleading",
                "scam",
                "unfounded",
                name="reasoncode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("truth", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("checkability", sa.Text(), nullable=False),
        sa.Column("translations", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("change_note", sa.Text(), nullable=False),
        sa.Column("withdraws", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_by_id", sa.BigInteger(), nullable=True),
        sa.Column("return_note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "btrim(claim) <> '' AND btrim(truth) <> '' AND btrim(basis) <> '' AND btrim(checkability) <> ''",
            name=op.f("ck_verdicts_whole"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(returned_at, returned_by_id) IN (0, 2) AND (state = 'returned') = (returned_at IS NOT NULL)",
            name=op.f("ck_verdicts_returned_whole"),
        ),
        sa.CheckConstraint(
            "rating NOT IN ('fake', 'false') OR reason_code IS NOT NULL", name=op.f("ck_verdicts_reason")
        ),
        sa.CheckConstraint("returned_by_id <> author_id", name=op.f("ck_verdicts_returned_by_other")),
        sa.ForeignKeyConstraint(["author_id"], ["officers.id"], name=op.f("fk_verdicts_author_id")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_verdicts_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["returned_by_id"], ["officers.id"], name=op.f("fk_verdicts_returned_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
    )
    op.create_index(op.f("ix_verdicts_case_id"), "verdicts", ["case_id"], unique=False)
    op.create_index(
        "uq_verdicts_live",
        "verdicts",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('proposed', 'approved')"),
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("verdict_id", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("approver_id", sa.BigInteger(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["approver_id"], ["officers.id"], name=op.f("fk_approvals_approver_id")),
        sa.ForeignKeyConstraint(
            ["verdict_id"], ["verdicts.id"], name=op.f("fk_approvals_verdict_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    op.create_index(op.f("ix_approvals_verdict_id"), "approvals", ["verdict_id"], unique=False)
    op.create_index(
        "uq_approvals_live",
        "approvals",
        ["verdict_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "captures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("evidence_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "done",
                "failed",
                name="capturestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("http_status", sa.BigInteger(), nullable=True),
        sa.Column("final_url", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("copy_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'done') = (copy_id IS NOT NULL)", name=op.f("ck_captures_done")),
        sa.ForeignKeyConstraint(["copy_id"], ["stored_copies.id"], name=op.f("fk_captures_copy_id")),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_captures_evidence_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captures")),
    )
    op.create_index(op.f("ix_captures_evidence_id"), "captures", ["evidence_id"], unique=False)
    op.create_index(
        "ix_captures_waiting",
        "captures",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "contacts",
        sa.Column("arrival_id", sa.BigInteger(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("consent_version", sa.Text(), nullable=False),
        sa.Column("erase_after", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["arrival_id"], ["arrivals.id"], name=op.f("fk_contacts_arrival_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("arrival_id", name=op.f("pk_contacts")),
    )
    op.create_index(op.f("ix_contacts_erase_after"), "contacts", ["erase_after"], unique=False)
    op.create_table(
        "matches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column(
            "band",
            sa.Enum(
                "strong",
                "likely",
                "possible",
                name="band",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "relation",
            sa.Enum(
                "same",
                "variant",
                "other",
                name="relation",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("signals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ranker", sa.Text(), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("pair_fingerprint", sa.Text(), nullable=False),
        sa.Column("suggested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "judgement",
            sa.Enum(
                "suggested",
                "confirmed",
                "rejected",
                name="judgement",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("judged_by_id", sa.BigInteger(), nullable=True),
        sa.Column("judged_fingerprint", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(judgement = 'suggested') = (judged_at IS NULL) AND num_nonnulls(judged_at, judged_by_id, judged_fingerprint) IN (0, 3)",
            name=op.f("ck_matches_judged_whole"),
        ),
        sa.CheckConstraint("probability BETWEEN 0 AND 1", name=op.f("ck_matches_probability")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_matches_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["confirmed_claims.id"], name=op.f("fk_matches_claim_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["judged_by_id"], ["officers.id"], name=op.f("fk_matches_judged_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matches")),
    )
    op.create_index(op.f("ix_matches_claim_id"), "matches", ["claim_id"], unique=False)
    op.create_index("uq_matches_pair", "matches", ["case_id", "claim_id"], unique=True)
    op.create_table(
        "passages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("keys", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("terms", postgresql.TSVECTOR(), nullable=False),
        sa.Column("embedding", HALFVEC(dim=384), nullable=True),
        sa.Column("encoder", sa.Text(), nullable=True),
        sa.CheckConstraint("num_nonnulls(claim_id, case_id) = 1", name=op.f("ck_passages_one_owner")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_passages_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["confirmed_claims.id"], name=op.f("fk_passages_claim_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passages")),
    )
    op.create_index(op.f("ix_passages_fingerprint"), "passages", ["fingerprint"], unique=False)
    op.create_index("ix_passages_terms", "passages", ["terms"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_passages_unencoded",
        "passages",
        ["id"],
        unique=False,
        postgresql_where=sa.text("embedding IS NULL"),
    )
    op.create_index("uq_passages_case", "passages", ["case_id"], unique=True)
    op.create_index("uq_passages_claim_text", "passages", ["claim_id", "fingerprint"], unique=True)
    for owner in ("claim", "case"):
        op.execute(
            f"CREATE INDEX ix_passages_{owner}_embedding ON passages "
            f"USING hnsw (embedding halfvec_ip_ops) WHERE {owner}_id IS NOT NULL"
        )
    op.create_table(
        "corrections",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "first",
                "update",
                "void",
                name="correctionkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("verdict_id", sa.BigInteger(), nullable=False),
        sa.Column("approval_id", sa.BigInteger(), nullable=False),
        sa.Column("publisher_id", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "rating",
            sa.Enum(
                "fake",
                "false",
                "true",
                "unproven",
                "outdated",
                name="rating",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason_code",
            sa.Enum(
                "fabricated",
                "impersonation",
                "manipulated",
                "staged",
                "out_of_context",
                "misleading",
                "scam",
                "unfounded",
                name="reasoncode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("truth", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("translations", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sources", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("appearances", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrivals", sa.BigInteger(), nullable=False),
        sa.Column("place_code", sa.Text(), nullable=True),
        sa.Column(
            "field",
            sa.Enum(
                "chinh_sach_phap_luat",
                "kinh_te_tai_chinh",
                "y_te",
                "thien_tai_dich_benh",
                "an_ninh_trat_tu",
                "tai_khoan_gia_mao",
                "duong_link_lua_dao",
                "linh_vuc_khac",
                name="field",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("change_note", sa.Text(), server_default=sa.FetchedValue(), nullable=False),
        sa.Column("search", postgresql.TSVECTOR(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "version = 1 OR btrim(change_note) <> ''", name=op.f("ck_corrections_change_note")
        ),
        sa.CheckConstraint(
            "version >= 1 AND (version = 1) = (kind = 'first')", name=op.f("ck_corrections_version")
        ),
        sa.ForeignKeyConstraint(["approval_id"], ["approvals.id"], name=op.f("fk_corrections_approval_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_corrections_case_id")),
        sa.ForeignKeyConstraint(["publisher_id"], ["officers.id"], name=op.f("fk_corrections_publisher_id")),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_corrections_verdict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        sa.UniqueConstraint("approval_id", name=op.f("uq_corrections_approval_id")),
    )
    op.create_index(op.f("ix_corrections_case_id"), "corrections", ["case_id"], unique=False)
    op.create_index(op.f("ix_corrections_issued_at"), "corrections", ["issued_at"], unique=False)
    op.create_index("ix_corrections_search", "corrections", ["search"], unique=False, postgresql_using="gin")
    op.create_index(
        "uq_corrections_first_of_case",
        "corrections",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("version = 1"),
    )
    op.create_index("uq_corrections_slug_version", "corrections", ["slug", "version"], unique=True)
    op.create_index("uq_corrections_version", "corrections", ["number", "version"], unique=True)
    op.create_table(
        "plan_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("task_number", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("correction_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("logged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["officers.id"], name=op.f("fk_plan_entries_actor_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_plan_entries_case_id")),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["corrections.id"], name=op.f("fk_plan_entries_correction_id")
        ),
        sa.ForeignKeyConstraint(
            ["task_number"], ["plan_tasks.number"], name=op.f("fk_plan_entries_task_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_entries")),
    )
    op.create_index("ix_plan_entries_task", "plan_entries", ["task_number", "logged_at"], unique=False)
    op.create_index("uq_plan_entries_once", "plan_entries", ["case_id", "task_number", "event"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_plan_entries_once", table_name="plan_entries")
    op.drop_index("ix_plan_entries_task", table_name="plan_entries")
    op.drop_table("plan_entries")
    op.drop_index("uq_corrections_version", table_name="corrections")
    op.drop_index("uq_corrections_slug_version", table_name="corrections")
    op.drop_index(
        "uq_corrections_first_of_case", table_name="corrections", postgresql_where=sa.text("version = 1")
    )
    op.drop_index("ix_corrections_search", table_name="corrections", postgresql_using="gin")
    op.drop_index(op.f("ix_corrections_issued_at"), table_name="corrections")
    op.drop_index(op.f("ix_corrections_case_id"), table_name="corrections")
    op.drop_table("corrections")
    op.drop_index("uq_passages_claim_text", table_name="passages")
    op.drop_index("uq_passages_case", table_name="passages")
    op.drop_index(
        "ix_passages_unencoded", table_name="passages", postgresql_where=sa.text("embedding IS NULL")
    )
    op.drop_index("ix_passages_terms", table_name="passages", postgresql_using="gin")
    op.drop_index(op.f("ix_passages_fingerprint"), table_name="passages")
    op.drop_table("passages")
    op.drop_index("uq_matches_pair", table_name="matches")
    op.drop_index(op.f("ix_matches_claim_id"), table_name="matches")
    op.drop_table("matches")
    op.drop_index(op.f("ix_contacts_erase_after"), table_name="contacts")
    op.drop_table("contacts")
    op.drop_index("ix_captures_waiting", table_name="captures", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index(op.f("ix_captures_evidence_id"), table_name="captures")
    op.drop_table("captures")
    op.drop_index(
        "uq_approvals_live", table_name="approvals", postgresql_where=sa.text("withdrawn_at IS NULL")
    )
    op.drop_index(op.f("ix_approvals_verdict_id"), table_name="approvals")
    op.drop_table("approvals")
    op.drop_index(
        "uq_verdicts_live",
        table_name="verdicts",
        postgresql_where=sa.text("state IN ('proposed', 'approved')"),
    )
    op.drop_index(op.f("ix_verdicts_case_id"), table_name="verdicts")
    op.drop_table("verdicts")
    op.drop_index("uq_twins_pair", table_name="twins")
    op.drop_index(op.f("ix_twins_older_id"), table_name="twins")
    op.drop_table("twins")
    op.drop_index(op.f("ix_evidence_case_id"), table_name="evidence")
    op.drop_table("evidence")
    op.drop_table("confirmed_claims")
    op.drop_index(
        "ix_arrivals_waiting", table_name="arrivals", postgresql_where=sa.text("state = 'received'")
    )
    op.drop_index(op.f("ix_arrivals_received_at"), table_name="arrivals")
    op.drop_index(op.f("ix_arrivals_case_id"), table_name="arrivals")
    op.drop_table("arrivals")
    op.drop_index(op.f("ix_officer_sessions_officer_id"), table_name="officer_sessions")
    op.drop_table("officer_sessions")
    op.drop_index(op.f("ix_cases_taken_by_id"), table_name="cases")
    op.drop_index(
        "ix_cases_queue",
        table_name="cases",
        postgresql_where=sa.text("state NOT IN ('closed', 'merged', 'published')"),
    )
    op.drop_index(op.f("ix_cases_place_code"), table_name="cases")
    op.drop_index(op.f("ix_cases_merged_into_id"), table_name="cases")
    op.drop_index(op.f("ix_cases_last_arrival_at"), table_name="cases")
    op.drop_table("cases")
    op.drop_table("audit_details")
    op.drop_table("stored_copies")
    op.drop_table("plan_tasks")
    op.drop_table("officers")
    op.drop_table("audit_head")
    op.drop_index("ix_audit_entries_subject", table_name="audit_entries")
    op.drop_table("audit_entries")
    op.drop_table("audit_checkpoints")
    op.drop_index("uq_agency_successors_row", table_name="agency_successors")
    op.drop_index(op.f("ix_agency_successors_printed"), table_name="agency_successors")
    op.drop_table("agency_successors")
    op.execute(sa.schema.DropSequence(sa.Sequence("correction_numbers")))
    op.execute(sa.schema.DropSequence(sa.Sequence("case_numbers")))
