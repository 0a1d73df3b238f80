"""Receive a report once, keep its contact data apart, erase that data on time or on demand."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.fernet import Fernet
from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from intake import codes, pictures
from intake.forms import Report
from models import Arrival, ArrivalKind, ArrivalState, Channel, Conflict, Contact, HeldWhy, audit

CONSENT_VERSION: Final = "2026-11"  # of the words beside the consent box; change them, change this
CONTACT_KEPT: Final = timedelta(days=90)


@dataclass(frozen=True)
class Keys:
    """The two secrets of this room, both kept outside the database."""

    code: bytes  # turns tracking codes into digests
    contact: bytes  # Fernet key: 32 bytes, URL-safe base64


@dataclass(frozen=True)
class Bearer:
    """Who of the centre or of a partner handed a report in. Never the person whose words it holds."""

    taken_by_id: int | None = None  # the officer who wrote it down
    read_back_at: datetime | None = None
    partner_id: int | None = None


def receive(
    session: Session,
    form: Report,
    *,
    channel: Channel,
    keys: Keys,
    at: datetime,
    bearer: Bearer = Bearer(),
    held_why: HeldWhy | None = None,
    proven: bool = False,
    demo: bool = False,
) -> Arrival:
    """Store `form` unless its tracking code is known, and return the arrival under that code.

    Its further pieces become arrivals of their own beside the first, each on its way to its own case.
    With `held_why` (as `gate.hold` says) all of them wait at the door; `proven`: a proof of work was spent.

    The same report sent again, at once or later, returns the first arrival and stores nothing.
    Raises Conflict (`code-taken`) when the code belongs to a report with other content. Nothing is
    audited here: the row cannot be changed afterwards, and the audit log's lock would make all
    reporters wait for each other.
    """
    content = _content_digest(form)
    key = codes.digest(form.code, keys.code)
    shared = {
        **_shared(form, channel, at=at),
        **asdict(bearer),
        "state": ArrivalState.RECEIVED if held_why is None else ArrivalState.HELD,
        "held_why": held_why,
        "proven": proven,
        "demo": demo,
    }
    fresh: Arrival | None = session.scalar(
        insert(Arrival)
        .values(
            **shared,
            code_digest=key,
            content_digest=content,
            text=form.text,
            url=form.url,
            pictures=len(form.pictures),
        )
        .on_conflict_do_nothing(index_elements=[Arrival.code_digest])
        .returning(Arrival)
    )
    if fresh is not None:
        session.add_all(_rest(form, fresh, shared))
        session.flush()
        if form.contact:
            session.add(_sealed(fresh, form.contact, keys, at))
        pictures.keep(session, fresh, form.pictures, key=keys.contact, at=at)
        return fresh
    known = session.scalars(select(Arrival).where(Arrival.code_digest == key)).one()
    if known.content_digest != content:
        raise Conflict("another report has this code", code="code-taken", field="code")
    return known


def _shared(form: Report, channel: Channel, *, at: datetime) -> dict[str, Any]:
    """Return what all pieces of a report say alike."""
    return {
        "kind": ArrivalKind.REPORT,
        "channel": channel,
        "seen_where": form.seen_where,
        "seen_on": form.seen_on,
        "place_code": form.place_code,
        "place_text": form.place_text,
        "field": form.field,
        "doubt": form.doubt,
        "language": form.language,
        "received_at": at,
        "next_try_at": at,
    }


def _rest(form: Report, first: Arrival, shared: dict[str, Any]) -> list[Arrival]:
    """Return the arrivals of all pieces but the first."""
    return [
        Arrival(
            **shared,
            piece_of=first.id,
            piece_no=number,
            content_digest=_digest([piece.text, piece.url]),
            text=piece.text,
            url=piece.url,
        )
        for number, piece in enumerate(form.more, start=2)
    ]


def keeps_contact(session: Session, arrival: Arrival) -> bool:
    """Return whether contact data of `arrival` is still kept."""
    return bool(session.scalar(select(exists().where(Contact.arrival_id == arrival.id))))


def forget_contact(session: Session, arrival: Arrival, *, at: datetime) -> bool:
    """Erase the contact data of `arrival` at its reporter's wish; return whether there was any."""
    erased = session.scalars(
        delete(Contact).where(Contact.arrival_id == arrival.id).returning(Contact.arrival_id)
    ).all()
    if erased:
        audit.record(session, "contact.forgotten", subject=("arrival", arrival.id), by=None, at=at)
    return bool(erased)


def erase_due_contacts(session: Session, *, at: datetime) -> int:
    """Erase all contact data whose time is over at `at`; return how many."""
    erased = session.scalars(
        delete(Contact).where(Contact.erase_after <= at).returning(Contact.arrival_id)
    ).all()
    for arrival_id in erased:
        audit.record(session, "contact.expired", subject=("arrival", arrival_id), by=None, at=at)
    return len(erased)


def open_contact(contact: Contact, *, keys: Keys) -> str:
    """Return the contact line in clear. The caller records who asked, and why."""
    return Fernet(keys.contact).decrypt(contact.ciphertext).decode()


def _sealed(arrival: Arrival, line: str, keys: Keys, at: datetime) -> Contact:
    return Contact(
        arrival_id=arrival.id,
        ciphertext=Fernet(keys.contact).encrypt(line.encode()),
        consented_at=at,
        consent_version=CONSENT_VERSION,
        erase_after=at + CONTACT_KEPT,
    )


def _content_digest(form: Report) -> bytes:
    """Digest of what was reported. The contact line stays out: an erased one must leave no trace."""
    content = [
        form.text,
        form.url,
        form.seen_where,
        form.seen_on and form.seen_on.isoformat(),
        form.place_code,
        form.place_text,
        form.field,
        form.doubt,
        *(part for piece in form.more for part in (piece.text, piece.url)),
        *([[one.sha256.hex() for one in form.pictures]] if form.pictures else []),
    ]
    return _digest(content)


def _digest(content: Sequence[object]) -> bytes:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).digest()
