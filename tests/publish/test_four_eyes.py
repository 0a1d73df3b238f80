"""One person tries every door to publish alone; whatever the door, the database says no.

The same matrix in plain SQL, as the role of the service: tests/models/test_guards.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from models import Approval, Case, CaseState, Correction, CorrectionKind, Officer, Verdict
from publish import corrections, plan
from tests import factories as make
from tests.publish.conftest import AT, amended, amended_until_approved, approved, issued, token

ALL = ("verifier", "approver", "publisher", "admin")


@dataclass
class Alone:
    """Somebody who holds every role, and the case whose verdict they wrote."""

    person: Officer
    case: Case
    verdict: Verdict
    given: Approval | None = None

    @property
    def door(self) -> str:
        return f"/ban-lam-viec/cong-bo/{self.case.id}"


def alone_in(session: Session, *, approve: bool) -> Alone:
    plan.load(session)
    person = make.officer(session, *ALL)
    case = make.taken_case(session, person)
    make.evidence(session, case, person)
    verdict = make.verdict(session, case, person)
    given = make.approval(session, verdict, make.officer(session, "approver")) if approve else None
    session.refresh(case)
    return Alone(person, case, verdict, given)


@pytest.fixture
def proposed(sessions: sessionmaker[Session]) -> Alone:
    with sessions.begin() as session:
        return alone_in(session, approve=False)


@pytest.fixture
def ready(sessions: sessionmaker[Session]) -> Alone:
    """Approved by somebody else: only publishing is missing."""
    with sessions.begin() as session:
        return alone_in(session, approve=True)


def code_of(error: DBAPIError) -> str:
    return str(error.orig).splitlines()[0]


def nothing_public(sessions: sessionmaker[Session]) -> bool:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(Correction)) == 0


def test_the_author_approves_by_the_record(session: Session) -> None:
    alone = alone_in(session, approve=False)
    with pytest.raises(DBAPIError) as refused:
        make.approval(session, alone.verdict, alone.person)
    assert code_of(refused.value) == "same-officer"


def test_the_author_publishes_by_the_verb(session: Session) -> None:
    alone = alone_in(session, approve=True)
    with pytest.raises(DBAPIError) as refused:
        corrections.issue(session, alone.case, by=alone.person, at=AT)
    assert code_of(refused.value) == "same-officer"


def test_a_role_taken_away_a_moment_ago_counts(session: Session) -> None:
    case, person = approved(session), make.officer(session, "publisher")
    plan.load(session)
    session.execute(
        update(Officer).where(Officer.id == person.id).values(roles=["verifier"]),
        execution_options={"synchronize_session": False},
    )
    assert person.roles == ["publisher"]  # what this process still believes
    with pytest.raises(DBAPIError) as refused:
        corrections.issue(session, case, by=person, at=AT)
    assert code_of(refused.value) == "role-missing"


def test_a_disabled_account_publishes_nothing(session: Session) -> None:
    case, person = approved(session), make.officer(session, "publisher")
    session.execute(text("UPDATE officers SET active = false WHERE id = :o"), {"o": person.id})
    with pytest.raises(DBAPIError) as refused:
        corrections.issue(session, case, by=person, at=AT)
    assert code_of(refused.value) == "role-missing"


@pytest.mark.parametrize("kind", list(CorrectionKind))
def test_the_record_itself_is_refused(session: Session, kind: CorrectionKind) -> None:
    alone = alone_in(session, approve=True)
    draft, _verdict, _given = corrections.preview(session, alone.case, at=AT)
    draft.publisher_id, draft.number, draft.slug, draft.kind = alone.person.id, "n", "s", kind
    session.add(draft)
    with pytest.raises(DBAPIError):
        session.flush()


def test_published_words_are_the_approved_ones(planned: Session) -> None:
    case = approved(planned)
    draft, verdict, _given = corrections.preview(planned, case, at=AT)
    draft.publisher_id, draft.number, draft.slug = make.officer(planned, "publisher").id, "n", "s"
    draft.claim, draft.truth, draft.sources = "lời khác", "lời khác", []
    planned.add(draft)
    planned.flush()
    planned.refresh(draft)
    assert (draft.claim, draft.truth, len(draft.sources)) == (verdict.claim, verdict.truth, 1)


def test_a_withdrawal_is_one_only_by_the_approved_verdict(planned: Session) -> None:
    first = issued(planned)
    case = amended_until_approved(planned, first)
    draft, _verdict, _given = corrections.preview(planned, case, at=AT)
    draft.publisher_id, draft.kind = make.officer(planned, "publisher").id, CorrectionKind.VOID
    planned.add(draft)
    planned.flush()
    planned.refresh(draft)
    assert draft.kind is CorrectionKind.UPDATE


def test_an_old_approval_does_not_carry_a_second_version(planned: Session) -> None:
    case = approved(planned)
    old = planned.scalars(select(Approval).join(Verdict).where(Verdict.case_id == case.id)).one()
    first = corrections.issue(planned, case, by=make.officer(planned, "publisher"), at=AT)
    amended(planned, first)
    columns = [column.key for column in Correction.__table__.columns if column.key != "id"]
    changed = {"version": "3", "approval_id": ":a", "kind": "'update'", "change_note": "'x'"}
    copied = ", ".join(changed.get(name, name) for name in columns)
    again = f"INSERT INTO corrections ({', '.join(columns)}) SELECT {copied} FROM corrections WHERE id = :c"
    with pytest.raises(DBAPIError) as refused, planned.begin_nested():
        planned.execute(text(again), {"a": old.id, "c": first.id})
    assert code_of(refused.value) == "not-approved"


# --- by HTTP ---------------------------------------------------------------------------------------

SignIn = Callable[..., Officer]


def press(client: TestClient, door: str, content_hash: str, **values: Any) -> tuple[int, str]:
    answer = client.post(
        door,
        data={"form_token": token(client), "content_hash": content_hash, **values},
        headers={"accept": "application/json"},
    )
    return answer.status_code, answer.json().get("code", "") if answer.status_code >= 400 else ""


def test_nothing_without_signing_in(
    client: TestClient, ready: Alone, sessions: sessionmaker[Session]
) -> None:
    assert ready.given is not None
    answer = client.post(ready.door, data={"content_hash": ready.given.content_hash})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/dang-nhap")
    assert nothing_public(sessions)


def test_nothing_without_the_token_of_the_form(
    client: TestClient, ready: Alone, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    sign_in("publisher")
    assert ready.given is not None
    for forged in ("", "x", "đ"):
        answer = client.post(
            ready.door, data={"content_hash": ready.given.content_hash, "form_token": forged}
        )
        assert answer.status_code == 403
    assert nothing_public(sessions)


def test_the_author_presses_the_button(
    client: TestClient, ready: Alone, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    sign_in(person=ready.person)
    assert ready.given is not None
    assert "Cần một người khác" in client.get(ready.door).text
    assert press(client, ready.door, ready.given.content_hash) == (403, "same-officer")
    sign_in(person=ready.person)  # a second session changes nothing
    assert press(client, ready.door, ready.given.content_hash) == (403, "same-officer")
    assert nothing_public(sessions)


def test_another_publisher_may_not_before_the_approval(
    client: TestClient, proposed: Alone, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    sign_in("publisher")
    assert press(client, proposed.door, "") == (409, "not-approved")
    assert "Chưa có gì để công bố" in client.get(proposed.door).text
    assert nothing_public(sessions)


def test_a_change_after_the_page_was_opened(
    client: TestClient, ready: Alone, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    sign_in("publisher")
    assert ready.given is not None
    with sessions.begin() as session:
        session.execute(
            text("UPDATE verdicts SET truth = 'Lời khác.' WHERE id = :v"), {"v": ready.verdict.id}
        )
    assert press(client, ready.door, ready.given.content_hash) == (409, "not-approved")
    with sessions.begin() as session:
        make.approval(session, session.get_one(Verdict, ready.verdict.id), make.officer(session, "approver"))
    assert press(client, ready.door, ready.given.content_hash) == (409, "content-changed")
    assert nothing_public(sessions)


def test_an_old_form_sent_again(
    client: TestClient, ready: Alone, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    sign_in("publisher")
    assert ready.given is not None
    assert press(client, ready.door, ready.given.content_hash) == (303, "")
    assert press(client, ready.door, ready.given.content_hash) == (409, "already-published")
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Correction)) == 1
        assert session.get_one(Case, ready.case.id).state is CaseState.PUBLISHED


def test_the_role_is_asked_at_the_door(
    client: TestClient, ready: Alone, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    sign_in("verifier", "approver", "admin", "auditor")
    assert ready.given is not None
    assert press(client, ready.door, ready.given.content_hash) == (403, "role-missing")
    assert "Cần quyền công bố" in client.get(ready.door).text
    assert nothing_public(sessions)


def test_the_publisher_does_not_choose_to_withdraw(
    client: TestClient, ready: Alone, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    sign_in("publisher")
    assert ready.given is not None
    answer = press(client, ready.door, ready.given.content_hash, kind="void", withdraws="1", void="1")
    assert answer == (303, "")
    with sessions() as session:
        assert session.scalars(select(Correction.kind)).one() is CorrectionKind.FIRST


def test_the_publisher_sees_that_it_is_a_withdrawal(
    client: TestClient, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as session:
        plan.load(session)
        first = issued(session)
        case = amended_until_approved(session, first, withdraws=True, change_note="Nguồn bị nhầm.")
    sign_in("publisher")
    page = client.get(f"/ban-lam-viec/cong-bo/{case.id}").text
    assert "Đây là bản thu hồi" in page
    assert "Công bố việc thu hồi" in page
    assert "Nguồn bị nhầm." in page
    assert 'name="kind"' not in page
    assert "Thu hồi" in client.get("/ban-lam-viec/cong-bo").text.split("Đã công bố gần đây")[0]
    shown = page.split('name="content_hash" value="')[1].split('"')[0]
    assert press(client, f"/ban-lam-viec/cong-bo/{case.id}", shown) == (303, "")
    assert "Trung tâm đã thu hồi kết luận này" in client.get(f"/cong-bo/{first.slug}").text
