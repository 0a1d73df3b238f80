"""Read the centre's inbox over IMAP: every new letter becomes one report, exactly once.

The order is fetch, store, commit, then mark on the server. A process killed in between leaves a letter
that is stored and not marked; the next run marks it and takes nothing twice (unique place, unique digest).
"""

import hashlib
import hmac
import imaplib
import io
import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError, MailboxMoveError
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from intake import apart, codes, forms, pictures, reports
from models import Channel, Letter, LetterOutcome, Mailbox

log = logging.getLogger(__name__)
EVERY: Final = 60  # seconds between two looks
WHOLE: Final = 12 * 1024 * 1024  # bytes of a letter that are fetched; of a longer one, its beginning
BEGINNING: Final = 512 * 1024
A_RUN: Final = 100  # letters at most; the next run goes on
_PATIENCE: Final = 30  # seconds for an answer of the server


@dataclass(frozen=True, repr=False)
class Account:
    """Where and how to read. `done_folder`: where read letters go; empty: they stay and are marked read."""

    host: str
    port: int
    tls: Literal["tls", "starttls", "none"]
    user: str
    password: str
    folder: str = "INBOX"
    done_folder: str = ""
    keep_sender: bool = False  # keep the sender's address as contact data, to answer

    @property
    def address(self) -> str:
        """Return what the desk shows of it, and what its records hang on."""
        return f"{self.user} · {self.host} · {self.folder}"


@dataclass(frozen=True)
class Reader:
    """What reading needs besides the account."""

    sessions: sessionmaker[Session]
    keys: reports.Keys
    zone: ZoneInfo
    now: Callable[[], datetime]
    stopped: Callable[[], bool] = lambda: False


def read_new(account: Account, reader: Reader) -> int:
    """Read the letters that came since the last run; return how many. Failures are noted for the desk."""
    with reader.sessions.begin() as session:
        mailbox_id = _mailbox(session, account.address, at=reader.now())
    try:
        with _opened(account) as box:
            count = _read(box, account, reader, mailbox_id)
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as error:
        _note(reader, mailbox_id, error=_trouble(error))
        log.warning("the inbox could not be read: %s", type(error).__name__)
        return 0
    _note(reader, mailbox_id, error="")
    return count


def _opened(account: Account) -> BaseMailBox:
    box: BaseMailBox
    if account.tls == "tls":
        box = MailBox(account.host, account.port, _PATIENCE, ssl_context=ssl.create_default_context())
    elif account.tls == "starttls":
        box = MailBoxStartTls(account.host, account.port, _PATIENCE, ssl.create_default_context())
    else:
        box = MailBoxUnencrypted(account.host, account.port, _PATIENCE)
    try:
        return box.login(account.user, account.password, initial_folder=account.folder)
    except Exception:
        box.client.shutdown()  # the library leaves the connection open
        raise


def _trouble(error: Exception) -> str:
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (MailboxLoginError, "mail-login"),
        (MailboxFolderSelectError, "mail-folder"),
        (MailboxMoveError, "mail-folder"),
        (ssl.SSLError, "mail-certificate"),
        (OSError, "mail-unreachable"),
    )
    return next((code for kind, code in kinds if isinstance(error, kind)), "mail-broken")


def _mailbox(session: Session, address: str, *, at: datetime) -> int:
    made = insert(Mailbox).values(address=address, last_try_at=at, last_error="")
    return session.scalars(
        made.on_conflict_do_update(index_elements=[Mailbox.address], set_={"last_try_at": at}).returning(
            Mailbox.id
        )
    ).one()


def _note(reader: Reader, mailbox_id: int, *, error: str) -> None:
    """Keep how a run ended; `failing_since` is the first failure after the last success."""
    at = reader.now()
    ended: dict[str, Any] = {"last_read_at": at, "failing_since": None, "last_error": ""}
    if error:
        ended = {"last_error": error, "failing_since": func.coalesce(Mailbox.failing_since, at)}
    with reader.sessions.begin() as session:
        session.execute(update(Mailbox).where(Mailbox.id == mailbox_id).values(**ended))


def _read(box: BaseMailBox, account: Account, reader: Reader, mailbox_id: int) -> int:
    validity = int(box.folder.status(account.folder, ["UIDVALIDITY"])["UIDVALIDITY"])
    with reader.sessions() as session:
        here = (Letter.mailbox_id == mailbox_id, Letter.uid_validity == validity)
        unmarked = session.scalars(select(Letter.uid).where(*here, ~Letter.marked)).all()
        last = session.scalar(select(func.max(Letter.uid)).where(*here)) or 0
    for uid in unmarked:  # stored by a run that ended before it could say so
        _mark(box, account, reader, mailbox_id, validity, uid)
    # "n:*" always names the last letter, even where its number is smaller than n (RFC 3501, 6.4.8)
    fresh = sorted(uid for uid in map(int, box.uids(f"UID {last + 1}:*")) if uid > last)
    count = 0
    for uid in fresh[:A_RUN]:
        if reader.stopped():
            break
        fetched = _fetched(box, uid)
        if fetched is None:  # gone in the meantime
            continue
        take(account, reader, Letter(mailbox_id=mailbox_id, uid_validity=validity, uid=uid), *fetched)
        _mark(box, account, reader, mailbox_id, validity, uid)
        count += 1
    return count


def _fetched(box: BaseMailBox, uid: int) -> tuple[bytes, bool] | None:
    """Return the letter, or its beginning, and whether it is whole. It stays unread on the server."""
    _, sized = box.client.uid("FETCH", str(uid), "(RFC822.SIZE)")
    told = next((part for part in sized if isinstance(part, bytes) and b"RFC822.SIZE" in part), None)
    if told is None:
        return None
    digits = told.partition(b"RFC822.SIZE")[2].split()[0].rstrip(b")")
    whole = int(digits) <= WHOLE
    _, found = box.client.uid(
        "FETCH", str(uid), "(BODY.PEEK[])" if whole else f"(BODY.PEEK[]<0.{BEGINNING}>)"
    )
    raw = next((part[1] for part in found if isinstance(part, tuple)), None)
    return None if raw is None else (raw[:WHOLE], whole)


def take(account: Account, reader: Reader, letter: Letter, raw: bytes, whole: bool) -> None:  # noqa: FBT001
    """Store what becomes of one letter. Whatever stands in it, the next one is not held up."""
    said: dict[str, Any] = {"pieces": [], "pictures": [], "machine": "", "message_id": "", "left_out": 0}
    broken = "letter-broken"
    try:
        said = apart.run("intake.letters:read", raw, wall_s=30)
        broken = ""
    except apart.Refused as refused:
        log.warning("a letter could not be read: %s", refused.reason)
    given = [io.BytesIO(content) for content in said["pictures"]]
    seen, _ = pictures.look(given)
    content: str | bytes = repr((said["message_id"], said["pieces"], [one.sha256 for one in seen]))
    if not said["pieces"] and not seen:
        content = raw
    letter.digest = _digest(content, reader.keys.code)
    letter.left_out = said["left_out"] + len(given) - len(seen) + (not whole)
    letter.read_at = reader.now()
    letter.marked = False
    letter.outcome, letter.reason = LetterOutcome.REFUSED, broken or "letter-empty"
    if said["machine"]:
        letter.outcome, letter.reason = LetterOutcome.IGNORED, said["machine"]
    form = None if letter.outcome is LetterOutcome.IGNORED else _report(said, seen, account, reader)
    try:
        with reader.sessions.begin() as session:
            if form is not None:
                _file(session, form, letter, reader)
            else:
                session.add(letter)
    except IntegrityError:  # this place in the mailbox is filed already, by another run
        log.info("a letter was filed by another run")


def _file(session: Session, form: forms.Report, letter: Letter, reader: Reader) -> None:
    values = {name: getattr(letter, name) for name in ("mailbox_id", "uid_validity", "uid", "digest")}
    values |= {"left_out": letter.left_out, "read_at": letter.read_at, "marked": False}
    try:
        with session.begin_nested():
            arrival = reports.receive(
                session, form, channel=Channel.EMAIL, keys=reader.keys, at=letter.read_at
            )
            session.add(Letter(**values, outcome=LetterOutcome.REPORT, reason="", arrival_id=arrival.id))
            session.flush()
    except IntegrityError as taken:
        if "uq_letters_report" not in str(taken.orig):
            raise
        session.add(Letter(**values, outcome=LetterOutcome.DUPLICATE, reason=""))
        session.flush()


def _report(
    said: dict[str, Any], seen: Sequence[pictures.Sent], account: Account, reader: Reader
) -> forms.Report | None:
    """Return the letter as a report, or None where there is nothing in it to report."""
    if not said["pieces"] and not seen:
        return None
    first, *more = said["pieces"] or [""]
    typed = forms.Typed(text=first, more=more, doubt=said["doubt"], code=codes.new())
    today = reader.now().astimezone(reader.zone).date()
    try:
        report = forms.check(typed, today=today, seen=(seen, []))
    except forms.Refused:  # a link that is none, and the like
        return None
    if not account.keep_sender:
        return report
    try:
        return forms.check(typed.model_copy(update={"contact": said["sender"], "consent": "1"}), today=today)
    except forms.Refused:  # no address to answer to
        return report


def _mark(
    box: BaseMailBox, account: Account, reader: Reader, mailbox_id: int, validity: int, uid: int
) -> None:
    """Tell the server that a stored letter is done with, then note that it was told."""
    if account.done_folder:
        box.move([str(uid)], account.done_folder)
    else:
        box.flag([str(uid)], [MailMessageFlags.SEEN], value=True)
    with reader.sessions.begin() as session:
        session.execute(
            update(Letter)
            .where(Letter.mailbox_id == mailbox_id, Letter.uid_validity == validity, Letter.uid == uid)
            .values(marked=True)
        )


def _digest(content: str | bytes, key: bytes) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return hmac.digest(key, b"letter\0" + data, hashlib.sha256)
