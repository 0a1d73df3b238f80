"""Accepting pictures: durable before the answer, sealed, counted, refused in words, never decoded here."""

import io
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet
from sqlalchemy import Engine, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.i18n import words
from app.keys import Keys
from intake import codes, pictures
from models import Arrival, Invalid, Picture, PictureOriginal
from models.picture import BYTES_LIMIT
from tests import factories as make
from tests.intake import hostile_pictures as hostile

ROOT = Path(__file__).parent.parent.parent


def send(client: TestClient, *files: bytes, name: str = "anh.jpg", **typed: str) -> Any:
    parts = [("pictures", (name, content, "image/jpeg")) for content in files]
    return client.post("/phan-anh", data={"code": codes.new(), **typed}, files=parts)


def rows(database: Engine, record: type[Any]) -> int:
    with Session(database) as session:
        return session.scalar(select(func.count()).select_from(record)) or 0


def test_a_picture_alone_is_a_report(client: TestClient, database: Engine, keys: Keys) -> None:
    answer = send(client, hostile.jpeg(), hostile.png())
    assert answer.status_code == 201
    assert "Đã nhận 2 ảnh kèm theo." in answer.text
    with Session(database) as session:
        arrival = session.scalars(select(Arrival)).one()
        first, second = session.scalars(select(Picture).order_by(Picture.position))
        assert (arrival.text, arrival.url, arrival.pictures) == ("", None, 2)
        assert (first.media_type, second.media_type) == ("image/jpeg", "image/png")
        sealed = session.get_one(PictureOriginal, first.id)
        assert hostile.jpeg() not in sealed.ciphertext
        assert hostile.jpeg()[:40] not in sealed.ciphertext
        assert pictures.Seal(keys.contact).open(sealed.ciphertext, first.sha256) == hostile.jpeg()
        with pytest.raises(InvalidTag):
            pictures.Seal(Fernet.generate_key()).open(sealed.ciphertext, first.sha256)
        with pytest.raises(InvalidTag):
            pictures.Seal(keys.contact).open(sealed.ciphertext, second.sha256)


def test_sent_twice_it_is_stored_once(client: TestClient, database: Engine) -> None:
    code = codes.new()
    assert {send(client, hostile.jpeg(), code=code).status_code for _ in range(3)} == {201}
    assert (rows(database, Arrival), rows(database, Picture)) == (1, 1)
    other = send(client, hostile.png(), code=code)
    assert other.status_code == 409
    assert rows(database, Picture) == 1


def test_the_same_picture_chosen_twice_counts_once(client: TestClient, database: Engine) -> None:
    assert send(client, hostile.jpeg(), hostile.jpeg()).status_code == 201
    assert rows(database, Picture) == 1


def test_an_empty_file_field_is_no_picture(client: TestClient, database: Engine) -> None:
    empty = [("pictures", ("", b"", "application/octet-stream"))]
    answer = client.post("/phan-anh", data={"code": codes.new(), "text": "Đập Nậm Pung vỡ"}, files=empty)
    assert answer.status_code == 201
    assert client.post("/phan-anh", data={"code": codes.new()}, files=empty).status_code == 422
    assert rows(database, Picture) == 0


@pytest.mark.parametrize("lang", ["vi", "en", "zh"])
def test_refusals_are_clear_and_lose_nothing_typed(client: TestClient, database: Engine, lang: str) -> None:
    parts = [("pictures", ("a.jpg", hostile.corpus()["refuse-pdf"], "image/jpeg"))]
    answer = client.post(
        f"/phan-anh?lang={lang}",
        data={"code": codes.new(), "text": "Đập Nậm Pung vỡ", "doubt": "Nghe lạ"},
        files=parts,
    )
    assert answer.status_code == 422
    assert words(lang, "refusal.picture-type") in answer.text
    assert "Đập Nậm Pung vỡ" in answer.text
    assert "Nghe lạ" in answer.text
    assert rows(database, Arrival) == 0


def test_more_than_five_pictures_are_too_many(client: TestClient, database: Engine) -> None:
    files = [hostile.encoded(hostile.photo((30 + step, 30)), "PNG") for step in range(6)]
    answer = send(client, *files, text="Đập vỡ")
    assert answer.status_code == 422
    assert "tối đa 5 ảnh" in answer.text
    assert send(client, *files[:5]).status_code == 201
    assert rows(database, Picture) == 5


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "picture-type"),
        (hostile.jpeg() + bytes(BYTES_LIMIT), "picture-large"),
        (hostile.corpus()["refuse-svg-script"], "picture-type"),
        (hostile.corpus()["refuse-png-65535"], "picture-pixels"),
        (hostile.corpus()["refuse-png-bomb"], "picture-pixels"),
        (hostile.corpus()["refuse-png-zero-width"], "picture-broken"),
        (hostile.corpus()["refuse-jpeg-no-frame"], "picture-broken"),
        (hostile.corpus()["refuse-webp-lossless-bomb"], "picture-pixels"),
    ],
)
def test_headers_tell_what_can_never_be_shown(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        pictures.check(content)
    assert refused.value.code == code


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_headers_tell_the_size(form: str) -> None:
    for options in ({}, {"lossless": True}) if form == "WEBP" else ({},):
        content = hostile.encoded(hostile.photo((321, 123)), form, **options)
        found = pictures.kind_of(content)
        assert found is not None
        assert pictures._SIZES[found](content) == (321, 123)  # noqa: SLF001  read from outside only here


def test_no_hostile_file_breaks_the_door(client: TestClient, database: Engine) -> None:
    statuses = {name: send(client, content).status_code for name, content in hostile.corpus().items()}
    assert set(statuses.values()) == {201, 422}
    assert rows(database, Picture) == list(statuses.values()).count(201)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../../etc/passwd",
            "a\0b.jpg",
            "a\r\nX: y.jpg",
            "x" * 4096,
            "\u202egpj.exe",
            "con.",
            "NUL",
            "anh.jpg.",
        ),
        *("<script>alert(1)</script>.png", '"; filename="b', "%2e%2e%2f", "ảnh của tôi.jpg"),
    ],
)
def test_names_of_files_are_not_even_read(client: TestClient, database: Engine, name: str) -> None:
    answer = send(client, hostile.jpeg(), name=name)
    assert answer.status_code == 201
    assert rows(database, Picture) == 1


BOUNDARY = "b" * 16


def part(name: str, body: bytes, *, extra: str = "", filename: str | None = "a.jpg") -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n{extra}\r\n'
    return head.encode() + body + b"\r\n"


@pytest.mark.filterwarnings("ignore:Exception ignored in.*SpooledTemporaryFile")  # the parser's own file
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"".join(part("pictures", hostile.jpeg()) for _ in range(200)), f"; boundary={BOUNDARY}"),
        (part("pictures", hostile.jpeg(), extra="X-A: " + "a" * 100_000 + "\r\n"), f"; boundary={BOUNDARY}"),
        (part("pictures", hostile.jpeg()), ""),
        (part("pictures", hostile.jpeg()), "; boundary="),
        (part("pictures", hostile.jpeg()), f"; boundary={'x' * 5000}"),
        (part("pictures", hostile.jpeg())[:200], f"; boundary={BOUNDARY}"),
        (part("pictures", b"words", filename=None), f"; boundary={BOUNDARY}"),
        (part("text", hostile.jpeg()) + part("text", hostile.jpeg()), f"; boundary={BOUNDARY}"),
        (part("code", b"x" * 3_000_000, filename=None), f"; boundary={BOUNDARY}"),
        (b"\x1f\x8b\x08" + bytes(100), f"; boundary={BOUNDARY}"),
    ],
)
def test_hostile_forms_end_in_a_refusal(client: TestClient, database: Engine, body: bytes, kind: str) -> None:
    end = f"--{BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data{kind}"}
    answer = client.post("/phan-anh", content=body + end, headers=headers)
    assert 400 <= answer.status_code < 500
    assert rows(database, Arrival) == 0


def test_a_body_beyond_the_limit_is_refused(client: TestClient, database: Engine) -> None:
    large = io.BytesIO(bytes(pictures.BODY_LIMIT + 1))
    assert client.post("/phan-anh", files={"pictures": ("a.jpg", large)}).status_code == 413
    assert client.post("/tra-cuu", content=bytes(13 * 1024 * 1024)).status_code == 413
    assert rows(database, Arrival) == 0


def test_originals_are_erased_on_their_date_and_nothing_else(
    session: Session, at: datetime, keys: Keys
) -> None:
    arrival = make.arrival(session, pictures=1, received_at=at)
    pictures.keep(session, arrival, [pictures.check(hostile.png())], key=keys.contact, at=at)
    assert pictures.erase_due(session, at=at + pictures.ORIGINAL_KEPT - timedelta(seconds=1)) == 0
    assert pictures.erase_due(session, at=at + pictures.ORIGINAL_KEPT) == 1
    assert session.scalar(select(func.count()).select_from(PictureOriginal)) == 0
    assert session.scalar(select(func.count()).select_from(Picture)) == 1


def test_a_report_cannot_promise_pictures_that_it_lacks(session: Session) -> None:
    make.arrival(session, pictures=1)
    with pytest.raises(DBAPIError, match="pictures-incomplete"):
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


def test_no_picture_is_added_later(session: Session, at: datetime, keys: Keys) -> None:
    arrival = make.arrival(session)
    pictures.keep(session, arrival, [pictures.check(hostile.png())], key=keys.contact, at=at)
    with pytest.raises(DBAPIError, match="pictures-incomplete"):
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


@pytest.mark.parametrize(
    ("record", "column", "value"),
    [
        (Picture, "sha256", bytes(32)),
        (Picture, "media_type", "image/webp"),
        (PictureOriginal, "ciphertext", b"other"),
    ],
)
def test_what_was_sent_stays(
    session: Session, at: datetime, keys: Keys, record: type[Any], column: str, value: object
) -> None:
    arrival = make.arrival(session, pictures=1)
    pictures.keep(session, arrival, [pictures.check(hostile.png())], key=keys.contact, at=at)
    with pytest.raises(DBAPIError, match=r"frozen|append-only|denied"):
        session.execute(update(record).values({column: value}))


def test_a_picture_is_not_deleted_by_the_application(session: Session, at: datetime, keys: Keys) -> None:
    arrival = make.arrival(session, pictures=1)
    pictures.keep(session, arrival, [pictures.check(hostile.png())], key=keys.contact, at=at)
    with pytest.raises(DBAPIError, match="permission denied"):
        session.execute(delete(Picture))


def test_the_web_process_loads_no_decoder() -> None:
    heavy = "{'PIL', 'numpy', 'tesserocr', 'imagehash'}"
    program = f"import sys, app.main; sys.exit(bool({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, timeout=60)  # noqa: S603
    assert done.returncode == 0
