"""Addresses on a public page: where, never who."""

import pytest

from models import SeenWhere
from publish import appearances


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://Bao.Example.com/a?utm_source=x&id=5&fbclid=9#top", "https://bao.example.com/a?id=5"),
        ("http://example.com", "http://example.com/"),
        ("http://example.com:8080/a", "http://example.com:8080/a"),
        ("https://www.youtube.com/watch?v=abcdef12345&si=x", "https://www.youtube.com/watch?v=abcdef12345"),
        ("https://www.facebook.com/reel/123456", "https://www.facebook.com/reel/123456"),
    ],
)
def test_public_addresses_lose_their_tracking(url: str, shown: str) -> None:
    assert appearances.public_url(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "ftp://example.com/a",
        "http://user:pass@example.com/",
        "http://127.0.0.1/a",
        "http://10.0.0.8/a",
        "http://[::1]/",
        "http://intranet/a",
        "http://may-chu.local/",
        "https://www.facebook.com/nguyen.van.a/posts/1",
        "https://m.facebook.com/permalink.php?story_fbid=1&id=2",
        "https://www.tiktok.com/@ai-do/video/1",
        "https://zalo.me/0912345678",
        "https://example.com/lien-he/0912345678",
        "https://example.com/?mail=a@b.vn",
        "http://[bad",
        "http://example.com:99999/",
        "",
    ],
)
def test_persons_and_inner_places_are_never_shown(url: str) -> None:
    assert appearances.public_url(url) is None


def test_the_rest_is_counted_by_kind_of_place() -> None:
    seen = [
        ("https://www.facebook.com/a.b/posts/1", SeenWhere.ZALO),
        ("https://www.facebook.com/c.d/posts/2", None),
        ("https://example.com/tin", None),
        ("https://example.com/tin?utm_medium=x", None),
        (None, SeenWhere.SPOKEN),
        (None, None),
        ("http://[bad", None),
    ]
    assert appearances.gather(seen) == [
        {"kind": "website", "count": 2, "url": "https://example.com/tin"},
        {"kind": "facebook", "count": 2},
        {"kind": "spoken", "count": 1},
        {"kind": "website", "count": 1},
    ]


def test_long_lists_are_cut() -> None:
    shown = appearances.gather((f"https://example.com/{n}", None) for n in range(50))
    assert len(shown) == appearances.LIMIT
