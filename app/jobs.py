"""The timetable: what happens by the clock, kept by one leader among all workers.

Each job is a shim over a verb of a room and safe to run twice. APScheduler gives the rhythm only;
that no two workers keep the timetable is the work of a session advisory lock in PostgreSQL.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

import intake.pictures
import intake.proofs
import intake.reports
import intake.watching
import verify.calibrations
import verify.letting
from app import checkpoints

log = logging.getLogger(__name__)
_LEADER_LOCK = 0x6B74_0002
_RETRY = 5.0  # seconds until a follower asks again whether the leader is gone


def timetable(
    sessions: sessionmaker[Session], audit_key: Ed25519PrivateKey
) -> dict[str, tuple[int, Callable[[], object]]]:
    """Return the jobs by name: (seconds between two runs, what to run)."""

    def sign() -> None:
        with sessions.begin() as session:
            checkpoints.sign_if_due(session, audit_key, at=datetime.now(UTC))

    def erase() -> None:
        with sessions.begin() as session:
            intake.reports.erase_due_contacts(session, at=datetime.now(UTC))
            intake.pictures.erase_due(session, at=datetime.now(UTC))

    def tidy() -> None:
        with sessions.begin() as session:
            intake.watching.forget(session, at=datetime.now(UTC))
            intake.proofs.forget(session, at=datetime.now(UTC))

    def let_in() -> None:
        with sessions.begin() as session:
            verify.letting.let_some_in(session, at=datetime.now(UTC))

    def calibrate() -> None:
        with sessions.begin() as session:
            verify.calibrations.count(session, at=datetime.now(UTC))

    return {
        "sign-checkpoint": (30, sign),
        "erase-contacts": (3600, erase),
        "tidy-sources": (3600, tidy),
        "let-in": (60, let_in),
        "calibrate": (600, calibrate),
    }


Timetable = Mapping[str, tuple[int, Callable[[], object]]]


def keep(
    engine: Engine, audit_key: Ed25519PrivateKey, stop: threading.Event, more: Timetable | None = None
) -> None:
    """Keep the timetable, and `more` beside it, whenever this process is the leader, until `stop` is set."""
    sessions = sessionmaker(engine, expire_on_commit=False)
    while not stop.is_set():
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                if connection.scalar(select(func.pg_try_advisory_lock(_LEADER_LOCK))):
                    _lead(connection, {**timetable(sessions, audit_key), **(more or {})}, stop)
        except DBAPIError:
            log.warning("the timetable waits for the database")
        stop.wait(_RETRY)


def _lead(
    connection: Connection,
    jobs: Timetable,
    stop: threading.Event,
) -> None:
    """Run the timetable as long as the connection that holds the lock lives."""
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
    for name, (seconds, job) in jobs.items():
        scheduler.add_job(
            job,
            "interval",
            seconds=seconds,
            id=name,
            next_run_time=datetime.now(UTC),
            misfire_grace_time=None,
        )
    scheduler.start()
    try:
        while not stop.wait(_RETRY):
            connection.execute(select(1))  # raises when the lock's connection is gone
    finally:
        scheduler.shutdown(wait=True)
