"""Programs send pictures, too: the report as JSON beside them."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from intake import codes
from models import Arrival, Channel, Picture
from tests.intake import hostile_pictures as hostile

DOOR = "/api/v1/reports/with-pictures"


def send(client: TestClient, *contents: bytes, report: Any = None) -> Any:
    files = [("pictures", ("a", content, "image/png")) for content in contents]
    data = {} if report is None else {"report": report if isinstance(report, str) else json.dumps(report)}
    return client.post(DOOR, files=files, data=data)


def pictures(database: Engine) -> int:
    with Session(database) as session:
        return session.scalar(select(func.count()).select_from(Picture)) or 0


def test_a_report_with_pictures_is_stored_once(client: TestClient, database: Engine) -> None:
    code = codes.new()
    report = {"text": "Đập Nậm Pung vỡ", "code": code, "seen_where": "zalo"}
    answers = [send(client, hostile.png(), hostile.jpeg(), report=report) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["code"] == code
    assert send(client, hostile.jpeg(), report=report).json()["code"] == "code-taken"
    with Session(database) as session:
        arrival = session.scalars(select(Arrival)).one()
        assert (arrival.pictures, arrival.channel, arrival.text) == (2, Channel.API, "Đập Nậm Pung vỡ")
    assert send(client, hostile.webp()).status_code == 201  # a picture alone
    assert pictures(database) == 3


@pytest.mark.parametrize(
    ("contents", "report", "code"),
    [
        ((hostile.corpus()["refuse-svg-script"],), None, "picture-type"),
        ((hostile.corpus()["refuse-png-65535"],), {"text": "Đập vỡ"}, "picture-pixels"),
        ((hostile.png(),), "{", "input"),
        ((hostile.png(),), {"text": "x", "unknown": 1}, "input"),
        ((hostile.png(),), {"url": "gopher://x"}, "url-invalid"),
        ((), {"text": "Đập vỡ"}, "input"),
    ],
)
def test_refusals_name_the_field(
    client: TestClient, database: Engine, contents: tuple[bytes, ...], report: Any, code: str
) -> None:
    answer = send(client, *contents, report=report)
    assert answer.status_code == 422
    assert (answer.json()["code"], bool(answer.json().get("field"))) == (code, True)
    assert pictures(database) == 0
