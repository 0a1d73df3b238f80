"""What somebody tells an officer: written down, read back, saved once, the code handed over."""

from typing import Any

import lxml.html
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from intake import codes
from models import Arrival, AuditEntry, Channel, Contact
from tests.verify.conftest import Desk

PATH = "/tiep-nhan"
TOLD: dict[str, Any] = {"channel": "hotline", "text": "Nghe nói đập thủy điện Nậm Pung vỡ", "place": "Y Tý"}


def entry(**changes: Any) -> dict[str, Any]:
    return {**TOLD, "code": codes.new(), **changes}


def carried(page: str) -> dict[str, Any]:
    """Return what the page's form would send on."""
    fields: dict[str, Any] = {}
    form = next(one for one in lxml.html.fromstring(page).forms if PATH in one.get("action", ""))
    for name, value in form.form_values():
        fields[name] = [*fields[name], value] if isinstance(fields.get(name), list) else value
        if name == "more" and not isinstance(fields[name], list):
            fields[name] = [value]
    return fields


def test_an_entry_is_read_back_saved_once_and_its_code_tracks_it(desk: Desk, database: Engine) -> None:
    by = desk.as_("verifier")
    shown = desk.post(f"{PATH}/doc-lai", **entry(more=["Cầu Cốc Lếu sập", "https://example.org/x"]))
    assert shown.status_code == 200
    assert "Tôi xin đọc lại" in shown.text
    with Session(database) as session:
        assert session.scalar(select(func.count()).select_from(Arrival)) == 0
    sent = carried(shown.text) | {"read_back": "yes"}
    for _twice in range(2):
        saved = desk.post(f"{PATH}/luu", **sent)
        assert saved.status_code == 201
        assert saved.headers["cache-control"] == "no-store"
    with Session(database) as session:
        first, *rest = session.scalars(select(Arrival).order_by(Arrival.id)).all()
        assert (first.channel, first.taken_by_id, first.place_text) == (Channel.HOTLINE, by.id, "Y Tý")
        assert first.read_back_at == first.received_at
        assert [one.piece_of for one in rest] == [first.id, first.id]
        assert (
            session.scalar(
                select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "report.taken-down")
            )
            == 1
        )
    page = desk.client.post("/tra-cuu", data={"code": sent["code"]})
    assert "Nội dung gửi cùng" in page.text
    assert by.display_name not in page.text


def test_a_call_that_broke_off_is_kept_without_read_back(desk: Desk, database: Engine) -> None:
    desk.as_("verifier")
    asked = desk.post(f"{PATH}/luu", **entry())
    assert asked.status_code == 422
    assert "đã đọc lại cho người phản ánh" in asked.text
    assert desk.post(f"{PATH}/luu", **(carried(asked.text) | {"read_back": "no"})).status_code == 201
    with Session(database) as session:
        assert session.scalars(select(Arrival)).one().read_back_at is None


def test_a_refusal_keeps_every_word_and_the_code(desk: Desk) -> None:
    desk.as_("verifier")
    typed = entry(channel="", contact="không phải số", doubt="Ảnh cũ", more=["Cầu sập"])
    refused = desk.post(f"{PATH}/doc-lai", **typed)
    assert refused.status_code == 422
    again = carried(refused.text)
    assert (again["text"].strip(), again["doubt"].strip(), again["contact"]) == (
        typed["text"],
        "Ảnh cũ",
        "không phải số",
    )
    assert again["more"][0].strip() == "Cầu sập"
    assert codes.normalise(again["code"]) == typed["code"]
    mended = desk.post(PATH, **entry(doubt="Ảnh cũ"))
    assert carried(mended.text)["doubt"].strip() == "Ảnh cũ"


def test_contact_is_kept_as_on_the_form(desk: Desk, database: Engine) -> None:
    desk.as_("verifier")
    sent = entry(contact="0912 345 678", read_back="yes")
    assert desk.post(f"{PATH}/luu", **sent).status_code == 422
    assert desk.post(f"{PATH}/luu", **sent, consent="1").status_code == 201
    with Session(database) as session:
        assert b"0912" not in session.scalars(select(Contact)).one().ciphertext


@pytest.mark.parametrize("channel", ["web", "partner", "email", "x"])
def test_no_other_door_can_be_pretended(desk: Desk, channel: str) -> None:
    desk.as_("verifier")
    assert desk.post(f"{PATH}/luu", **entry(channel=channel, read_back="yes")).status_code == 422


def test_the_slip_spells_the_code(desk: Desk) -> None:
    desk.as_("verifier")
    saved = desk.post(f"{PATH}/luu", **entry(code="7ZQ48MXTC0RV9K2HJ7WBE5NAD3", read_back="yes"))
    assert "bảy · dét · quy · bốn" in saved.text
    assert "7ZQ4" in saved.text


def test_only_verifiers_with_the_form_token_enter(desk: Desk) -> None:
    desk.as_("admin")
    assert desk.get(PATH).status_code == 403
    desk.as_("verifier")
    assert desk.get(PATH).status_code == 200
    desk.token = "wrong"
    assert desk.post(f"{PATH}/luu", **entry(read_back="yes")).status_code == 403
    desk.nobody()
    assert desk.post(f"{PATH}/luu", **entry(read_back="yes")).status_code == 303
    desk.as_("verifier")
    assert desk.get(f"{PATH}/luu").headers["location"] == f"/ban-lam-viec{PATH}"


def test_only_those_who_may_take_down_are_led_there(desk: Desk) -> None:
    for role, led in (("verifier", True), ("admin", False), ("publisher", False)):
        desk.as_(role)
        assert ('href="/ban-lam-viec/tiep-nhan"' in desk.get("/kenh").text) is led
