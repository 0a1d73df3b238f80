"""Tracking codes: 128 random bits that alone open the state of a report.

A code travels in form bodies only, never in an address or a log line, and is stored as a keyed digest.
"""

import hashlib
import hmac
import itertools
import secrets
import unicodedata
from typing import Final

from models import Invalid

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base32: no I, L, O, U
LENGTH: Final = 26  # characters; 26 x 5 bits hold 128, so the first character is at most 7
_TYPED_LIMIT: Final = 100  # characters as typed, separators included
_LEAST_VARIED: Final = 8  # different characters, and steps between neighbours; a random code has about 18
_LOOK_ALIKES: Final = str.maketrans("OIL", "011")
_ORDER: Final = {char: value for value, char in enumerate(ALPHABET)}


def new() -> str:
    """Return a fresh code in its bare form (26 characters)."""
    while _weak(code := _written(secrets.token_bytes(16))):
        pass
    return code


def derived(key: bytes, *parts: str) -> str:
    """Return the bare code that belongs to `parts` under `key`: the same ones give the same code."""
    text = "\0".join(parts)
    tries = (
        _written(hmac.digest(key, f"code\0{count}\0{text}".encode(), hashlib.sha256)[:16])
        for count in itertools.count()
    )
    return next(code for code in tries if not _weak(code))


def _written(number: bytes) -> str:
    value = int.from_bytes(number, "big")
    return "".join(ALPHABET[value >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def grouped(code: str) -> str:
    """Return the bare `code` in groups of four, as it is written down."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def normalise(text: str) -> str:
    """Return the bare code that a person meant by `text`.

    Case, blanks, hyphens and the look-alikes O/0 and I/L/1 do not matter. Raises Invalid
    (`code-malformed`) for what cannot be a code, and (`code-weak`) for one that could be guessed.
    """
    if len(text) > _TYPED_LIMIT:
        raise Invalid("too long for a code", code="code-malformed", field="code")
    kept = (char for char in unicodedata.normalize("NFKC", text) if not _separates(char))
    code = "".join(kept).upper().translate(_LOOK_ALIKES)
    if len(code) != LENGTH or not set(code) <= set(ALPHABET) or code[0] > "7":
        raise Invalid("not a code", code="code-malformed", field="code")
    if _weak(code):
        raise Invalid("the code could be guessed", code="code-weak", field="code")
    return code


def digest(code: str, key: bytes) -> bytes:
    """Return the HMAC-SHA256 under which `code` is stored. Raises as `normalise` does."""
    return hmac.digest(key, normalise(code).encode(), hashlib.sha256)


def _separates(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in {"Pd", "Cf"}  # dashes, invisible characters


def _weak(code: str) -> bool:
    steps = {(_ORDER[b] - _ORDER[a]) % 32 for a, b in itertools.pairwise(code)}
    return min(len(set(code)), len(steps)) < _LEAST_VARIED
