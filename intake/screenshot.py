"""Take a picture of a page with a headless chromium that has no other way out than our proxy.

Scripts of the page do not run. The picture is whatever came until time was up; it is kept as a file and never
decoded here.
"""

import contextlib
import logging
import os
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from intake import proxy
from intake.fetch import Limits
from models.evidence import COPY_LIMIT

log = logging.getLogger(__name__)
LIMITS: Final = Limits()
_WALL: Final = 40.0  # seconds for the whole browser, its start included
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SWITCHES: Final = (
    *(
        "--headless=new",
        "--incognito",
        "--disable-gpu",
        "--hide-scrollbars",
        "--mute-audio",
        "--no-first-run",
    ),
    *("--window-size=1280,2400", "--lang=vi", "--no-pings"),
    *("--disable-quic", "--disable-sync", "--disable-extensions", "--disable-component-update"),
    *("--disable-background-networking", "--disable-default-apps", "--disable-domain-reliability"),
    "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,DialMediaRouteProvider",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--proxy-bypass-list=<-loopback>",  # chromium would go to loopback without asking the proxy
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # no name is looked up beside the proxy
)
_PREFERENCES: Final = '{"profile":{"default_content_setting_values":{"javascript":2}}}'  # 2: blocked


def take(url: str, *, chromium: Path, limits: Limits = LIMITS) -> bytes | None:
    """Return a PNG of the page at `url`, at most 10 MB, or None where none came. Never raises for a page."""
    with (
        tempfile.TemporaryDirectory(prefix="kiemtin-", ignore_cleanup_errors=True) as folder,
        proxy.standing(limits) as port,
    ):
        picture, profile = Path(folder) / "page.png", Path(folder) / "profile" / "Default"
        profile.mkdir(parents=True)
        (profile / "Preferences").write_text(_PREFERENCES, encoding="ascii")
        # As root chromium cannot build its sandbox: run the worker as a user of its own.
        unboxed = ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [
            *(str(chromium), *_SWITCHES, *unboxed),
            *(f"--proxy-server=http://127.0.0.1:{port}", f"--user-data-dir={profile.parent}"),
            *(f"--screenshot={picture}", "--", url),
        ]
        try:
            _run(command, folder)
            data = picture.read_bytes() if 0 < picture.stat().st_size <= COPY_LIMIT else b""
        except OSError as failure:
            log.warning("no picture of a page: %s", type(failure).__name__)
            return None
    return data if data.startswith(_PNG) else None


def _run(command: list[str], folder: str) -> None:
    child = subprocess.Popen(  # noqa: S603  the browser named in the settings
        command,
        cwd=folder,
        env={"HOME": folder, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TMPDIR": folder},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        child.wait(_WALL)
    except subprocess.TimeoutExpired:
        log.warning("no picture of a page: out of time")
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
