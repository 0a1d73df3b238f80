"""The three keys that the database never sees: tracking codes, contact data, audit checkpoints."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.refused import StartRefused
from app.settings import Settings
from corpus.keys import use_key

T = TypeVar("T")
_CODE_BYTES = 32


@dataclass(frozen=True, repr=False)
class Keys:
    """`code` is 32 bytes for HMAC, `contact` a Fernet key (base64), `audit` signs checkpoints.

    Losing `contact` makes contact data unreadable for ever; losing `code` makes tracking codes useless.
    """

    code: bytes
    contact: bytes
    audit: Ed25519PrivateKey


def new_code_key() -> str:
    """Return a new key of tracking codes: 64 hex digits."""
    return secrets.token_hex(_CODE_BYTES)


def new_contact_key() -> str:
    """Return a new Fernet key for contact data."""
    return Fernet.generate_key().decode()


def new_audit_key() -> str:
    """Return a new Ed25519 private key as PEM (PKCS 8, not encrypted)."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()


# setting, file in STATE_DIR/keys, how a new one is made
KINDS = (
    ("code_key", "code.key", new_code_key),
    ("contact_key", "contact.key", new_contact_key),
    ("audit_key", "audit.pem", new_audit_key),
)


def folder(settings: Settings) -> Path:
    """Return where keys that no setting gives are kept."""
    return settings.state_dir / "keys"


def load(settings: Settings) -> Keys:
    """Return the keys, from settings or from files made on first use that only their owner can read.

    From then on this process digests phone and account numbers in texts with a key derived from `code`.
    Raises StartRefused when a key has the wrong form or its file cannot be read or made.
    """
    texts = {
        name: settings.secret(name) or _kept(folder(settings) / file, make) for name, file, make in KINDS
    }
    code = _formed("CODE_KEY is not 64 hex digits", lambda: bytes.fromhex(texts["code_key"]))
    contact = texts["contact_key"].encode()
    _formed("CONTACT_KEY is not a Fernet key", lambda: Fernet(contact))
    # A PEM in one line, with \n written out, is how it travels through an environment variable.
    pem = texts["audit_key"].replace("\\n", "\n").encode()
    audit = _formed(
        "AUDIT_KEY is not an Ed25519 private key in PEM",
        lambda: serialization.load_pem_private_key(pem, None),
    )
    if len(code) != _CODE_BYTES:
        raise StartRefused("CODE_KEY is not 64 hex digits.", exit_code=78)
    if not isinstance(audit, Ed25519PrivateKey):
        raise StartRefused("AUDIT_KEY is not an Ed25519 private key in PEM.", exit_code=78)
    use_key(hmac.digest(code, b"numbers in texts", hashlib.sha256))
    return Keys(code, contact, audit)


def _formed(sentence: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except (ValueError, TypeError) as exc:
        raise StartRefused(f"{sentence}.", exit_code=78) from exc


def _kept(path: Path, make: Callable[[], str]) -> str:
    """Return the text of `path`; a new one is made whole, then linked, so that of two makers one wins."""
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(make())
                out.flush()
                os.fsync(out.fileno())
            try:
                os.link(draft, path)
            except FileExistsError:
                pass  # somebody else was first; theirs holds
            finally:
                draft.unlink()
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise StartRefused(f"The key {path} cannot be read or made ({exc}).", exit_code=73) from exc
