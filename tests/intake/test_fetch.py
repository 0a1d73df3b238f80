import gzip
import re
import socket
import time
import zlib
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from intake import fetch
from tests.intake.servers import canary, certificate, open_to, page, redirect, serving

PUBLIC = ["8.8.8.8", "103.1.208.10", "2606:4700::1111"]
INSIDE = [
    *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.7", "172.16.0.1", "192.168.1.1"),  # noqa: S104
    "169.254.169.254",
    *("100.64.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "224.0.0.1", "239.1.1.1"),
    *("240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.7"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1"),
    *("fc00::1", "fd00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "3fff::1", "5f00::1", "100::1"),
    *("::ffff:0:7f00:1", "4000::1", "8000::1", "1::1", "0.1.2.3", "203.0.113.7", "198.51.100.1"),
    *("", "example.org", "2130706433"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    assert fetch.is_public(address)


@pytest.mark.parametrize("address", INSIDE)
def test_inside_addresses_are_not(address: str) -> None:
    assert not fetch.is_public(address)


def test_a_page_comes_back_whole() -> None:
    with serving(page("<p>Nội dung</p>".encode(), X_Other="1")) as port:
        got = fetch.get(f"http://127.0.0.1:{port}/a?b=c#d", limits=open_to(port))
    assert (got.status, got.media_type) == (200, "text/html; charset=utf-8")
    assert got.content.decode() == "<p>Nội dung</p>"
    assert got.url == f"http://127.0.0.1:{port}/a?b=c"


def test_the_request_carries_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    seen: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        seen.append(str(request.headers).lower())
        page(b"x", Set_Cookie="a=b")(request)

    with serving(answer) as port:
        for _ in range(2):
            fetch.get(f"http://127.0.0.1:{port}/", limits=open_to(port))
    assert len(seen) == 2
    assert not any(word in seen[1] for word in ("cookie", "referer", "authorization", "forwarded"))


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1"),
        *("0.0.0.0", "127.0.0.2", "169.254.169.254", "0", "[64:ff9b::7f00:1]"),  # noqa: S104
        *("[::1]", "[::ffff:127.0.0.1]", "[::]", "１２７.0.0.1"),
    ],
)
def test_no_spelling_of_an_inside_address_is_let_through(host: str) -> None:
    with pytest.raises(fetch.Refused, match=r"not public|not a web address"):
        fetch.get(f"http://{host}/")


def test_what_a_test_opens_is_open_and_the_address_check_alone_keeps_the_rest_shut() -> None:
    with canary("::1") as (port, knocks):
        with pytest.raises(fetch.Refused, match="public"):
            fetch.get(f"http://[::1]:{port}/", limits=open_to(port))
        assert knocks == []
        with pytest.raises(fetch.Unreached):
            fetch.get(f"http://[::1]:{port}/", limits=open_to(port, addresses=("::1",)))
        assert len(knocks) == 1


def test_the_port_check_alone_keeps_the_rest_shut() -> None:
    with canary() as (port, knocks), pytest.raises(fetch.Refused, match="port"):
        fetch.get(f"http://127.0.0.1:{port}/", limits=open_to(port + 1))
    assert knocks == []


def test_nothing_but_a_test_opens_anything() -> None:
    rooms = [Path(fetch.__file__).parent.parent / name for name in ("app", "intake", "verify", "publish")]
    makers = re.compile(r"\b(Opening\((?!\))|opening=(?!opening|self|limits)|trust=)")
    for file in (path for room in rooms for path in room.rglob("*.py")):
        assert not makers.search(file.read_text(encoding="utf-8")), file


@pytest.mark.parametrize("port", [22, 25, 5432, 6379, 8080])
def test_other_ports_are_refused(port: int) -> None:
    with pytest.raises(fetch.Refused, match="port"):
        fetch.get(f"http://8.8.8.8:{port}/")


@pytest.mark.parametrize("port", [80, 443])
def test_allowed_ports_do_not_open_inside_addresses(port: int) -> None:
    with pytest.raises(fetch.Refused, match="public"):
        fetch.get(f"{'http' if port == 80 else 'https'}://10.0.0.7/")


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "file:///etc/passwd", "gopher://example.org/", "ftp://example.org/", "//example.org"),
        *(
            "http://",
            "http://ai:mat@example.org/",
            "http://[::1",
            "http://example.org:99999/",
            "http://a\0b/",
        ),
        *("http://" + "a" * 300 + ".org/", "http://example.org/" + "x" * 100_000, "http://a\nb.org/"),
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises((fetch.Refused, fetch.Unreached)):
        fetch.get(url)


def test_a_name_with_one_inside_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def mixed(host: str, port: int, *_args: object, **_kwargs: object) -> list[object]:
        if host != "mixed.example.org":
            return list(real(host, port))
        return [(2, 1, 6, "", (address, port)) for address in ("8.8.8.8", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", mixed)
    with canary() as (_port, knocks), pytest.raises(fetch.Refused, match="public"):
        fetch.get("http://mixed.example.org/")
    assert knocks == []


def test_redirects_are_followed_up_to_three() -> None:
    def hop(request: BaseHTTPRequestHandler) -> None:
        left = int(request.path.strip("/"))
        (redirect(f"/{left - 1}") if left else page(b"here"))(request)

    with serving(hop) as port:
        got = fetch.get(f"http://127.0.0.1:{port}/3", limits=open_to(port))
        assert (got.content, got.url) == (b"here", f"http://127.0.0.1:{port}/0")
        with pytest.raises(fetch.Refused, match="redirects"):
            fetch.get(f"http://127.0.0.1:{port}/4", limits=open_to(port))


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.2:{port}/",
        "http://2130706433:{port}/",
        "http://[::1]:{port}/",
        "http://localhost:{port}/",
    ],
)
def test_redirects_do_not_lead_inside(to: str) -> None:
    with (
        canary() as (forbidden, knocks),
        serving(redirect(to.format(port=forbidden))) as port,
        pytest.raises(fetch.Refused),
    ):
        fetch.get(f"http://127.0.0.1:{port}/", limits=open_to(port))
    assert knocks == []


@pytest.mark.parametrize("to", ["file:///etc/passwd", "gopher://x/", "javascript:alert(1)", "http://"])
def test_redirects_to_other_schemes_are_refused(to: str) -> None:
    with serving(redirect(to)) as port, pytest.raises(fetch.Refused):
        fetch.get(f"http://127.0.0.1:{port}/", limits=open_to(port))


def test_too_much_is_cut_off_while_it_comes() -> None:
    sent = 0

    def endless(request: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        request.send_response(200)
        request.end_headers()
        while True:
            sent += request.wfile.write(b"x" * 65_536)

    with serving(endless) as port, pytest.raises(fetch.Refused, match="large"):
        fetch.get(f"http://127.0.0.1:{port}/", limits=open_to(port))
    assert sent < 16 * 1024 * 1024


def test_packed_pages_are_unpacked_but_bombs_are_not() -> None:
    small, bomb = gzip.compress(b"hello", mtime=0), gzip.compress(bytes(20 * 1024 * 1024))
    for packed, name in ((small, "gzip"), (zlib.compress(b"hello"), "deflate")):
        with serving(page(packed, Content_Encoding=name)) as port:
            assert fetch.get(f"http://127.0.0.1:{port}/", limits=open_to(port)).content == b"hello"
    with serving(page(bomb, Content_Encoding="gzip")) as port, pytest.raises(fetch.Refused, match="unpacked"):
        fetch.get(f"http://127.0.0.1:{port}/", limits=open_to(port))


@pytest.mark.parametrize(
    ("body", "encoding", "kind"),
    [
        (b"not gzip", "gzip", fetch.Unreached),
        (gzip.compress(b"hello", mtime=0)[:-4], "gzip", fetch.Unreached),
        (b"x", "br", fetch.Refused),
        (b"x", "zstd", fetch.Refused),
        (b"x", "gzip, gzip", fetch.Refused),
        (gzip.compress(b"", mtime=0) * 60, "gzip", fetch.Refused),
    ],
)
def test_broken_packing_is_told_apart(body: bytes, encoding: str, kind: type[Exception]) -> None:
    with serving(page(body, Content_Encoding=encoding)) as port, pytest.raises(kind):
        fetch.get(f"http://127.0.0.1:{port}/", limits=open_to(port))


@pytest.mark.parametrize("drips", ["header", "body", "nothing"])
def test_a_dripping_server_does_not_hold_us(drips: str) -> None:
    def drip(request: BaseHTTPRequestHandler) -> None:
        head = b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if drips == "body" else b"")
        request.wfile.write(head if drips != "nothing" else b"")
        for _ in range(200):
            time.sleep(0.05)
            request.wfile.write({"header": b"X-A: b\r\n", "body": b"x", "nothing": b""}[drips])

    with serving(drip) as port:
        started = time.monotonic()
        with pytest.raises(fetch.Unreached):
            fetch.get(f"http://127.0.0.1:{port}/", limits=open_to(port, seconds=0.5))
        assert time.monotonic() - started < 5  # of the ten that it drips, also on a busy machine


@pytest.mark.parametrize("raw", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nxx"])
def test_broken_answers_are_unreached(raw: bytes) -> None:
    with (
        serving(lambda request: request.wfile.write(raw) and None) as port,
        pytest.raises(fetch.Unreached),
    ):
        fetch.get(f"http://127.0.0.1:{port}/", limits=open_to(port))


def test_a_server_without_a_trusted_certificate_is_unreached() -> None:
    with serving(page()) as port, pytest.raises(fetch.Unreached):
        fetch.get(f"https://127.0.0.1:{port}/", limits=open_to(port))


def test_a_secure_page_comes_back_from_a_server_that_is_trusted(tmp_path: Path) -> None:
    secure, trust = certificate(tmp_path)
    _, stranger = certificate(tmp_path)
    with serving(page(b"here"), secure) as port:
        got = fetch.get(f"https://127.0.0.1:{port}/", limits=open_to(port, trust=trust))
        assert (got.status, got.content) == (200, b"here")
        with pytest.raises(fetch.Unreached, match="secure"):
            fetch.get(f"https://127.0.0.1:{port}/", limits=open_to(port, trust=stranger))
        with pytest.raises(fetch.Unreached, match="secure"):  # the name on the certificate counts
            fetch.get(
                f"https://localhost:{port}/",
                limits=open_to(port, addresses=("127.0.0.1", "::1"), trust=trust),
            )


def test_a_page_is_asked_for_only_if_it_changed() -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("If-None-Match"), request.headers.get("If-Modified-Since")
        known = asked in {('"a1"', None), ('"a1"', "Sun, 22 Nov 2026 08:00:00 GMT")}
        marks = {"ETag": '"a1"', "Last_Modified": "Sun, 22 Nov 2026 08:00:00 GMT", "Retry_After": "9"}
        page(b"" if known else b"new", 304 if known else 200, **marks)(request)

    with serving(answer) as port:
        url, limits = f"http://127.0.0.1:{port}/", open_to(port)
        first = fetch.get(url, limits=limits)
        assert (first.status, first.content, first.retry_after) == (200, b"new", "9")
        again = fetch.get(url, limits=limits, etag=first.etag, last_modified=first.last_modified)
        assert (again.status, again.content, again.etag) == (304, b"", first.etag)
        for unclean in ("", "a\r\nX-Evil: 1", "\x00", "x" * 2_000):
            assert fetch.get(url, limits=limits, etag=unclean).status == 200


def test_what_came_is_known_with_headers_hops_and_packing() -> None:
    packed = gzip.compress("Lào Cai".encode()) + gzip.compress(b" 2")

    def answer(request: BaseHTTPRequestHandler) -> None:
        here = page(packed, Content_Encoding="gzip", X_A="một".encode().decode("latin-1"))
        (here if request.path == "/b%C3%A0i" else redirect("/b%C3%A0i"))(request)

    with serving(answer) as port:
        got = fetch.get(f"http://127.0.0.1:{port}/", limits=open_to(port))
    assert (got.content.decode(), got.wire) == ("Lào Cai 2", packed)
    assert (got.header("x-a"), got.header("absent")) == ("một", "")
    assert [(hop.url, hop.status) for hop in got.hops] == [(f"http://127.0.0.1:{port}/", 302)]
    assert ("location", "/b%C3%A0i") in got.hops[0].headers


def test_bytes_count_for_the_whole_way() -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        left = int(request.path.strip("/"))
        (redirect(f"/{left - 1}", X_Long="x" * 30_000) if left else page(b"x" * 30_000))(request)

    with serving(answer) as port:
        limits = open_to(port, wire=100_000)
        assert fetch.get(f"http://127.0.0.1:{port}/2", limits=limits).status == 200
        with pytest.raises(fetch.Refused, match="large"):
            fetch.get(f"http://127.0.0.1:{port}/3", limits=limits)


def test_we_say_who_asks_and_where_to_read_about_it() -> None:
    named = fetch.agent("https://kiemtin.example.vn")
    assert named == "Mozilla/5.0 (compatible; KiemTin/1; +https://kiemtin.example.vn)"
    assert {fetch.agent(bad) for bad in ("", "https://a b", "https://a)", "https://kiểm.vn")} == {fetch.AGENT}
    seen: list[str | None] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        seen.append(request.headers.get("User-Agent"))
        page(b"x")(request)

    with serving(answer) as port:
        got = fetch.get(f"http://127.0.0.1:{port}/", limits=open_to(port, agent=named))
    assert (seen, got.agent) == ([named], named)
