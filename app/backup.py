"""Backup and restore of the whole database with PostgreSQL's own programs. Keys are never in it."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from sqlalchemy import Engine, make_url, text

from app import embedded, opening
from app.refused import StartRefused
from app.settings import Settings

# Stands at the end of the file, where pg_restore does not look: that program restores a file whose end was
# cut off, in part and without a word.
_SEAL: Final = b"\nkiem-tin-backup sha256 "
_EMPTY: Final = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
# Rights in the backup name this role, and roles belong to the server, not to the database.
_ROLE: Final = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'kiemtin_app') THEN
        CREATE ROLE kiemtin_app NOLOGIN;
    END IF;
    EXECUTE format('GRANT kiemtin_app TO %I', current_user);
END $$
"""


def save(settings: Settings, target: Path) -> int:
    """Write a backup of the whole database to the new file `target` and return its size in bytes.

    One consistent moment, while everything runs on. Raises StartRefused when the file exists or cannot be
    written, or pg_dump is missing, too old or fails; then nothing is left at `target`.
    """
    if target.exists():
        raise StartRefused(f"{target} exists already; a backup never overwrites.", exit_code=73)
    draft = target.with_name(f".{target.name}.part")
    with opening.database(settings, name="kiemtin backup", owner=True) as engine, _libpq(engine) as env:
        program = _program("pg_dump", engine)
        try:
            # Made here and not by pg_dump, so that nobody else can read it from the first byte on.
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                _run([program, "--format=custom", "--no-owner", "--no-password"], env, stdout=out)
                out.flush()
                os.fsync(out.fileno())
            with draft.open("r+b") as out:
                seal = _digest(out)
                out.write(_SEAL + seal)
                out.flush()
                os.fsync(out.fileno())
            draft.rename(target)
        except OSError as exc:
            raise StartRefused(f"{target} cannot be written ({exc.strerror}).", exit_code=73) from exc
        finally:
            draft.unlink(missing_ok=True)
    return target.stat().st_size


def restore(settings: Settings, source: Path) -> None:
    """Load the backup `source` into the empty database of `settings`: all of it or nothing.

    Raises StartRefused when the database holds tables, the file is no whole backup, or pg_restore is
    missing, too old or fails.
    """
    if not source.is_file():
        raise StartRefused(f"There is no file {source}.", exit_code=66)
    _check_seal(source)
    with opening.database(settings, name="kiemtin restore", owner=True, migrated=False) as engine:
        with engine.begin() as connection:
            if connection.scalar(text(_EMPTY)):
                raise StartRefused(
                    "The database is not empty; restore into a new one (another DATABASE_URL or STATE_DIR)."
                )
            connection.execute(text(_ROLE))
        program = _program("pg_restore", engine)
        with _libpq(engine) as env:
            _run(
                [program, "--no-owner", "--no-password", "--exit-on-error", "--single-transaction",
                 "--dbname", env["PGDATABASE"], str(source)], env,
            )  # fmt: skip


def _digest(file: BinaryIO, size: int | None = None) -> bytes:
    """Return the SHA-256, in hex, of the first `size` bytes of `file`, or of all; leaves it at that place."""
    found, left = hashlib.sha256(), size if size is not None else os.fstat(file.fileno()).st_size
    file.seek(0)
    while left > 0 and (part := file.read(min(left, 1 << 20))):
        found.update(part)
        left -= len(part)
    return found.hexdigest().encode()


def _check_seal(source: Path) -> None:
    """Raise StartRefused unless `source` is as `save` wrote it."""
    length = len(_SEAL) + 64
    with source.open("rb") as file:
        size = os.fstat(file.fileno()).st_size - length
        digest = _digest(file, max(size, 0))
        if size < 0 or file.read() != _SEAL + digest:
            raise StartRefused(f"{source} is not a whole backup: it was cut off or changed.", exit_code=65)


def _program(name: str, engine: Engine) -> str:
    """Return the path of a client program at least as new as the server."""
    with engine.connect() as connection:
        server = int(connection.scalar(text("SELECT current_setting('server_version_num')::int")) or 0)
    found: list[str] = []
    with suppress(StartRefused):  # the embedded server is not installed everywhere
        found.append(str(embedded.programs() / name))
    found += [path for path in (shutil.which(name),) if path]
    for path in found:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        version = re.search(r"(\d+)(?:\.\d+)?", said)
        if version and int(version[1]) >= server // 10000:
            return path
    raise StartRefused(
        f"No {name} of PostgreSQL {server // 10000} or newer is here; install the server's client programs."
    )


@contextmanager
def _libpq(engine: Engine) -> Iterator[Mapping[str, str]]:
    """Yield the environment by which libpq's programs find the database; arguments would show a password."""
    url = make_url(engine.url.render_as_string(hide_password=False))
    known = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    known["PGDATABASE"] = url.database
    for name, value in url.query.items():
        known[f"PG{name.upper()}"] = value if isinstance(value, str) else value[0]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    yield kept | {name: str(value) for name, value in known.items() if value is not None}


def _run(command: list[str], env: Mapping[str, str], stdout: object = subprocess.DEVNULL) -> None:
    done = subprocess.run(  # noqa: S603  PostgreSQL's own programs
        command, env=dict(env), stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, check=False
    )  # type: ignore[call-overload]
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise StartRefused(f"{Path(command[0]).name} failed: {lines[0]}")
