"""Feed files that nobody here wrote: the test files of feedparser 6.0.14 (tests/vendor, BSD licence)."""

import tarfile
from collections import Counter
from pathlib import Path

import pytest

from intake import feedreading
from intake.feedreading import Reading

ARCHIVE = Path(__file__).parent.parent / "vendor" / "feedparser-tests.tar.xz"
URL, NOW = "https://bao.example.vn/rss", "2026-11-22T03:00:00+00:00"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    with tarfile.open(ARCHIVE) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}  # type: ignore[union-attr]


def read(content: bytes, kind: str) -> Reading:
    return feedreading.read(content, URL, "text/xml", kind, NOW)


@pytest.mark.filterwarnings("ignore:.*")  # feedparser's own, about odd encodings
@pytest.mark.parametrize("kind", ["feed", "sitemap", "listing"])
def test_none_of_them_breaks_the_reader_and_nothing_harmful_comes_out(
    files: dict[str, bytes], kind: str
) -> None:
    assert len(files) > 2_000
    for name, content in files.items():
        for item in read(content, kind)["items"]:
            assert item["url"].startswith(("http://", "https://")), name
            assert "<" not in item["title"], name
            assert item["title"].isprintable(), name


@pytest.mark.filterwarnings("ignore:.*")
def test_wellformed_rss_and_atom_are_known_as_what_they_are(files: dict[str, bytes]) -> None:
    forms: Counter[str] = Counter()
    for name, content in files.items():
        if "/wellformed/" in name and b"<channel HREF" not in content and "/cdf" not in name:
            form = read(content, "feed")["form"]
            forms[form] += 1
            assert form, name
            if "/atom10/" in name:
                assert form == "atom", name
            if "/rss/" in name:
                assert form == "rss", name
    assert forms["rss"] > 500
    assert forms["atom"] > 1_000


@pytest.mark.filterwarnings("ignore:.*")
def test_illformed_feeds_are_read_as_far_as_they_go(files: dict[str, bytes]) -> None:
    unread = [
        name for name, content in files.items() if "/illformed/" in name and not read(content, "feed")["form"]
    ]
    assert len(unread) <= 1  # an empty file
