from datetime import date
from typing import Any

import pytest

from intake import codes, forms
from intake.forms import Piece, Refused, Report, Typed
from models import Field, SeenWhere
from models.arrival import CONTACT_LIMIT, DOUBT_LIMIT, TEXT_LIMIT, URL_LIMIT

TODAY = date(2026, 11, 22)
CODE = "7ZQ48MXTC0RV9K2HJ7WBE5NAD3"


def check(**typed: Any) -> Report:
    return forms.check(Typed(**{"text": "Đập đã vỡ", "code": CODE, **typed}), today=TODAY)


def refusals(**typed: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(Refused) as refused:
        check(**typed)
    return [(error.code, error.field) for error in refused.value.errors]


def test_a_whole_form_becomes_a_report() -> None:
    report = check(
        url="https://example.org/a",
        seen_where="zalo",
        seen_on="2026-11-20",
        place="Cốc Lếu",
        field="y_te",
        doubt="Ảnh cũ",
        contact="a.b@example.vn",
        consent="1",
    )
    assert report.text == "Đập đã vỡ"
    assert (report.seen_where, report.seen_on) == (SeenWhere.ZALO, date(2026, 11, 20))
    assert (report.field, report.place_text) == (Field.HEALTH, "Cốc Lếu")
    assert (report.code, report.contact) == (CODE, "a.b@example.vn")


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ({"text": ""}, ("content-missing", "text")),
        ({"text": " \n\t "}, ("content-missing", "text")),
        ({"text": "😡😡 !!! 👍🏽"}, ("text-wordless", "text")),
        ({"text": "x" * (TEXT_LIMIT + 1)}, ("too-long", "text")),
        ({"text": "x" * 1_000_000}, ("too-long", "text")),
        ({"text": "vỡ\0đập"}, ("unprintable", "text")),
        ({"text": "vỡ \ud800 đập"}, ("unprintable", "text")),
        ({"doubt": "x" * (DOUBT_LIMIT + 1)}, ("too-long", "doubt")),
        ({"doubt": "\x1b[31m"}, ("unprintable", "doubt")),
        ({"url": "javascript:alert(1)"}, ("url-invalid", "url")),
        ({"url": "ftp://example.org/a"}, ("url-invalid", "url")),
        ({"url": "https://"}, ("url-invalid", "url")),
        ({"url": "https://[::1"}, ("url-invalid", "url")),
        ({"url": "https://example.org:99999/"}, ("url-invalid", "url")),
        ({"url": "https://ai:mat@example.org/"}, ("url-invalid", "url")),
        ({"url": "https://example.org/a b"}, ("url-invalid", "url")),
        ({"url": "x"}, ("url-invalid", "url")),
        ({"url": "https://example.org/" + "x" * URL_LIMIT}, ("too-long", "url")),
        ({"url": "\0"}, ("unprintable", "url")),
        ({"seen_where": "facebook'; --"}, ("choice-unknown", "seen_where")),
        ({"field": "\0"}, ("choice-unknown", "field")),
        ({"seen_on": "2026-11-23"}, ("seen-in-future", "seen_on")),
        ({"seen_on": "1999-12-31"}, ("seen-too-early", "seen_on")),
        ({"seen_on": "hôm qua"}, ("date-invalid", "seen_on")),
        ({"seen_on": "2026-02-30"}, ("date-invalid", "seen_on")),
        ({"seen_on": "0" * 50}, ("too-long", "seen_on")),
        ({"place": "x" * 201}, ("too-long", "place")),
        ({"place_code": "99999"}, ("choice-unknown", "place")),
        ({"contact": "a@b.vn"}, ("contact-consent", "consent")),
        ({"contact": "gọi tôi nhé", "consent": "1"}, ("contact-invalid", "contact")),
        ({"contact": "a@b.vn\nc@d.vn", "consent": "1"}, ("contact-invalid", "contact")),
        ({"contact": "123", "consent": "1"}, ("contact-invalid", "contact")),
        ({"contact": "0" * (CONTACT_LIMIT + 1), "consent": "1"}, ("too-long", "contact")),
        ({"code": ""}, ("code-missing", "code")),
        ({"code": "abc"}, ("code-malformed", "code")),
        ({"code": "0" * 26}, ("code-weak", "code")),
    ],
)
def test_one_bad_field_is_named(typed: dict[str, str], refusal: tuple[str, str]) -> None:
    assert refusals(**typed) == [refusal]


def test_every_bad_field_is_named_at_once_in_the_order_of_the_form() -> None:
    found = refusals(text="", seen_where="?", contact="?", code="?")
    assert [field for _, field in found] == ["text", "seen_where", "contact", "code"]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "=SUM(A1:A9)", "{{ 7*7 }}", "'; DROP TABLE arrivals"]
)
def test_markup_and_formulas_are_only_words(text: str) -> None:
    assert check(text=text).text == text


def test_text_is_kept_in_nfc_with_plain_line_ends() -> None:
    assert check(text=" Đa\u0323\u0306p vo\u031b\u0303\r\nrồi ").text == "Đặp vỡ\nrồi"


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ({"text": "", "url": "https://Example.org/Bài?x=1#y"}, "https://Example.org/Bài?x=1#y"),
        ({"text": "", "url": "www.example.org/bai"}, "https://www.example.org/bai"),
        ({"text": " https://example.org/bai "}, "https://example.org/bai"),
        ({"text": "😡", "url": "http://example.org"}, "http://example.org"),
    ],
)
def test_a_bare_link_is_enough(typed: dict[str, str], url: str) -> None:
    assert check(**typed).url == url


@pytest.mark.parametrize("written", ["2026-11-05", "05/11/2026", "5/11/2026", "05-11-2026", "05.11.2026"])
def test_days_are_read_as_people_write_them(written: str) -> None:
    assert check(seen_on=written).seen_on == date(2026, 11, 5)


@pytest.mark.parametrize("contact", ["0912 345 678", "+84 (912) 345-678", "bà.lan@thư.vn"])
def test_contact_is_one_address_or_number(contact: str) -> None:
    assert check(contact=contact, consent="1").contact == contact


def test_consent_without_contact_means_nothing() -> None:
    assert check(consent="1").contact == ""


def test_places_are_resolved_and_the_words_kept() -> None:
    named = check(place="  xã   Y Tý ")
    assert named.place_code is not None
    assert named.place_text == "xã Y Tý"
    assert check(place="huyện Văn Chấn").place_code is None
    assert check(place="ở đâu đó").place_text == "ở đâu đó"


def test_a_chosen_commune_wins_and_not_knowing_is_an_answer() -> None:
    chosen = check(place="xã Y Tý").place_code
    assert chosen is not None
    assert check(place="huyện Bát Xát", place_code=chosen).place_code == chosen
    assert check(place="xã Y Tý", place_code=forms.NO_COMMUNE).place_code is None


def test_shown_again_is_everything_typed_but_unprintable_characters() -> None:
    typed = Typed(text="a\0b\ud800c", doubt="<b>", code=codes.new())
    assert typed.shown()["text"] == "abc"
    assert typed.shown(code="X")["code"] == "X"
    assert typed.shown()["doubt"] == "<b>"


def test_further_pieces_are_texts_or_links_and_repeats_go_once() -> None:
    report = check(more=["Cầu sập", " https://example.org/b ", "", "Cầu sập", "Đập đã vỡ"])
    assert report.more == (Piece("Cầu sập"), Piece(url="https://example.org/b"))


@pytest.mark.parametrize(
    ("more", "code"),
    [(["...", "!!!"], "text-wordless"), ([f"tin {n}" for n in range(10)], "pieces-too-many")],
)
def test_a_bad_piece_is_refused_at_its_box(more: list[str], code: str) -> None:
    assert refusals(more=more) == [(code, "more")]
