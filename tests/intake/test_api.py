import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from intake import codes
from models import Arrival, Channel, Contact

SEND, STATUS = "/api/v1/reports", "/api/v1/reports/status"
UNKNOWN = "3K4XJHZV8VVDE6AG433WZG2PWQ"  # well formed, nobody's
TEXT = "Đập thủy điện Nậm Pung đã vỡ"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def stored(database: Engine) -> int:
    with Session(database) as session:
        return session.scalar(select(func.count()).select_from(Arrival)) or 0


def test_a_report_is_sent_and_followed(client: TestClient, database: Engine) -> None:
    sent = client.post(
        SEND,
        json={
            "text": TEXT,
            "seen_where": "zalo",
            "seen_on": "2026-01-02",
            "place": "xã Y Tý",
            "field": "y_te",
        },
    )
    assert sent.status_code == 201
    body = sent.json()
    assert set(body) == {"code", "status_url", "received_at"}
    assert body["status_url"] == "http://testserver/api/v1/reports/status"
    assert datetime.fromisoformat(body["received_at"]) > datetime.now(UTC) - timedelta(hours=1, minutes=1)
    with Session(database) as session:
        assert session.scalars(select(Arrival)).one().channel is Channel.API
    found = client.post(STATUS, json={"code": codes.grouped(body["code"]).lower()})
    assert found.status_code == 200
    assert found.json() == {
        "stage": "received",
        "received_at": body["received_at"],
        "reached": {"received": body["received_at"]},
        "merged": False,
        "contact_kept": False,
        "reason": None,
        "conclusion": None,
        "waits": False,
        "discarded": False,
        "pieces": [],
    }


def test_an_own_code_makes_sending_idempotent(client: TestClient, database: Engine) -> None:
    report = {"text": TEXT, "code": codes.grouped(codes.new())}
    answers = [client.post(SEND, json=report) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert stored(database) == 1
    other = client.post(SEND, json={**report, "text": "Chuyện khác"})
    assert (other.status_code, other.json()["code"], other.json()["field"]) == (409, "code-taken", "code")


def test_contact_needs_consent(client: TestClient, database: Engine) -> None:
    refused = client.post(SEND, json={"text": TEXT, "contact": "a@b.vn"})
    assert (refused.status_code, refused.json()["code"]) == (422, "contact-consent")
    assert client.post(SEND, json={"text": TEXT, "contact": "a@b.vn", "consent": True}).status_code == 201
    with Session(database) as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 1


@pytest.mark.usefixtures("_nothing_stored")
@pytest.mark.parametrize(
    "report",
    [
        *({}, {"text": ""}, {"text": "😡"}, {"text": None}, {"text": 1}, {"text": ["a"]}, {"text": "a\0"}),
        {"text": "\ud800"},
        *({"text": TEXT, "extra": 1}, {"text": TEXT, "consent": "yes"}, {"text": TEXT, "consent": 1}),
        *({"text": TEXT, "seen_on": 0}, {"text": TEXT, "seen_on": "2026-11-22T00:00:00"}),
        *({"text": TEXT, "seen_on": "2999-01-01"}, {"text": TEXT, "seen_on": "1999-01-01"}),
        *({"text": TEXT, "seen_where": "x"}, {"text": TEXT, "field": 3}, {"text": TEXT, "url": "x"}),
        *({"text": TEXT, "code": "0" * 26}, {"text": TEXT, "code": "abc"}, {"text": "x" * 1_000_000}),
        *([], "text", None, 1),
    ],
)
def test_bad_reports_are_refused_as_problems(turnstile: TestClient, report: Any) -> None:
    answer = turnstile.post(SEND, content=json.dumps(report), headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 422
    assert problem["detail"]
    assert not problem["detail"].startswith("refusal.")


@pytest.mark.usefixtures("_nothing_stored")
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"\xff\xfe", "application/json"),
        ("{}".encode("utf-16"), "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"text": "a", "text": 5}', "application/json"),
        (b"text=a", "application/x-www-form-urlencoded"),
        (b'{"text": "a"}', "text/plain"),
        (b"", "application/json"),
    ],
)
def test_unreadable_bodies_are_refused_as_problems(turnstile: TestClient, body: bytes, kind: str) -> None:
    for path in (SEND, STATUS):
        answer = turnstile.post(path, content=body, headers={"content-type": kind})
        assert answer.status_code in {400, 422}
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.usefixtures("_nothing_stored")
@pytest.mark.parametrize("code", ["", "abc", "\0", UNKNOWN, "x" * 100])
def test_unknown_and_malformed_codes_are_answered_alike(turnstile: TestClient, code: str) -> None:
    answer = turnstile.post(STATUS, json={"code": code})
    assert (answer.status_code, answer.json()["code"]) == (404, "code-unknown")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("_nothing_stored")
def test_problems_speak_the_asked_language(turnstile: TestClient) -> None:
    said = [
        turnstile.post(f"{STATUS}?lang={lang}", json={"code": "x"}).json()["detail"]
        for lang in ("vi", "en", "zh")
    ]
    assert len(set(said)) == 3
    assert said[1].startswith("No report")


def test_the_document_shows_examples_that_work(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    schema = document["components"]["schemas"]["ReportIn"]
    assert schema["additionalProperties"] is False
    for example in schema["examples"]:
        assert client.post(SEND, json=example).status_code == 201


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_only_documented_answers_come_back(house: FastAPI, mode: GenerationMode) -> None:
    whole = schemathesis.openapi.from_asgi("/openapi.json", house)
    document = whole.include(path_regex="^/api/v1/reports", method="POST")  # the challenge takes nothing
    for operation in document.get_all_operations():

        @seed(1)
        @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(operation.ok().as_strategy(generation_mode=mode))
        def fuzz(case: Case) -> None:
            case.call_and_validate(checks=CHECKS)

        fuzz()
