"""Mended words rank the case again: in the worker, once, whatever dies on the way; judged pairs stay."""

from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from app.keys import Keys
from bench import sights
from corpus import passages
from corpus.encoder import Encoder
from corpus.text import normalise
from intake import gallery
from models import (
    Arrival,
    ArrivalState,
    Case,
    ConfirmedClaim,
    HeldWhy,
    Joined,
    Judgement,
    Match,
    Passage,
    Picture,
    Rereading,
)
from tests import factories as make
from tests.verify.test_same_picture import Desk, model
from verify import merging, nearby, rereading

__all__ = ["model"]  # the fixture
Sessions = sessionmaker[Session]
FALSE = "Cầu Cốc Lếu bị sập vì lũ, nhiều người rơi xuống sông Hồng"
OTHER = "Giá xăng tăng gấp đôi từ ngày mai, cây xăng ngừng bán"


@pytest.fixture
def desk(sessions: Sessions, keys: Keys, model: Encoder) -> Desk:
    made = Desk(sessions, keys, model)
    with sessions.begin() as session:
        for text in (FALSE, OTHER):
            passages.add(session, make.claim(session, text).id, [normalise(text)])
    passages.encode_some(sessions, model)
    return made


def mend(desk: Desk, words: str) -> None:
    with desk.sessions.begin() as session:
        one = session.scalars(select(Picture)).one()
        officer = make.officer(session, "verifier")
        gallery.mend_words(session, one, words=words, seen=gallery.mark(session, one), by=officer, at=desk.at)


def matched(sessions: Sessions, case_id: int | None) -> list[str]:
    with sessions() as session:
        return list(
            session.scalars(
                select(ConfirmedClaim.claim)
                .join(Match)
                .where(Match.case_id == case_id)
                .order_by(Match.position)
            )
        )


def waiting(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(Rereading)) or 0


def test_mended_words_rank_the_case_again(desk: Desk, sessions: Sessions, model: Encoder) -> None:
    case, _how = desk.report(sights.card(sights.seeded(2), OTHER))
    assert matched(sessions, case)[0] == OTHER
    mend(desk, FALSE)
    assert matched(sessions, case)[0] == OTHER  # the web process ranks nothing
    assert rereading.run_one(sessions, model, at=desk.at)
    assert matched(sessions, case)[0] == FALSE
    assert waiting(sessions) == 0
    assert not rereading.run_one(sessions, model, at=desk.at)
    with sessions() as session:  # found by the new words, still known by its picture
        found = session.scalars(select(Passage).where(Passage.case_id == case)).one()
        assert found.canonical == normalise(FALSE).canonical
        assert found.fingerprint.startswith("picture-")


def test_a_judged_pair_stays(desk: Desk, sessions: Sessions, model: Encoder) -> None:
    case, _how = desk.report(sights.card(sights.seeded(2), OTHER))
    with sessions.begin() as session:
        officer = make.officer(session, "verifier")
        session.execute(
            update(Match)
            .where(Match.case_id == case)
            .values(
                judgement=Judgement.CONFIRMED, judged_at=desk.at, judged_by_id=officer.id,
                judged_fingerprint=Match.pair_fingerprint,
            )
        )  # fmt: skip
    mend(desk, FALSE)
    rereading.run_one(sessions, model, at=desk.at)
    assert set(matched(sessions, case)) == {FALSE, OTHER}
    with sessions() as session:
        kept = session.scalars(select(Match).where(Match.judgement == Judgement.CONFIRMED)).one()
        assert session.get_one(ConfirmedClaim, kept.claim_id).claim == OTHER


def test_words_in_the_picture_of_a_report_with_its_own_text_suggest_too(
    desk: Desk, sessions: Sessions, model: Encoder
) -> None:
    text = "Tôi thấy bài này trên mạng tối qua, xin Trung tâm cho biết có đúng không ạ"
    case, _how = desk.report(sights.card(sights.seeded(2), OTHER), text=text)
    assert matched(sessions, case)[0] == OTHER
    mend(desk, FALSE)
    rereading.run_one(sessions, model, at=desk.at)
    assert matched(sessions, case)[0] == FALSE
    with sessions() as session:
        found = session.scalars(select(Passage).where(Passage.case_id == case)).one()
        assert found.canonical == normalise(text).canonical


def test_words_mended_before_triage_wait_for_it(desk: Desk, sessions: Sessions, model: Encoder) -> None:
    number = desk.send(sights.card(sights.seeded(2), OTHER))
    desk.draw()
    mend(desk, FALSE)
    assert not rereading.run_one(sessions, model, at=desk.at)
    desk.work()
    assert rereading.run_one(sessions, model, at=desk.at)
    with sessions() as session:
        assert matched(sessions, session.get_one(Arrival, number).case_id)[0] == FALSE


def test_one_that_fails_is_tried_again_and_then_left(
    desk: Desk, sessions: Sessions, model: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.report(sights.card(sights.seeded(2), OTHER))
    mend(desk, FALSE)

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(rereading, "reread", fail)
    tries = [rereading.run_one(sessions, model, at=desk.at + timedelta(hours=n)) for n in range(5)]
    assert tries == [True, True, True, False, False]
    with sessions() as session:
        row = session.scalars(select(Rereading)).one()
        assert (row.attempts, row.last_error) == (3, "RuntimeError: broken")
    mend(desk, OTHER)  # another mending is another chance
    with sessions() as session:
        assert session.scalars(select(Rereading)).one().attempts == 0


def test_words_left_as_they_were_ask_for_nothing(desk: Desk, sessions: Sessions) -> None:
    desk.report(sights.card(sights.seeded(2), OTHER))
    with sessions() as session:
        read = session.scalars(select(Picture)).one().words_read
    mend(desk, read)
    assert waiting(sessions) == 0


def hold_near(desk: Desk, shot: Image.Image, *, text: str = "") -> tuple[int, int]:
    """Return a case without pictures, and a held report with one that resembles it."""
    with desk.sessions.begin() as session:
        case_id = make.case(session, statement=OTHER).id
    number = desk.send(shot, text=text)
    with desk.sessions.begin() as session:
        held = session.get_one(Arrival, number)
        held.state, held.held_why, held.near_case_id = ArrivalState.HELD, HeldWhy.WAVE, case_id
    return case_id, number


def take_in(desk: Desk, case_id: int, number: int) -> None:
    with desk.sessions.begin() as session:
        officer, case = make.officer(session, "verifier"), session.get_one(Case, case_id)
        nearby.take_in(session, case, number, by=officer, at=desk.at)


@pytest.mark.parametrize("drawn_first", [True, False])
def test_the_picture_of_a_report_that_was_taken_in_is_found_from_then_on(
    desk: Desk, sessions: Sessions, model: Encoder, *, drawn_first: bool
) -> None:
    shot = sights.card(sights.seeded(2), FALSE)
    case, number = hold_near(desk, shot, text="Có phải không?")
    if drawn_first:
        desk.draw()
    take_in(desk, case, number)
    assert rereading.run_one(sessions, model, at=desk.at) is drawn_first  # an undrawn picture is waited for
    desk.draw()
    assert rereading.run_one(sessions, model, at=desk.at) is not drawn_first
    assert matched(sessions, case)[0] == FALSE  # what stands in it asks, too
    again = sights.CHANGES["banner, half, quality 40"](shot, sights.seeded(5))
    assert desk.report(again) == (case, Joined.PICTURE)


def test_a_report_without_pictures_asks_for_nothing(desk: Desk, sessions: Sessions) -> None:
    with sessions.begin() as session:
        case_id = make.case(session).id
        near = {"state": "held", "held_why": "wave", "near_case_id": case_id}
        number = make.arrival(session, FALSE, **near).id
    take_in(desk, case_id, number)
    assert waiting(sessions) == 0


def test_pictures_go_with_a_case_that_was_split_off(desk: Desk, sessions: Sessions, model: Encoder) -> None:
    case, first = hold_near(desk, sights.card(sights.seeded(2), FALSE), text="Có phải không?")
    take_in(desk, case, first)
    desk.work()
    rereading.run_one(sessions, model, at=desk.at)
    shot = sights.card(sights.seeded(4), OTHER)
    other = desk.send(shot, text="Còn cái này?")
    with sessions.begin() as session:  # joins a case that has a picture to be known by
        arrival, old = session.get_one(Arrival, other), session.get_one(Case, case)
        arrival.state, arrival.case_id, arrival.joined = ArrivalState.TRIAGED, case, Joined.SIMILAR
        old.arrivals = 2
    with sessions.begin() as session:
        officer, old = make.officer(session, "verifier"), session.get_one(Case, case)
        made = merging.split(session, old, arrivals=[other], statement=OTHER, by=officer, at=desk.at).id
    desk.work()
    assert rereading.run_one(sessions, model, at=desk.at)
    assert desk.report(shot) == (made, Joined.PICTURE)
