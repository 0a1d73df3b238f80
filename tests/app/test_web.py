"""The counter: the commit comes before the answer; bad input is refused; languages; form tokens."""

import unicodedata
from urllib.parse import urlencode

import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy import text
from starlette.testclient import TestClient

from app import web
from app.main import create_app
from models import Invalid


@pytest.fixture
def probe(house: FastAPI) -> TestClient:
    """The application with two more doors: one whose commit fails, one that takes any text."""

    @house.post("/probe/commit", status_code=201)
    def fails_at_commit(session: web.SessionDep) -> JSONResponse:
        session.execute(text("CREATE TEMP TABLE late (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        session.execute(text("INSERT INTO late VALUES (1), (1)"))
        return JSONResponse({}, 201)

    @house.post("/probe/text")
    def takes_text(words: web.TextForm) -> JSONResponse:
        return JSONResponse({"words": words})

    @house.post("/probe/refill")
    def refills(session: web.SessionDep) -> None:
        session.execute(
            text(
                "INSERT INTO agency_successors (printed, successor, legal_basis, certainty, note)"
                " VALUES ('a', 'b', '', 'read', '')"
            )
        )
        raise web.Refill(
            "sign_in.html", {"next": "/", "username": "tên đã gõ"}, [Invalid(code="wrong-password")]
        )

    @house.post("/probe/guarded", dependencies=[Depends(web.guard)])
    def guarded(person: web.OfficerDep) -> JSONResponse:
        return JSONResponse({"name": person.username})

    return TestClient(house, raise_server_exceptions=False, follow_redirects=False)


def test_a_failed_commit_is_never_answered_with_success(probe: TestClient) -> None:
    answer = probe.post("/probe/commit")
    assert answer.status_code == 409


@pytest.mark.parametrize("words", ["a\0b", "\ud800", "a\x07b"])
def test_characters_without_place_in_words_are_refused(probe: TestClient, words: str) -> None:
    body = b"words=" + words.encode("utf-8", "surrogatepass")
    answer = probe.post(
        "/probe/text", content=body, headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code in {400, 422}


def test_text_is_composed_and_lines_end_in_one_way(probe: TestClient) -> None:
    answer = probe.post("/probe/text", data={"words": "tie\u0302\u0301ng\r\nViệt"})
    assert answer.json() == {"words": "tiếng\nViệt"}


def test_foreign_words_paint_over_nothing_and_keep_their_order() -> None:
    assert (
        web.legible("Đập " + "a\u0301" * 2 + "\u0301" * 9000 + " vỡ")
        == "Đập " + "a\u0301" * 2 + "\u0301" * 3 + " vỡ"
    )
    assert web.legible("Đập \u202egnuđ vỡ\u2066 rồi") == "Đập gnuđ vỡ rồi"
    for words in (
        "Nước tràn về Bát Xát",
        unicodedata.normalize("NFD", "Nước tràn về Bát Xát"),
        "น้ำท่วม",
        "👨‍👩‍👧",
    ):
        assert web.legible(words) == words


def test_a_refused_form_comes_back_as_typed_and_stores_nothing(probe: TestClient, house: FastAPI) -> None:
    answer = probe.post("/probe/refill")
    assert answer.status_code == 422
    assert "tên đã gõ" in answer.text
    with house.state.house.sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM agency_successors")) == 0


def test_a_guarded_door_sends_strangers_to_the_sign_in_page(probe: TestClient) -> None:
    answer = probe.post("/probe/guarded")
    assert (answer.status_code, answer.headers["location"][:11]) == (303, "/dang-nhap?")


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        ("/ban-lam-viec/vu-viec/7/ghi-chu", "/ban-lam-viec/vu-viec/7"),
        ("/ban-lam-viec/nguon/3/bat", "/ban-lam-viec/nguon/3"),
        ("/ban-lam-viec/tiep-nhan/luu", "/ban-lam-viec/tiep-nhan"),
        ("/ban-lam-viec/don-vi-phoi-hop/3/khoa", "/ban-lam-viec"),
    ],
)
def test_a_lost_form_leads_back_to_the_page_where_it_stood(client: TestClient, sent: str, back: str) -> None:
    answer = client.post(sent, data={"note": "đã gõ"})
    target = answer.headers["location"]
    assert (answer.status_code, target) == (303, f"/dang-nhap?{urlencode({'tiep': back, 'het': '1'})}")
    assert "chưa được lưu" in client.get(target).text
    assert "chưa được lưu" not in client.get("/dang-nhap").text


def test_language_follows_the_address_then_the_cookie(client: TestClient) -> None:
    assert '<html lang="vi"' in client.get("/cong-bo").text
    assert '<html lang="en"' in client.get("/cong-bo?lang=en").text
    assert '<html lang="en"' in client.get("/cong-bo").text
    assert '<html lang="vi"' in client.get("/cong-bo?lang=vi").text


def test_create_app_reads_no_environment() -> None:
    assert "settings" not in create_app.__code__.co_names
