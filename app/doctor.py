"""What is missing or unsafe in a set-up, in plain sentences."""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Engine, exists, func, select, text
from sqlalchemy.orm import Session

from app import keys, migrate, opening
from app.refused import StartRefused
from app.settings import HOME, Settings
from models import Calibration, Case, ConfirmedClaim, Contact, Officer, PlanTask, Role

Level = Literal["ok", "warn", "bad"]
_LEAST_FREE: Final = 1 << 30  # bytes
_SKEW: Final = timedelta(seconds=5)
_LOCAL: Final = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at: "bad" must be mended, "warn" should be known."""

    level: Level
    text: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything and yield what was found, good and bad. Changes nothing but makes missing keys."""
    yield from _address(settings)
    yield from _files(settings)
    try:
        found = keys.load(settings)
    except StartRefused as exc:
        yield Finding("bad", str(exc))
        return
    yield Finding("ok", "The three keys are there and have their form.")
    yield from _encoder(settings)
    try:
        with opening.database(settings, name="kiemtin doctor", migrated=False) as engine:
            yield from _database(settings, engine, found.contact)
    except StartRefused as exc:
        yield Finding("bad", str(exc))


def _address(settings: Settings) -> Iterator[Finding]:
    parts = urlsplit(settings.address())
    if parts.scheme == "https":
        yield Finding("ok", f"The site is reached by {settings.address()}.")
    elif parts.hostname in _LOCAL:
        yield Finding("warn", f"PUBLIC_URL is {settings.address()}: only this machine can reach it.")
    else:
        yield Finding(
            "bad", f"PUBLIC_URL is {settings.address()}: sign-in would cross the network unencrypted."
        )
    if settings.development:
        yield Finding("warn", "DEVELOPMENT is on; switch it off where the public can reach the site.")
    if not settings.agency_hotline and not settings.agency_email:
        yield Finding("warn", "Neither AGENCY_HOTLINE nor AGENCY_EMAIL is set; citizens see no way to ask.")


def _files(settings: Settings) -> Iterator[Finding]:
    for path in [HOME / ".env", *sorted(keys.folder(settings).glob("*"))]:
        if path.is_file() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield Finding("bad", f"{path} may be read by others; run `chmod 600 {path}`.")
    if settings.secret("database_url") is None:
        yield Finding(
            "warn",
            "The embedded database serves one machine; set DATABASE_URL where more than one is needed.",
        )
        if os.geteuid() == 0:
            yield Finding("warn", "This runs as root; an account of its own is safer.")
    folder = _existing(settings.state_dir)
    if not os.access(folder, os.W_OK):
        yield Finding("bad", f"STATE_DIR: {folder} cannot be written.")
    if shutil.disk_usage(folder).free < _LEAST_FREE:
        yield Finding("bad", f"Less than 1 GB is free on the disk of {folder}.")


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _encoder(settings: Settings) -> Iterator[Finding]:
    bundled = settings.encoder_model == "bundled"
    if not bundled and not Path(settings.encoder_model).is_dir():
        yield Finding("bad", f"ENCODER_MODEL: there is no folder {settings.encoder_model}.")
    needed = ["onnxruntime", "tokenizers"] if bundled else []
    if settings.encoder_runtime == "sentence-transformers" or not bundled:
        needed += ["torch", "sentence_transformers"]
    missing = [name for name in needed if find_spec(name) is None]  # found, not imported: torch takes seconds
    if missing:
        yield Finding("bad", f"The encoder needs {', '.join(missing)}, which is not installed.")
    else:
        yield Finding("ok", "The encoder is installed.")


def _database(settings: Settings, engine: Engine, contact_key: bytes) -> Iterator[Finding]:
    try:
        migrate.require(engine)
    except StartRefused as exc:
        yield Finding("bad", str(exc))
        return
    yield Finding("ok", f"The database answers and has schema '{migrate.head()}'.")
    with Session(engine) as session:
        yield from _server(session)
        yield from _processes(session)
        yield from _content(session, settings, contact_key)


def _server(session: Session) -> Iterator[Finding]:
    for name in ("fsync", "full_page_writes"):
        if session.scalar(select(func.current_setting(name))) != "on":
            yield Finding("bad", f"The database server runs with {name} off: a power cut can destroy it.")
    if session.scalar(select(func.current_setting("synchronous_commit"))) == "off":
        yield Finding(
            "bad", "The database server runs with synchronous_commit off: a crash can lose reports."
        )
    if session.scalar(text("SELECT current_user")) != "kiemtin_app":
        yield Finding(
            "warn",
            "The role kiemtin_app is not in use; let an administrator create it and grant it to the database "
            "user, then migrate. The triggers protect the audit log meanwhile.",
        )
    skew = abs(session.scalars(select(func.clock_timestamp())).one() - datetime.now(UTC))
    if skew > _SKEW:
        yield Finding(
            "bad", f"The clocks of this machine and the database differ by {skew.total_seconds():.0f} s."
        )


def _processes(session: Session) -> Iterator[Finding]:
    for name in ("web", "work"):
        running = session.scalar(
            text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name AND datname = "
                 "current_database()"), {"name": f"kiemtin {name}"},
        )  # fmt: skip
        if not running:
            yield Finding("warn", f"No {name} process is connected now.")


def _content(session: Session, settings: Settings, contact_key: bytes) -> Iterator[Finding]:
    if not session.scalar(select(exists().where(PlanTask.number.is_not(None)))):
        yield Finding("bad", "The plan register is empty; run `kiemtin seed`.")
    if not session.scalar(select(exists().where(ConfirmedClaim.id.is_not(None)))):
        yield Finding("warn", "No confirmed claim is known; run `kiemtin seed` or `kiemtin corpus import`.")
    demo = session.scalar(select(exists().where(Case.demo))) or session.scalar(
        select(exists().where(Officer.demo, Officer.active))
    )
    if demo:
        real = urlsplit(settings.address()).hostname not in _LOCAL
        yield Finding(
            "bad" if real else "warn",
            "Demo officers or demo cases are present; `kiemtin seed --remove-demo` removes them.",
        )
    yield from _people(session)
    yield from _calibrated(session)
    sealed = session.scalar(select(Contact.ciphertext).order_by(Contact.arrival_id.desc()).limit(1))
    if sealed is not None:
        try:
            Fernet(contact_key).decrypt(sealed)
        except InvalidToken:
            yield Finding(
                "bad", "CONTACT_KEY does not open the contact data in the database; find the old key."
            )


def _calibrated(session: Session) -> Iterator[Finding]:
    for one in session.scalars(select(Calibration).where(Calibration.cases > 0).order_by(Calibration.kind)):
        yield Finding(
            "ok",
            f"Of the latest {one.cases} decided cases opened by a {one.kind} the nearest claim answered "
            f"{one.answered}, where {one.expected:.0f} were expected; log-odds move by {one.moved:+.2f}.",
        )


def _people(session: Session) -> Iterator[Finding]:
    people = session.scalars(select(Officer).where(Officer.active)).all()
    lacking = [
        role.value
        for role in (Role.VERIFIER, Role.APPROVER, Role.PUBLISHER)
        if not any(person.may(role) for person in people)
    ]
    if lacking:
        yield Finding(
            "warn", f"Nobody holds the role {', '.join(lacking)}; see `kiemtin account add --help`."
        )
    elif len([person for person in people if person.may(Role.VERIFIER) or person.may(Role.APPROVER)]) < 2:  # noqa: PLR2004  four eyes
        yield Finding("warn", "Only one person can verify and approve; a verdict needs two.")
    else:
        yield Finding("ok", "Every step of a verdict has its people.")
