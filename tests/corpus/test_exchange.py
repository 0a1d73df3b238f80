"""Files of confirmed claims: read, refused, written, read again."""

import dataclasses
import json
from collections import Counter
from datetime import date
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import exchange, vetting
from corpus.exchange import Claim, Form, Refused, Source
from models import Field, Rating, ReasonCode

TODAY = date(2026, 11, 22)
ROW: dict[str, Any] = {
    "id": "x-1",
    "claim": "Đập thủy điện A đã vỡ",
    "verdict": "false",
    "correction": "Đập an toàn.",
    "corrected_by": ["UBND xã A"],
    "date": "2024-09-09",
    "topic": "thien_tai",
    "sources": [{"url": "https://example.org/a", "title": "Bài A | Báo A"}],
}
REVIEW: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "ClaimReview",
    "claimReviewed": "The dam has burst",
    "reviewRating": {"@type": "Rating", "ratingValue": 1, "alternateName": "False."},
    "author": {"@type": "Organization", "name": "Fact Desk"},
    "itemReviewed": {"@type": "Claim", "author": {"@type": "Person", "name": "Somebody"}},
    "datePublished": "2024-09-10T08:00:00+07:00",
    "url": "https://factdesk.example/dam",
    "headline": "No, the dam stands",
}
FOUND: dict[str, Any] = {
    "text": "The dam has burst",
    "claimant": "Somebody",
    "claimReview": [
        {
            "publisher": {"name": "Fact Desk", "site": "factdesk.example"},
            "url": "https://factdesk.example/dam",
            "title": "No, the dam stands",
            "reviewDate": "2024-09-10T00:00:00Z",
            "textualRating": "Sai sự thật",
            "languageCode": "en",
        }
    ],
}


def lines(*rows: object) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def only(data: bytes, form: Form | None = None) -> Claim:
    (found,) = exchange.read(data, form=form, today=TODAY)
    assert isinstance(found, Claim), found
    return found


def refused(data: bytes, form: Form | None = None) -> list[tuple[int, str]]:
    found = exchange.read(data, form=form, today=TODAY)
    return [(row.number, row.code) for row in found if isinstance(row, Refused)]


def test_words_of_files_are_the_words_of_records() -> None:
    assert (set(vetting.VERDICTS), set(vetting.REASONS)) == (set(Rating), set(ReasonCode))
    ratings, topics = vetting._words()  # noqa: SLF001  the data file is under test
    assert set(topics.values()) == set(Field)
    assert {(Rating(verdict), reason and ReasonCode(reason)) for verdict, reason in ratings.values()}


def test_the_starting_corpus_is_read_whole() -> None:
    data = resources.files("corpus.data").joinpath("confirmed_claims.jsonl").read_bytes()
    found = [row for row in exchange.read(data, today=TODAY) if isinstance(row, Claim)]
    assert Counter(claim.verdict for claim in found) == {"false": 81, "fake": 32, "unproven": 3}
    assert len({claim.external_id for claim in found}) == 116
    assert "linh_vuc_khac" in {claim.topic for claim in found}


def test_a_line() -> None:
    claim = only(lines(ROW))
    assert (claim.external_id, claim.verdict, claim.reason_code) == ("x-1", "false", None)
    assert (claim.topic, claim.original_topic) == ("thien_tai_dich_benh", "thien_tai")
    assert (claim.date, claim.date_precision) == (date(2024, 9, 9), "day")


def test_an_id_is_made_where_none_is_given_and_stays_the_same() -> None:
    bare = {name: value for name, value in ROW.items() if name != "id"}
    assert only(lines(bare)).external_id == only(lines(bare | {"topic": "y_te"})).external_id
    assert only(lines(bare)).external_id != only(lines(bare | {"claim": "Đập B đã vỡ"})).external_id


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"claim": " "}, "claim-missing"),
        ({"claim": 5}, "wrong-type"),
        ({"claim": "a\0b"}, "unprintable"),
        ({"claim": "a\ud800b"}, "encoding"),
        ({"claim": "Äáº­p Ä‘Ã£ vá»¡"}, "encoding"),
        ({"claim": "x" * 4001}, "too-long"),
        ({"claim": "x" * 70_000}, "too-long"),
        ({"claim": "&amp;" + "amp;" * 40 + "lt;"}, "markup"),
        ({"verdict": "Half true"}, "rating-unknown"),
        ({"verdict": None}, "rating-missing"),
        ({"verdict": False}, "wrong-type"),
        ({"reason_code": "because"}, "reason-unknown"),
        ({"correction": "<p></p>"}, "correction-missing"),
        ({"date": "2031-01-01"}, "date-insane"),
        ({"date": "0204-09-09"}, "date-insane"),
        ({"date": "2024-02-30"}, "date-unreadable"),
        ({"date": "hôm qua"}, "date-unreadable"),
        ({"date_precision": "roughly"}, "precision-unknown"),
        ({"sources": []}, "source-missing"),
        ({"sources": [{"url": "javascript:alert(1)"}]}, "link"),
        ({"sources": [{"url": "https://bank.example@evil.example/"}]}, "link"),
        ({"sources": [{"url": "https://[::1"}]}, "link"),
        ({"sources": [{"title": "a"}] * 51 + [{"title": str(n)} for n in range(51)]}, "too-many"),
        ({"language": "!"}, "language"),
    ],
)
def test_a_line_that_does_not_fit_is_refused_with_its_number(change: dict[str, Any], code: str) -> None:
    bad = json.dumps(ROW | change).encode()
    assert refused(lines(ROW) + bad + b"\n\n" + lines(ROW), Form.JSONL) == [(2, code)]


def test_a_line_in_another_encoding_spoils_only_itself() -> None:
    bad = b'{"claim": "\xd0\xe2\xf2p"}'  # windows-1258
    assert refused(lines(ROW) + bad + b"\n" + b'{"claim"\n' + lines(ROW)) == [
        (2, "encoding"),
        (3, "not-json"),
    ]


def test_markup_becomes_text() -> None:
    row = ROW | {"claim": "<p>Đập <b>A</b> vỡ&nbsp;&amp; trôi</p><script>alert('x')</script> 3 < 5"}
    assert only(lines(row)).claim == "Đập A vỡ & trôi 3 < 5"


def test_a_table_with_vietnamese_headings_and_semicolons() -> None:
    table = (
        "Nội dung;Kết luận;Sự thật;Nguồn;Ngày\r\nĐập vỡ;Tin giả;Không vỡ;https://example.org/a;9/9/2024\r\n"
    )
    claim = only(b"\xef\xbb\xbf" + table.encode())
    assert (claim.claim, claim.verdict, claim.date) == ("Đập vỡ", "fake", date(2024, 9, 9))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("a,b\n1,2\n", [(0, "form-unknown")]),
        ("claim,claim,verdict\n", [(0, "form-unknown")]),
        ("claim,verdict,url\nx,sai,https://e.org/a,more\n", [(2, "columns")]),
        ("claim,verdict,truth,url\nx,sai,y,javascript:1\n", [(2, "link")]),
        ('claim,verdict\n\n"x,sai\n' + "y,sai\n" * 30_000, [(3, "record-broken")]),
    ],
)
def test_a_table_that_does_not_fit(table: str, expected: list[tuple[int, str]]) -> None:
    assert refused(table.encode())[:1] == expected


@pytest.mark.parametrize(
    "document",
    [
        REVIEW,
        [REVIEW],
        {"@graph": [{"@type": "WebPage"}, REVIEW | {"@type": ["Review", "http://schema.org/ClaimReview"]}]},
        {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": [REVIEW]}]},
        {"claims": [FOUND]},
    ],
)
def test_what_others_publish(document: object) -> None:
    claim = only(json.dumps(document).encode())
    assert (claim.claim, claim.verdict, claim.date) == ("The dam has burst", "false", date(2024, 9, 10))
    assert (claim.correction, claim.corrected_by, claim.language) == (
        "No, the dam stands",
        ("Fact Desk",),
        "en",
    )
    assert claim.sources == (Source("https://factdesk.example/dam", "No, the dam stands"),)
    assert "Somebody" not in repr(claim)


@pytest.mark.parametrize(
    ("verdict", "field"), [("impersonation", "tai_khoan_gia_mao"), ("scam", "duong_link_lua_dao")]
)
def test_one_topic_of_others_is_two_fields_here(verdict: str, field: str) -> None:
    claim = only(lines(ROW | {"topic": "gia_mao_lua_dao", "verdict": verdict}))
    assert (claim.topic, claim.original_topic) == (field, "gia_mao_lua_dao")


def test_a_page_of_openings_is_read_in_one_pass() -> None:
    page = (
        b"<script type='application/ld+json'>" * 20_000 + b"{}</script>" + b"<script application/ld+json" * 9
    )
    assert refused(page) == [(0, "not-json"), (0, "no-claimreview")]


def test_a_page_with_script_blocks() -> None:
    block = f'<script type="application/ld+json">{json.dumps(REVIEW)}</script>'
    page = f"<!doctype html><title>x</title>{block}<script type='application/ld+json'>{{</script>"
    assert refused(page.encode()) == [(0, "not-json")]
    assert sum(isinstance(row, Claim) for row in exchange.read(page.encode(), today=TODAY)) == 1


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"@type": "NewsArticle"}, [(0, "no-claimreview")]),
        ({"claims": [FOUND, {"text": "x"}, 7]}, [(2, "no-claimreview"), (3, "no-claimreview")]),
        ({"claims": [FOUND | {"claimReview": [None]}]}, [(1, "wrong-type")]),
        ([REVIEW, REVIEW | {"reviewRating": {"ratingValue": 1}}], [(2, "rating-missing")]),
        ({"dataFeedElement": [{"@type": "DataFeedItem", "item": None}]}, [(1, "no-claimreview")]),
        ([REVIEW | {"url": ["data:text/html,x"]}], [(1, "link")]),
    ],
)
def test_what_others_publish_and_is_not_taken(document: object, expected: list[tuple[int, str]]) -> None:
    assert refused(json.dumps(document).encode()) == expected


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "form-unknown"),
        (b"\xff\xfe{\0", "encoding"),
        (b"[" * 200_000, "not-json"),
        (b"[" + b"9" * 9_000 + b"]", "not-json"),
        (b"<p>", "no-claimreview"),
        (b" " * (exchange.FILE_LIMIT + 1), "file-too-large"),
    ],
)
def test_a_file_that_is_nothing(data: bytes, code: str) -> None:
    assert refused(data) == [(0, code)]


# --- writing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [Form.JSONL, Form.CSV, Form.CLAIMREVIEW])
def test_the_starting_corpus_comes_back_as_it_went_out(form: Form) -> None:
    data = resources.files("corpus.data").joinpath("confirmed_claims.jsonl").read_bytes()
    claims = list(exchange.read(data, today=TODAY))
    written = exchange.write([claim for claim in claims if isinstance(claim, Claim)], form)
    assert list(exchange.read(written, today=TODAY)) == claims


def test_a_formula_is_tamed_in_a_table_and_whole_again_when_read() -> None:
    claim = dataclasses.replace(
        only(lines(ROW)), claim="=HYPERLINK(1)", place="'+1", corrected_by=("A|B", "C")
    )
    table = exchange.write([claim], Form.CSV)
    assert b"\"'=HYPERLINK" in table
    assert b"\"''+1" in table
    assert only(table) == claim


def test_the_search_answer_is_only_read() -> None:
    with pytest.raises(ValueError, match="only read"):
        exchange.write([], Form.FACTCHECK)


def clean(raw: str) -> str:
    try:
        return vetting.text(raw, "claim", 400)
    except vetting.RowRefused:
        return ""


TEXTS = st.text(max_size=40).map(clean).filter(lambda text: any(map(str.isalnum, text)))
CLAIMS = st.builds(
    Claim,
    external_id=TEXTS,
    claim=TEXTS,
    verdict=st.sampled_from(vetting.VERDICTS),
    reason_code=st.sampled_from([None, *vetting.REASONS]),
    correction=TEXTS,
    corrected_by=st.lists(TEXTS, max_size=3, unique=True).map(tuple),
    date=st.dates(vetting.EARLIEST, TODAY),
    date_precision=st.sampled_from(["day", "approx", "inferred_year"]),
    place=st.just("") | TEXTS,
    topic=st.sampled_from([field.value for field in Field]),
    original_topic=st.just("") | TEXTS,
    sources=st.lists(
        st.builds(
            Source, st.sampled_from(["https://a.example/1?a=b|c", "http://b.example/ấ"]), st.just("") | TEXTS
        ),
        min_size=1,
        max_size=3,
        unique=True,
    ).map(tuple),
    language=st.sampled_from(["vi", "en", "zh"]),
)


@given(st.lists(CLAIMS, min_size=1, max_size=3), st.sampled_from([Form.JSONL, Form.CSV, Form.CLAIMREVIEW]))
def test_round_trip(claims: list[Claim], form: Form) -> None:
    assert list(exchange.read(exchange.write(claims, form), form=form, today=TODAY)) == claims


@given(st.binary(max_size=300), st.none() | st.sampled_from(Form))
def test_bytes_never_raise(data: bytes, form: Form | None) -> None:
    list(exchange.read(data, form=form))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["ClaimReview", "sai"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*ROW, *REVIEW, *FOUND, *FOUND["claimReview"][0], "claims"]), inner, max_size=6
        )
    ),
    max_leaves=15,
)


@given(
    JSON, st.none() | st.sampled_from(Form), st.sampled_from([ROW, REVIEW, {"claims": [FOUND]}]), st.data()
)
def test_json_of_any_shape_never_raises(
    value: object, form: Form | None, known: dict[str, Any], data: st.DataObject
) -> None:
    twisted = known | {data.draw(st.sampled_from(sorted(known))): value}
    for document in (value, twisted):
        list(exchange.read(json.dumps(document).encode(), form=form))
    list(exchange.read(json.dumps({"claims": [FOUND | {"claimReview": [value]}]}).encode()))
