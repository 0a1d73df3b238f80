"""Did a source change suddenly: a hijacked site, a look-alike, a mass of items? Pure."""

from dataclasses import dataclass
from typing import Final

from intake.feedreading import Reading, is_same_site, site
from models import Alarm

LAID: Final = 3  # visits with an answer after which a baseline counts
MANY: Final = 40  # new items of one visit below which nothing is a flood
FLOOD: Final = 6.0  # times the usual number of new items an hour
_FEW_LINKS: Final = 5  # below which the share of other people's links says nothing


@dataclass(frozen=True)
class Baseline:
    """What an address usually brings; empty words are not known yet."""

    visits: int
    rate: float  # new items an hour, running mean
    language: str
    form: str
    host: str


def sudden(
    usual: Baseline, reading: Reading, *, answered_by: str, home: str, fresh: int, hours: float
) -> tuple[Alarm, str] | None:
    """Return what changed and the words or numbers to show for it, or None.

    `answered_by` is the address that answered in the end, `fresh` the number of new items since the visit
    `hours` ago. After an outage of our own there are many new items, but no more an hour than before.
    """
    if usual.visits and usual.host and usual.host != site(answered_by):
        return Alarm.HOST, f"{usual.host} → {site(answered_by)}"
    if usual.visits and usual.form and usual.form != reading["form"]:
        return Alarm.CONTENT_TYPE, f"{usual.form} → {reading['form']}"
    links = [item["url"] for item in reading["items"]]
    foreign = [link for link in links if not is_same_site(link, home) and not is_same_site(link, answered_by)]
    if usual.visits and len(links) >= _FEW_LINKS and 2 * len(foreign) > len(links):
        return Alarm.HOST, f"{len(foreign)}/{len(links)}: {site(foreign[0])}"
    if usual.visits >= LAID:
        if usual.language and reading["language"] and usual.language != reading["language"]:
            return Alarm.LANGUAGE, f"{usual.language} → {reading['language']}"
        if fresh >= MANY and fresh / max(hours, 1 / 60) > FLOOD * max(usual.rate, 1.0):
            return Alarm.VOLUME, f"{usual.rate:.1f}/h → {fresh / max(hours, 1 / 60):.0f}/h"
    return None
