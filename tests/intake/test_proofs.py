import base64
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from intake import gate, proofs
from models import SpentProof
from tests.intake.working import packed, solved

KEY, AT = b"k" * 32, datetime.now(UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def good() -> dict[str, Any]:
    return solved(proofs.challenge(KEY, pressure=0, at=AT))


def read(payload: object, *, key: bytes = KEY, at: datetime = AT) -> SpentProof | None:
    return proofs.read(packed(payload), key, at=at)


def test_a_solved_challenge_is_a_proof_until_it_expires(good: dict[str, Any]) -> None:
    proof = read(good)
    assert proof is not None
    assert timedelta(0) <= AT + proofs.LIFE - proof.expires_at < timedelta(seconds=1)
    assert read(good, at=AT + proofs.LIFE - timedelta(seconds=2)) is not None
    assert read(good, at=AT + proofs.LIFE + timedelta(seconds=1)) is None
    assert len(packed(good)) < proofs.PAYLOAD_LIMIT


def changes(good: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Whatever somebody might change to have less work or more time."""
    asked = good["challenge"]["parameters"]
    for name, value in [
        ("cost", 1), ("keyPrefix", ""), ("keyPrefix", "00"), ("keySignature", None), ("keySignature", ""),
        ("expiresAt", asked["expiresAt"] + 9_999), ("expiresAt", None), ("expiresAt", 1e99),
        ("expiresAt", "x"), ("algorithm", "SHA-256"), ("salt", "00"), ("data", {}), ("keyLength", 1),
    ]:  # fmt: skip
        forged = deepcopy(good)
        forged["challenge"]["parameters"][name] = value
        yield forged
    for signature in (None, "", "0" * 64, good["challenge"]["signature"].upper(), [1], 5):
        yield {**good, "challenge": {**good["challenge"], "signature": signature}}
    for solution in ({"counter": 0, "derivedKey": "00" * 32}, {"counter": 3}, {}, None):
        yield {**good, "solution": solution}
    spliced = deepcopy(good)  # parts moved between neighbours that are signed together
    spliced["challenge"]["parameters"] |= {"nonce": asked["nonce"] + "00", "salt": asked["salt"][2:]}
    yield spliced


def test_nothing_changed_is_taken(good: dict[str, Any]) -> None:
    forged = list(changes(good))
    assert [one for one in forged if read(one) is not None] == []
    assert len(forged) > 20
    assert read(good, key=b"x" * 32) is None


@given(JSON)
@settings(max_examples=150, deadline=None)
def test_no_shape_of_payload_raises(payload: object) -> None:
    assert read(payload) is None
    for inner in ({"challenge": payload, "solution": {}}, {"challenge": {"parameters": payload}}):
        assert read(inner) is None


@pytest.mark.parametrize(
    "payload",
    ["", "x", "=" * 40, "đập", "\ud800", base64.b64encode(b"[" * 1_400).decode(), "A" * 10**6, "\0" * 50],
)
def test_no_words_raise(payload: str) -> None:
    assert proofs.read(payload, KEY, at=AT) is None


def test_checking_costs_next_to_nothing(good: dict[str, Any]) -> None:
    whole = packed(good)
    spent = []
    for _ in range(100):
        begun = time.thread_time()
        proofs.read(whole, KEY, at=AT)
        spent.append(time.thread_time() - begun)
    assert sorted(spent)[50] < 0.001  # seconds of processor


def test_a_flood_makes_it_dearer_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "ROUNDS", 1)  # how many tries, not how long each takes

    def counters(pressure: int) -> list[int]:
        made = [proofs.challenge(KEY, pressure=pressure, at=AT) for _ in range(40)]
        return [solved(one)["solution"]["counter"] for one in made]

    assert max(counters(gate.FLOOD - 1)) < proofs.TRIES
    assert proofs.TRIES < max(counters(gate.FLOOD)) < proofs.TRIES_IN_A_FLOOD


def test_replayed_a_thousand_times_it_counts_once(
    sessions: sessionmaker[Session], good: dict[str, Any]
) -> None:
    whole = packed(good)

    def replay(_number: int) -> bool:
        proof = proofs.read(whole, KEY, at=AT)
        assert proof is not None
        with sessions.begin() as session:
            return proofs.spend(session, proof)

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(replay, range(1_000))) == 1


def test_a_proof_counts_once_and_not_for_a_report_that_is_not_stored(
    sessions: sessionmaker[Session], good: dict[str, Any]
) -> None:
    def proof() -> SpentProof:
        found = read(json.loads(json.dumps(good)))
        assert found is not None
        return found

    with sessions() as session:
        assert proofs.spend(session, proof())
        session.rollback()
    with sessions.begin() as session:
        assert proofs.spend(session, proof())
    with sessions.begin() as session:
        assert not proofs.spend(session, proof())


def test_of_two_at_the_same_moment_the_second_waits_for_the_first(
    sessions: sessionmaker[Session], good: dict[str, Any]
) -> None:
    proof, found = read(good), []
    assert proof is not None

    def second() -> None:
        with sessions.begin() as session:
            found.append(proofs.spend(session, proof))

    with sessions.begin() as session:
        assert proofs.spend(session, proof)
        other = threading.Thread(target=second)
        other.start()
        other.join(0.3)
        assert other.is_alive()
    other.join()
    assert found == [False]


def test_spent_proofs_are_forgotten_an_hour_after_they_expire(session: Session, at: datetime) -> None:
    for minutes in (0, 59, 60, 90):
        proof = SpentProof(digest=bytes([minutes]), expires_at=at - timedelta(minutes=minutes))
        assert proofs.spend(session, proof)
    assert proofs.forget(session, at=at) == 2
    assert session.scalar(select(func.count()).select_from(SpentProof)) == 2
