"""What letters say, honest and hostile ones."""

from email.message import EmailMessage
from typing import Any

import pytest

from intake import apart, letters
from tests.intake.post import letter

DAM = "Đập Nậm Pung vỡ rồi, mọi người chạy lên cao"


def test_a_plain_letter_is_its_text() -> None:
    said = letters.read(letter(f"{DAM}\n-- \nNguyễn Thị A\n0912345678"))
    assert (said["pieces"], said["doubt"], said["machine"]) == ([DAM], "", "")
    assert (said["sender"], said["message_id"]) == ("nguoi.gui@example.vn", "<thu-1@example.vn>")


@pytest.mark.parametrize(
    ("subject", "text", "pieces", "doubt"),
    [
        ("Nghe tin vỡ đập Nậm Pung", "Nhờ xem giúp", ["Nghe tin vỡ đập Nậm Pung\nNhờ xem giúp"], ""),
        ("Fwd: Re: Hỏi", f"{DAM}. Tin này nhiều người gửi trong nhóm từ sáng nay.", None, "Hỏi"),
        ("Nghe tin vỡ đập Nậm Pung", "", ["Nghe tin vỡ đập Nậm Pung"], ""),
    ],
)
def test_a_subject_stands_by_a_short_text(
    subject: str, text: str, pieces: list[str] | None, doubt: str
) -> None:
    said = letters.read(letter(text, subject=subject))
    assert (said["pieces"], said["doubt"]) == (pieces or [text], doubt)


FORWARDS = [
    "---- Forwarded message ----\nFrom: Trần B <b@c.vn>\nDate: T2\nSubject: Tin\nTo: <a@b.vn>\n\n{}",
    "Bắt đầu thư được chuyển tiếp:\n\nTừ: Trần B <b@c.vn>\nChủ đề: Tin\nNgày: 23/11\nĐến: a@b.vn\n\n{}",
    "-----Original Message-----\nFrom: Trần B\nSent: Monday\nTo: A\nSubject: Tin\n\n{}",
    "From: Trần B <b@c.vn>\nSent: Monday, 23 November\nTo: A <a@b.vn>\nSubject: Tin\n\n{}",
    "Vào 08:01, Th 2, 23 thg 11, 2026 Trần B <b@c.vn> đã\nviết:\n> {}",
    "On Mon, Nov 23, 2026 Trần B <b@c.vn> wrote:\n> {}",
]


@pytest.mark.parametrize("form", FORWARDS)
def test_a_forwarded_letter_is_the_report_and_names_nobody(form: str) -> None:
    said = letters.read(letter(f"Có thật không ạ?\n\n{form.format(DAM)}"))
    assert [piece.removeprefix("Tin\n").strip() for piece in said["pieces"]] == [DAM]
    assert said["doubt"] == "Có thật không ạ?"
    assert "Trần B" not in repr(said)


def test_letters_in_a_letter_are_pieces() -> None:
    outer = EmailMessage()
    outer["From"] = "a@b.vn"
    outer.set_content("Gửi Trung tâm hai tin")
    for text in (DAM, "Cầu Cốc Lếu sập"):
        inner = EmailMessage()
        inner["From"] = "Trần B <b@c.vn>"
        inner.set_content(text)
        outer.add_attachment(inner)
    outer.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="anh.png")
    outer.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="don.pdf")
    said = letters.read(outer.as_bytes())
    assert (said["pieces"], said["doubt"]) == ([DAM, "Cầu Cốc Lếu sập"], "Gửi Trung tâm hai tin")
    assert (said["pictures"], said["left_out"]) == ([b"\x89PNG"], 1)
    assert "Trần B" not in repr(said)


def test_html_is_read_as_it_is_seen() -> None:
    made = EmailMessage()
    made["From"] = "a@b.vn"
    made.set_content(
        "<style>p{color:red}</style><script>alert(1)</script>"
        "<p>Đập Nậm Pung&nbsp;vỡ rồi, cả vùng đang sơ tán</p>"
        "<p>xem <a href='https://example.org/x'>ở đây</a> <a href='javascript:alert(1)'>này</a></p>",
        subtype="html",
    )
    (piece,) = letters.read(made.as_bytes())["pieces"]
    seen = "Đập Nậm Pung vỡ rồi, cả vùng đang sơ tán xem ở đây https://example.org/x này"
    assert " ".join(piece.split()) == seen


@pytest.mark.parametrize(
    ("headers", "machine"),
    [
        ({"Auto_Submitted": "auto-replied"}, "mail-auto-reply"),
        ({"Precedence": "bulk"}, "mail-list"),
        ({"List_Id": "<tin.example.vn>"}, "mail-list"),
        ({"Return_Path": "<>"}, "mail-bounce"),
        ({"sender": "MAILER-DAEMON@example.vn"}, "mail-bounce"),
        ({"X_Loop": "phananh@trungtam.vn"}, "mail-auto-reply"),
        ({"Auto_Submitted": "no"}, ""),
    ],
)
def test_machines_are_told_from_people(headers: dict[str, Any], machine: str) -> None:
    assert letters.read(letter(**headers))["machine"] == machine


RAW = b"From: a@b.vn\r\nContent-Type: text/plain; charset=%s\r\n\r\n%s"


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        (b"utf-8", DAM.encode()),
        (b"us-ascii", DAM.encode()),
        (b"khong-co", DAM.encode()),
        (b"utf-16", DAM.encode("utf-16")),
        (b"utf-8", DAM.encode().replace(b" ", b"\0 ")),
        (b'"utf-8\r\n injected: x"', DAM.encode()),
    ],
)
def test_charsets_may_lie(charset: bytes, body: bytes) -> None:
    (piece,) = letters.read(RAW % (charset, body))["pieces"]
    assert piece == DAM


def nested(depth: int) -> bytes:
    head = b"From: a@b.vn\r\n"
    for number in range(depth):
        head += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (number, number)
    return head + b"Content-Type: text/plain\r\n\r\nsau cung\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 1000,
        b"\xff" * 1000,
        b"From: a@b.vn\r\nSubject: =?utf-8?b?!!!?=\r\n\r\nx",
        b"From: =?x?q?=00?= <a@b.vn>\r\nBcc: y\r\n\r\n" + DAM.encode(),
        b"From: a@b.vn\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
        b"From: a@b.vn\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b--",
        b"From: a@b.vn\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%%",
        b"From: " + b"a" * 100_000 + b"\r\n\r\n" + DAM.encode(),
        b"X: y\r\n" * 20_000 + b"\r\nx",
        b"From: a@b.vn\r\nContent-Type: text/html\r\n\r\n" + b"<div>" * 50_000 + DAM.encode(),
        nested(50),
        b"> " * 50_000 + DAM.encode(),
        b"From: a@b.vn\r\n\r\n" + b"On \n" * 20_000,
    ],
)
def test_hostile_letters_are_read_or_nothing(raw: bytes) -> None:
    said = letters.read(raw)
    assert all(len(piece) <= letters.PIECE_LIMIT for piece in said["pieces"])
    assert "\0" not in repr(said).replace("\\x00", "\0")


def test_a_letter_nested_without_end_harms_only_its_child() -> None:
    with pytest.raises(apart.Refused):
        apart.run("intake.letters:read", nested(5_000))
