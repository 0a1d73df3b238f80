"""Guards: the rules that the database itself refuses to break.

Refusals raise SQLSTATE KT403 (forbidden), KT409 (conflict) or KT422 (invalid); the message is the
refusal's code. Revision: guards, after records.
"""

from alembic import op

revision = "guards"
down_revision = "records"
branch_labels = None
depends_on = None

AUDIT = """
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));

-- The chain: each entry's hash covers the one before it, so nothing can be changed, removed or
-- put in between unseen. The lock on the head orders concurrent writers.
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE head audit_head;
BEGIN
    SELECT * INTO head FROM audit_head WHERE id = 1 FOR UPDATE;
    NEW.seq := head.seq + 1;
    NEW.prev_hash := head.hash;
    NEW.hash := sha256(head.hash || convert_to(concat_ws('|',
        NEW.seq, (extract(epoch FROM NEW.at) * 1000000)::bigint, coalesce(NEW.actor_id::text, '-'),
        NEW.action, NEW.subject_kind, NEW.subject_id, encode(NEW.commitment, 'hex')), 'UTF8'));
    UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash WHERE id = 1;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_chain BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_chain();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only' USING ERRCODE = 'KT403', DETAIL = TG_TABLE_NAME;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON audit_entries EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE ON audit_details FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_checkpoints FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON audit_checkpoints EXECUTE FUNCTION refuse_change();
"""

ARRIVALS = """
-- What was reported stays as it was sent.
CREATE FUNCTION arrivals_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.kind, OLD.channel, OLD.code_digest, OLD.content_digest, OLD.text, OLD.url, OLD.doubt, OLD.received_at, OLD.demo)
        IS DISTINCT FROM
       (NEW.kind, NEW.channel, NEW.code_digest, NEW.content_digest, NEW.text, NEW.url, NEW.doubt, NEW.received_at, NEW.demo)
    THEN
        RAISE EXCEPTION 'arrival-frozen' USING ERRCODE = 'KT403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER arrivals_guard BEFORE UPDATE ON arrivals FOR EACH ROW EXECUTE FUNCTION arrivals_guard();

CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(TG_TABLE_NAME, '');
    RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT ON arrivals FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER tell AFTER INSERT ON captures FOR EACH STATEMENT EXECUTE FUNCTION tell();
CREATE TRIGGER tell AFTER INSERT ON passages FOR EACH STATEMENT EXECUTE FUNCTION tell();
"""

EVIDENCE = """
-- The hash of what an approver approves: the verdict and every cited source, copies included.
CREATE FUNCTION verdict_digest(wanted bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_object(
        'case', v.case_id, 'rating', v.rating, 'reason', v.reason_code, 'claim', v.claim, 'truth', v.truth,
        'basis', v.basis, 'checkability', v.checkability, 'translations', v.translations,
        'change_note', v.change_note, 'withdraws', v.withdraws, 'author', v.author_id, 'evidence', live_sources(v.case_id))::text, 'UTF8')), 'hex')
    FROM verdicts v WHERE v.id = wanted
$$;

CREATE FUNCTION live_sources(wanted bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', e.id, 'kind', e.kind, 'issuer', e.issuer, 'title', e.title, 'url', e.url, 'quote', e.quote,
        'stated_on', e.stated_on, 'is_primary', e.is_primary, 'sha256', encode(c.sha256, 'hex')) ORDER BY e.id), '[]'::jsonb)
    FROM evidence e LEFT JOIN stored_copies c ON c.id = e.copy_id
    WHERE e.case_id = wanted AND e.removed_at IS NULL
$$;

-- Enough for "fake" and "false": one primary document or two independent sources, copies kept.
CREATE FUNCTION evidence_suffices(wanted bigint, verdict_rating text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN verdict_rating IN ('fake', 'false')
            THEN coalesce(bool_or(e.is_primary), false) OR count(DISTINCT lower(btrim(e.issuer))) >= 2
        WHEN verdict_rating = 'unproven' THEN true
        ELSE count(*) >= 1 END
    FROM evidence e WHERE e.case_id = wanted AND e.removed_at IS NULL AND e.copy_id IS NOT NULL
$$;

-- A withdrawn approval takes the case back one step. The lock orders this with an approval under way.
CREATE FUNCTION withdraw_approvals(wanted_case bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE live verdicts;
BEGIN
    SELECT * INTO live FROM verdicts WHERE case_id = wanted_case AND state IN ('proposed', 'approved') FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE approvals SET withdrawn_at = clock_timestamp() WHERE verdict_id = live.id AND withdrawn_at IS NULL;
    IF live.state = 'approved' THEN
        UPDATE verdicts SET state = 'proposed' WHERE id = live.id;
        UPDATE cases SET state = 'proposed' WHERE id = wanted_case AND state = 'approved';
    END IF;
END $$;

CREATE FUNCTION evidence_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND NOT demo) THEN
            RAISE EXCEPTION 'evidence-kept' USING ERRCODE = 'KT403';
        END IF;
        RETURN OLD;
    END IF;
    IF (OLD.case_id, OLD.kind, OLD.issuer, OLD.title, OLD.url, OLD.quote, OLD.stated_on, OLD.is_primary, OLD.cited_by_id)
        IS DISTINCT FROM
       (NEW.case_id, NEW.kind, NEW.issuer, NEW.title, NEW.url, NEW.quote, NEW.stated_on, NEW.is_primary, NEW.cited_by_id)
       OR (OLD.copy_id IS NOT NULL AND NEW.copy_id IS DISTINCT FROM OLD.copy_id)
       OR (OLD.removed_at IS NOT NULL AND NEW.removed_at IS DISTINCT FROM OLD.removed_at)
    THEN
        RAISE EXCEPTION 'evidence-frozen' USING ERRCODE = 'KT403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER evidence_guard BEFORE UPDATE OR DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION evidence_guard();

CREATE FUNCTION evidence_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM withdraw_approvals(NEW.case_id);
    RETURN NULL;
END $$;
CREATE TRIGGER evidence_changed AFTER INSERT OR UPDATE ON evidence FOR EACH ROW EXECUTE FUNCTION evidence_changed();

CREATE TRIGGER kept BEFORE UPDATE ON stored_copies FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

VERDICTS = """
CREATE FUNCTION verdicts_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE changed boolean;
BEGIN
    IF NEW.withdraws AND NOT EXISTS (SELECT 1 FROM corrections WHERE case_id = NEW.case_id) THEN
        RAISE EXCEPTION 'void-first' USING ERRCODE = 'KT422';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' THEN
            RAISE EXCEPTION 'verdict-starts-proposed' USING ERRCODE = 'KT403';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.case_id, OLD.author_id) IS DISTINCT FROM (NEW.case_id, NEW.author_id) THEN
        RAISE EXCEPTION 'author-fixed' USING ERRCODE = 'KT403';
    END IF;
    changed := (OLD.rating, OLD.reason_code, OLD.claim, OLD.truth, OLD.basis, OLD.checkability, OLD.translations, OLD.change_note, OLD.withdraws)
        IS DISTINCT FROM (NEW.rating, NEW.reason_code, NEW.claim, NEW.truth, NEW.basis, NEW.checkability, NEW.translations, NEW.change_note, NEW.withdraws);
    IF OLD.state IN ('published', 'returned') AND (changed OR NEW.state <> OLD.state) THEN
        RAISE EXCEPTION 'verdict-frozen' USING ERRCODE = 'KT409';
    END IF;
    IF changed THEN
        NEW.state := 'proposed';
        UPDATE approvals SET withdrawn_at = clock_timestamp() WHERE verdict_id = OLD.id AND withdrawn_at IS NULL;
        UPDATE cases SET state = 'proposed' WHERE id = OLD.case_id AND state = 'approved';
    ELSIF NEW.state = 'approved' AND OLD.state <> 'approved' AND NOT EXISTS
        (SELECT 1 FROM approvals WHERE verdict_id = NEW.id AND withdrawn_at IS NULL) THEN
        RAISE EXCEPTION 'not-approved' USING ERRCODE = 'KT403';
    ELSIF NEW.state = 'published' AND OLD.state <> 'published' AND NOT EXISTS
        (SELECT 1 FROM corrections WHERE verdict_id = NEW.id) THEN
        RAISE EXCEPTION 'not-published' USING ERRCODE = 'KT403';
    ELSIF NEW.state = 'returned' AND OLD.state = 'approved' THEN
        UPDATE approvals SET withdrawn_at = clock_timestamp() WHERE verdict_id = OLD.id AND withdrawn_at IS NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER verdicts_guard BEFORE INSERT OR UPDATE ON verdicts FOR EACH ROW EXECUTE FUNCTION verdicts_guard();

-- Four eyes: another active officer with the right, approving exactly the content that stands there now.
CREATE FUNCTION approvals_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v verdicts;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.verdict_id, OLD.content_hash, OLD.approver_id, OLD.approved_at)
            IS DISTINCT FROM (NEW.verdict_id, NEW.content_hash, NEW.approver_id, NEW.approved_at)
           OR OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL THEN
            RAISE EXCEPTION 'approval-frozen' USING ERRCODE = 'KT403';
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO v FROM verdicts WHERE id = NEW.verdict_id FOR UPDATE;
    IF v.state IS DISTINCT FROM 'proposed'
       OR NOT EXISTS (SELECT 1 FROM cases WHERE id = v.case_id AND state = 'proposed') THEN
        RAISE EXCEPTION 'not-proposed' USING ERRCODE = 'KT409';
    END IF;
    IF v.author_id = NEW.approver_id THEN
        RAISE EXCEPTION 'same-officer' USING ERRCODE = 'KT403';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM officers WHERE id = NEW.approver_id AND active AND 'approver' = ANY (roles)) THEN
        RAISE EXCEPTION 'role-missing' USING ERRCODE = 'KT403';
    END IF;
    IF NEW.content_hash IS DISTINCT FROM verdict_digest(v.id) THEN
        RAISE EXCEPTION 'content-changed' USING ERRCODE = 'KT409';
    END IF;
    IF NOT evidence_suffices(v.case_id, v.rating) THEN
        RAISE EXCEPTION 'evidence-missing' USING ERRCODE = 'KT422';
    END IF;
    NEW.withdrawn_at := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER approvals_guard BEFORE INSERT OR UPDATE ON approvals FOR EACH ROW EXECUTE FUNCTION approvals_guard();

CREATE FUNCTION approvals_given() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE verdicts SET state = 'approved' WHERE id = NEW.verdict_id;
    UPDATE cases SET state = 'approved'
        WHERE id = (SELECT case_id FROM verdicts WHERE id = NEW.verdict_id) AND state = 'proposed';
    RETURN NULL;
END $$;
CREATE TRIGGER approvals_given AFTER INSERT ON approvals FOR EACH ROW EXECUTE FUNCTION approvals_given();
"""

CORRECTIONS = """
-- Issued is what was approved: the content is copied here by the database, from the approved verdict.
CREATE FUNCTION corrections_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE v verdicts; a approvals;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'correction-frozen' USING ERRCODE = 'KT403';
    ELSIF TG_OP = 'DELETE' THEN
        IF NOT OLD.demo THEN
            RAISE EXCEPTION 'correction-kept' USING ERRCODE = 'KT403';
        END IF;
        RETURN OLD;
    END IF;
    SELECT * INTO v FROM verdicts WHERE id = NEW.verdict_id FOR UPDATE;
    SELECT * INTO a FROM approvals WHERE id = NEW.approval_id;
    IF v.state IS DISTINCT FROM 'approved' OR a.verdict_id IS DISTINCT FROM v.id OR a.withdrawn_at IS NOT NULL
       OR v.case_id <> NEW.case_id THEN
        RAISE EXCEPTION 'not-approved' USING ERRCODE = 'KT403';
    END IF;
    IF NEW.publisher_id = v.author_id THEN
        RAISE EXCEPTION 'same-officer' USING ERRCODE = 'KT403';
    END IF;
    IF a.approver_id = v.author_id THEN
        RAISE EXCEPTION 'same-officer' USING ERRCODE = 'KT403';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM officers WHERE id = NEW.publisher_id AND active AND 'publisher' = ANY (roles)) THEN
        RAISE EXCEPTION 'role-missing' USING ERRCODE = 'KT403';
    END IF;
    IF a.content_hash <> verdict_digest(v.id) OR NEW.content_hash IS DISTINCT FROM a.content_hash THEN
        RAISE EXCEPTION 'content-changed' USING ERRCODE = 'KT409';
    END IF;
    IF NEW.version = 1 AND v.withdraws THEN
        RAISE EXCEPTION 'void-first' USING ERRCODE = 'KT422';
    END IF;
    NEW.kind := CASE WHEN NEW.version = 1 THEN 'first' WHEN v.withdraws THEN 'void' ELSE 'update' END;
    NEW.rating := v.rating;
    NEW.reason_code := v.reason_code;
    NEW.claim := v.claim;
    NEW.truth := v.truth;
    NEW.basis := v.basis;
    NEW.translations := v.translations;
    NEW.change_note := v.change_note;
    NEW.sources := live_sources(v.case_id);
    NEW.demo := (SELECT demo FROM cases WHERE id = v.case_id);
    RETURN NEW;
END $$;
CREATE TRIGGER corrections_guard BEFORE INSERT OR UPDATE OR DELETE ON corrections
    FOR EACH ROW EXECUTE FUNCTION corrections_guard();
CREATE TRIGGER kept_all BEFORE TRUNCATE ON corrections EXECUTE FUNCTION refuse_change();

CREATE FUNCTION corrections_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE verdicts SET state = 'published' WHERE id = NEW.verdict_id;
    UPDATE cases SET state = 'published' WHERE id = NEW.case_id;
    RETURN NULL;
END $$;
CREATE TRIGGER corrections_issued AFTER INSERT ON corrections FOR EACH ROW EXECUTE FUNCTION corrections_issued();
"""

CASES = """
-- The table of moves, as in models/case.py (a test compares the two).
CREATE TABLE case_moves (from_state text, to_state text, PRIMARY KEY (from_state, to_state));
INSERT INTO case_moves VALUES
    ('open', 'verifying'), ('open', 'closed'), ('open', 'merged'),
    ('verifying', 'open'), ('verifying', 'published'), ('verifying', 'proposed'), ('verifying', 'closed'), ('verifying', 'merged'),
    ('proposed', 'verifying'), ('proposed', 'approved'),
    ('approved', 'verifying'), ('approved', 'proposed'), ('approved', 'published'),
    ('published', 'verifying'), ('closed', 'open'), ('merged', 'open');

CREATE FUNCTION cases_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' THEN
            RAISE EXCEPTION 'case-starts-open' USING ERRCODE = 'KT403';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.number, OLD.fingerprint, OLD.demo) IS DISTINCT FROM (NEW.number, NEW.fingerprint, NEW.demo) THEN
        RAISE EXCEPTION 'case-frozen' USING ERRCODE = 'KT403';
    END IF;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM case_moves WHERE from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE EXCEPTION 'move-not-allowed' USING ERRCODE = 'KT409', DETAIL = OLD.state || ' > ' || NEW.state;
    END IF;
    IF NEW.state = 'proposed' AND NOT EXISTS
        (SELECT 1 FROM verdicts WHERE case_id = NEW.id AND state IN ('proposed', 'approved')) THEN
        RAISE EXCEPTION 'not-proposed' USING ERRCODE = 'KT403';
    ELSIF NEW.state = 'approved' AND NOT EXISTS
        (SELECT 1 FROM verdicts v JOIN approvals a ON a.verdict_id = v.id AND a.withdrawn_at IS NULL
         WHERE v.case_id = NEW.id AND v.state = 'approved') THEN
        RAISE EXCEPTION 'not-approved' USING ERRCODE = 'KT403';
    ELSIF NEW.state = 'published' AND NOT EXISTS
        (SELECT 1 FROM verdicts v JOIN corrections c ON c.verdict_id = v.id
         WHERE v.case_id = NEW.id AND v.state = 'published') THEN
        RAISE EXCEPTION 'not-published' USING ERRCODE = 'KT403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cases_guard BEFORE INSERT OR UPDATE ON cases FOR EACH ROW EXECUTE FUNCTION cases_guard();
"""

MATCHES = """
-- A judged pair stays judged: a rejected one comes back only when its texts changed, or by a person's undo.
CREATE FUNCTION judged_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.judgement <> 'suggested' AND EXISTS (SELECT 1 FROM cases WHERE id = OLD.case_id AND NOT demo) THEN
            RAISE EXCEPTION 'judgement-kept' USING ERRCODE = 'KT403';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.judgement <> 'suggested' AND NEW.judgement = 'suggested'
       AND NEW.pair_fingerprint = OLD.judged_fingerprint
       AND coalesce(current_setting('kiemtin.undo', true), '') <> 'on' THEN
        RAISE EXCEPTION 'judgement-kept' USING ERRCODE = 'KT403';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER judged_guard BEFORE UPDATE OR DELETE ON matches FOR EACH ROW EXECUTE FUNCTION judged_guard();
CREATE TRIGGER judged_guard BEFORE UPDATE OR DELETE ON twins FOR EACH ROW EXECUTE FUNCTION judged_guard();
"""

# The role under which web and worker run. Where the migrating user may not create roles, they run as
# that user and `kiemtin doctor` says so; the triggers above hold either way.
ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kiemtin_app') THEN
        CREATE ROLE kiemtin_app NOLOGIN;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'role kiemtin_app could not be created';
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kiemtin_app') THEN
        EXECUTE format('GRANT kiemtin_app TO %I', current_user);
        GRANT USAGE ON SCHEMA public TO kiemtin_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO kiemtin_app;
        GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO kiemtin_app;
        REVOKE UPDATE, DELETE ON audit_entries, audit_details, audit_checkpoints, corrections FROM kiemtin_app;
        REVOKE INSERT, UPDATE, DELETE ON audit_head, case_moves FROM kiemtin_app;
        REVOKE DELETE ON arrivals, cases, evidence, stored_copies, verdicts, approvals, plan_tasks, officers FROM kiemtin_app;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN RAISE NOTICE 'role kiemtin_app could not be granted';
END $$;
"""

FUNCTIONS = (
    "audit_chain", "refuse_change", "arrivals_guard", "tell", "live_sources", "verdict_digest", "evidence_suffices",
    "withdraw_approvals", "evidence_guard", "evidence_changed", "verdicts_guard", "approvals_guard",
    "approvals_given", "corrections_guard", "corrections_issued", "cases_guard", "judged_guard",
)  # fmt: skip


def upgrade() -> None:
    op.execute("SET LOCAL check_function_bodies = off")  # functions name each other before they exist
    for part in (AUDIT, ARRIVALS, EVIDENCE, VERDICTS, CORRECTIONS, CASES, MATCHES, ROLE):
        op.execute(part)


def downgrade() -> None:
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {name} CASCADE")
    op.execute("DROP TABLE case_moves")
    op.execute("DELETE FROM audit_head")
