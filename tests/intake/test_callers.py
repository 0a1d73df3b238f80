"""The API with a partner's key: whose report it is, what a key may do, calls repeated and too many."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app import web
from app.keys import Keys
from intake import partners
from models import Arrival, Channel, Partner
from tests import factories as make

SEND, ASK = "/api/v1/reports", "/api/v1/reports/status"
TEXT = "Nghe nói đập thủy điện ở thượng nguồn đã vỡ"


class Portal:
    """A partner's program."""

    def __init__(self, client: TestClient, token: str) -> None:
        self.client, self.token = client, token

    def send(self, named: str = "", **report: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", **({"Idempotency-Key": named} if named else {})}
        return self.client.post(SEND, json={"text": TEXT, **report}, headers=headers)


@pytest.fixture
def portal(client: TestClient, sessions: sessionmaker[Session], keys: Keys) -> Portal:
    return Portal(client, key(sessions, keys, "Báo Lào Cai", "reports:write", "reports:status"))


def key(sessions: sessionmaker[Session], keys: Keys, name: str, *scopes: str, per_minute: int = 60) -> str:
    with sessions.begin() as session:
        by = make.officer(session, "admin")
        partner = session.scalar(select(Partner).where(Partner.name == name))
        partner = partner or partners.add(session, name, by=by, at=web.now())
        return partners.issue(
            session, partner, scopes=scopes, per_minute=per_minute, by=by, secret=keys.code, at=web.now()
        )[1]


def test_a_report_carries_its_partner(portal: Portal, database: Engine) -> None:
    sent = portal.send(more=["Cầu Cốc Lếu sập"])
    assert sent.status_code == 201
    with Session(database) as session:
        partner = session.scalars(select(Partner)).one()
        rows = session.execute(select(Arrival.channel, Arrival.partner_id)).all()
        assert rows == [(Channel.PARTNER, partner.id)] * 2
    asked = portal.client.post(
        ASK, json={"code": sent.json()["code"]}, headers={"Authorization": f"Bearer {portal.token}"}
    )
    assert [piece["number"] for piece in asked.json()["pieces"]] == [2]


def test_a_named_call_is_answered_alike_and_stored_once(
    portal: Portal, database: Engine, sessions: sessionmaker[Session], keys: Keys
) -> None:
    first, again = portal.send("tin-17"), portal.send("tin-17")
    assert (again.status_code, again.json()["code"]) == (201, first.json()["code"])
    other = Portal(portal.client, key(sessions, keys, "Đài PT-TH", "reports:write"))
    assert other.send("tin-17").json()["code"] != first.json()["code"]
    renewed = Portal(portal.client, key(sessions, keys, "Báo Lào Cai", "reports:write"))
    assert renewed.send("tin-17").json()["code"] == first.json()["code"]
    reused = portal.send("tin-17", text="Cầu Cốc Lếu sập")
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency-key-reused")
    assert portal.send("hai tu").status_code == 422
    with Session(database) as session:
        assert len(session.scalars(select(Arrival)).all()) == 2


@pytest.mark.parametrize("shown", ["Bearer kt_abcdefgh_" + "x" * 43, "Bearer", "Basic YTpi", "", "Bearer é"])
def test_a_header_without_a_good_key_is_no_anonymous_call(client: TestClient, shown: str) -> None:
    refused = client.post(SEND, json={"text": TEXT}, headers={b"authorization": shown.encode()})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "key-unknown"


def test_a_key_does_what_its_scopes_say(
    client: TestClient, sessions: sessionmaker[Session], keys: Keys
) -> None:
    asks = key(sessions, keys, "Sở TT", "reports:status")
    headers = {"Authorization": f"Bearer {asks}"}
    refused = client.post(SEND, json={"text": TEXT}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
    assert client.post(ASK, json={"code": "x"}, headers=headers).status_code == 404


def test_a_key_over_its_limit_waits_and_nobody_else(
    portal: Portal, sessions: sessionmaker[Session], keys: Keys
) -> None:
    slow = Portal(portal.client, key(sessions, keys, "Cổng nhỏ", "reports:write", per_minute=2))
    assert [slow.send().status_code for _ in range(3)] == [201, 201, 429]
    refused = slow.send()
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert refused.json()["code"] == "too-many-requests"
    assert portal.send().status_code == 201


def test_the_document_says_that_a_key_may_come(house: FastAPI) -> None:
    operation = house.openapi()["paths"][SEND]["post"]
    assert {"PartnerKey": []} in operation["security"]
    assert {} in operation["security"]
    assert any(one["name"] == "Idempotency-Key" for one in operation["parameters"])
    assert {"401", "403", "429"} <= set(operation["responses"])
