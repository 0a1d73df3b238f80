"""The API: a documented shape, problems in words, readable from any site."""

from starlette.testclient import TestClient

from models import Correction

URL = "/api/v1/corrections"


def test_list_and_search(client: TestClient, published: Correction) -> None:
    answer = client.get(URL, params={"q": "nam pung", "rating": "false", "year": 2026, "limit": 1})
    body = answer.json()
    assert answer.headers["access-control-allow-origin"] == "*"
    assert (body["total"], body["page"], body["pages"], body["limit"]) == (1, 1, 1, 1)
    (item,) = body["items"]
    assert (item["number"], item["rating"], item["rating_label"]) == (
        published.number,
        "false",
        "Tin sai sự thật",
    )
    assert item["url"] == f"http://testserver/cong-bo/{published.slug}"
    assert item["sources"][0]["sha256"] == published.sources[0]["sha256"]
    assert not {"publisher_id", "case_id", "verdict_id", "approval_id"} & set(item)


def test_one_with_its_versions(client: TestClient, published: Correction) -> None:
    body = client.get(f"{URL}/{published.number}").json()
    assert body["latest"]["claimreview_url"].endswith("/claimreview.json")
    assert [version["version"] for version in body["versions"]] == [1]
    assert body["versions"][0]["url"].endswith("/phien-ban/1")


HOSTILE = [
    "q=%00",
    "rating=",
    "rating=x",
    "field=x",
    "year=1",
    "year=x",
    "page=0",
    "limit=0",
    "limit=101",
    "place=%00",
]


def test_problems_are_problems(client: TestClient) -> None:
    for query in [*HOSTILE, "q=" + "a" * 201, "page=" + "9" * 30]:
        answer = client.get(f"{URL}?{query}")
        assert answer.status_code == 422, query
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) >= {"type", "status", "code", "detail"}


def test_numbers_that_are_not_there(client: TestClient) -> None:
    for number in ("2026-9999", "x", "'", "%00", "a" * 41):
        answer = client.get(f"{URL}/{number}")
        assert answer.status_code in {404, 422}, number
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_shape_is_documented(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for path in (URL, URL + "/{number}"):
        answers = paths[path]["get"]["responses"]
        assert {"200", "404", "422"} <= set(answers)
        assert set(answers["422"]["content"]) == {"application/problem+json"}
