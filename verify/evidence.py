"""What a verdict rests on: cited sources with stored copies, addressed by their SHA-256."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, undefer

from models import (
    Capture,
    Case,
    CaseState,
    Conflict,
    Evidence,
    EvidenceKind,
    Invalid,
    NotFound,
    Officer,
    StoredCopy,
    audit,
)
from models.arrival import URL_LIMIT
from models.evidence import COPY_LIMIT
from verify import cases, wording

NAME_LIMIT: Final = 300  # characters of an issuer or a title
QUOTE_LIMIT: Final = 5_000  # characters
TEXT_LIMIT: Final = 50_000  # characters of a copy that an officer types or pastes
EARLIEST: Final = date(1945, 9, 2)  # no document of an agency is older
ZONES: Final = timedelta(hours=14)  # today is already tomorrow somewhere
PER_CASE: Final = 60  # sources; more is a mistake or an attack
_CITABLE: Final = (CaseState.OPEN, CaseState.VERIFYING, CaseState.PROPOSED, CaseState.APPROVED)
_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

# What a copy is saved as on an officer's disk. Web pages get the ending of a text: opened from the
# disk as a page, somebody else's script would run beside the officer's own files.
ENDINGS: Final[Mapping[str, str]] = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "text/html": "html.txt",
    "text/plain": "txt",
    _DOCX: "docx",
}


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A source as an officer cites it, already parsed; `upload` and `typed` make the stored copy."""

    kind: EvidenceKind
    issuer: str
    title: str
    url: str = ""
    quote: str = ""
    stated_on: date | None = None
    is_primary: bool = False
    upload: bytes | None = None
    typed: str = ""


def get(session: Session, evidence_id: int, *, of: Case) -> Evidence:
    """Return a source cited in this case, removed ones included. Raises NotFound."""
    found = session.get(Evidence, evidence_id) if evidence_id <= cases.LARGEST_ID else None
    if found is None or found.case_id != of.id:
        raise NotFound
    return found


def cite(session: Session, case: Case, citation: Citation, *, by: Officer, at: datetime) -> Evidence:
    """Cite a source for `case`, and keep or order its copy. An approval under way falls by it.

    A page is fetched later by the worker. Raises Invalid (`missing`, `too-long`, `link`, `date-future`,
    `file-*`, `too-many`) and Conflict for a case that is over.
    """
    if case.state not in _CITABLE:
        raise cases.refusal(session, case, by)
    clean = _checked(citation, at)
    if len(session.scalars(select(Evidence.id).where(Evidence.case_id == case.id)).all()) >= PER_CASE:
        raise Invalid(code="too-many")
    content = _copy_of(clean, by, at)
    made = Evidence(
        case_id=case.id,
        kind=clean.kind,
        issuer=clean.issuer,
        title=clean.title,
        url=clean.url or None,
        quote=clean.quote,
        stated_on=clean.stated_on,
        is_primary=clean.is_primary,
        copy_id=None if content is None else store(session, content, at=at),
        cited_by_id=by.id,
        cited_at=at,
    )
    session.add(made)
    session.flush()  # the capture needs its id; the trigger withdraws an approval here
    if clean.kind is EvidenceKind.URL and content is None:
        session.add(Capture(evidence_id=made.id, url=clean.url, next_try_at=at))
        session.flush()  # before the audit entry, whose lock must come last
    detail = {"evidence": made.id, "kind": made.kind.value, "issuer": made.issuer, "title": made.title}
    audit.record(session, "evidence.cited", subject=("case", case.id), by=by, at=at, detail=detail)
    return made


def remove(session: Session, found: Evidence, *, by: Officer, at: datetime) -> None:
    """Take a source out of the case; it stays in its history. Raises Conflict when it is out already."""
    gone = session.scalar(
        update(Evidence)
        .where(
            Evidence.id == found.id,
            Evidence.removed_at.is_(None),
            select(Case.id).where(Case.id == found.case_id, Case.state.in_(_CITABLE)).exists(),
        )
        .values(removed_at=at, removed_by_id=by.id)
        .returning(Evidence.id)
        .execution_options(synchronize_session=False)
    )
    if gone is None:
        raise Conflict(code="evidence-over")
    detail = {"evidence": found.id, "issuer": found.issuer, "title": found.title}
    audit.record(session, "evidence.removed", subject=("case", found.case_id), by=by, at=at, detail=detail)


def store(session: Session, content: bytes, *, at: datetime) -> int:
    """Keep `content` once, under its SHA-256, and return the copy's id. Raises Invalid (`file-*`)."""
    media_type = kind_of(content)
    digest = hashlib.sha256(content).digest()
    session.execute(
        insert(StoredCopy)
        .values(sha256=digest, media_type=media_type, content=content, size=len(content), stored_at=at)
        .on_conflict_do_nothing(index_elements=[StoredCopy.sha256])
    )
    return session.execute(select(StoredCopy.id).where(StoredCopy.sha256 == digest)).scalar_one()


def stored(session: Session, found: Evidence) -> StoredCopy:
    """Return the copy of a source with its content. Raises NotFound."""
    if found.copy_id is None:
        raise NotFound
    return session.get_one(StoredCopy, found.copy_id, options=[undefer(StoredCopy.content)])


def ending(media_type: str) -> str:
    """Return what a copy of this media type is saved as. What a server calls it may carry parameters."""
    return ENDINGS.get(media_type.partition(";")[0].strip().lower(), "bin")


def kind_of(content: bytes) -> str:
    """Return the media type that `content` shows, whatever its name says.

    Raises Invalid (`file-empty`, `file-too-large`, `file-type`).
    """
    if not content:
        raise Invalid(code="file-empty", field="file")
    if len(content) > COPY_LIMIT:
        raise Invalid(code="file-too-large", field="file")
    for magic, media_type in (
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
    ):
        if content.startswith(magic):
            return media_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"PK\x03\x04") and _is_docx(content):
        return _DOCX
    return _text_kind(content)


def _is_docx(content: bytes) -> bool:
    """Only the list of parts is read, nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = set(package.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeDecodeError):
        return False
    return {"[Content_Types].xml", "word/document.xml"} <= names and "word/vbaProject.bin" not in names


def _text_kind(content: bytes) -> str:
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(code="file-type", field="file") from None
    if any(char < " " and char not in "\n\r\t\f" for char in words):
        raise Invalid(code="file-type", field="file")
    opening = words.lstrip()[:200].lower()
    return "text/html" if opening.startswith(("<!doctype html", "<html", "<?xml")) else "text/plain"


def _checked(given: Citation, at: datetime) -> Citation:
    url = wording.optional(given.url, field="url", limit=URL_LIMIT)
    if given.kind is EvidenceKind.URL and not url:
        raise Invalid(code="missing", field="url")
    if url and not _is_link(url):
        raise Invalid(code="link", field="url")
    if given.stated_on is not None and not EARLIEST <= given.stated_on <= (at + ZONES).date():
        raise Invalid(code="date-future", field="stated_on")
    needs_quote = given.kind is EvidenceKind.STATEMENT and given.upload is None and not given.typed.strip()
    quote = wording.needed if needs_quote else wording.optional
    if given.kind is EvidenceKind.DOCUMENT and given.upload is None and not given.typed.strip():
        raise Invalid(code="missing", field="file")
    return Citation(
        kind=given.kind,
        issuer=wording.needed(given.issuer, field="issuer", limit=NAME_LIMIT),
        title=wording.needed(given.title, field="title", limit=NAME_LIMIT),
        url=url,
        quote=quote(given.quote, field="quote", limit=QUOTE_LIMIT),
        stated_on=given.stated_on,
        is_primary=given.is_primary,
        upload=given.upload,
        typed=wording.optional(given.typed, field="typed", limit=TEXT_LIMIT),
    )


def _is_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    plain = parts.scheme.lower() in {"http", "https"} and parts.username is None
    return plain and bool(host) and "." in str(host) and not any(char.isspace() for char in url)


def _copy_of(citation: Citation, by: Officer, at: datetime) -> bytes | None:
    """Return the bytes to keep: the uploaded file, else the typed text, else the statement written down."""
    if citation.upload is not None:
        return citation.upload
    if citation.typed:
        return citation.typed.encode()
    if citation.kind is not EvidenceKind.STATEMENT:
        return None
    said_on = "" if citation.stated_on is None else f"{citation.stated_on:%d/%m/%Y}\n"
    record = f"{citation.issuer}\n{citation.title}\n{said_on}\n{citation.quote}\n"
    return f"{record}\nGhi lại: {by.display_name}, {at:%Y-%m-%dT%H:%M:%SZ}\n".encode()
