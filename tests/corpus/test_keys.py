import pytest

from corpus.keys import canonical_url, compare_dates, facts, keys, use_key
from corpus.text import normalise


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (
            "https://m.facebook.com/story.php?story_fbid=12&id=5&fbclid=x",
            "facebook.com/story.php?id=5&story_fbid=12",
        ),
        ("http://www.FACEBOOK.com/a/posts/9/?utm_source=z#top", "facebook.com/a/posts/9"),
        ("https://youtu.be/AbC?si=9", "youtube.com/watch?v=AbC"),
        ("https://www.youtube.com/watch?v=AbC&feature=share", "youtube.com/watch?v=AbC"),
        ("https://amp.cand.com.vn/a-i1.html.", "cand.com.vn/a-i1.html"),
        ("http://[::1", ""),
        ("http://localhost/x", ""),
    ],
)
def test_canonical_url_keeps_what_names_the_content(url: str, wanted: str) -> None:
    assert canonical_url(url) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("hơn 140 người nhiễm", ["num:140:nguoi"]),
        ("phạt tới 5 triệu đồng", ["num:5000000:dong"]),
        ("phạt 300k", ["num:300000:"]),
        ("các tờ 1.000-5.000 đồng", ["num:1000:", "num:5000:dong"]),
        ("tăng 1,5 tỷ, 99% dân", ["num:1500000000:", "num:99:%"]),
        ("hai bé trai, sáu người", ["num:2:be", "num:6:nguoi"]),
        ("vỡ chiều 27/7/2025", ["date:2025-07-27"]),
        ("ngày 8 tháng 1 năm 2022", ["date:2022-01-08"]),
        ("từ ngày 8/1", ["date:--01-08"]),
        ("tháng 11/2025", ["date:2025-11"]),
        ("cuối năm 2026", ["date:2026"]),
        ("2022年1月8日", ["date:2022-01-08"]),
        ("Covid-19 ở lớp 6A, Q12", []),
        ("ngày 45/13/2025", ["num:45:", "num:13:", "date:2025"]),
    ],
)
def test_facts_reads_numbers_and_dates(text: str, wanted: list[str]) -> None:
    assert [fact.key for fact in facts(text)] == wanted


def test_long_digit_strings_are_kept_only_as_digests() -> None:
    found = {keys(f"gọi {number} ngay", []) for number in ("0912 345 678", "0912.345.678", "+84912345678")}
    assert len(found) == 1
    (key,) = found.pop()
    assert key.startswith("id:")
    assert "912" not in key[:6]


def test_digests_depend_on_the_key_of_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = keys("gọi 0912 345 678 ngay", [])
    monkeypatch.setattr("corpus.keys._secret", b"")
    use_key(b"one")
    keyed = keys("gọi 0912 345 678 ngay", [])
    use_key(b"another")
    assert len({plain, keyed, keys("gọi 0912 345 678 ngay", [])}) == 3


def test_keys_hold_links_of_the_raw_text() -> None:
    assert normalise("xem https://a.vn/tin?utm_source=x nhé").keys == ("url:a.vn/tin",)


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [
        (["date:2025-07-27"], ["date:--07-27"], "agree"),
        (["date:2025-07", "date:2019"], ["date:2025-07-27"], "agree"),
        (["date:2025"], ["date:2024-01"], "apart"),
        (["date:2025"], ["date:--01-02"], "unknown"),
        ([], ["date:2025"], "unknown"),
    ],
)
def test_compare_dates_looks_at_what_both_say(left: list[str], right: list[str], wanted: str) -> None:
    assert compare_dates(left, right) == wanted
