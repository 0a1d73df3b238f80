import gzip
import hashlib
import io
from datetime import UTC, datetime

from warcio.archiveiterator import ArchiveIterator

from intake import fetch, warc

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
PACKED = gzip.compress(b"<p>here</p>")
HEADERS = (
    ("content-type", "text/html"),
    ("content-encoding", "gzip"),
    ("transfer-encoding", "chunked"),
    ("x-odd", "một\r\n\0 hai"),
)
HOPS = (fetch.Hop("http://example.org/", 302, (("location", "/bai?so=1"),)),)
PAGE = fetch.Fetched(299, "http://example.org/bai?so=1", "text/html", b"<p>here</p>", HEADERS, HOPS, PACKED)


def test_every_step_of_the_way_is_a_request_and_a_response() -> None:
    seen = []
    for one in ArchiveIterator(io.BytesIO(warc.write(PAGE, at=AT)), check_digests="raise"):
        body = one.content_stream().read()
        seen.append((one.rec_type, one.rec_headers.get_header("WARC-Target-URI"), body))
        if one.rec_type == "response":
            assert one.rec_headers.get_header("WARC-Date") == "2026-11-22T08:30:00.000000Z"
    assert [kind for kind, _, _ in seen] == ["warcinfo", *("response", "request") * 2, "metadata"]
    assert seen[1][1:] == ("http://example.org/", b"")
    assert seen[3][1:] == ("http://example.org/bai?so=1", b"<p>here</p>")
    assert hashlib.sha256(PAGE.content).hexdigest().encode() in seen[5][2]


def test_the_bytes_are_those_that_came() -> None:
    records = warc.write(PAGE, at=AT)
    raw = [
        (one.http_headers.get_statuscode(), one.raw_stream.read())
        for one in ArchiveIterator(io.BytesIO(records))
        if one.rec_type == "response"
    ]
    assert raw == [("302", b""), ("299", PACKED)]


def test_the_request_says_what_was_asked_and_nothing_of_ours() -> None:
    text = gzip.decompress(warc.write(PAGE, at=AT)).decode("utf-8", "replace").lower()
    assert "get /bai?so=1 http/1.1" in text
    assert not any(
        word in text for word in ("cookie:", "referer:", "hostname", "warc-ip-address", "operator")
    )
