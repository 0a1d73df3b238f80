"""Which case does a held report resemble? Found by its family at once, by the encoder when there is time.

A suggestion only: what resembles a case is shown with it (verify/nearby.py) and stays held. It must not
hide another matter: what names another place on the map than the case does resembles it not.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from rapidfuzz.distance import LCSseq
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from corpus import reasons, search
from corpus.encoder import Encoder
from corpus.side import Side
from corpus.text import NormalText
from models import Arrival, ArrivalState, Case, Family, HeldWhy, Relation
from verify import joining, mistyped, sifting

log = logging.getLogger(__name__)
WHY: Final = (HeldWhy.WAVE, HeldWhy.NO_PROOF, HeldWhy.MANY)  # not who took the bait: a person looks at those
OVERLAP: Final = 0.5  # share of the longer text's folded words that both have, in order
BATCH: Final = 4  # texts encoded at a time: a report that comes meanwhile waits for a tenth of a second
LEAST: Final = 10  # points; letters struck at random have fewer
_TRIES: Final = 3
_CASES: Final = 3  # nearest ones looked at
_MEMBERS: Final = 500  # of a family, looked at when a case is found

Opened = tuple[int, Side]  # a case, and words that tell what it tells


def attach(session: Session, arrivals: Sequence[Arrival], normal: Mapping[int, NormalText]) -> None:
    """Note the case that each of `arrivals` resembles, if one of its family tells which; the held ones only.

    `normal`: their normal texts by id, as far as they are at hand.
    """
    families = {one.family_id for one in arrivals if one.family_id is not None}
    known = _of_families(session, families)
    found: dict[int, list[int]] = defaultdict(list)
    for one in arrivals:
        opened = known.get(one.family_id or 0)
        if opened:
            case_id = _nearest(normal.get(one.id) or sifting.read(one), opened)
            if case_id is not None:
                found[case_id].append(one.id)
    for case_id in sorted(found):
        _note(session, case_id, found[case_id])


def gather(session: Session, case_id: int, family_id: int | None, side: Side) -> None:
    """Note `case_id` with those held of the family that tell the same as `side`, and resemble no case yet."""
    if family_id is None:
        return
    held = session.scalars(
        select(Arrival)
        .where(Arrival.family_id == family_id, Arrival.state == ArrivalState.HELD, *_open())
        .order_by(Arrival.telling.desc(), Arrival.id)
        .limit(_MEMBERS)
    ).all()
    same = [one.id for one in held if _nearest(sifting.read(one), [(case_id, side)]) is not None]
    _note(session, case_id, same)


def compare_some(sessions: sessionmaker[Session], encoder: Encoder) -> bool:
    """Compare a few held reports with the cases, by meaning; return whether there were any.

    The first few of each family (`sifting.COMPARED`), the most telling ahead; again when cases were opened
    since. The attempt is committed before anything touches the text, so that one that kills the process
    is not tried for ever.
    """
    with sessions.begin() as session:
        due = _claim(session)
    for arrival_id in due:
        try:
            with sessions.begin() as session:
                _compare(session, session.get_one(Arrival, arrival_id), encoder)
        except Exception:  # it stays where it is, in the lane
            log.exception("comparing the held arrival %s failed", arrival_id)
    return bool(due)


def _claim(session: Session) -> Sequence[int]:
    newest = session.scalar(select(func.max(Case.id)))
    if newest is None:
        return ()
    due = session.scalars(
        select(Arrival.id)
        .where(
            Arrival.state == ArrivalState.HELD,
            *_open(),
            Arrival.compared_to < newest,  # null: enough others of its family are
            Arrival.attempts < _TRIES,
            Arrival.telling >= LEAST,
        )
        .order_by(Arrival.telling.desc(), Arrival.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    if due:
        session.execute(
            update(Arrival)
            .where(Arrival.id.in_(due))
            .values(attempts=Arrival.attempts + 1, compared_to=newest)
            .execution_options(synchronize_session=False)
        )
    return due


def _compare(session: Session, arrival: Arrival, encoder: Encoder) -> None:
    normal = sifting.read(arrival)
    query = search.Query.of(normal, encoder)
    case = joining.resembled(joining.like(session, normal, search.cases(session, query, limit=_CASES)))
    if case is not None:
        _note(session, case.id, [arrival.id])
        gather(session, case.id, arrival.family_id, query.side)
    session.execute(
        update(Arrival)
        .where(Arrival.id == arrival.id, Arrival.state == ArrivalState.HELD)
        .values(attempts=0)
        .execution_options(synchronize_session=False)
    )


def _note(session: Session, case_id: int, arrivals: Sequence[int]) -> None:
    if arrivals:
        session.execute(
            update(Arrival)
            .where(Arrival.id.in_(arrivals), Arrival.state == ArrivalState.HELD, *_open())
            .values(near_case_id=case_id)
            .execution_options(synchronize_session=False)
        )


def _open() -> tuple[ColumnElement[bool], ...]:
    return Arrival.near_case_id.is_(None), Arrival.held_why.in_(WHY)


def _of_families(session: Session, families: set[int]) -> dict[int, list[Opened]]:
    """Return the cases that hold members of each family, and those that its held first member resembles."""
    found: dict[int, list[Opened]] = defaultdict(list)
    if not families:
        return found
    for family, opened in joining.of_families(session, families).items():
        found[family] += [(one.case_id, one.side) for one in opened]
    firsts = session.scalars(
        select(Arrival)
        .join(Family, Family.first_id == Arrival.id)
        .where(Family.id.in_(families), Arrival.state == ArrivalState.HELD, Arrival.near_case_id.is_not(None))
    )
    for first in firsts:
        found[first.family_id or 0].append((first.near_case_id or 0, Side.of(sifting.read(first))))
    return found


def _nearest(text: NormalText, opened: Sequence[Opened]) -> int | None:
    """Return the case whose words are nearest, if they are near and name no other place; else None."""
    words = text.folded.split()
    overlaps = [LCSseq.normalized_similarity(words, side.folded.split()) for _, side in opened]
    for overlap, (case_id, side) in sorted(zip(overlaps, opened, strict=True), key=lambda pair: -pair[0]):
        if overlap < OVERLAP:
            return None
        why = reasons.explain(Side.of(text), side)
        told = why.as_json()["differences"]
        slip = why.relation is Relation.VARIANT and mistyped.only(text.canonical, side.canonical, told)
        if slip or not mistyped.known_place(text.canonical, told):
            return case_id
    return None
