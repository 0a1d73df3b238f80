"""The public pages as readers, search engines and hostile visitors meet them."""

import json
import re
from pathlib import Path
from typing import Any

import extruct
import feedparser
import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app import checkpoints
from app.i18n import words
from models import Correction
from publish import plan
from tests.publish.conftest import AT, HOSTILE, amended, issued
from tests.publish.test_claimreview import SCHEMA

PAGES = ["/cong-bo", "/phuong-phap", "/ke-hoach", "/ke-hoach/4.5", "/ke-hoach/4.2", "/minh-bach"]
LIMIT = 100_000  # bytes of a public page
TEMPLATES = Path(__file__).parents[2] / "publish" / "templates" / "publish"


def page(client: TestClient, path: str, **values: Any) -> str:
    answer = client.get(path, **values)
    assert answer.status_code == 200, (path, answer.status_code)
    assert len(answer.content) < LIMIT
    return answer.text


@pytest.mark.parametrize("lang", ["vi", "en", "zh"])
def test_every_page_in_every_language(client: TestClient, published: Correction, lang: str) -> None:
    for path in [*PAGES, f"/cong-bo/{published.slug}", f"/cong-bo/{published.slug}/phien-ban/1"]:
        html = page(client, f"{path}?lang={lang}")
        assert f'<html lang="{"zh-Hans" if lang == "zh" else lang}"' in html
        assert not re.search(r"(rating|field|reason|seen|event|certainty|version)\.[a-z_]+<", html)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_public_sentence_lacks_its_translation(lang: str) -> None:
    found = set()
    for path in TEMPLATES.glob("*.html"):
        if not path.name.startswith(("desk", "_events")):
            found |= set(re.findall(r"(?:_|ngettext)\('([^']+)'", path.read_text(encoding="utf-8")))
    keys = {text for text in found if re.fullmatch(r"[a-z-]+\.[a-z_.-]*", text)}
    same = {"Kiểm Tin", "API"}
    missing = {text for text in found - keys - same if words(lang, text) == text and not text.startswith("%")}
    assert not missing


def test_an_empty_register_says_so(client: TestClient) -> None:
    assert "Chưa có kết luận nào được công bố" in page(client, "/cong-bo")
    assert "Chưa có niêm phong nào" in page(client, "/minh-bach")
    assert "Chưa có kết luận nào khớp" in page(client, "/cong-bo?q=x")


def test_searching_without_marks(client: TestClient, published: Correction) -> None:
    assert published.slug in page(client, "/cong-bo?q=dap+thuy+dien+nam+pu&rating=false&field=&year=2026")
    assert published.slug not in page(client, "/cong-bo?q=x&rating=true")
    assert "Không có trang này" in page(client, "/cong-bo?page=9")


HOSTILE_QUERIES = [
    "q=%00",
    "rating=x",
    "field=x",
    "year=x",
    "year=99999",
    "year=-1",
    "year=²",
    "page=0",
    "page=x",
    "page=-1",
    "page=1e3",
    "place=%00",
    "rating=%00",
]
LONG_QUERIES = ["q=" + "a" * 201, "page=" + "9" * 40, "place=" + "x" * 41]


def test_hostile_parameters_get_a_sentence(client: TestClient) -> None:
    for query in HOSTILE_QUERIES + LONG_QUERIES:
        answer = client.get(f"/cong-bo?{query}")
        assert answer.status_code == 422, query
        assert "<h1>" in answer.text
    assert client.get("/cong-bo?q=%ED%A0%80").status_code in {200, 422}  # half a character


NOWHERE = [
    "/cong-bo/x",
    "/cong-bo/%00",
    "/cong-bo/x/claimreview.json",
    "/cong-bo/x/phien-ban/1",
    "/ke-hoach/9.9",
    "/ke-hoach/%00",
]


def test_what_is_not_there(client: TestClient) -> None:
    for path in [*NOWHERE, "/cong-bo/" + "x" * 5000, "/ke-hoach/" + "1" * 4000]:
        assert client.get(path).status_code in {404, 422}, path


def test_versions_that_are_not_there(client: TestClient, published: Correction) -> None:
    for version in ("0", "2", "-1", "x", "9" * 60, "1.0", "%00"):
        assert client.get(f"/cong-bo/{published.slug}/phien-ban/{version}").status_code in {404, 422}


def test_what_is_true_comes_before_the_claim(client: TestClient, published: Correction) -> None:
    html = page(client, f"/cong-bo/{published.slug}")
    body = html[html.index("<main") :]
    assert body.index("an toàn và vận hành") < body.index("“Đập thủy điện Nậm Pung đã vỡ.”")
    assert "Cán bộ" not in body


def test_a_search_engine_finds_the_claim_review(client: TestClient, published: Correction) -> None:
    url = f"/cong-bo/{published.slug}"
    (found,) = extruct.extract(page(client, url), syntaxes=["json-ld"])["json-ld"]
    jsonschema.validate(found, SCHEMA)
    own = client.get(f"{url}/claimreview.json")
    assert own.headers["content-type"] == "application/ld+json"
    assert own.json() == found
    assert found["reviewRating"]["alternateName"] == "Tin sai sự thật"


def test_hostile_words_stay_words(client: TestClient, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        plan.load(session)
        done = issued(session, claim=HOSTILE, truth=HOSTILE, basis=HOSTILE)
    html = page(client, f"/cong-bo/{done.slug}")
    assert "<b>" not in html
    assert "49" not in re.findall(r"\{\{.*?\}\}", html)
    (found,) = extruct.extract(html, syntaxes=["json-ld"])["json-ld"]
    assert found["claimReviewed"] == HOSTILE
    for name in ("atom.xml", "rss.xml"):
        assert not feedparser.parse(client.get(f"/cong-bo/{name}").text).bozo


def test_old_and_withdrawn_versions_say_so(client: TestClient, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        plan.load(session)
        first = issued(session)
        amended(session, first, withdraws=True, change_note="Nguồn bị nhầm.")
    old = page(client, f"/cong-bo/{first.slug}/phien-ban/1")
    assert "Đây là bản cũ" in old
    assert 'content="noindex"' in old
    assert "application/ld+json" not in old.replace('type="application/ld+json" href', "")
    new = page(client, f"/cong-bo/{first.slug}")
    assert "Trung tâm đã thu hồi kết luận này" in new
    assert "Nguồn bị nhầm." in new
    assert 'class="stamp' not in new
    assert (
        client.get(f"/cong-bo/{first.slug}/claimreview.json").json()["reviewRating"]["alternateName"]
        == "Thu hồi"
    )


def test_changes_are_marked(client: TestClient, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        plan.load(session)
        first = issued(session, truth="Hồ thấp hơn 2 m.")
        amended(session, first, truth="Hồ thấp hơn 3 m.")
    html = page(client, f"/cong-bo/{first.slug}")
    assert "<del>2</del> <ins>3</ins>" in html


def test_content_in_the_readers_language_or_a_word_about_it(
    client: TestClient, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as session:
        plan.load(session)
        done = issued(session, translations={"en": {"claim": "The dam burst.", "truth": "It is safe."}})
    assert "“The dam burst.”" in page(client, f"/cong-bo/{done.slug}?lang=en")
    assert "本结论内容仅有越南语版本" in page(client, f"/cong-bo/{done.slug}?lang=zh")


@pytest.mark.parametrize("name", ["atom.xml", "rss.xml", "feed.json"])
def test_feeds_are_kept_until_they_change(client: TestClient, published: Correction, name: str) -> None:
    url = f"/cong-bo/{name}"
    first = client.get(url)
    assert published.number in first.text
    assert first.headers["access-control-allow-origin"] == "*"
    tag, day = first.headers["etag"], first.headers["last-modified"]
    assert client.get(url, headers={"if-none-match": f'W/{tag}, "x"'}).status_code == 304
    assert client.get(url, headers={"if-modified-since": day}).status_code == 304
    assert client.get(url, headers={"if-none-match": '"x"', "if-modified-since": day}).status_code == 200
    for nonsense in ("x", "Thu, 99 Foo 2026", "\u00ff" * 9, "Sun, 01 Jan 1990 00:00:00 GMT"):
        assert client.get(url, headers={"if-modified-since": nonsense.encode("latin-1")}).status_code == 200


def test_the_signed_checkpoint_can_be_checked_from_the_feed_alone(
    client: TestClient, published: Correction, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as session:
        checkpoints.sign_if_due(session, Ed25519PrivateKey.generate(), at=AT)
    seal = client.get("/cong-bo/feed.json").json()["_kiem_tin"]["checkpoint"]
    line = f"kiem-tin-audit:{seal['seq']}:{seal['hash']}:{seal['signed_at']}"
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(seal["public_key"]))
    key.verify(bytes.fromhex(seal["signature"]), line.encode())
    assert line in page(client, "/minh-bach")
    assert published.number


def test_the_plan_counts_and_links(client: TestClient, published: Correction) -> None:
    assert "2026: 1 vụ việc" in page(client, "/ke-hoach")
    detail = page(client, "/ke-hoach/4.5")
    assert published.number in detail
    assert published.slug in detail
    assert "Cán bộ" not in detail
    assert "Giai đoạn 2024-2023" in page(client, "/ke-hoach/4.2")


def test_few_queries_on_each_list(
    client: TestClient, sessions: sessionmaker[Session], published: Correction
) -> None:
    with sessions.begin() as session:
        for _ in range(5):
            issued(session)
    statements: list[str] = []
    engine = sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for path, most in (
        ("/cong-bo", 3),
        ("/ke-hoach", 3),
        ("/ke-hoach/4.5", 3),
        ("/cong-bo/atom.xml", 3),
        ("/minh-bach", 2),
    ):
        statements.clear()
        page(client, path)
        assert len(statements) <= most, (path, statements)
    assert published.id


def test_a_long_correction_stays_a_light_page(client: TestClient, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        plan.load(session)
        done = issued(session, truth="Sự thật dài. " * 600, basis="Căn cứ dài. " * 600)
    page(client, f"/cong-bo/{done.slug}")
    assert json.loads(client.get(f"/cong-bo/{done.slug}/claimreview.json").text)
