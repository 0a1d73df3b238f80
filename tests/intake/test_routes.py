import html
import itertools
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from corpus import passages, places
from corpus.text import normalise
from intake import codes
from models import Arrival, Contact
from models.arrival import TEXT_LIMIT
from tests import factories as make

TEXT = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ"


def code_on(page: Response) -> str:
    found = re.search(r'name="code" value="([^"]+)"', page.text)
    assert found
    return found[1]


def stored(database: Engine, record: type[Any] = Arrival) -> int:
    with Session(database) as session:
        return session.scalar(select(func.count()).select_from(record)) or 0


def send(client: TestClient, **typed: str) -> Response:
    return client.post("/phan-anh", data={"text": TEXT, "code": codes.new(), **typed})


@pytest.mark.usefixtures("_nothing_stored")
def test_the_first_page_says_what_the_centre_does_and_shows_a_fresh_code(turnstile: TestClient) -> None:
    first, second = turnstile.get("/"), turnstile.get("/")
    for words in (
        "Trung tâm làm",
        "Trung tâm không làm",
        "Không xử phạt",
        "113",
        "Ghi lại mã này trước khi gửi",
    ):
        assert words in first.text
    assert codes.normalise(code_on(first)) != codes.normalise(code_on(second))
    assert first.headers["cache-control"] == "no-store"
    assert not re.search(r'id="f-consent"[^>]* checked', first.text)


def test_sending_stores_and_shows_the_code_again(client: TestClient, database: Engine) -> None:
    form = client.get("/")
    code = code_on(form)
    answer = client.post("/phan-anh", data={"text": TEXT, "code": code, "place": "xã Y Tý", "seen_on": ""})
    assert answer.status_code == 201
    assert codes.normalise(code)[:4] in answer.text
    assert answer.headers["cache-control"] == "no-store"
    with Session(database) as session:
        arrival = session.scalars(select(Arrival)).one()
        assert arrival.text == TEXT
        assert places.by_code(arrival.place_code)
        assert datetime.now(UTC) - arrival.received_at < timedelta(minutes=1)


def test_it_is_committed_when_the_answer_leaves(house: FastAPI, database: Engine) -> None:
    with TestClient(house) as client:
        for count in range(1, 4):
            assert send(client).status_code == 201
            assert stored(database) == count


def test_reloading_the_receipt_sends_again_and_stores_once(client: TestClient, database: Engine) -> None:
    code = codes.new()
    answers = {send(client, code=code, contact="a@b.vn", consent="1").status_code for _ in range(3)}
    assert (answers, stored(database), stored(database, Contact)) == ({201}, 1, 1)


def test_two_hundred_at_once_store_one(house: FastAPI, database: Engine) -> None:
    code, gate = codes.new(), threading.Barrier(16)
    with TestClient(house, raise_server_exceptions=False) as client, ThreadPoolExecutor(16) as pool:

        def post(number: int) -> int:
            if number < 16:
                gate.wait()
            return send(client, code=code).status_code

        statuses = set(pool.map(post, range(200)))
    assert (statuses, stored(database)) == ({201}, 1)


@pytest.mark.usefixtures("_nothing_stored")
def test_a_refusal_keeps_everything_typed_and_the_code(turnstile: TestClient) -> None:
    code = codes.grouped(codes.new())
    typed = {
        "text": 'a"b<script>&</textarea>',
        "url": "chưa phải link",
        "seen_where": "zalo",
        "seen_on": "2099-01-01",
        "place": "Bát Xát",
        "field": "y_te",
        "doubt": "nghi lắm",
        "contact": "0912345678",
        "code": code,
    }
    answer = turnstile.post("/phan-anh", data=typed)
    assert answer.status_code == 422
    for value in ("chưa phải link", "Bát Xát", "nghi lắm", "0912345678", code):
        assert value in answer.text
    assert html.escape(typed["text"], quote=False).replace('"', "&#34;") in answer.text
    assert re.search(r'value="zalo" selected', answer.text)
    assert re.search(r'value="y_te" selected', answer.text)
    for field in ("url", "seen_on", "consent"):
        assert f'href="#f-{field}"' in answer.text
    assert "<script>&" not in answer.text


def test_a_used_code_with_other_words_gets_a_new_code(client: TestClient, database: Engine) -> None:
    code = codes.new()
    send(client, code=code)
    answer = send(client, code=code, text="Chuyện khác hẳn")
    assert answer.status_code == 409
    assert "Chuyện khác hẳn" in answer.text
    assert codes.normalise(code_on(answer)) != code
    assert send(client, code=code_on(answer), text="Chuyện khác hẳn").status_code == 201
    assert stored(database) == 2


@pytest.mark.usefixtures("_nothing_stored")
@pytest.mark.parametrize("code", ["", "abc", "0" * 26, "<b>", "x" * 10**6])
def test_a_broken_code_is_replaced_and_the_words_stay(turnstile: TestClient, code: str) -> None:
    answer = send(turnstile, code=code)
    assert answer.status_code == 422
    assert TEXT in answer.text
    assert codes.normalise(code_on(answer))


HOSTILE = {
    "empty": "",
    "huge": "x" * 1_000_000,
    "nul": "a\0b",
    "escape": "\x1b]0;x\x07",
    "decomposed": "Đa\u0323\u0306p",
    "markup": "<img src=x onerror=alert(1)>",
    "formula": '=HYPERLINK("http://x","y")',
    "template": "{{ 7*7 }}{% raw %}",
    "bidi": "\u202egpj.exe",
    "sql": "'; DROP TABLE arrivals; --",
}
FIELDS = (
    *("text", "url", "seen_where", "seen_on", "place", "place_code", "field", "doubt", "contact"),
    *("consent", "code"),
)


def test_no_field_takes_the_page_down(client: TestClient) -> None:
    for (name, value), field, path in itertools.product(HOSTILE.items(), FIELDS, ("", "/tuong-tu")):
        answer = client.post(f"/phan-anh{path}", data={"text": TEXT, "code": codes.new(), field: value})
        assert answer.status_code in {200, 201, 422}, (name, field, answer.status_code)
        assert "<img src=x" not in answer.text


@pytest.mark.usefixtures("_nothing_stored")
@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_code_takes_tracking_down(turnstile: TestClient, value: str) -> None:
    for path in ("/tra-cuu", "/tra-cuu/xoa-lien-he"):
        assert turnstile.post(path, data={"code": value}).status_code == 404


@pytest.mark.usefixtures("_nothing_stored")
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe\xfa", "application/x-www-form-urlencoded"),
        (b"text=%ED%A0%80%FF&code=%00", "application/x-www-form-urlencoded"),
        (b"text=a", "text/plain"),
        (b'{"text": "a"}', "application/json"),
        (b"", "multipart/form-data"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"a=1&" * 5_000, "application/x-www-form-urlencoded"),
        (
            b'--x\r\nContent-Disposition: form-data; name="text"; filename="a.txt"\r\n\r\nhi\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n+2AA-\r\n--x--\r\n',
            "multipart/form-data; boundary=x; charset=utf-7",
        ),
    ],
)
def test_odd_bodies_are_refused_in_words(turnstile: TestClient, body: bytes, kind: str) -> None:
    for path in ("/phan-anh", "/tra-cuu", "/tra-cuu/xoa-lien-he"):
        answer = turnstile.post(path, content=body, headers={"content-type": kind})
        assert 400 <= answer.status_code < 500, (path, answer.status_code)
        assert "<h1>" in answer.text


@pytest.mark.usefixtures("_nothing_stored")
def test_a_long_text_is_refused_with_its_limit_in_sight(turnstile: TestClient) -> None:
    answer = send(turnstile, text="x" * (TEXT_LIMIT + 1))
    assert answer.status_code == 422
    assert "10.000" in answer.text
    assert "x" * (TEXT_LIMIT + 1) in answer.text


@pytest.fixture
def dam(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        claim = make.claim(session, TEXT)
        session.execute(
            insert(passages.Passage).values(claim_id=claim.id, **passages.values(normalise(TEXT)))
        )


@pytest.mark.usefixtures("dam")
def test_similar_conclusions_are_offered_with_and_without_script(client: TestClient) -> None:
    code = codes.new()
    typed = {"text": "dap thuy dien nam pung o bat xat da vo", "doubt": "nghi", "code": code}
    page = client.post("/phan-anh/tuong-tu", data=typed)
    assert page.status_code == 200
    for words in (TEXT, "Tin sai sự thật", "UBND huyện Bát Xát", "https://example.org/bai-viet", "nghi"):
        assert words in page.text
    assert codes.normalise(code_on(page)) == code
    part = client.post("/phan-anh/tuong-tu", data={"text": typed["text"]}, headers={"hx-request": "true"})
    assert TEXT in part.text
    assert "<html" not in part.text


@pytest.mark.usefixtures("dam")
def test_nothing_similar_is_said_only_to_who_asked(client: TestClient) -> None:
    typed = {"text": "Giá vàng hôm nay tăng", "code": codes.new()}
    assert "Chưa thấy kết luận" in client.post("/phan-anh/tuong-tu", data=typed).text
    part = client.post("/phan-anh/tuong-tu", data=typed, headers={"hx-request": "true"})
    assert part.text.strip() == ""


@pytest.mark.usefixtures("_nothing_stored")
def test_places_understand_old_names(turnstile: TestClient) -> None:
    assert "Xã Bát Xát" in turnstile.get("/dia-ban", params={"place": "bat xat"}).text
    assert turnstile.get("/dia-ban", params={"place": "huyện Văn Chấn"}).text.count('type="radio"') > 2
    for odd in ("", "x", "\0", "x" * 5_000, "<b>"):
        answer = turnstile.get("/dia-ban", params={"place": odd})
        assert (answer.status_code, "<b>" in answer.text) == (200, False)


def test_tracking_shows_the_state_and_forgets_contact(client: TestClient, database: Engine) -> None:
    code = codes.new()
    send(client, code=code, contact="0912345678", consent="1")
    page = client.post("/tra-cuu", data={"code": codes.grouped(code).lower()})
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    for words in ("Đã tiếp nhận", "Đang xác minh", "Xóa thông tin liên hệ của tôi"):
        assert words in page.text
    assert "0912345678" not in page.text
    for _ in range(2):
        gone = client.post("/tra-cuu/xoa-lien-he", data={"code": code})
        assert "Đã xóa thông tin liên hệ" in gone.text
    assert stored(database, Contact) == 0


@pytest.mark.usefixtures("_nothing_stored")
def test_unknown_and_malformed_codes_are_answered_alike(turnstile: TestClient) -> None:
    typed = [codes.new(), "sai-rồi", ""]
    answers = [turnstile.post("/tra-cuu", data={"code": one}) for one in typed]
    assert {answer.status_code for answer in answers} == {404}
    bare = {
        answer.text.replace(f'value="{one}"', 'value=""') for one, answer in zip(typed, answers, strict=True)
    }
    assert len(bare) == 1


@pytest.mark.usefixtures("_nothing_stored")
@pytest.mark.parametrize("path", ["/phan-anh", "/phan-anh/tuong-tu", "/tra-cuu/xoa-lien-he"])
def test_addresses_of_answers_lead_back_to_their_form(turnstile: TestClient, path: str) -> None:
    start = "/tra-cuu" if path.startswith("/tra-cuu") else "/"
    assert turnstile.get(path).headers["location"] == start
    assert turnstile.get(path, params={"lang": "en", "code": "x"}).headers["location"] == f"{start}?lang=en"


@pytest.mark.usefixtures("_nothing_stored")
@pytest.mark.parametrize("lang", ["vi", "en", "zh"])
def test_every_page_speaks_every_language(turnstile: TestClient, lang: str) -> None:
    said = {"vi": "Quyền của ông/bà", "en": "Your rights", "zh": "您的权利"}
    assert said[lang] in turnstile.get("/rieng-tu", params={"lang": lang}).text
    for path in ("/", "/tra-cuu"):
        assert turnstile.get(path, params={"lang": lang}).status_code == 200
