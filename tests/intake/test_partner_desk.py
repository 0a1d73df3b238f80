"""Partners and keys at the desk of an administrator."""

import re

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import Partner, PartnerKey
from tests.verify.conftest import Desk

PATH = "/don-vi-phoi-hop"


def made(desk: Desk, database: Engine) -> tuple[int, str]:
    assert desk.post(PATH, name="Báo Lào Cai").status_code == 303
    with Session(database) as session:
        partner = session.scalars(select(Partner)).one()
    shown = desk.post(f"{PATH}/{partner.id}/khoa", scopes=["reports:write"], per_minute="30")
    assert (shown.status_code, shown.headers["cache-control"]) == (201, "no-store")
    token = re.search(r"kt_[a-z0-9]{8}_[\w-]{43}", shown.text)
    assert token is not None
    return partner.id, token.group()


def test_a_key_is_made_used_rotated_and_revoked(desk: Desk, database: Engine) -> None:
    desk.as_("admin")
    _, token = made(desk, database)
    assert token not in desk.get(PATH).text
    assert token[:11] in desk.get(PATH).text
    with Session(database) as session:
        old = session.scalars(select(PartnerKey)).one()
    assert desk.post(f"{PATH}/khoa/{old.id}/doi", overlap="14").status_code == 201
    assert desk.post(f"{PATH}/khoa/{old.id}/doi", overlap="14").status_code == 409
    assert desk.post(f"{PATH}/khoa/{old.id}/thu-hoi").status_code == 303
    again = desk.post(f"{PATH}/khoa/{old.id}/thu-hoi")
    assert again.status_code == 409
    assert "Đã thu hồi" in again.text
    headers = {"Authorization": f"Bearer {token}"}
    assert desk.client.post("/api/v1/reports", json={"text": "Đập vỡ"}, headers=headers).status_code == 401


def test_refusals_show_the_page_with_what_was_typed(desk: Desk, database: Engine) -> None:
    desk.as_("admin")
    partner, _ = made(desk, database)
    refused = desk.post(f"{PATH}/{partner}/khoa", per_minute="77")
    assert refused.status_code == 422
    assert 'value="77"' in refused.text
    assert desk.post(PATH, name="Báo Lào Cai").status_code == 409
    assert desk.post(f"{PATH}/999/khoa", scopes=["reports:write"], per_minute="1").status_code == 404


def test_only_administrators_enter(desk: Desk) -> None:
    desk.as_("verifier", "approver", "publisher", "auditor")
    assert desk.get(PATH).status_code == 403
    assert desk.post(PATH, name="Ai đó").status_code == 403
    desk.nobody()
    assert desk.get(PATH).status_code == 303
