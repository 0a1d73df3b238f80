import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app.keys import Keys as HouseKeys
from intake import codes, reports
from intake.forms import Piece, Report
from models import Arrival, ArrivalKind, ArrivalState, AuditEntry, Channel, Conflict, Contact, HeldWhy

RACERS = 50


@pytest.fixture
def secrets(keys: HouseKeys) -> reports.Keys:
    return reports.Keys(code=keys.code, contact=keys.contact)


def receive(session: Session, form: Report, secrets: reports.Keys, at: datetime) -> Arrival:
    return reports.receive(session, form, channel=Channel.WEB, keys=secrets, at=at)


def test_a_report_is_stored_whole(session: Session, secrets: reports.Keys, at: datetime) -> None:
    form = Report(code=codes.new(), text="Đập vỡ", place_text="Y Tý", language="en")
    arrival = receive(session, form, secrets, at)
    assert (arrival.kind, arrival.channel, arrival.state) == (
        ArrivalKind.REPORT,
        Channel.WEB,
        ArrivalState.RECEIVED,
    )
    assert (arrival.text, arrival.place_text, arrival.language) == ("Đập vỡ", "Y Tý", "en")
    assert (arrival.received_at, arrival.next_try_at, arrival.demo) == (at, at, False)
    assert arrival.code_digest == codes.digest(form.code, secrets.code)


def test_the_same_report_again_is_the_same_arrival(
    session: Session, secrets: reports.Keys, at: datetime
) -> None:
    form = Report(code=codes.new(), text="Đập vỡ", contact="a@b.vn")
    first = receive(session, form, secrets, at)
    again = receive(session, form, secrets, at + timedelta(days=1))
    assert again.id == first.id
    assert again.received_at == at
    assert session.scalar(select(func.count()).select_from(Arrival)) == 1


def test_other_content_under_the_same_code_is_refused(
    session: Session, secrets: reports.Keys, at: datetime
) -> None:
    code = codes.new()
    receive(session, Report(code=code, text="Đập vỡ"), secrets, at)
    with pytest.raises(Conflict) as taken:
        receive(session, Report(code=code, text="Đập không vỡ"), secrets, at)
    assert (taken.value.code, taken.value.field) == ("code-taken", "code")


def test_many_at_once_store_one(sessions: sessionmaker[Session], secrets: reports.Keys, at: datetime) -> None:
    form = Report(code=codes.new(), text="Đập vỡ", contact="a@b.vn")
    gate = threading.Barrier(10)

    def send(number: int) -> int:
        if number < 10:
            gate.wait()
        with sessions.begin() as session:
            return receive(session, form, secrets, at).id

    with ThreadPoolExecutor(10) as pool:
        found = set(pool.map(send, range(RACERS)))
    with sessions() as session:
        assert len(found) == session.scalar(select(func.count()).select_from(Arrival)) == 1
        assert session.scalar(select(func.count()).select_from(Contact)) == 1


def test_contact_is_encrypted_and_dated(session: Session, secrets: reports.Keys, at: datetime) -> None:
    arrival = receive(session, Report(code=codes.new(), text="Đập vỡ", contact="0912345678"), secrets, at)
    kept = session.scalars(select(Contact)).one()
    assert b"0912345678" not in kept.ciphertext
    assert reports.open_contact(kept, keys=secrets) == "0912345678"
    assert kept.erase_after == at + timedelta(days=90)
    assert (kept.consented_at, kept.consent_version) == (at, reports.CONSENT_VERSION)
    assert reports.keeps_contact(session, arrival)


def test_a_forgotten_contact_does_not_come_back(
    session: Session, secrets: reports.Keys, at: datetime
) -> None:
    form = Report(code=codes.new(), text="Đập vỡ", contact="0912345678")
    arrival = receive(session, form, secrets, at)
    session.flush()  # the row is there before it is erased
    assert reports.forget_contact(session, arrival, at=at)
    assert not reports.forget_contact(session, arrival, at=at)
    receive(session, form, secrets, at)
    assert not reports.keeps_contact(session, arrival)
    assert session.scalars(select(AuditEntry.action)).all() == ["contact.forgotten"]


def test_contacts_are_erased_on_their_day_and_not_before(
    session: Session, secrets: reports.Keys, at: datetime
) -> None:
    for days in (0, 40):
        form = Report(code=codes.new(), text="Đập vỡ", contact="a@b.vn")
        receive(session, form, secrets, at + timedelta(days=days))
    session.flush()  # the rows are there before they are erased
    assert reports.erase_due_contacts(session, at=at + timedelta(days=89)) == 0
    assert reports.erase_due_contacts(session, at=at + timedelta(days=90)) == 1
    assert session.scalar(select(func.count()).select_from(Contact)) == 1


def test_pieces_share_one_code_and_one_moment(session: Session, secrets: reports.Keys, at: datetime) -> None:
    form = Report(code=codes.new(), text="Đập vỡ", more=(Piece("Cầu sập"), Piece(url="https://a.vn/x")))
    first = receive(session, form, secrets, at)
    assert receive(session, form, secrets, at).id == first.id
    rest = session.scalars(select(Arrival).where(Arrival.piece_of == first.id).order_by(Arrival.id)).all()
    assert [(one.piece_no, one.text, one.url, one.code_digest) for one in rest] == [
        (2, "Cầu sập", None, None),
        (3, "", "https://a.vn/x", None),
    ]
    with pytest.raises(Conflict):
        receive(session, replace(form, more=()), secrets, at)


def test_a_held_report_waits_with_all_its_pieces(
    session: Session, secrets: reports.Keys, at: datetime
) -> None:
    form = Report(code=codes.new(), text="Đập vỡ", more=(Piece("Cầu sập"),))
    held = reports.receive(
        session, form, channel=Channel.WEB, keys=secrets, at=at, held_why=HeldWhy.NO_PROOF, proven=False
    )
    stored = session.scalars(select(Arrival).order_by(Arrival.id)).all()
    assert [(one.state, one.held_why, one.proven) for one in stored] == [
        (ArrivalState.HELD, HeldWhy.NO_PROOF, False)
    ] * 2
    again = reports.receive(session, form, channel=Channel.WEB, keys=secrets, at=at, proven=True)
    assert (again.id, again.state, again.proven) == (held.id, ArrivalState.HELD, False)
