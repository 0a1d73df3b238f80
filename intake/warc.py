"""Write a fetched page as WARC records (ISO 28500), which every archive tool opens.

One file a page: who wrote it, then for each step of the way the request and the response, at last what was
noted about the capture. Responses hold the bytes as they came, still packed.
"""

import hashlib
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urlsplit

from intake.fetch import Fetched, Headers, Hop

MEDIA_TYPE: Final = "application/warc"
# Chunks were joined while reading, so the header that announces them is kept under another name.
_RENAMED: Final = {"transfer-encoding": "x-archive-orig-transfer-encoding"}


def write(page: Fetched, *, at: datetime) -> bytes:
    """Return the records of `page`, fetched at `at`, packed record by record; no address of ours."""
    from warcio.warcwriter import WARCWriter  # noqa: PLC0415  only the worker writes archives

    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    about = {"software": f"Kiem Tin {version('kiem-tin')}", "format": "WARC File Format 1.1"}
    writer.write_record(writer.create_warcinfo_record("", about))
    for hop in page.hops:
        _pair(writer, hop, b"", moment, page.agent)
    last = Hop(page.url, page.status, page.headers)
    response = _pair(writer, last, page.wire or page.content, moment, page.agent)
    noted = {
        "kiem-tin-payload-sha256": hashlib.sha256(page.content).hexdigest(),
        "kiem-tin-media-type": page.media_type,
        **{f"via-{number}": hop.url for number, hop in enumerate(page.hops, 1)},
    }
    fields = "".join(f"{name}: {value}\r\n" for name, value in noted.items()).encode()
    headers = {"WARC-Date": moment, "WARC-Refers-To": response, "Content-Type": "application/warc-fields"}
    _put(writer, page.url, "metadata", fields, headers)
    return out.getvalue()


def _pair(writer: Any, step: Hop, body: bytes, moment: str, agent: str) -> str:  # noqa: ANN401
    """Write the request, sent as `agent`, and the response of one step; returns the response's id."""
    from warcio.statusandheaders import StatusAndHeaders  # noqa: PLC0415

    url, status = step.url, step.status
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    answered = StatusAndHeaders(
        f"{status} {phrase}".strip(), list(_stated(step.headers)), protocol="HTTP/1.1"
    )
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    made: str = _put(
        writer, url, "response", body, {"WARC-Date": moment, "WARC-Payload-Digest": digest}, answered
    )
    parts = urlsplit(url)
    target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    request = StatusAndHeaders(
        f"GET {target} HTTP/1.1",
        [("Host", parts.netloc), ("User-Agent", agent), ("Accept", "*/*"), ("Accept-Encoding", "gzip")],
        is_http_request=True,
    )
    _put(writer, url, "request", b"", {"WARC-Date": moment, "WARC-Concurrent-To": made}, request)
    return made


def _stated(headers: Headers) -> Iterable[tuple[str, str]]:
    for name, value in headers:
        yield _RENAMED.get(name, name), " ".join(value.split())


def _put(
    writer: Any,  # noqa: ANN401  the library ships no types
    url: str,
    kind: str,
    payload: bytes,
    headers: dict[str, str],
    http: Any = None,  # noqa: ANN401
) -> str:
    record = writer.create_warc_record(
        url,
        kind,
        payload=io.BytesIO(payload),
        length=len(payload),
        warc_headers_dict=headers,
        http_headers=http,
    )
    writer.write_record(record)
    return str(record.rec_headers.get_header("WARC-Record-ID"))
