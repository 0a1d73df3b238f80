"""What a site's robots.txt allows our reader (RFC 9309). Pure; runs in the limited child process."""

from typing import Final

LIMIT: Final = 500_000  # bytes of robots.txt that are read, as the RFC asks at least
DELAY: Final = 120  # seconds; a longer wish counts as this


def ask(text: str, agent: str, url: str) -> tuple[bool, int]:
    """Return whether `agent` may read `url`, and the seconds it should wait between two readings."""
    from protego import Protego  # noqa: PLC0415  only the child process reads robots.txt

    try:
        rules = Protego.parse(text)
        delay = rules.crawl_delay(agent) or 0
        return bool(rules.can_fetch(url, agent)), int(min(max(delay, 0), DELAY))
    except Exception:  # noqa: BLE001  RFC 9309 2.2: what cannot be understood is passed over
        return True, 0
