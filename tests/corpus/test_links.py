import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.links import canonical_url, links


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fa.vn%2F1.html%3Ffbclid%3Dx&h=AT", "a.vn/1.html"),
        ("https://m.facebook.com/story.php?story_fbid=1&id=2&__tn__=R", "fb.com/story.php?id=2&story_fbid=1"),
        ("https://www.facebook.com/watch/?v=12&ref=sharing", "facebook.com/watch?v=12"),
        ("https://m.youtube.com/watch?v=AbCdefghijk&t=10", "https://youtu.be/AbCdefghijk"),
        ("https://www.youtube.com/shorts/AbCdefghijk?feature=share", "https://youtu.be/AbCdefghijk"),
        ("https://www.tiktok.com/@a/video/123?_t=8&_r=1", "tiktok.com/@a/video/123"),
        ("https://x.com/a/status/1?s=20", "twitter.com/a/status/1"),
        ("https://a.vn/tin-1.html/amp?gidzl=x&zarsrc=1", "a.vn/tin-1.html"),
    ],
)  # fmt: skip
def test_links_to_one_content_are_one_key(url: str, wanted: str) -> None:
    assert canonical_url(url) == canonical_url(wanted) != ""


def test_links_to_two_contents_are_two_keys() -> None:
    pairs = (
        ("fb.com/story.php?story_fbid=1&id=2", "fb.com/story.php?story_fbid=3&id=2"),
        ("a.vn/?p=1", "a.vn/?p=2"),
        ("m.vn/x", "n.vn/x"),
        ("youtu.be/AbCdefghijk", "youtu.be/AbCdefghijK"),
    )
    assert all(canonical_url(left) != canonical_url(right) for left, right in pairs)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_canonical_url_never_raises_and_settles(rest: str) -> None:
    once = canonical_url(f"https://m.facebook.com/{rest}")
    assert canonical_url(f"https://{once}") == once or not once
    assert len(links(f"xem https://a.vn/{rest} www.b.vn")) <= 3
