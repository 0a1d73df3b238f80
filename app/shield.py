"""What every answer and every change goes through: browser policy, same-origin check, caching."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; worker-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Swagger UI writes style attributes and one inline start script; it is the only page that may.
_DOCS_POLICY: Final = _POLICY.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'").replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'"
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_PUBLIC_DATA: Final = ("/api/v1/corrections", "/cong-bo")


class Shield:
    """ASGI middleware: security headers on every answer, cross-site changes refused (Fetch Metadata)."""

    def __init__(self, app: ASGIApp, *, secure: bool, public_url: str) -> None:
        self.app = app
        self.secure = secure
        self.host = urlsplit(public_url).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(MutableHeaders(scope=message), path)
            await send(message)

        if self._cross_site(scope):
            await PlainTextResponse("Yêu cầu đến từ một trang khác và không được thực hiện.", 403)(
                scope, receive, guarded
            )
            return
        await self.app(scope, receive, guarded)

    def _dress(self, headers: MutableHeaders, path: str) -> None:
        headers.setdefault("Content-Security-Policy", _DOCS_POLICY if path == "/docs" else _POLICY)
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        if self.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if path.startswith("/static/"):
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif path.startswith(_PUBLIC_DATA):
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            headers["Access-Control-Allow-Origin"] = "*"
            headers.setdefault("Cache-Control", "public, max-age=60")
        else:
            headers.setdefault("Cache-Control", "no-store")

    def _cross_site(self, scope: Scope) -> bool:
        """Programs send neither header and hold no cookie; browsers always tell where they come from."""
        if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            return False
        headers = Headers(scope=scope)
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in {"same-origin", "none"}
        origin = headers.get("origin")
        return origin is not None and urlsplit(origin).netloc not in {self.host, headers.get("host", "")}
