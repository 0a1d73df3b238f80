"""Bodies that lie: packed, cut off, over the limit and not saying so. Refused in words, nothing stored."""

import asyncio
import gzip
import tracemalloc
from collections.abc import Iterable
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app.keys import Keys
from intake import codes, pictures
from models import Arrival, Picture
from tests.intake import hostile_pictures as hostile
from tests.intake.test_callers import key

MB = 1024 * 1024
FORM, API = "/phan-anh", "/api/v1/reports/with-pictures"
KIND = "multipart/form-data; boundary=XX"
END = b"--XX--\r\n"


def part(name: str, content: bytes, *, file: bool = False) -> bytes:
    named = b'; filename="a.jpg"' if file else b""
    return b'--XX\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (
        name.encode(),
        named,
        content,
    )


def report() -> bytes:
    """A report with a picture that both doors take, if only it is whole."""
    words = part("text", "Đập vỡ".encode()) + part("code", codes.new().encode())
    return words + part("report", '{"text": "Đập vỡ"}'.encode()) + part("pictures", hostile.jpeg(), file=True)


class Wire:
    """A connection to the application itself: what is sent piece by piece, and how much of it was taken."""

    def __init__(
        self, house: FastAPI, chunks: Iterable[bytes], *, hang_up: bool = False, **headers: str
    ) -> None:
        self.house, self.chunks, self.hang_up = house, iter(chunks), hang_up
        self.headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self.taken, self.status, self.said = 0, 0, b""

    async def _receive(self) -> dict[str, Any]:
        chunk = next(self.chunks, None)
        if chunk is None and self.hang_up:
            return {"type": "http.disconnect"}
        self.taken += len(chunk or b"")
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        self.said += message.get("body", b"")

    def post(self, path: str) -> "Wire":
        scope = {
            "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": path,
            "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1),
            "server": ("testserver", 80), "headers": [(b"content-type", KIND.encode()), *self.headers],
        }  # fmt: skip
        asyncio.run(self.house(scope, self._receive, self._send))
        return self


def nothing_stored(database: Engine) -> bool:
    with Session(database) as session:
        return not any(session.scalar(select(func.count()).select_from(one)) for one in (Arrival, Picture))


@pytest.mark.parametrize("door", [FORM, API])
def test_a_body_that_stops_too_early_stores_nothing(client: TestClient, database: Engine, door: str) -> None:
    whole = report()
    for cut in (whole[:-1000], whole, whole + END[:-4]):
        answer = client.post(door, content=cut, headers={"Content-Type": KIND})
        assert (answer.status_code, "ngắt giữa chừng" in answer.text) == (422, True)
    assert nothing_stored(database)
    assert client.post(door, content=whole + END, headers={"Content-Type": KIND}).status_code == 201


@pytest.mark.parametrize("size", [1, 3, 7])
def test_the_end_is_found_in_pieces_of_any_size(house: FastAPI, size: int) -> None:
    words = part("text", "Đập vỡ".encode()) + part("code", codes.new().encode())
    sent = words + END + b"what follows the end does not count"
    pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
    assert Wire(house, pieces).post(FORM).status == 201
    assert Wire(house, [words[at : at + size] for at in range(0, len(words), size)]).post(FORM).status == 422


@pytest.mark.parametrize("door", [FORM, API, "/tra-cuu"])
def test_a_packed_body_is_not_unpacked(client: TestClient, database: Engine, door: str) -> None:
    bomb = gzip.compress(report() + bytes(5 * MB) + END)
    for packing in ("gzip", "deflate", "br", "gzip, gzip"):
        headers = {"Content-Type": KIND, "Content-Encoding": packing}
        answer = client.post(door, content=bomb, headers=headers)
        assert (answer.status_code, "bị nén" in answer.text) == (415, True)
        assert "content-security-policy" in answer.headers
    assert nothing_stored(database)


def test_a_length_that_promises_more_than_comes_stores_nothing(house: FastAPI, database: Engine) -> None:
    for sent in (report()[:-1000], report()):
        Wire(house, [sent], hang_up=True, content_length=str(len(sent) + 50)).post(FORM)
    assert nothing_stored(database)


@pytest.mark.parametrize("door", [FORM, API])
def test_an_endless_body_is_cut_off_while_it_streams(house: FastAPI, database: Engine, door: str) -> None:
    chunk = bytes(256 * 1024)
    endless = [part("pictures", b"\xff\xd8\xff" + chunk, file=True)[:-2], *[chunk] * 1000]
    tracemalloc.start()
    wire = Wire(house, endless).post(door)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (wire.status, "quá lớn" in wire.said.decode()) == (413, True)
    assert wire.taken <= pictures.BODY_LIMIT + len(chunk)
    assert peak < 8 * MB  # what comes goes to a file, not into memory
    assert nothing_stored(database)


def test_a_length_over_the_limit_is_believed_unread(house: FastAPI) -> None:
    wire = Wire(house, [bytes(MB)] * 99, content_length=str(99 * MB), accept="text/html").post(FORM)
    assert (wire.status, wire.taken) == (413, 0)
    assert "Nội dung quá lớn" in wire.said.decode()  # a page, not the framework's two words


def test_programs_get_a_problem_with_a_code(
    client: TestClient, database: Engine, sessions: sessionmaker[Session], keys: Keys
) -> None:
    token = key(sessions, keys, "Báo Lào Cai", "reports:write")
    mine = {"Authorization": f"Bearer {token}", "Content-Type": KIND}
    bodies = {"body-cut": report(), "too-large": bytes(pictures.BODY_LIMIT + 1)}
    for code, body in bodies.items():
        answer = client.post(API, content=body, headers=mine)
        assert (answer.json()["code"], answer.headers["content-type"]) == (code, "application/problem+json")
    answer = client.post(
        API, content=gzip.compress(report() + END), headers={**mine, "Content-Encoding": "gzip"}
    )
    assert answer.json()["code"] == "body-packed"
    large = part("pictures", hostile.jpeg() + bytes(10 * MB), file=True)
    answer = client.post(API, content=large + END, headers=mine)
    assert (answer.json()["code"], answer.json()["field"]) == ("picture-large", "pictures")
    assert nothing_stored(database)
    assert client.post(API, content=report() + END, headers=mine).status_code == 201
