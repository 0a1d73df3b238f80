"""The rules that the database keeps by itself, tried with plain SQL and with the role of the service."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from models import (
    MOVES,
    Approval,
    AuditEntry,
    Case,
    CaseState,
    Correction,
    Evidence,
    Officer,
    Verdict,
    audit,
)
from tests import factories as make


def refused(session: Session, statement: str, **values: object) -> str:
    """Run `statement` in a savepoint and return the refusal's code or SQLSTATE."""
    with pytest.raises(DBAPIError) as caught, session.begin_nested():
        session.execute(text(statement), values)
    state: str = getattr(caught.value.orig, "sqlstate", "")
    return str(caught.value.orig).splitlines()[0] if state.startswith("KT") else state


def digest(session: Session, verdict: Verdict) -> str:
    return session.scalars(select(func.verdict_digest(verdict.id))).one()


def approve_sql(session: Session, verdict: Verdict, by: Officer, content_hash: str) -> str:
    return refused(
        session,
        "INSERT INTO approvals (verdict_id, content_hash, approver_id, approved_at)"
        " VALUES (:v, :h, :o, now())",
        v=verdict.id,
        h=content_hash,
        o=by.id,
    )


@pytest.fixture
def author(session: Session) -> Officer:
    """Somebody who holds every role: the four eyes must not rest on roles."""
    return make.officer(session, "verifier", "approver", "publisher", "admin")


@pytest.fixture
def proposed(session: Session, author: Officer) -> Verdict:
    case = make.taken_case(session, author)
    make.evidence(session, case, author)
    return make.verdict(session, case, author)


ISSUE = (
    "INSERT INTO corrections (number, version, slug, kind, case_id, verdict_id, approval_id,"
    " publisher_id, content_hash, issued_at, rating, claim, truth, basis, translations, sources,"
    " appearances, first_seen, arrivals, change_note, search, demo) VALUES ('n', :n, 's', 'first', :c, :v,"
    " :a, :o, :h, now(), 'true', 'x', 'x', 'x', '{}', '[]', '[]', now(), 1, '', '', false)"
)


def issue_values(verdict: Verdict, approval: Approval, by: int) -> dict[str, object]:
    return {
        "n": 1,
        "c": verdict.case_id,
        "v": verdict.id,
        "a": approval.id,
        "o": by,
        "h": approval.content_hash,
    }


def issue_sql(session: Session, approval: Approval, by: int, content_hash: str | None = None) -> str:
    verdict = session.get_one(Verdict, approval.verdict_id)
    values = issue_values(verdict, approval, by)
    return refused(session, ISSUE, **{**values, "h": content_hash or approval.content_hash})


def test_moves_of_the_database_are_those_of_the_record(session: Session) -> None:
    stored = {tuple(row) for row in session.execute(text("SELECT from_state, to_state FROM case_moves"))}
    assert stored == {(start.value, end.value) for start, ends in MOVES.items() for end in ends}


def test_author_cannot_approve(session: Session, proposed: Verdict, author: Officer) -> None:
    assert approve_sql(session, proposed, author, digest(session, proposed)) == "same-officer"


def test_approval_needs_the_role(session: Session, proposed: Verdict) -> None:
    other = make.officer(session, "verifier", "publisher")
    assert approve_sql(session, proposed, other, digest(session, proposed)) == "role-missing"


def test_approval_needs_an_active_officer(session: Session, proposed: Verdict) -> None:
    other = make.officer(session, "approver", active=False)
    assert approve_sql(session, proposed, other, digest(session, proposed)) == "role-missing"


def test_approval_names_the_content_that_stands(session: Session, proposed: Verdict) -> None:
    other, before = make.officer(session, "approver"), digest(session, proposed)
    proposed.truth = "Khác."
    session.flush()
    assert approve_sql(session, proposed, other, before) == "content-changed"


def test_false_needs_evidence(session: Session, author: Officer) -> None:
    verdict = make.verdict(session, make.taken_case(session, author), author)
    assert (
        approve_sql(session, verdict, make.officer(session, "approver"), digest(session, verdict))
        == "evidence-missing"
    )


def test_one_secondary_source_is_not_enough(session: Session, author: Officer) -> None:
    case = make.taken_case(session, author)
    make.evidence(session, case, author, is_primary=False)
    make.evidence(session, case, author, is_primary=False, issuer=" ubnd XÃ bát xát ")
    verdict = make.verdict(session, case, author)
    other = make.officer(session, "approver")
    assert approve_sql(session, verdict, other, digest(session, verdict)) == "evidence-missing"


def test_evidence_without_copy_does_not_count(session: Session, author: Officer) -> None:
    case = make.taken_case(session, author)
    make.evidence(session, case, author, copy_id=None)
    verdict = make.verdict(session, case, author)
    other = make.officer(session, "approver")
    assert approve_sql(session, verdict, other, digest(session, verdict)) == "evidence-missing"


def test_two_independent_sources_are_enough(session: Session, author: Officer) -> None:
    case = make.taken_case(session, author)
    make.evidence(session, case, author, is_primary=False)
    make.evidence(session, case, author, is_primary=False, issuer="Công an tỉnh")
    verdict = make.verdict(session, case, author)
    make.approval(session, verdict, make.officer(session, "approver"))
    assert verdict.state == "approved"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE verdicts SET truth = 'khác' WHERE id = :v",
        "UPDATE verdicts SET change_note = 'khác' WHERE id = :v",
        "UPDATE evidence SET removed_at = now(), removed_by_id = :o WHERE case_id = :c",
        (
            "INSERT INTO evidence (case_id, kind, issuer, title, quote, is_primary, cited_by_id, cited_at)"
            " VALUES (:c, 'statement', 'Sở Y tế', 'Trả lời', '', false, :o, now())"
        ),
    ],
)
def test_any_change_withdraws_the_approval(session: Session, change: str) -> None:
    case, verdict, given = make.approved_case(session)
    session.execute(text(change), {"v": verdict.id, "c": case.id, "o": verdict.author_id})
    for record in (case, verdict, given):
        session.refresh(record)
    assert (case.state, verdict.state) == ("proposed", "proposed")
    assert given.withdrawn_at is not None


def second_version(session: Session, author: Officer) -> Verdict:
    """An approved verdict for the second version of a published correction, not a withdrawal."""
    case, first, given = make.approved_case(session)
    publisher = make.officer(session, "publisher")
    session.execute(text(ISSUE), issue_values(first, given, publisher.id))
    session.refresh(case)
    case.state, case.taken_by_id = CaseState.VERIFYING, author.id
    session.flush()
    verdict = make.verdict(session, case, author, change_note="Sửa số liệu.")
    make.approval(session, verdict, make.officer(session, "approver"))
    return verdict


def test_what_is_approved_says_whether_it_withdraws(session: Session, author: Officer) -> None:
    verdict = second_version(session, author)
    before = digest(session, verdict)
    session.execute(text("UPDATE verdicts SET withdraws = true WHERE id = :v"), {"v": verdict.id})
    session.refresh(verdict)
    assert verdict.state == "proposed"
    assert session.get_one(Case, verdict.case_id, populate_existing=True).state == "proposed"
    assert digest(session, verdict) != before
    approver = make.officer(session, "approver")
    assert approve_sql(session, verdict, approver, before) == "content-changed"


@pytest.mark.parametrize(("withdraws", "kind"), [(False, "update"), (True, "void")])
def test_the_kind_of_a_version_follows_the_approval(
    session: Session, author: Officer, kind: str, *, withdraws: bool
) -> None:
    verdict = second_version(session, author)
    if withdraws:
        verdict.withdraws = True
        session.flush()
        make.approval(session, verdict, make.officer(session, "approver"))
    given = session.scalars(
        select(Approval).where(Approval.verdict_id == verdict.id, Approval.withdrawn_at.is_(None))
    ).one()
    values = issue_values(verdict, given, make.officer(session, "publisher").id)
    session.execute(text(ISSUE), {**values, "n": 2})
    stored = select(Correction.kind).where(Correction.verdict_id == verdict.id)
    assert session.scalars(stored).one() == kind


def test_nothing_to_withdraw_yet(session: Session, proposed: Verdict) -> None:
    change = "UPDATE verdicts SET withdraws = true WHERE id = :v"
    assert refused(session, change, v=proposed.id) == "void-first"


@pytest.mark.parametrize("state", ["approved", "published"])
def test_states_cannot_be_set_without_the_deed(session: Session, proposed: Verdict, state: str) -> None:
    assert refused(
        session, "UPDATE verdicts SET state = :s WHERE id = :v", s=state, v=proposed.id
    ).startswith("not-")
    assert refused(session, "UPDATE cases SET state = :s WHERE id = :c", s=state, c=proposed.case_id) in {
        "not-approved",
        "not-published",
        "move-not-allowed",
    }


def test_author_cannot_publish(session: Session) -> None:
    _case, verdict, given = make.approved_case(session)
    session.execute(
        text("UPDATE officers SET roles = '{publisher,verifier}' WHERE id = :o"), {"o": verdict.author_id}
    )
    assert issue_sql(session, given, verdict.author_id) == "same-officer"


def test_publishing_needs_the_role_and_the_hash(session: Session) -> None:
    _case, _verdict, given = make.approved_case(session)
    assert issue_sql(session, given, make.officer(session, "verifier").id) == "role-missing"
    assert issue_sql(session, given, make.officer(session, "publisher").id, "0" * 64) == "content-changed"


def test_withdrawn_approval_does_not_publish(session: Session) -> None:
    _case, verdict, given = make.approved_case(session)
    session.execute(text("UPDATE verdicts SET basis = 'khác' WHERE id = :v"), {"v": verdict.id})
    assert issue_sql(session, given, make.officer(session, "publisher").id) == "not-approved"


def test_author_of_a_verdict_is_fixed(session: Session, proposed: Verdict) -> None:
    change = "UPDATE verdicts SET author_id = :o WHERE id = :v"
    assert refused(session, change, o=make.officer(session).id, v=proposed.id) == "author-fixed"


@pytest.mark.parametrize("table", ["audit_entries", "audit_details", "audit_checkpoints", "corrections"])
def test_the_service_may_not_rewrite_history(session: Session, table: str) -> None:
    for statement in (f"UPDATE {table} SET ctid = ctid", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        assert refused(session, statement) in {"42501", "0A000"}


def test_not_even_the_owner_rewrites_the_log(session: Session, author: Officer) -> None:
    audit.record(session, "tried", subject=("case", 1), by=author, at=make.AT)
    session.execute(text("RESET ROLE"))
    assert refused(session, "UPDATE audit_entries SET action = 'x'") == "append-only"
    assert refused(session, "DELETE FROM audit_entries") == "append-only"


def test_the_chain_counts_and_links(session: Session, author: Officer) -> None:
    first = audit.record(session, "one", subject=("case", 1), by=author, at=make.AT)
    second = audit.record(session, "two", subject=("case", 1), by=None, at=make.AT)
    entries = {entry.seq: entry for entry in session.scalars(select(AuditEntry))}
    assert second == first + 1
    assert entries[second].prev_hash == entries[first].hash


def test_reports_stay_as_sent(session: Session) -> None:
    arrival = make.arrival(session)
    assert (
        refused(session, "UPDATE arrivals SET text = 'khác' WHERE id = :a", a=arrival.id) == "arrival-frozen"
    )


def test_evidence_is_never_deleted_or_reworded(session: Session, author: Officer) -> None:
    case: Case = make.taken_case(session, author)
    cited: Evidence = make.evidence(session, case, author)
    assert (
        refused(session, "UPDATE evidence SET title = 'khác' WHERE id = :e", e=cited.id) == "evidence-frozen"
    )
    assert refused(session, "DELETE FROM evidence WHERE id = :e", e=cited.id) == "42501"


def test_stored_copies_match_their_digest(session: Session) -> None:
    assert (
        refused(
            session,
            "INSERT INTO stored_copies (sha256, media_type, content, size, stored_at)"
            " VALUES (sha256('a'), 'text/plain', 'b', 1, now())",
        )
        == "23514"
    )


def test_nothing_is_published_by_one_person(session: Session) -> None:
    assert session.scalar(select(func.count()).select_from(Correction)) == 0
