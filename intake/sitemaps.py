"""Follow an index of sitemaps: its newest become addresses of their own, which come and go with the index.

Each is visited like an address that an officer typed, with its own marks, pauses and errors. One level only:
an index that an index names is an error of that address. Only the index's own machine, and only a few.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from intake import polite
from intake.feedreading import Reading
from models import SourceAddress
from models.source import ADDRESS_LIMIT

INDEX: Final = "sitemapindex"  # the form of an index, as a reading names it
NEWEST: Final = 3  # of an index: today's, and two days before it where the sitemaps are daily


def newest(reading: Reading, asked: str, answered: str) -> list[str]:
    """Return the addresses of the newest sitemaps of an index, on its own machine, newest first."""
    own = {polite.host_of(asked), polite.host_of(answered)}
    found: list[str] = []
    for item in reading["items"]:
        url = item["url"]
        if answered.startswith("https:"):  # who serves the index under TLS serves its parts so
            url = url.replace("http://", "https://", 1) if url.startswith("http://") else url
        if polite.host_of(url) in own and len(url) <= ADDRESS_LIMIT and url not in {asked, answered, *found}:
            found.append(url)
    return found[:NEWEST]


def follow(
    session: Session, index: SourceAddress, reading: Reading, answered: str, *, pace: int, at: datetime
) -> None:
    """Make the newest sitemaps of `index` addresses of its source, due now; forget those that were newest.

    An address that some source has already is left where it is.
    """
    wanted = newest(reading, index.url, answered)
    if not wanted:  # an index that lost all its parts for once has not lost what was read of them
        return
    session.execute(
        delete(SourceAddress).where(SourceAddress.index_id == index.id, SourceAddress.url.not_in(wanted))
    )
    for url in wanted:
        session.execute(
            insert(SourceAddress)
            .values(
                source_id=index.source_id,
                index_id=index.id,
                url=url,
                host=polite.know(session, url, at=at),
                allows_http=index.allows_http,
                next_visit_at=at,
                pace=pace,
            )
            .on_conflict_do_nothing(index_elements=["url"])
        )
