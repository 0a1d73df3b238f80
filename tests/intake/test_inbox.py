"""The inbox against a real IMAP server: once each, whatever happens in between, whatever is in it."""

import base64
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from app.keys import Keys
from intake import inbox, mailbag, reports
from intake.inbox import Account, Reader
from models import Arrival, Channel, Contact, Letter, LetterOutcome, Mailbox, Picture
from tests.intake import post
from tests.intake.test_letters import DAM, nested
from tests.verify.conftest import Desk

# one grey pixel
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)

ONCE = """
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from sqlalchemy.orm import sessionmaker
from app.engine import make_engine
from intake import inbox, reports
url, port, contact = sys.argv[1:]
from tests.intake.post import PASSWORD, USER
account = inbox.Account("127.0.0.1", int(port), "none", USER, PASSWORD)
keys = reports.Keys(b"k" * 32, contact.encode())
sessions = sessionmaker(make_engine(url), expire_on_commit=False)
inbox.read_new(account, inbox.Reader(sessions, keys, ZoneInfo("UTC"), lambda: datetime.now(UTC)))
"""


@pytest.fixture(scope="module")
def _running() -> Iterator[Account]:
    with post.server() as account:
        yield account


@pytest.fixture
def account(_running: Account) -> Account:
    """An inbox without letters, on a server that serves all tests of this file."""
    with post.opened(_running) as box:
        box.delete(box.uids())
    return _running


@pytest.fixture
def reader(sessions: sessionmaker[Session], keys: Keys) -> Reader:
    secrets = reports.Keys(keys.code, keys.contact)
    return Reader(sessions, secrets, ZoneInfo("Asia/Ho_Chi_Minh"), lambda: datetime.now(UTC))


def outcomes(database: Engine) -> list[tuple[LetterOutcome, str]]:
    with Session(database) as session:
        rows = session.execute(select(Letter.outcome, Letter.reason).order_by(Letter.id))
        return [(row[0], row[1]) for row in rows]


def arrivals(database: Engine) -> list[Arrival]:
    with Session(database) as session:
        return list(session.scalars(select(Arrival).order_by(Arrival.id)))


def test_a_letter_becomes_a_report_once(account: Account, reader: Reader, database: Engine) -> None:
    post.put(account, post.letter())
    assert inbox.read_new(account, reader) == 1
    assert inbox.read_new(account, reader) == 0
    (arrival,) = arrivals(database)
    assert (arrival.channel, arrival.text) == (Channel.EMAIL, DAM)
    assert [r"\Seen" in one for one in post.flags(account)] == [True]
    with Session(database) as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 0
        stored = [vars(one) for kind in (Letter, Mailbox, Arrival) for one in session.scalars(select(kind))]
        dump = repr(stored)
        assert "nguoi.gui" not in dump
        assert "Nguyễn Thị A" not in dump


def test_the_senders_address_is_kept_apart_and_only_when_set(
    account: Account, reader: Reader, database: Engine
) -> None:
    post.put(
        account, post.letter(), post.letter("Cầu Cốc Lếu sập rồi", sender="khong phai dia chi", number=2)
    )
    assert inbox.read_new(replace(account, keep_sender=True), reader) == 2
    with Session(database) as session:
        contact = session.scalars(select(Contact)).one()
        assert reports.open_contact(contact, keys=reader.keys) == "nguoi.gui@example.vn"
        assert contact.erase_after > datetime.now(UTC)


def test_read_letters_can_be_moved_away(account: Account, reader: Reader) -> None:
    with post.opened(account) as box:
        if not box.folder.exists("Da doc"):
            box.folder.create("Da doc")
    post.put(account, post.letter())
    assert inbox.read_new(replace(account, done_folder="Da doc"), reader) == 1
    assert post.flags(account) == []
    assert len(post.flags(account, "Da doc")) == 1


def test_killed_between_storing_and_marking_nothing_is_lost_or_doubled(
    account: Account, reader: Reader, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.put(account, post.letter(), post.letter("Cầu Cốc Lếu sập rồi", number=2))
    with monkeypatch.context() as patched:
        patched.setattr(inbox, "_mark", _killed)
        with pytest.raises(KeyboardInterrupt):
            inbox.read_new(account, reader)
    assert len(arrivals(database)) == 1
    assert inbox.read_new(account, reader) == 1
    assert [one.text for one in arrivals(database)] == [DAM, "Cầu Cốc Lếu sập rồi"]
    assert all(r"\Seen" in one for one in post.flags(account))


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_kill_9_loses_nothing_and_doubles_nothing(
    account: Account, database: Engine, database_url: str, keys: Keys
) -> None:
    texts = [f"Tin số {number} về đập Nậm Pung" for number in range(6)]
    post.put(account, *(post.letter(text, number=number) for number, text in enumerate(texts)))
    arguments = [sys.executable, "-c", ONCE, database_url, str(account.port), keys.contact.decode()]
    process = subprocess.Popen(arguments)  # noqa: S603  our own program
    deadline = time.monotonic() + 60
    while len(arrivals(database)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 2 <= len(arrivals(database)) < len(texts)
    subprocess.run(arguments, check=True, timeout=60)  # noqa: S603
    assert sorted(one.text for one in arrivals(database)) == texts
    assert all(r"\Seen" in one for one in post.flags(account))


def test_the_same_letter_delivered_again_is_counted_and_dropped(
    account: Account, reader: Reader, database: Engine
) -> None:
    post.put(account, post.letter(), b"Received: from elsewhere\r\n" + post.letter())
    post.put(account, post.letter("Cầu Cốc Lếu sập rồi, sáng nay ai cũng nói"))  # the same Message-ID
    assert inbox.read_new(account, reader) == 3
    assert [outcome for outcome, _ in outcomes(database)] == ["report", "duplicate", "report"]


def test_attached_pictures_go_through_the_pictures_door(
    account: Account, reader: Reader, database: Engine
) -> None:
    made = EmailMessage()
    made["From"] = "a@b.vn"
    made.set_content("\n")
    for content in (PICTURE, b"\x89PNG that is none"):
        made.add_attachment(content, maintype="image", subtype="png", filename="anh.png")
    post.put(account, made.as_bytes())
    assert inbox.read_new(account, reader) == 1
    (arrival,) = arrivals(database)
    assert (arrival.text, arrival.pictures) == ("", 1)
    with Session(database) as session:
        assert session.scalar(select(Letter.left_out)) == 1
        assert session.scalars(select(Picture)).one().sha256 == hashlib.sha256(PICTURE).digest()


def test_hostile_letters_hold_up_nobody(account: Account, reader: Reader, database: Engine) -> None:
    large = b"From: a@b.vn\r\n\r\n" + DAM.encode() + b"\r\n" + b"x" * 76 * 140_000
    post.put(
        account,
        nested(60),
        b"\0\xff" * 500,
        large + b"y" * (inbox.WHOLE - len(large) + 1),
        post.letter(Auto_Submitted="auto-replied", number=4),
        b"From: a@b.vn\r\nSubject: x\r\nBcc: evil@x.vn\r\n\r\n \t\r\n",
        post.letter("Cầu Cốc Lếu sập rồi", number=6),
    )
    assert inbox.read_new(account, reader) == 6
    found = outcomes(database)
    assert found[0] == ("refused", "letter-empty")
    assert found[3] == ("ignored", "mail-auto-reply")
    assert [arrivals(database)[-1].text, found[-1][0]] == ["Cầu Cốc Lếu sập rồi", "report"]
    (beginning,) = [one for one in arrivals(database) if one.text.startswith(DAM)]
    with Session(database) as session:
        left = session.scalar(select(Letter.left_out).where(Letter.arrival_id == beginning.id))
        assert left is not None
        assert left >= 1


def test_a_letter_that_kills_its_reader_is_filed_as_broken(reader: Reader, database: Engine) -> None:
    account = Account("127.0.0.1", 1, "none", post.USER, post.PASSWORD)
    inbox.read_new(account, reader)  # nobody listens there; the mailbox is known from now on
    with Session(database) as session:
        box = session.scalars(select(Mailbox.id)).one()
    letter = Letter(mailbox_id=box, uid_validity=1, uid=1)
    inbox.take(account, reader, letter, nested(5_000), whole=True)
    assert outcomes(database) == [("refused", "letter-broken")]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"password": "sai"}, "mail-login"),
        ({"folder": "Khong co"}, "mail-folder"),
        ({"port": 1}, "mail-unreachable"),
        ({"tls": "tls"}, "mail-certificate"),
    ],
)
def test_trouble_is_said_in_words_and_passes(
    account: Account, reader: Reader, database: Engine, desk: Desk, change: dict[str, object], error: str
) -> None:
    wrong = replace(account, **change)  # type: ignore[arg-type]
    assert inbox.read_new(wrong, reader) == 0
    with Session(database) as session:
        (box,) = mailbag.health(session, at=datetime.now(UTC))
        assert (box.mailbox.last_error, box.mailbox.last_read_at) == (error, None)
    desk.as_("verifier")
    page = desk.get("/hop-thu").text
    assert "Không đọc được hộp thư" in page
    assert f"mail.{error}" not in page
