"""Real sessions in real threads: what two people do at the same moment."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from models import (
    Approval,
    AuditEntry,
    Case,
    CaseState,
    Correction,
    Match,
    Officer,
    Refusal,
    Verdict,
)
from tests import factories as make
from tests.factories import AT
from tests.verify.test_verdicts import WHOLE, issue
from verify import cases, judgements, merging, verdicts
from verify.verdicts import Finding

RACES = 200
Sessions = sessionmaker[Session]
Act = Callable[[Session], None]


def outcome(sessions: Sessions, act: Act, start: Barrier) -> str:
    """Run `act` in a transaction of its own at the common start; "done", or the refusal's code."""
    try:
        with sessions.begin() as session:
            session.connection()  # a warm connection, so that both really start together
            start.wait(timeout=20)
            act(session)
    except Refusal as refusal:
        return refusal.code
    except DBAPIError as error:
        return str(error.orig).splitlines()[0]
    return "done"


def race(pool: ThreadPoolExecutor, sessions: Sessions, *acts: Act) -> list[str]:
    start = Barrier(len(acts))
    return [one.result() for one in [pool.submit(outcome, sessions, act, start) for act in acts]]


@pytest.fixture
def people(sessions: Sessions) -> dict[str, Officer]:
    with sessions.begin() as session:
        return {
            "hoa": make.officer(session, "verifier", display_name="Hoa"),
            "pao": make.officer(session, "verifier", display_name="Páo"),
            "lan": make.officer(session, "approver"),
            "minh": make.officer(session, "publisher"),
        }


def test_one_case_taken_by_two_has_one_winner(sessions: Sessions, people: dict[str, Officer]) -> None:
    with sessions.begin() as session:
        ids = [make.case(session).id for _ in range(RACES)]

    def taking(case_id: int, who: str) -> Act:
        return lambda session: cases.take(session, cases.get(session, case_id), by=people[who], at=AT)

    with ThreadPoolExecutor(2) as pool:
        results = [race(pool, sessions, taking(one, "hoa"), taking(one, "pao")) for one in ids]
    assert Counter(tuple(sorted(one)) for one in results) == {("already-taken", "done"): RACES}
    with sessions() as session:
        entries = select(func.count()).where(AuditEntry.action == "case.taken")
        assert session.scalar(entries) == RACES
        for case_id, (hoa, _) in zip(ids, results, strict=True):
            winner = people["hoa" if hoa == "done" else "pao"]
            assert session.get_one(Case, case_id).taken_by_id == winner.id


def _proposed(session: Session, author: Officer) -> tuple[int, int, str]:
    case = make.taken_case(session, author)
    make.arrival(session, case_id=case.id)
    make.evidence(session, case, author)
    made = verdicts.propose(session, case, Finding(**WHOLE), by=author, at=AT)
    return case.id, made.id, verdicts.digest(session, made)


def editing(case_id: int, by: Officer) -> Act:
    changed = Finding(**{**WHOLE, "truth": "Bản đã sửa."})

    def act(session: Session) -> None:
        verdicts.propose(session, cases.get(session, case_id), changed, by=by, at=AT)

    return act


def approving(verdict_id: int, seen: str, people: dict[str, Officer]) -> Act:
    def act(session: Session) -> None:
        verdict = session.get_one(Verdict, verdict_id)
        approval = verdicts.approve(session, verdict, by=people["lan"], content_hash=seen, at=AT)
        if verdict_id % 2:  # half of them go out in the same breath
            issue_now(session, verdict, approval, people["minh"])

    return act


def test_what_is_published_is_what_was_approved(sessions: Sessions, people: dict[str, Officer]) -> None:
    with sessions.begin() as session:
        ready = [_proposed(session, people["hoa"]) for _ in range(RACES)]
    with ThreadPoolExecutor(2) as pool:
        results = Counter(
            tuple(race(pool, sessions, editing(case, people["hoa"]), approving(verdict, seen, people)))
            for case, verdict, seen in ready
        )
    assert sum(results.values()) == RACES
    assert set(results) <= {("done", "done"), ("done", "content-changed"), ("case-moved", "done")}
    with sessions() as session:
        for case_id, verdict_id, seen in ready:
            holds(session, case_id, verdict_id, seen)


def issue_now(session: Session, verdict: Verdict, approval: Approval, by: Officer) -> None:
    session.refresh(verdict)
    case = session.get_one(Case, verdict.case_id, populate_existing=True)
    issue(session, case, verdict, approval, by, number=f"KT-{verdict.id}")


def holds(session: Session, case_id: int, verdict_id: int, seen: str) -> None:
    """Whatever won: a public or standing approval names exactly the content that stands there."""
    case = session.get_one(Case, case_id)
    standing = session.scalar(select(func.verdict_digest(verdict_id)))
    live = session.scalar(
        select(Approval).where(Approval.verdict_id == verdict_id, Approval.withdrawn_at.is_(None))
    )
    public = session.scalar(select(Correction).where(Correction.case_id == case_id))
    assert (case.state is CaseState.APPROVED) == (live is not None and public is None)
    if live is not None:
        assert live.content_hash == seen == standing
    if public is not None:
        assert (public.content_hash, public.truth) == (seen, WHOLE["truth"])


def test_crossing_merges_neither_lock_up_nor_lose_a_report(
    sessions: Sessions, people: dict[str, Officer]
) -> None:
    with sessions.begin() as session:
        pairs = [(make.case(session).id, make.case(session).id) for _ in range(25)]
        for one in pairs:
            for case_id in one:
                make.arrival(session, case_id=case_id)

    def merging_into(one: int, other: int, who: str) -> Act:
        return lambda session: merging.merge(
            session, cases.get(session, one), into=cases.get(session, other), by=people[who], at=AT
        )

    with ThreadPoolExecutor(2) as pool:
        for left, right in pairs:
            results = race(pool, sessions, merging_into(left, right, "hoa"), merging_into(right, left, "pao"))
            assert sorted(results) == ["done", "target-over"] or sorted(results) == ["case-merged", "done"]
            with sessions() as session:
                counts = sorted(session.get_one(Case, one).arrivals for one in (left, right))
                assert counts == [0, 2]


def test_one_match_judged_by_two_has_one_judgement(sessions: Sessions, people: dict[str, Officer]) -> None:
    with sessions.begin() as session:
        claim = make.claim(session)
        ids = [make.match(session, make.case(session), claim).id for _ in range(25)]

    def judging(match_id: int, who: str, verb: Callable[..., None]) -> Act:
        return lambda session: verb(session, session.get_one(Match, match_id), by=people[who], at=AT)

    with ThreadPoolExecutor(2) as pool:
        for one in ids:
            acts = judging(one, "hoa", judgements.confirm), judging(one, "pao", judgements.reject)
            assert sorted(race(pool, sessions, *acts)) == ["already-judged", "done"]
