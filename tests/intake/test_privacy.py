"""Nothing that could tell who reported is kept: the whole database is searched for what was sent."""

import logging

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from intake import codes
from models import Base

ADDRESS, ADDRESS_6, AGENT, CONTACT = "203.0.113.77", "2001:db8::77", "CanaryBrowser/77", "canary77@example.vn"


def kept(database: Engine, canary: str) -> list[str]:
    """Return the tables in which `canary` stands, as text or as bytes."""
    wanted = {"plain": f"%{canary}%", "hex": f"%{canary.encode().hex()}%"}
    with Session(database) as session:
        return [
            table
            for table in Base.metadata.tables
            if session.scalar(
                text(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE :plain OR t::text ILIKE :hex"),
                wanted,
            )
        ]


@pytest.fixture
def reporter(house: FastAPI) -> TestClient:
    return TestClient(
        house,
        client=(ADDRESS, 40_000),
        headers={"user-agent": AGENT, "x-forwarded-for": f"{ADDRESS}, {ADDRESS_6}", "x-real-ip": ADDRESS_6},
    )


def test_neither_address_nor_browser_nor_code_nor_contact_is_readable(
    reporter: TestClient, database: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    code, other = codes.new(), codes.new()
    typed = {"text": "Lời kể có dấu canary-van-ban", "contact": CONTACT, "code": codes.grouped(code)}
    assert reporter.post("/phan-anh", data=typed).status_code == 422
    assert reporter.post("/phan-anh", data={**typed, "consent": "1"}).status_code == 201
    sent = {"text": "Qua API", "contact": CONTACT, "consent": True, "code": other}
    assert reporter.post("/api/v1/reports", json=sent).status_code == 201
    for known in (code, other):
        assert reporter.post("/tra-cuu", data={"code": known}).status_code == 200
        assert reporter.post("/api/v1/reports/status", json={"code": known}).status_code == 200
    assert reporter.post("/tra-cuu/xoa-lien-he", data={"code": code}).status_code == 200
    assert kept(database, "canary-van-ban") == ["arrivals"]
    for canary in (ADDRESS, ADDRESS_6, AGENT, CONTACT, code, codes.grouped(code), other):
        assert kept(database, canary) == []
        assert canary not in caplog.text


def test_pages_with_a_code_are_not_kept_and_tell_no_referrer(reporter: TestClient) -> None:
    code = codes.new()
    answers = [
        reporter.get("/"),
        reporter.post("/phan-anh", data={"text": "Đập vỡ", "code": code}),
        reporter.post("/tra-cuu", data={"code": code}),
        reporter.post("/tra-cuu", data={"code": "sai"}),
        reporter.post("/api/v1/reports/status", json={"code": code}),
    ]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in answer.headers


def test_no_page_puts_the_code_into_an_address(reporter: TestClient) -> None:
    code = codes.new()
    receipt = reporter.post("/phan-anh", data={"text": "Đập vỡ", "code": code})
    status = reporter.post("/tra-cuu", data={"code": code})
    for page in (receipt.text, status.text):
        for address in page.split('href="')[1:]:
            assert code[:8] not in address.split('"')[0]
        assert f"?{code[:4]}" not in page


def test_no_page_asks_anything_of_a_third_party(reporter: TestClient) -> None:
    for path in ("/", "/tra-cuu", "/rieng-tu"):
        page = reporter.get(path).text
        for mark in ('src="', "action="):
            for address in page.split(mark)[1:]:
                assert address.lstrip('"').startswith("/")
