"""Sign-in: one answer for every wrong way in, guessing slowed, sessions that end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app import auth
from models import Invalid, Officer, OfficerSession

Sessions = sessionmaker[Session]
PASSWORD = "mot-mat-khau-du-dai"
SignIn = Callable[..., int]


@pytest.fixture
def lan(sessions: Sessions) -> Officer:
    with sessions.begin() as session:
        return auth.create(
            session, "lan", display_name="Lan", password=PASSWORD, roles=["verifier"], at=datetime.now(UTC)
        )


@pytest.fixture
def sign_in(client: TestClient) -> SignIn:
    def _sign_in(username: str = "lan", password: str = PASSWORD, **more: str) -> int:
        form = {"username": username, "password": password, **more}
        return client.post("/dang-nhap", data=form).status_code

    return _sign_in


def test_the_right_password_opens_the_desk(client: TestClient, sign_in: SignIn, lan: Officer) -> None:
    assert sign_in() == 303
    assert client.get("/ban-lam-viec").status_code == 200
    assert lan.username == "lan"


@pytest.mark.parametrize(
    ("username", "password"),
    [("lan", "sai"), ("ai", PASSWORD), ("", ""), ("lan", "x" * 100_000), ("lan\0", PASSWORD)],
)
@pytest.mark.usefixtures("lan")
def test_every_wrong_way_is_refused(
    client: TestClient, sign_in: SignIn, username: str, password: str
) -> None:
    assert sign_in(username, password) == 422
    assert client.get("/ban-lam-viec").status_code == 303


def test_wrong_name_and_wrong_password_look_the_same(client: TestClient, sessions: Sessions) -> None:
    with sessions.begin() as session:
        auth.create(session, "zzzz", display_name="Z", password=PASSWORD, roles=[], at=datetime.now(UTC))
    pages = {
        client.post("/dang-nhap", data={"username": name, "password": "sai"}).text.replace(name, "")
        for name in ("zzzz", "wwww")
    }
    assert len(pages) == 1


@pytest.mark.usefixtures("lan")
def test_guessing_is_slowed_for_that_name_only(sign_in: SignIn, sessions: Sessions) -> None:
    with sessions.begin() as session:
        auth.create(session, "hoa", display_name="Hoa", password=PASSWORD, roles=[], at=datetime.now(UTC))
    assert [sign_in(password="sai") for _ in range(5)] == [422] * 5
    assert sign_in() == 422
    assert sign_in("hoa") == 303


@pytest.mark.usefixtures("lan")
def test_a_session_ends_by_idleness_and_by_age(client: TestClient, sign_in: SignIn) -> None:
    start = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        assert sign_in() == 303
        clock.shift(timedelta(minutes=29))
        assert client.get("/ban-lam-viec").status_code == 200
        clock.shift(timedelta(minutes=31))
        assert client.get("/ban-lam-viec").status_code == 303
    with time_machine.travel(start, tick=False) as clock:
        assert sign_in() == 303
        for _ in range(19):
            clock.shift(timedelta(minutes=25))
            client.get("/ban-lam-viec")
        clock.shift(timedelta(minutes=6))
        assert client.get("/ban-lam-viec").status_code == 303


@pytest.mark.usefixtures("lan")
def test_signing_out_ends_the_session_everywhere(
    client: TestClient, sign_in: SignIn, sessions: Sessions
) -> None:
    sign_in()
    token = client.cookies["kiemtin"]
    with sessions() as session:
        form_token = session.scalars(select(OfficerSession.form_token)).one()
    assert client.post("/dang-xuat", data={"form_token": "x"}).status_code == 403
    assert client.post("/dang-xuat", data={"form_token": form_token}).status_code == 303
    client.cookies.set("kiemtin", token)
    assert client.get("/ban-lam-viec").status_code == 303


def test_a_disabled_officer_is_out_at_once(
    client: TestClient, sign_in: SignIn, sessions: Sessions, lan: Officer
) -> None:
    sign_in()
    with sessions.begin() as session:
        auth.disable(session, session.get_one(Officer, lan.id), by=None, at=datetime.now(UTC))
    assert client.get("/ban-lam-viec").status_code == 303
    assert sign_in() == 422


@pytest.mark.usefixtures("lan")
def test_the_token_is_not_stored(client: TestClient, sign_in: SignIn, sessions: Sessions) -> None:
    sign_in()
    with sessions() as session:
        stored = session.scalars(select(OfficerSession)).one()
        assert client.cookies["kiemtin"].encode() not in stored.token_digest
        assert session.scalar(select(func.count()).select_from(OfficerSession)) == 1


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere", "/ban-lam-viec\nx"]
)
@pytest.mark.usefixtures("lan")
def test_sign_in_leads_to_the_desk_only(client: TestClient, target: str) -> None:
    form = {"username": "lan", "password": PASSWORD, "tiep": target}
    assert client.post("/dang-nhap", data=form).headers["location"] == "/ban-lam-viec"


@pytest.mark.parametrize("password", ["ngan", "x" * 129])
def test_unfit_passwords_are_refused(session: Session, password: str) -> None:
    with pytest.raises(Invalid):
        auth.create(session, "lan", display_name="Lan", password=password, roles=[], at=datetime.now(UTC))
