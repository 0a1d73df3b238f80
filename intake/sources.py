"""Watched sources: load the shipped list, add, change, start, pause, free from quarantine.

Verifiers and administrators may do this: a source is a tool of the newsroom and a setting of the house at
once, and nothing that it brings is decided by it. The database checks the role again at each change of state.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from intake import polite, visits
from intake.feedreading import link_of
from models import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Officer,
    Role,
    Source,
    SourceAddress,
    SourceKind,
    SourceOwner,
    SourceScope,
    SourceState,
    SourceTakes,
    SourceTrial,
    audit,
)
from models.source import ADDRESS_LIMIT, NAME_LIMIT, NOTE_LIMIT

KEEPERS: Final = (Role.VERIFIER, Role.ADMIN)
ADDRESSES: Final = 20  # of one source
_KINDS: Final = {"rss": SourceKind.FEED, "sitemap": SourceKind.SITEMAP, "listing": SourceKind.LISTING}
_LARGEST_ID: Final = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What an officer typed about a source, its choices made."""

    name: str
    home: str
    urls: Sequence[str]
    kind: SourceKind
    owner: SourceOwner
    scope: SourceScope
    takes: SourceTakes
    note: str = ""
    allows_http: bool = False


def may(person: Officer) -> bool:
    """Return whether `person` keeps the sources."""
    return any(person.may(role) for role in KEEPERS)


def need(person: Officer) -> None:
    """Raise Forbidden unless `person` keeps the sources."""
    if not may(person):
        raise Forbidden(code="role-missing")


def load(session: Session, *, at: datetime) -> int:
    """Add the shipped sources that are not there, switched off; return how many. Changes none that is."""
    shipped: dict[str, Any] = json.loads(
        resources.files("intake.data").joinpath("feeds.json").read_text("utf-8")
    )
    added = 0
    for row in shipped["sources"]:
        kind = _KINDS[row["kind"]]
        made = session.scalar(
            insert(Source)
            .values(
                key=row["id"],
                name=row["name"],
                kind=kind,
                owner=SourceOwner(row["owner_type"]),
                scope=SourceScope(row["scope"]),
                takes=SourceTakes.MENTION,
                home=row["home"],
                note=row["note"],
                origin=shipped["evidence_values"][row["evidence"]],
                state=SourceState.OFF,
                state_since=at,
                alarm_detail="",
                added_at=at,
            )
            .on_conflict_do_nothing(index_elements=["key"])
            .returning(Source.id)
        )
        if made is not None:
            added += 1
            for url in row["urls"]:
                _address(session, made, url, kind, at=at)
    return added


def get(session: Session, source_id: int) -> Source:
    """Return a source with its addresses. Raises NotFound."""
    found = session.scalar(
        select(Source)
        .where(Source.id == min(source_id, _LARGEST_ID))
        .options(selectinload(Source.addresses))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def add(session: Session, wanted: Wanted, *, by: Officer, at: datetime) -> Source:
    """Add a source, switched off. Raises Forbidden, Invalid, Conflict (`source-known`)."""
    need(by)
    urls = _checked(wanted)
    source = Source(
        name=wanted.name.strip(),
        kind=wanted.kind,
        owner=wanted.owner,
        scope=wanted.scope,
        takes=wanted.takes,
        home=link_of(wanted.home, wanted.home) or urls[0],
        note=wanted.note.strip(),
        state_since=at,
        changed_by_id=by.id,
        added_at=at,
    )
    session.add(source)
    session.flush()
    for url in urls:
        _own(session, source.id, url, wanted, at=at)
    _record(session, "source.added", source, by=by, at=at, urls=list(urls))
    return source


def change(session: Session, source: Source, wanted: Wanted, *, by: Officer, at: datetime) -> None:
    """Change what is said about a source; an address that left the list is forgotten with its visits.

    Raises Forbidden, Invalid, Conflict (`source-known`).
    """
    need(by)
    urls = _checked(wanted)
    before = {one.url: one for one in source.typed}
    source.name, source.kind, source.owner = wanted.name.strip(), wanted.kind, wanted.owner
    source.scope, source.takes, source.note = wanted.scope, wanted.takes, wanted.note.strip()
    source.home = link_of(wanted.home, wanted.home) or urls[0]
    gone = [one.id for url, one in before.items() if url not in urls]
    session.execute(delete(SourceAddress).where(SourceAddress.id.in_(gone)))
    for url in urls:
        if url in before:
            before[url].allows_http = wanted.allows_http
        else:
            _own(session, source.id, url, wanted, at=at)
    session.flush()
    session.expire(source, ["addresses"])
    _record(session, "source.changed", source, by=by, at=at, urls=list(urls))


def start(session: Session, source: Source, *, by: Officer, at: datetime) -> None:
    """Let a source be visited, at once and from then on. Raises Forbidden, Conflict (`source-moved`)."""
    _move(session, source, (SourceState.OFF, SourceState.PAUSED), SourceState.WATCHED, by=by, at=at)
    _begin_anew(session, source, at=at)
    _record(session, "source.started", source, by=by, at=at)


def pause(session: Session, source: Source, *, by: Officer, at: datetime) -> None:
    """Stop visiting a source, also one in quarantine. Raises Forbidden, Conflict (`source-moved`)."""
    _move(session, source, (SourceState.WATCHED, SourceState.QUARANTINED), SourceState.PAUSED, by=by, at=at)
    _record(session, "source.paused", source, by=by, at=at)


def lift(session: Session, source: Source, *, by: Officer, at: datetime) -> None:
    """End a quarantine: what the source brings now counts as ordinary. Raises Forbidden, Conflict."""
    alarm, detail = source.alarm, source.alarm_detail
    _move(session, source, (SourceState.QUARANTINED,), SourceState.WATCHED, by=by, at=at)
    _begin_anew(session, source, at=at)
    _record(
        session,
        "source.lifted",
        source,
        by=by,
        at=at,
        alarm="" if alarm is None else alarm.value,
        detail=detail,
    )


def visit_now(session: Session, source: Source, *, by: Officer, at: datetime) -> None:
    """Make all addresses of a watched source due now. Raises Forbidden, Conflict (`source-moved`)."""
    need(by)
    if source.state is not SourceState.WATCHED:
        raise Conflict(code="source-moved")
    known = update(SourceAddress).where(SourceAddress.source_id == source.id)
    session.execute(known.values(next_visit_at=func.least(SourceAddress.next_visit_at, at)))


def try_out(session: Session, source: Source, *, by: Officer, at: datetime) -> list[SourceTrial]:
    """Order a trial of each address: what would it bring now? Nothing of it is taken in."""
    need(by)
    session.execute(delete(SourceTrial).where(SourceTrial.source_id == source.id))
    made = [
        SourceTrial(
            source_id=source.id,
            url=one.url,
            host=one.host,
            allows_http=one.allows_http,
            asked_by_id=by.id,
            asked_at=at,
            next_try_at=at,
        )
        for one in source.typed
    ]
    session.add_all(made)
    session.flush()
    return made


def _move(
    session: Session,
    source: Source,
    before: Sequence[SourceState],
    after: SourceState,
    *,
    by: Officer,
    at: datetime,
) -> None:
    """Change the state if it still is one of `before`; one of two who do so at once succeeds."""
    need(by)
    moved = session.scalar(
        update(Source)
        .where(Source.id == source.id, Source.state.in_(before))
        .values(state=after, state_since=at, changed_by_id=by.id, alarm=None, alarm_detail="")
        .returning(Source.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        raise Conflict(code="source-moved")
    session.refresh(source)


def _begin_anew(session: Session, source: Source, *, at: datetime) -> None:
    """Forget what was usual, so that the next visits lay a new baseline."""
    session.execute(
        update(SourceAddress)
        .where(SourceAddress.source_id == source.id)
        .values(
            next_visit_at=at,
            pace=visits.PACE[source.kind],
            failures=0,
            last_error="",
            etag="",
            last_modified="",
            visits=0,
            usual_items=0.0,
            usual_language="",
            usual_form="",
            usual_host="",
        )
    )


def _checked(wanted: Wanted) -> list[str]:
    """Return the addresses as they will be stored. Raises Invalid."""
    if not wanted.name.strip() or len(wanted.name.strip()) > NAME_LIMIT:
        raise Invalid(code="source-name", field="name")
    if len(wanted.note) > NOTE_LIMIT:
        raise Invalid(code="too-long", field="note")
    if wanted.home and not link_of(wanted.home, wanted.home):
        raise Invalid(code="source-address", field="home")
    urls = list(dict.fromkeys(link_of(url, url) for url in wanted.urls if url.strip()))
    if not urls or len(urls) > ADDRESSES or "" in urls or any(len(url) > ADDRESS_LIMIT for url in urls):
        raise Invalid(code="source-address", field="urls")
    if not wanted.allows_http and any(url.startswith("http:") for url in urls):
        raise Invalid(code="source-http", field="urls")
    return urls


def _own(session: Session, source_id: int, url: str, wanted: Wanted, *, at: datetime) -> None:
    if not _address(session, source_id, url, wanted.kind, at=at, allows_http=wanted.allows_http):
        raise Conflict(code="source-known", field="urls")


def _address(
    session: Session, source_id: int, url: str, kind: SourceKind, *, at: datetime, allows_http: bool = False
) -> bool:
    made = session.scalar(
        insert(SourceAddress)
        .values(
            source_id=source_id,
            url=url,
            host=polite.know(session, url, at=at),
            allows_http=allows_http,
            next_visit_at=at,
            pace=visits.PACE[kind],
        )
        .on_conflict_do_nothing(index_elements=["url"])
        .returning(SourceAddress.id)
    )
    return made is not None


def _record(
    session: Session, action: str, source: Source, *, by: Officer, at: datetime, **detail: object
) -> None:
    about = {"name": source.name, **detail}
    audit.record(session, action, subject=("source", source.id), by=by, at=at, detail=about)
