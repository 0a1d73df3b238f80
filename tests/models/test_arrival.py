"""What the table of arrivals refuses by itself."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from models import Case, Channel
from tests import factories as make

MOVE = text("UPDATE arrivals SET state = :to WHERE id = :id")


@pytest.mark.parametrize("channel", [Channel.FEED, Channel.EMAIL])
def test_the_database_knows_every_channel(session: Session, channel: Channel) -> None:
    assert make.arrival(session, channel=channel).channel is channel


def test_the_database_refuses_an_unknown_channel(session: Session) -> None:
    statement = text(
        "INSERT INTO arrivals (kind, channel, code_digest, content_digest, text, place_text, doubt, language,"
        " received_at, state, attempts, next_try_at, last_error, demo) VALUES"
        " ('report', 'carrier_pigeon', 'c', 'd', 'w', '', '', 'vi', now(), 'received', 0, now(), '', false)"
    )
    with pytest.raises(IntegrityError, match="ck_arrivals_channel"), session.begin_nested():
        session.execute(statement)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"received_at": make.AT + timedelta(seconds=1)}, "piece-alone"),
        ({"channel": Channel.API}, "piece-alone"),
        ({"piece_no": 11}, "ck_arrivals_piece_no"),
        ({"piece_no": None}, "ck_arrivals_piece_whole"),
        ({"code_digest": b"c" * 32}, "ck_arrivals_code"),
    ],
)
def test_a_piece_stands_beside_the_first_of_its_report(
    session: Session, change: dict[str, Any], why: str
) -> None:
    first = make.arrival(session)
    piece: dict[str, Any] = {"piece_of": first.id, "piece_no": 2, "code_digest": None}
    made = make.arrival(session, "Cầu sập", **piece)
    with pytest.raises(DBAPIError, match=why), session.begin_nested():
        make.arrival(session, "Ảnh cũ", **{**piece, "piece_no": 3, **change})
    with pytest.raises(DBAPIError, match="piece-alone"), session.begin_nested():  # no piece of a piece
        make.arrival(session, "Ảnh cũ", **{**piece, "piece_of": made.id})
    with pytest.raises(DBAPIError, match="uq_arrivals_piece_of"), session.begin_nested():
        make.arrival(session, "Ảnh cũ", **piece)


@pytest.mark.parametrize("change", ["piece_no = 3", "piece_of = NULL, piece_no = NULL", "taken_by_id = NULL"])
def test_how_it_came_in_stays(session: Session, change: str) -> None:
    by = make.officer(session)
    told: dict[str, Any] = {"channel": Channel.HOTLINE, "taken_by_id": by.id}
    first = make.arrival(session, **told)
    piece = make.arrival(session, piece_of=first.id, piece_no=2, code_digest=None, **told)
    with pytest.raises(DBAPIError, match="arrival-frozen"), session.begin_nested():
        session.execute(text(f"UPDATE arrivals SET {change} WHERE id = :id"), {"id": piece.id})


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"channel": Channel.HOTLINE}, "taken_by_officer"),
        ({"channel": Channel.PARTNER}, "partner"),
        ({"read_back_at": make.AT}, "read_back"),
    ],
)
def test_a_door_of_the_centre_names_who_stood_at_it(
    session: Session, values: dict[str, Any], why: str
) -> None:
    with pytest.raises(DBAPIError, match=f"ck_arrivals_{why}"), session.begin_nested():
        make.arrival(session, **values)


def test_a_case_knows_its_channels_wherever_its_arrivals_go(session: Session) -> None:
    one, other = make.case(session), make.case(session)

    def channels() -> list[list[str]]:
        session.flush()
        return [
            session.scalars(select(Case.channels).where(Case.id == id_)).one() for id_ in (one.id, other.id)
        ]

    make.arrival(session, case_id=one.id)
    mailed = make.arrival(session, channel=Channel.EMAIL, case_id=one.id)
    make.arrival(session, case_id=other.id)
    assert channels() == [["email", "web"], ["web"]]
    mailed.case_id = other.id
    assert channels() == [["web"], ["email", "web"]]


@pytest.mark.parametrize(
    "steps",
    [
        ["held", "received"],
        ["held", "discarded", "held", "received"],  # thrown out by mistake, and back
    ],
)
def test_what_is_held_is_let_in_or_discarded(session: Session, steps: list[str]) -> None:
    held = make.arrival(session, state=steps[0], held_why="no_proof")
    for step in steps[1:]:
        session.execute(MOVE, {"to": step, "id": held.id})
    with (
        pytest.raises(DBAPIError, match="arrival-held"),
        session.begin_nested(),
    ):  # let in once, let in for good
        session.execute(MOVE, {"to": "held", "id": held.id})


@pytest.mark.parametrize(
    ("state", "to"),
    [("held", "set_aside"), ("held", "triaged"), ("received", "discarded"), ("set_aside", "held")],
)
def test_no_other_move_leads_into_or_out_of_the_lane(session: Session, state: str, to: str) -> None:
    arrival = make.arrival(session, state=state, held_why="many" if state == "held" else None)
    with pytest.raises(DBAPIError, match=r"arrival-held|ck_arrivals"), session.begin_nested():
        session.execute(MOVE, {"to": to, "id": arrival.id})


@pytest.mark.parametrize(
    "given", [{"state": "held"}, {"held_why": "many"}, {"state": "discarded", "held_why": "bait"}]
)
def test_held_and_why_belong_together(session: Session, given: dict[str, Any]) -> None:
    with pytest.raises(DBAPIError, match=r"arrival-held|ck_arrivals_held_why_given"), session.begin_nested():
        make.arrival(session, **given)


@pytest.mark.parametrize("change", ["held_why = 'wave'", "held_why = NULL", "proven = true"])
def test_why_it_was_held_stays(session: Session, change: str) -> None:
    held = make.arrival(session, state="held", held_why="no_proof")
    with pytest.raises(DBAPIError, match="arrival-frozen"), session.begin_nested():
        session.execute(text(f"UPDATE arrivals SET {change} WHERE id = :id"), {"id": held.id})


def test_a_flood_may_hold_what_was_received(session: Session) -> None:
    arrival = make.arrival(session)
    session.execute(
        text("UPDATE arrivals SET state = 'held', held_why = 'wave' WHERE id = :id"), {"id": arrival.id}
    )
    other = make.arrival(session, "Cầu sập")
    with pytest.raises(DBAPIError, match="arrival-held"), session.begin_nested():
        session.execute(text("UPDATE arrivals SET held_why = 'wave' WHERE id = :id"), {"id": other.id})
