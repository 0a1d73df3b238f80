"""What the body of every request must be: within its limit, not packed, whole. Refused in words else.

The limits themselves stand at the application and its routes. This goes around all of it, because the
framework answers for a body over the limit by itself, in plain English and without our headers.
"""

from collections.abc import Callable
from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models import Invalid, Refusal

TOO_LARGE: Final = 413
PACKED: Final = 415
Answer = Callable[[Request, Refusal, int], Response]


class Bodies:
    """ASGI middleware around the whole application. `dress` gives an answer the headers of all others."""

    def __init__(self, app: ASGIApp, answer: Answer, dress: Callable[[ASGIApp], ASGIApp]) -> None:
        self.app, self.answer, self.dress = app, answer, dress

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def refuse(code: str, status: int) -> None:
            made = await run_in_threadpool(self.answer, Request(scope), Invalid(code=code), status)
            await self.dress(made)(scope, receive, send)

        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            await refuse("body-packed", PACKED)  # unpacking is how a small body becomes a huge one
            return
        worded = False

        async def in_words(message: Message) -> None:
            nonlocal worded
            if message["type"] == "http.response.start" and _bare(message):
                worded = True
                await refuse("too-large", TOO_LARGE)
            elif not worded:
                await send(message)

        boundary = _boundary(headers)
        await self.app(scope, receive if boundary is None else _whole(receive, boundary), in_words)


def _bare(message: Message) -> bool:
    """Return whether this begins the framework's own answer to a body over the limit."""
    kind = Headers(raw=message["headers"]).get("content-type", "")
    return message["status"] == TOO_LARGE and kind.startswith("text/plain")


def _boundary(headers: Headers) -> bytes | None:
    kind, options = parse_options_header(headers.get("content-type", ""))
    return options.get(b"boundary") if kind == b"multipart/form-data" else None


def _whole(receive: Receive, boundary: bytes) -> Receive:
    """Return `receive`, refusing (`body-cut`) a form that stops before the end that its boundary marks.

    The parser takes what came until then for the whole form, so a report would lose its pictures unnoticed.
    """
    end = b"--" + boundary + b"--"
    tail, closed = b"", False

    async def checked() -> Message:
        nonlocal tail, closed
        message = await receive()
        if message["type"] == "http.request":
            chunk = message.get("body", b"")
            if not closed:  # what follows the end mark does not count
                closed = end in tail + chunk[: len(end)] or end in chunk
                tail = (tail + chunk[-len(end) :])[-len(end) :]
            if not message.get("more_body", False) and not closed:
                raise Invalid(code="body-cut")
        return message

    return checked
