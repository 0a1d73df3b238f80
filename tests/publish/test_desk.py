"""The publisher's desk: anonymous first, then what each page shows and does."""

from collections.abc import Callable

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from models import AgencySuccessor, Case, Correction, Officer, PlanEntry
from publish import plan
from tests.publish.conftest import approved, token

DESK = "/ban-lam-viec/cong-bo"
SignIn = Callable[..., Officer]


@pytest.fixture
def waiting(sessions: sessionmaker[Session]) -> Case:
    with sessions.begin() as session:
        plan.load(session)
        return approved(session)


def test_anonymous(client: TestClient) -> None:
    for path in (DESK, f"{DESK}/1", f"{DESK}/1/xem-truoc", "/ban-lam-viec/ke-hoach"):
        assert client.get(path).status_code == 303, path
    for path in (f"{DESK}/1", f"{DESK}/1/ke-hoach", "/ban-lam-viec/ke-hoach", "/ban-lam-viec/ke-hoach/1"):
        assert client.post(path, data={"events": "video"}).status_code == 303, path


def test_cases_that_are_not_there(client: TestClient, sign_in: SignIn) -> None:
    sign_in("publisher")
    for number in ("0", "-1", "x", "9" * 18, "9" * 30, "²", "%00"):
        for path in (f"{DESK}/{number}", f"{DESK}/{number}/xem-truoc"):
            assert client.get(path).status_code in {404, 422}, path


def test_the_table_shows_who_stands_behind_each(client: TestClient, sign_in: SignIn, waiting: Case) -> None:
    sign_in("publisher")
    html = client.get(DESK).text
    assert waiting.number in html
    assert html.count("Cán bộ") >= 2


def test_one_query_for_all_that_waits(
    client: TestClient, sign_in: SignIn, waiting: Case, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as session:
        for _ in range(4):
            approved(session)
    sign_in("publisher")
    statements: list[str] = []
    event.listen(sessions.kw["bind"], "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert client.get(DESK).text.count("data-row") >= 5
    assert len(statements) <= 4  # session and officer, what waits, two for what was published
    assert waiting.id


def test_preview_then_publish_then_more_events(
    client: TestClient, sign_in: SignIn, waiting: Case, sessions: sessionmaker[Session]
) -> None:
    sign_in("publisher")
    html = client.get(f"{DESK}/{waiting.id}").text
    digest = html.split('name="content_hash" value="')[1].split('"')[0]
    assert "Bản xem trước, chưa công bố" in client.get(f"{DESK}/{waiting.id}/xem-truoc").text
    form = {"form_token": token(client), "content_hash": digest, "events": ["press_informed", "referred"]}
    assert client.post(f"{DESK}/{waiting.id}", data=form).headers["location"] == f"{DESK}/{waiting.id}"
    done = client.get(f"{DESK}/{waiting.id}").text
    assert "Đã công bố" in done
    more = {"form_token": token(client), "events": ["portal_posting"]}
    assert client.post(f"{DESK}/{waiting.id}/ke-hoach", data=more).status_code == 303
    with sessions() as session:
        logged = set(session.scalars(select(PlanEntry.event)))
        issued = session.scalars(select(Correction)).one()
    assert logged == {"handled", "entered_database", "press_informed", "referred", "portal_posting"}
    assert client.get(f"/cong-bo/{issued.slug}").status_code == 200
    assert issued.number in client.get(DESK).text


def test_events_of_ones_own_invention(client: TestClient, sign_in: SignIn, waiting: Case) -> None:
    sign_in("publisher")
    for key in ("x", "handled", "\x00", "a" * 9999):
        form = {"form_token": token(client), "events": [key]}
        assert client.post(f"{DESK}/{waiting.id}/ke-hoach", data=form).status_code in {404, 422}, key


ROW = {"successor": "Sở mới", "valid_from": "2027-01-01", "certainty": "confirmed", "printed": "Sở Ngoại vụ"}


def test_administrators_add_and_change_successors(
    client: TestClient, sign_in: SignIn, waiting: Case, sessions: sessionmaker[Session]
) -> None:
    sign_in("admin")
    form = {"form_token": token(client), **ROW}
    assert client.post("/ban-lam-viec/ke-hoach", data=form).status_code == 303
    assert client.post("/ban-lam-viec/ke-hoach", data=form).status_code == 409
    with sessions() as session:
        row = session.scalars(select(AgencySuccessor).where(AgencySuccessor.successor == "Sở mới")).one()
    url = f"/ban-lam-viec/ke-hoach/{row.id}"
    assert "Sửa: Sở Ngoại vụ" in client.get(f"/ban-lam-viec/ke-hoach?sua={row.id}").text
    assert client.post(url, data={**form, "valid_to": "2028-01-01"}).status_code == 303
    assert "Sở mới" in client.get("/ke-hoach").text
    client.post(url, data={**form, "valid_from": "2020-01-01", "valid_to": "2020-02-01"})
    assert "Sở mới" not in client.get("/ke-hoach").text
    assert waiting.id


WRONG: list[dict[str, str]] = [
    {"successor": " "},
    {"successor": "a" * 301},
    {"successor": "\x00"},
    {"valid_from": "hôm qua"},
    {"valid_to": "2026-01-01"},
    {"certainty": "x"},
    {"note": "a" * 501},
    {"printed": "Sở không có"},
]


def test_bad_successors(client: TestClient, sign_in: SignIn, waiting: Case) -> None:
    sign_in("admin")
    for wrong in WRONG:
        form = {"form_token": token(client), **ROW, **wrong}
        assert client.post("/ban-lam-viec/ke-hoach", data=form).status_code in {404, 422}, wrong
    beyond = "/ban-lam-viec/ke-hoach/99999999999999999999"
    assert client.post(beyond, data={"form_token": token(client), **ROW}).status_code == 404
    assert waiting.id


def test_others_only_read_the_successors(client: TestClient, sign_in: SignIn, waiting: Case) -> None:
    sign_in("publisher", "verifier", "approver")
    html = client.get("/ban-lam-viec/ke-hoach").text
    assert "Chỉ quản trị viên sửa được" in html
    form = {"form_token": token(client), **ROW}
    assert client.post("/ban-lam-viec/ke-hoach", data=form).status_code == 403
    assert waiting.id
