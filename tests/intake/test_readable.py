import pytest

from intake import readable

NOW = "2026-11-22T08:00:00+00:00"
SAPO = "Sáng 22/11, mưa lớn gây sạt lở ở xã Bản Xèo."
HEAD = """<html><head><title>Bão | Báo</title><meta property="og:title" content="Bão số 5">
<meta property="article:published_time" content="2026-11-20T08:00:00+07:00">
<meta name="author" content="Nguyễn Văn A">
<link rel="canonical" href="https://www.baolaocai.vn/bao-so-5-1234.html">"""
BODY = """</head><body><nav><a href="/">Trang chủ</a></nav><article><h1>Bão số 5</h1>
<p>Theo Ban Chỉ huy Phòng thủ dân sự tỉnh, nhiều tuyến đường liên xã bị chia cắt trong đêm qua.</p>
<p>Mực nước sông Hồng tại thành phố đang xuống chậm.</p></article></body></html>"""
ARTICLE = f'{HEAD}<meta property="og:description" content="{SAPO}">{BODY}'


def test_an_article_is_read_with_its_lead_date_and_outlet_and_no_author() -> None:
    words = readable.read(ARTICLE.encode(), "https://www.baolaocai.vn/x?utm_source=a", "text/html", NOW)
    assert words is not None
    assert words["text"].startswith(SAPO)
    assert "chia cắt" in words["text"]
    assert (words["title"], words["language"], words["outlet"]) == ("Bão số 5", "vi", "baolaocai.vn")
    assert words["published"] == "2026-11-20T01:00:00+00:00"
    assert words["canonical"] == "https://www.baolaocai.vn/bao-so-5-1234.html"
    assert "Nguyễn Văn A" not in str(words)


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (b"<html><title>T</title><form>Log in<input></form></html>", "text/html", "Log in"),
        ("Lào Cai\r\n\n hai\x07".encode(), "text/plain; charset=utf-8", "Lào Cai\nhai"),
        ("Xin chào".encode("utf-16"), "text/html", "Xin chào"),
        (b"<script>alert(1)</script><p>x</p>", "text/html", "x"),
    ],
)
def test_a_page_without_an_article_is_all_its_words(content: bytes, kind: str, text: str) -> None:
    words = readable.read(content, "https://example.org/", kind, NOW)
    assert words is not None
    assert words["text"] == text


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7", "text/html"),
        (b"\x89PNG\r\n", "text/html"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"<p>x</p>", "image/png"),
        (b"<p>\0x</p>", "text/html"),
        (b"", "text/html"),
        (b"<html></html>", "text/html"),
    ],
)
def test_what_holds_no_words_is_none(content: bytes, kind: str) -> None:
    assert readable.read(content, "https://example.org/", kind, NOW) is None
