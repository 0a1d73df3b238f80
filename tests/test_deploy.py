"""The example proxy and the containers agree on whose word about addresses is believed."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

ROOT = Path(__file__).parent.parent
NGINX = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")


def seen(peer: str, forwarded: str) -> str:
    """Return whom the application takes for its visitor."""
    trusted = re.search(r'FORWARDED_ALLOW_IPS: "([^"]+)"', COMPOSE)
    assert trusted is not None
    found: list[str] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        found.append(scope["client"][0])

    scope: Any = {"type": "http", "client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    asyncio.run(ProxyHeadersMiddleware(application, trusted[1])(scope, None, None))  # type: ignore[arg-type]
    return found[0]


def test_the_proxy_writes_the_address_anew_at_every_door() -> None:
    server = NGINX[NGINX.index("server {") :]
    before, doors = server.split("location", maxsplit=1)
    assert re.findall(r"proxy_set_header X-Forwarded-For (\S+);", before) == ["$remote_addr"]
    # A location with a header of its own would inherit none, and hand on what the visitor wrote.
    assert "proxy_set_header" not in doors


@pytest.mark.parametrize("peer", ["172.18.0.5", "10.89.0.2", "192.168.160.3", "fd12::5"])
def test_the_containers_believe_the_proxy(peer: str) -> None:
    assert seen(peer, "1.52.3.4") == "1.52.3.4"


def test_nobody_else_is_believed() -> None:
    assert seen("1.52.3.4", "9.9.9.9") == "1.52.3.4"
    # Even if a proxy appended: the right end is the proxy's word, the left one the visitor's.
    assert seen("172.18.0.5", "9.9.9.9, 1.52.3.4") == "1.52.3.4"
