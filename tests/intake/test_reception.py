"""The open doors in calm and in a flood: what is held, and that nothing honest is refused or lost."""

import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app import web
from app.keys import Keys
from intake import codes, gate, networks, partners, stamps
from models import Arrival, ArrivalState, HeldWhy, Picture, Scope
from tests import factories as make
from tests.intake.hostile_pictures import jpeg
from tests.intake.working import proof

SEND, API = "/phan-anh", "/api/v1/reports"
TEXT = "Đập thủy điện Nậm Pung đã vỡ"
HOME = "1.52.3.4"  # some public address


@pytest.fixture
def flood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "arrived", lambda _session, **_at: gate.FLOOD)


@pytest.fixture
def outside(house: FastAPI) -> Callable[[str], TestClient]:
    """Makes browsers at an address of their own, behind the proxy as uvicorn knows it."""
    proxied = ProxyHeadersMiddleware(house, trusted_hosts="127.0.0.1")  # type: ignore[arg-type]

    def at(address: str) -> TestClient:
        headers = {"X-Forwarded-For": address}
        return TestClient(proxied, client=("127.0.0.1", 5000), headers=headers, follow_redirects=False)  # type: ignore[arg-type]

    return at


def post(client: TestClient, **typed: str) -> httpx2.Response:
    return client.post(SEND, data={"text": TEXT, "code": codes.new(), **typed})


def stored(database: Engine) -> list[tuple[ArrivalState, HeldWhy | None, bool]]:
    with Session(database) as session:
        return [
            (one.state, one.held_why, one.proven)
            for one in session.scalars(select(Arrival).order_by(Arrival.id))
        ]


STRAIGHT = (ArrivalState.RECEIVED, None, False)


def held(why: HeldWhy, *, proven: bool = False) -> tuple[ArrivalState, HeldWhy, bool]:
    return (ArrivalState.HELD, why, proven)


def test_in_calm_everybody_passes_with_proof_or_without(
    client: TestClient, database: Engine, keys: Keys
) -> None:
    page = client.get("/").text
    assert re.search(r'name="proof"', page)
    assert post(client).status_code == 201
    challenge = client.get(f"{API}/challenge")
    assert challenge.headers["cache-control"] == "no-store"
    assert post(client, proof=proof(keys.code, pressure=0, at=web.now())).status_code == 201
    assert post(client, proof="rác").status_code == 201
    assert stored(database) == [STRAIGHT, (ArrivalState.RECEIVED, None, True), STRAIGHT]


@pytest.mark.usefixtures("flood")
def test_in_a_flood_a_report_without_proof_is_kept_and_waits(
    client: TestClient, database: Engine, keys: Keys
) -> None:
    code = codes.new()
    answer = post(client, code=code)
    assert answer.status_code == 201
    assert "không cần gửi lại" in answer.text
    assert "không cần gửi lại" in client.post("/tra-cuu", data={"code": code}).text
    assert "send it again" in client.post("/tra-cuu?lang=en", data={"code": code}).text
    client.cookies.clear()
    answer = post(client, proof=proof(keys.code, pressure=gate.FLOOD, at=web.now()))
    assert (answer.status_code, "không cần gửi lại" in answer.text) == (201, False)
    assert client.post(API, json={"text": TEXT}).status_code == 201
    whole = proof(keys.code, pressure=gate.FLOOD, at=web.now())
    assert client.post(API, json={"text": TEXT, "proof": whole}).status_code == 201
    straight = (ArrivalState.RECEIVED, None, True)
    assert stored(database) == [held(HeldWhy.NO_PROOF), straight, held(HeldWhy.NO_PROOF), straight]


@pytest.mark.usefixtures("flood")
def test_pictures_by_the_api_wait_too(client: TestClient, database: Engine, keys: Keys) -> None:
    whole = proof(keys.code, pressure=0, at=web.now())
    for report in ("{}", f'{{"proof": "{whole}"}}'):
        sent = client.post(
            f"{API}/with-pictures",
            data={"report": report},
            files={"pictures": ("a.jpg", jpeg(), "image/jpeg")},
        )
        assert sent.status_code == 201
    assert stored(database) == [held(HeldWhy.NO_PROOF), (ArrivalState.RECEIVED, None, True)]
    with Session(database) as session:
        assert len(session.scalars(select(Picture)).all()) == 2


@pytest.mark.usefixtures("flood")
def test_the_same_report_twice_is_one_though_its_proof_is_spent(
    client: TestClient, database: Engine, keys: Keys
) -> None:
    same = {"code": codes.new(), "proof": proof(keys.code, pressure=0, at=web.now())}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: post(client, **same), range(8)))
    assert {one.status_code for one in answers} == {201}
    assert not any("không cần gửi lại" in one.text for one in answers)
    assert stored(database) == [(ArrivalState.RECEIVED, None, True)]


@pytest.mark.usefixtures("flood")
def test_one_proof_opens_for_one_report(client: TestClient, database: Engine, keys: Keys) -> None:
    whole, start = proof(keys.code, pressure=0, at=web.now()), threading.Barrier(8)

    def send(_number: int) -> int:
        start.wait()
        return post(client, proof=whole).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(8))) == {201}
    assert sorted(stored(database), key=str) == sorted(
        [(ArrivalState.RECEIVED, None, True), *[held(HeldWhy.NO_PROOF)] * 7], key=str
    )


@pytest.mark.usefixtures("flood")
def test_a_refused_form_does_not_cost_its_proof(client: TestClient, database: Engine, keys: Keys) -> None:
    code, whole = codes.new(), proof(keys.code, pressure=0, at=web.now())
    assert post(client, code=code).status_code == 201
    refused = post(client, code=code, text="Nội dung khác", proof=whole)
    assert (refused.status_code, "Nội dung khác" in refused.text) == (409, True)
    assert post(client, text="Nội dung khác", proof=whole).status_code == 201
    assert stored(database)[-1] == (ArrivalState.RECEIVED, None, True)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"website": "https://example.org"}, HeldWhy.BAIT),
        ({"served": "now"}, HeldWhy.TOO_FAST),
        ({"served": "lately"}, None),
        ({"served": "forged"}, None),
    ],
)
def test_programs_are_held_and_learn_nothing(
    client: TestClient, database: Engine, keys: Keys, typed: dict[str, str], why: HeldWhy | None
) -> None:
    moments = {"now": timedelta(0), "lately": gate.QUICK + timedelta(seconds=1)}
    if typed.get("served") in moments:
        typed = {"served": stamps.stamp(keys.code, at=web.now() - moments[typed["served"]])}
    code = codes.new()
    answers = post(client, code=code, **typed), post(client)
    assert stored(database)[0][1] is why
    bare = [re.sub(r"(<span>)?[0-9A-Z-]{2,32}(</span>)?", "", one.text) for one in answers]
    assert bare[0] == bare[1]
    assert "Đã tiếp nhận" in client.post("/tra-cuu", data={"code": code}).text


def test_the_form_carries_bait_and_stamp_through_a_refusal(client: TestClient) -> None:
    page = client.get("/").text
    served = re.search(r'name="served" value="([^"]+)"', page)
    assert served is not None
    again = post(client, text="", served=served[1], website="x")
    assert again.status_code == 422
    assert f'name="served" value="{served[1]}"' in again.text
    bait = re.search(r"<input[^>]*name=\"website\"[^>]*>", again.text)
    assert bait is not None
    assert 'tabindex="-1"' in bait[0]
    assert 'value="x"' in bait[0]


def test_many_from_one_network_are_kept_and_wait(
    outside: Callable[[str], TestClient], database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "NARROW", 3)
    school, other = outside(HOME), outside("1.52.77.1")
    assert {post(school).status_code for _ in range(5)} == {201}
    assert post(other).status_code == 201
    assert stored(database) == [STRAIGHT] * 3 + [held(HeldWhy.MANY)] * 2 + [STRAIGHT]


def test_far_too_many_are_refused_with_everything_typed_kept(
    outside: Callable[[str], TestClient], database: Engine, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "NARROW", 0.1)
    client = outside(HOME)
    assert post(client).status_code == 201
    refused = post(client, text="Chữ đã gõ", doubt="Vì sao", url="https://example.org/a")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= networks.WINDOW
    for words in ("Chữ đã gõ", "Vì sao", "https://example.org/a", "Quá nhiều yêu cầu"):
        assert words in refused.text
    program = client.post(API, json={"text": TEXT})
    assert (program.status_code, program.json()["code"]) == (429, "too-many-requests")
    assert int(program.headers["retry-after"]) >= 1
    assert post(client, proof=proof(keys.code, pressure=0, at=web.now())).status_code == 201
    assert stored(database)[1:] == [held(HeldWhy.MANY, proven=True)]


@pytest.mark.parametrize("spoofed", ["9.9.9.{}", "10.0.0.{}", "x{}", "127.0.0.{}"])
def test_a_forged_forwarding_does_not_change_who_is_counted(
    outside: Callable[[str], TestClient], database: Engine, monkeypatch: pytest.MonkeyPatch, spoofed: str
) -> None:
    """What a visitor writes stands left of what a proxy appends, and uvicorn reads from the right."""
    monkeypatch.setattr(networks, "NARROW", 2)
    for number in range(4):
        assert post(outside(f"{spoofed.format(number)}, {HOME}")).status_code == 201
    assert [why for _, why, _ in stored(database)] == [None, None, HeldWhy.MANY, HeldWhy.MANY]


@pytest.mark.usefixtures("flood")
def test_a_partner_with_a_key_is_never_held(
    outside: Callable[[str], TestClient],
    database: Engine,
    sessions: sessionmaker[Session],
    keys: Keys,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(networks, "NARROW", 0.01)
    with sessions.begin() as session:
        by, at = make.officer(session, "admin"), datetime.now(UTC)
        partner = partners.add(session, "Cổng 1022", by=by, at=at)
        _, token = partners.issue(
            session, partner, scopes=[Scope.WRITE], per_minute=60, by=by, secret=keys.code, at=at
        )
    client = outside(HOME)
    for _ in range(2):
        sent = client.post(API, json={"text": TEXT}, headers={"Authorization": f"Bearer {token}"})
        assert sent.status_code == 201
    assert stored(database) == [STRAIGHT] * 2


def test_no_address_is_stored_or_logged(
    outside: Callable[[str], TestClient], database: Engine, house: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = outside(HOME)
    assert post(client).status_code == 201
    assert client.post(API, json={"text": TEXT}).status_code == 201
    assert HOME not in caplog.text
    with database.connect() as connection:
        tables = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        for table in tables:
            rows: list[Any] = list(connection.scalars(text(f"SELECT t::text FROM {table} t")))
            assert not any(HOME in row for row in rows), table
    crowds = house.state.porter.crowds
    assert HOME.encode() not in repr({**vars(house.state), **vars(crowds)}).encode()
    assert vars(crowds)["_counts"], "it was counted all the same"
