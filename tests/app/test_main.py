"""Refusals as answers, the browser policy on every answer, health."""

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, create_engine, text
from starlette.testclient import TestClient

POLICY = {
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "permissions-policy",
    "cache-control",
}


@pytest.mark.parametrize(
    "path",
    ["/", "/cong-bo", "/tra-cuu", "/ke-hoach", "/dang-nhap", "/healthz", "/khong-co", "/api/v1/corrections"],
)
def test_every_answer_carries_the_browser_policy(client: TestClient, path: str) -> None:
    headers = {name.lower() for name in client.get(path).headers}
    assert headers >= POLICY


def test_no_page_but_the_docs_allows_inline_script(client: TestClient) -> None:
    assert "unsafe-inline" not in client.get("/").headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/phan-anh", "/dang-nhap", "/tra-cuu", "/api/v1/reports"])
def test_a_change_from_another_site_is_refused(client: TestClient, path: str) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}):
        assert client.post(path, headers=headers).status_code == 403


def test_an_unknown_page_is_a_page(client: TestClient) -> None:
    answer = client.get("/khong-co")
    assert answer.status_code == 404
    assert "<h1" in answer.text


def test_an_unknown_number_of_the_api_is_a_problem_document(client: TestClient) -> None:
    answer = client.get("/api/v1/corrections/2026-9999")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not-found"


def test_health_asks_nobody_and_readiness_asks_the_database(client: TestClient, database: Engine) -> None:
    assert client.get("/readyz").json()["status"] == "ok"
    with database.begin() as connection:
        connection.execute(text("RESET ROLE"))
        connection.execute(text("ALTER TABLE alembic_version RENAME TO away"))
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code >= 500


def test_an_outage_of_the_database_is_a_page_with_a_date_to_come_back(
    house: FastAPI, database: Engine
) -> None:
    client = TestClient(house, raise_server_exceptions=False)
    nowhere = database.url.set(query={"host": "/nowhere"})
    house.state.house.sessions.configure(bind=create_engine(nowhere))
    answer = client.get("/cong-bo")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


def test_a_body_over_the_limit_is_refused(client: TestClient) -> None:
    assert client.post("/tra-cuu", data={"code": "a" * 13_000_000}).status_code == 413
    # Reports may bring pictures, so their bodies may be larger; fields of that length may not.
    assert client.post("/phan-anh", data={"text": "a" * 13_000_000}).status_code == 400
    assert client.post("/phan-anh", data={"text": "a" * 60_000_000}).status_code == 413


def test_docs_need_no_other_host(client: TestClient) -> None:
    assert "https://" not in client.get("/docs").text


def test_the_style_page_is_for_development_only(client: TestClient, house: FastAPI) -> None:
    assert client.get("/_kieu-dang").status_code == 200
    object.__setattr__(house.state.house, "development", False)
    assert client.get("/_kieu-dang").status_code == 404
