"""Proof of work: a sum of seconds for one report, of hours for fifty thousand. Asked of nobody by name.

The scheme is ALTCHA v2 in its set-counter mode: we choose a number, the browser looks for it by deriving keys
(PBKDF2) from 0 upwards. How long it takes is bounded, and our check is two HMACs. What a solved challenge
does not hold is that it counts once: `spend` does, in the database.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

import altcha
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from intake import gate
from models import SpentProof

LIFE: Final = timedelta(minutes=25)  # to read, to fill in, to look for a link; the browser renews after 15
PAYLOAD_LIMIT: Final = 2_000  # characters; a whole one has about 900
ALGORITHM: Final = "PBKDF2/SHA-256"
ROUNDS: Final = 8_000  # of PBKDF2 in one try: 1.8 ms with the instructions of a server, of which we spend one
TRIES: Final = 60  # at most, on average half of them; times in docs/decisions/0011-floods.md
TRIES_IN_A_FLOOD: Final = 120


def challenge(key: bytes, *, pressure: int, at: datetime) -> dict[str, Any]:
    """Return a fresh signed challenge as JSON values, dearer during a flood.

    `key` is the house's code key; `pressure` as `gate.arrived` counts it.
    """
    tries = TRIES_IN_A_FLOOD if pressure >= gate.FLOOD else TRIES
    made = altcha.create_challenge(
        ALGORITHM,
        ROUNDS,
        counter=secrets.randbelow(tries),
        expires_at=at + LIFE,
        hmac_secret=_derived(key, b"challenge"),
        hmac_key_secret=_derived(key, b"solution"),
    )
    described: dict[str, Any] = made.to_dict()
    return described


def read(payload: str, key: bytes, *, at: datetime) -> SpentProof | None:
    """Return what is to be spent for a solved challenge of ours (base64 of JSON), None for anything else.

    Never raises, whatever stands in `payload`. The signature must be ours to the letter, so that each
    challenge has one digest.
    """
    if not payload or len(payload) > PAYLOAD_LIMIT:
        return None
    try:
        solved = altcha.Payload.from_base64(payload)
        given, signature = solved.challenge.parameters, solved.challenge.signature
        if not isinstance(signature, str) or not given.key_signature or type(given.expires_at) is not int:
            return None  # without these altcha would look at less than we ask
        found = altcha.verify_solution(
            solved, _derived(key, b"challenge"), hmac_key_secret=_derived(key, b"solution")
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None  # no payload at all: foreign words can be of any shape
    if not found.verified or not at.timestamp() <= given.expires_at:
        return None
    digest = hashlib.sha256(signature.encode()).digest()
    return SpentProof(digest=digest, expires_at=datetime.fromtimestamp(given.expires_at, tz=at.tzinfo))


def spend(session: Session, proof: SpentProof) -> bool:
    """Spend `proof` with the transaction of its report; False where it was spent before.

    Of two that spend it at once, the second waits for the first: if that report is not stored after all,
    the proof is free again.
    """
    spent = session.scalar(
        insert(SpentProof)
        .values(digest=proof.digest, expires_at=proof.expires_at)
        .on_conflict_do_nothing()
        .returning(SpentProof.digest)
    )
    return spent is not None


def forget(session: Session, *, at: datetime) -> int:
    """Delete spent proofs whose challenge expired an hour before `at`; return how many.

    The hour is for machines whose clocks differ: a proof must not be forgotten while another still takes it.
    """
    gone = delete(SpentProof).where(SpentProof.expires_at <= at - timedelta(hours=1))
    return len(session.scalars(gone.returning(SpentProof.digest)).all())


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, b"proof of work\0" + purpose, hashlib.sha256)
