"""Every setting, typed; the only reader of the environment.

Names carry no prefix: `PORT` in the environment or in `.env` is `settings.port`. The environment wins
over `.env`. An empty value counts as absent, an unknown name in `.env` is refused.
"""

from pathlib import Path
from typing import Any, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.refused import StartRefused

_CHECKOUT: Final = Path(__file__).resolve().parent.parent
# In a checkout, relative paths and `.env` belong to the checkout, so that `.venv/bin/kiemtin` finds the
# same data from any folder; installed elsewhere, they belong to the current folder.
HOME: Final = _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else Path.cwd()


class Settings(BaseSettings):
    """Settings of one installation. The descriptions here are those of `.env.example` and the docs."""

    model_config = SettingsConfigDict(
        env_file=HOME / ".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    # where it runs
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL 15 or newer with pgvector, e.g. postgresql://kiemtin:password@db/kiemtin. "
        "Absent: an embedded PostgreSQL in STATE_DIR.",
    )
    database_url_file: Path | None = Field(None, description="File that holds DATABASE_URL.")
    db_pool_size: int = Field(
        20, ge=2, le=200, description="Most database connections that one process keeps open."
    )
    host: str = Field("127.0.0.1", description="Address on which the web process listens.")
    port: int = Field(8000, ge=1, le=65535, description="Port on which the web process listens.")
    public_url: str = Field(
        "",
        description="Address under which people reach the site, as in links, feeds and ClaimReview; with "
        "https:// cookies become Secure. Told to the sites that the worker reads, so that they know who "
        "asks. Absent: http://HOST:PORT, and nothing is told.",
    )
    forwarded_allow_ips: str = Field(
        "127.0.0.1",
        description="Addresses or networks of reverse proxies, by commas, whose X-Forwarded-Proto and "
        "X-Forwarded-For are believed.",
    )
    state_dir: Path = Field(
        Path("var"),
        description="Folder for what must outlive a restart: embedded database, keys. A relative path "
        "starts at the checkout.",
    )
    timezone: str = Field("Asia/Ho_Chi_Minh", description="Time zone of pages, clocks and the timetable.")
    development: bool = Field(default=False, description="Shows the style page; never in production.")
    demo: bool = Field(
        default=True,
        description="`kiemtin run` adds demo officers and demo reports to a database without real cases.",
    )

    # logs
    log_format: Literal["console", "json"] = Field("console", description="Shape of log lines.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severity of log lines that are written."
    )

    # matching
    encoder_model: str = Field(
        "bundled",
        description="Sentence encoder: the bundled one, or a folder with a sentence-transformers model.",
    )
    encoder_runtime: Literal["sentence-transformers", "direct"] = Field(
        "sentence-transformers",
        description="direct runs the bundled weights without torch: the same vectors, a quicker start.",
    )
    fetch_enabled: bool = Field(
        default=True, description="Whether the worker may fetch reported links and cited sources."
    )
    chromium: Path | None = Field(
        None,
        description="Chromium with which the worker takes a picture of each page that it keeps, e.g. "
        "/usr/bin/chromium; not as root. Absent: no pictures.",
    )

    # floods
    flood_cases_per_hour: int = Field(
        50,
        ge=0,
        le=10_000,
        description="Cases that reports from the open doors may open in an hour of a flood; what is beyond "
        "is held for a person. 0: triage never holds anything.",
    )

    # the inbox
    imap_host: str = Field(
        "", description="Server of the inbox whose letters become reports. Absent: no inbox is read."
    )
    imap_port: int = Field(993, ge=1, le=65535, description="Port of that server; 143 with starttls.")
    imap_tls: Literal["tls", "starttls", "none"] = Field(
        "tls", description="How the connection is secured; none is accepted for this machine alone."
    )
    imap_user: str = Field("", description="User name of the inbox.")
    imap_password: SecretStr | None = Field(None, description="Password of the inbox.")
    imap_password_file: Path | None = Field(None, description="File that holds IMAP_PASSWORD.")
    imap_folder: str = Field("INBOX", description="Folder that is read.")
    imap_done_folder: str = Field(
        "", description="Folder to which read letters are moved. Absent: they stay and are marked as read."
    )
    imap_keep_sender: bool = Field(
        default=False,
        description="Keeps the sender's address, encrypted and for 90 days, to answer. Say so where the "
        "inbox's address is published.",
    )

    # keys
    code_key: SecretStr | None = Field(
        None,
        description="Key of the tracking codes' digests, 64 hex digits. Absent: keys/code.key in STATE_DIR, "
        "made on first use. All machines of one installation need the same keys.",
    )
    code_key_file: Path | None = Field(None, description="File that holds CODE_KEY.")
    contact_key: SecretStr | None = Field(
        None, description="Fernet key that encrypts contact data. Absent: keys/contact.key in STATE_DIR."
    )
    contact_key_file: Path | None = Field(None, description="File that holds CONTACT_KEY.")
    audit_key: SecretStr | None = Field(
        None,
        description="Ed25519 private key (PEM) that signs audit checkpoints. Absent: keys/audit.pem in "
        "STATE_DIR.",
    )
    audit_key_file: Path | None = Field(None, description="File that holds AUDIT_KEY.")

    # signing in
    session_idle_minutes: int = Field(
        30, ge=1, le=1440, description="Minutes without a request after which an officer is signed out."
    )
    session_hours: int = Field(
        8, ge=1, le=24, description="Hours after which an officer must sign in again in any case."
    )

    # the agency: nothing is shipped, each centre fills in its own
    agency_name: str = Field("Trung tâm xử lý tin giả", description="Name of the centre, on every page.")
    agency_parent: str = Field("", description="Name of the authority above the centre.")
    agency_hotline: str = Field("", description="Telephone number shown to citizens.")
    agency_email: str = Field("", description="E-mail address shown to citizens.")
    agency_address: str = Field("", description="Postal address shown to citizens.")
    agency_licence: str = Field("", description="Licence line in the footer.")
    agency_emblem: Path | None = Field(
        None, description="Image file (SVG, PNG or WebP) of the emblem; none is shipped."
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            raise ValueError("not the name of a time zone") from exc
        return value

    @field_validator("public_url")
    @classmethod
    def _whole_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator(
        "state_dir",
        "database_url_file",
        "code_key_file",
        "contact_key_file",
        "audit_key_file",
        "imap_password_file",
        "agency_emblem",
    )
    @classmethod
    def _from_home(cls, value: Path | None) -> Path | None:
        return None if value is None else HOME / value.expanduser()

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        for name in ("database_url", "code_key", "contact_key", "audit_key", "imap_password"):
            if getattr(self, name) is not None and getattr(self, f"{name}_file") is not None:
                raise ValueError(f"{name.upper()} and {name.upper()}_FILE are both set; give one of them")
        return self

    @model_validator(mode="after")
    def _whole_inbox(self) -> Self:
        if not self.imap_host:
            return self
        if not self.imap_user or (self.imap_password is None and self.imap_password_file is None):
            raise ValueError("IMAP_HOST needs IMAP_USER and IMAP_PASSWORD or IMAP_PASSWORD_FILE")
        if self.imap_tls == "none" and self.imap_host not in {"localhost", "127.0.0.1", "::1"}:
            raise ValueError("IMAP_TLS=none would send the password in the clear to another machine")
        return self

    def address(self) -> str:
        """Return the public address without a trailing slash."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104  compared, not bound
        return self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def secret(self, name: str) -> str | None:
        """Return the value of the secret setting `name` (lower case), from itself or its file, or None.

        Raises StartRefused when the file cannot be read or is empty.
        """
        value: SecretStr | None = getattr(self, name)
        path: Path | None = getattr(self, f"{name}_file")
        if value is not None:
            return value.get_secret_value()
        if path is None:
            return None
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise StartRefused(f"{name.upper()}_FILE: {path} cannot be read ({exc}).", exit_code=78) from exc
        if not text:
            raise StartRefused(f"{name.upper()}_FILE: {path} is empty.", exit_code=78)
        return text


def read(**given: Any) -> Settings:  # noqa: ANN401  each field has its own type
    """Return the settings of environment and `.env`, with `given` in front of both.

    Raises StartRefused, in one sentence that never repeats a value (it may be a secret).
    """
    try:
        return Settings(**given)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"]).upper()
        if first["type"] == "extra_forbidden":
            raise StartRefused(
                f"{name} in .env is not a setting; `kiemtin settings` lists them all.", exit_code=78
            ) from exc
        reason = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise StartRefused(f"{name}: {reason}." if name else f"{reason}.", exit_code=78) from exc


def described() -> list[tuple[str, str, str]]:
    """Return (NAME, default as written in .env or "", description) of each setting, in order."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        shown = default.lower() if isinstance(field.default, bool) else default
        rows.append((name.upper(), shown, field.description or ""))
    return rows


def example() -> str:
    """Return the whole text of `.env.example`."""
    head = "# Settings of Kiểm Tin. Copy to .env and take the # away where you want another value.\n"
    rows = (f"\n# {description}\n# {name}={default}\n" for name, default, description in described())
    return head + "".join(rows)
