from hypothesis import given, settings
from hypothesis import strategies as st

from intake import extraction
from tests.intake.watched import PARAGRAPHS, article

URL = "https://bao.example.vn/bai-1.html?utm_source=rss"
NOW = "2026-11-22T03:00:00+00:00"
SAPO = "Nước lên nhanh trong đêm khiến nhiều hộ ven suối phải dời đồ đạc lên chỗ cao."


def read(page: str | bytes) -> extraction.Page | None:
    return extraction.read(page.encode() if isinstance(page, str) else page, URL, NOW)


def test_title_lead_text_day_and_own_address() -> None:
    page = read(
        article("Mưa lũ ở Bát Xát", sapo=SAPO, canonical="/bai-1.html", published="2026-11-20T08:00:00+07:00")
    )
    assert page is not None
    assert page["title"] == "Mưa lũ ở Bát Xát"
    assert page["text"].split("\n") == [SAPO, *PARAGRAPHS]
    assert page["lead"].startswith(f"Mưa lũ ở Bát Xát\n{SAPO}")
    assert (page["language"], page["published"]) == ("vi", "2026-11-20T01:00:00+00:00")
    assert page["canonical"] == "https://bao.example.vn/bai-1.html"


def test_a_lead_that_stands_in_the_text_is_not_put_there_twice() -> None:
    page = read(article("Mưa lũ ở Bát Xát", SAPO, sapo=SAPO[:60] + "…"))
    assert page is not None
    assert page["text"].count("Nước lên nhanh") == 1


def test_persons_and_readers_are_not_read() -> None:
    page = read(article("Mưa lũ ở Bát Xát"))
    assert page is not None
    assert "Tác Giả" not in str(page)
    assert "Độc Giả" not in str(page)


def test_another_sites_address_or_a_front_page_is_not_the_articles_own() -> None:
    for stated in ("https://khac.example.com/bai.html", "https://bao.example.vn/", "javascript:1"):
        page = read(article("Mưa lũ ở Bát Xát", canonical=stated))
        assert page is not None
        assert page["canonical"] == URL


def test_a_long_lead_is_cut_at_a_word() -> None:
    page = read(article("Mưa lũ", "Đoạn văn rất dài " * 400))
    assert page is not None
    assert len(page["lead"]) <= extraction.LEAD
    assert page["lead"].endswith(("văn", "rất", "dài", "Đoạn"))


def test_pages_without_an_article_are_none() -> None:
    for page in ("", "<html></html>", "<p>Xin đăng nhập</p>", b"\xff\xd8\xff" + b"x" * 900, b"\0" * 200):
        assert read(page) is None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1_500), st.binary(max_size=6)), max_size=5))
def test_damaged_pages_never_raise(wounds: list[tuple[int, bytes]]) -> None:
    content = article("Mưa lũ ở Bát Xát", sapo=SAPO).encode()
    for place, replacement in wounds:
        content = content[:place] + replacement + content[place + len(replacement) :]
    page = read(content)
    assert page is None or page["canonical"].startswith("https://")
