"""Answers that programs keep and ask for again: validators, 304, and readable from any site."""

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response

from publish.register import Filters

SHARED: Final = {"Access-Control-Allow-Origin": "*"}


def _unchanged(request: Request, tag: str, updated: datetime) -> bool:
    """RFC 9110 13.2.2: tags decide where the caller sent any, else the date does."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in tags.split(",")}
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        asked = parsedate_to_datetime(since)
        return asked.tzinfo is not None and updated.replace(microsecond=0) <= asked
    except (ValueError, OverflowError):
        return False


def kept(request: Request, body: str, media_type: str, updated: datetime) -> Response:
    """Return `body` with its validators, or 304 when the caller holds the same already."""
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    headers = {
        **SHARED,
        "ETag": tag,
        "Last-Modified": format_datetime(updated.astimezone(UTC), usegmt=True),
        "Cache-Control": "public, max-age=300",
    }
    if _unchanged(request, tag, updated):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=f"{media_type}; charset=utf-8", headers=headers)


def query_of(asked: Filters) -> str:
    """Return `asked` as the query part of an address, for links that keep it."""
    values = {
        "q": asked.q,
        "rating": asked.rating or "",
        "field": asked.field or "",
        "place": asked.place,
        "year": "" if asked.year is None else str(asked.year),
    }
    return urlencode({name: value for name, value in values.items() if value})
