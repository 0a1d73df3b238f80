"""Accept pictures with a report: look at no more than their headers, seal the bytes, keep them apart.

Nothing here decodes a picture; that is done later, in a limited child process. The original is stored
encrypted and handed out to officers only, as a file to save. Names of files are not even read.
"""

import hashlib
import os
import threading
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, BinaryIO, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import Depends, Request
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from models import Arrival, Invalid, Picture, PictureOriginal, audit
from models.picture import BYTES_LIMIT, PICTURES_LIMIT, PIXELS_LIMIT

ORIGINAL_KEPT: Final = timedelta(days=180)  # the redrawn picture stays with its report
BODY_LIMIT: Final = PICTURES_LIMIT * BYTES_LIMIT + 2 * 1024 * 1024  # bytes of a request with pictures
FIELD: Final = "pictures"
_NONCE: Final = 12  # bytes
_AT_ONCE: Final = 3  # requests whose pictures are in memory at the same time, up to 50 MB each
_hands: Final = threading.BoundedSemaphore(_AT_ONCE)


@dataclass(frozen=True)
class Sent:
    """A picture as it was sent, known by its header alone."""

    content: bytes
    sha256: bytes
    media_type: str


Looked = tuple[Sequence[Sent], Sequence[Invalid]]  # the pictures that may be kept, and why others may not


async def _uploads(request: Request) -> list[UploadFile]:
    # The framework has read the form by now, under the route's own limits; this asks for it again.
    form = await request.form()
    return [one for one in form.getlist(FIELD) if isinstance(one, UploadFile) and (one.size or one.filename)]


Uploads = Annotated[list[UploadFile], Depends(_uploads)]


@contextmanager
def at_hand(uploads: Sequence[UploadFile]) -> Iterator[Looked]:
    """Yield the pictures of a request with what is wrong with them; few requests hold any at a time."""
    if not uploads:
        yield [], []
        return
    with _hands:
        yield look(one.file for one in uploads)


def look(files: Iterable[BinaryIO]) -> Looked:
    """Return the pictures that may be kept, and why others may not: at most one refusal of each kind.

    The same picture twice counts once. Codes: `pictures-many`, `picture-large`, `picture-type`,
    `picture-broken`, `picture-pixels`.
    """
    found: dict[bytes, Sent] = {}
    wrong: dict[str, Invalid] = {}
    for count, file in enumerate(files, start=1):
        try:
            if count > PICTURES_LIMIT:
                raise Invalid(code="pictures-many", field=FIELD)  # noqa: TRY301  gathered with the others
            sent = check(file.read(BYTES_LIMIT + 1))
            found[sent.sha256] = sent
        except Invalid as refusal:
            wrong.setdefault(refusal.code, refusal)
    return list(found.values()), list(wrong.values())


def check(content: bytes) -> Sent:
    """Return `content` as a picture that may be kept. Raises Invalid (`picture-*`)."""
    if len(content) > BYTES_LIMIT:
        raise Invalid(code="picture-large", field=FIELD)
    media_type = kind_of(content)
    if media_type is None:
        raise Invalid(code="picture-type", field=FIELD)
    width, height = _SIZES[media_type](content)
    if not width or not height:
        raise Invalid(code="picture-broken", field=FIELD)
    if width * height > PIXELS_LIMIT:
        raise Invalid(code="picture-pixels", field=FIELD)
    return Sent(content, hashlib.sha256(content).digest(), media_type)


def keep(session: Session, arrival: Arrival, sent: Sequence[Sent], *, key: bytes, at: datetime) -> None:
    """Store the pictures of a fresh `arrival`, each original sealed with `key` and apart from the rest."""
    seal = Seal(key)
    for position, one in enumerate(sent, start=1):
        picture_id = session.scalars(
            insert(Picture)
            .values(
                arrival_id=arrival.id,
                position=position,
                sha256=one.sha256,
                media_type=one.media_type,
                size=len(one.content),
                received_at=at,
                next_try_at=at,
            )
            .returning(Picture.id)
        ).one()
        session.execute(
            insert(PictureOriginal).values(
                picture_id=picture_id,
                ciphertext=seal.close(one.content, one.sha256),
                erase_after=at + ORIGINAL_KEPT,
            )
        )


def kept(session: Session, arrival: Arrival) -> int:
    """Return how many pictures came with `arrival`."""
    return session.scalar(select(func.count()).where(Picture.arrival_id == arrival.id)) or 0


def erase_due(session: Session, *, at: datetime) -> int:
    """Erase the originals whose time is over at `at`; return how many. The redrawn views stay."""
    erased = session.scalars(
        delete(PictureOriginal)
        .where(PictureOriginal.erase_after <= at)
        .returning(PictureOriginal.picture_id)
        .execution_options(synchronize_session=False)
    ).all()
    for picture_id in erased:
        audit.record(session, "picture.original-expired", subject=("picture", picture_id), by=None, at=at)
    return len(erased)


class Seal:
    """Encrypts originals (AES-256-GCM) under a key of its own, derived from the key of contact data."""

    def __init__(self, contact_key: bytes) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=b"kiem-tin picture originals").derive(
            urlsafe_b64decode(contact_key)
        )
        self._cipher = AESGCM(derived)

    def close(self, content: bytes, sha256: bytes) -> bytes:
        """Return `content` sealed; it can only be opened as the picture with this digest."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, content, sha256)

    def open(self, sealed: bytes, sha256: bytes) -> bytes:
        """Return what was sealed. Raises cryptography's InvalidTag for another key, digest or content."""
        return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], sha256)


# --- headers: enough to refuse at once what could never be shown ------------------------------------


def kind_of(content: bytes) -> str | None:
    """Return the media type that `content` begins as, whatever it is called; None for all but three."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def _jpeg_size(content: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:  # noqa: PLR2004  every segment's first byte
        marker = content[at + 1]
        if marker == 0xFF:  # noqa: PLR2004  fill byte
            at += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD7:  # noqa: PLR2004  markers that stand alone
            at += 2
        elif 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:  # noqa: PLR2004  start of frame
            return int.from_bytes(content[at + 7 : at + 9], "big"), int.from_bytes(
                content[at + 5 : at + 7], "big"
            )
        elif marker in {0xD9, 0xDA}:  # the pixels before any frame
            break
        else:
            at += 2 + max(2, int.from_bytes(content[at + 2 : at + 4], "big"))
    return 0, 0


def _png_size(content: bytes) -> tuple[int, int]:
    if content[12:16] != b"IHDR":
        return 0, 0
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def _webp_size(content: bytes) -> tuple[int, int]:
    chunk, body = content[12:16], content[20:30]
    if chunk == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if chunk == b"VP8L" and body[:1] == b"\x2f":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    return 0, 0


_SIZES: Final = {"image/jpeg": _jpeg_size, "image/png": _png_size, "image/webp": _webp_size}
