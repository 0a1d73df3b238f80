"""Which case a held report resembles: by its family, by its meaning, never where it names another place."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from corpus import encoder
from corpus.encoder import Encoder
from corpus.side import Side
from corpus.text import normalise
from models import Arrival, ArrivalState, Case, HeldWhy, Joined
from tests import factories as make
from tests.factories import AT
from verify import letting, resembling, sifting, triage
from verify.families import Known

Sessions = sessionmaker[Session]
DAM = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, nước đang tràn về xuôi, bà con chạy ngay lên chỗ cao"
RETOLD = "Trên nhóm đồn vỡ đập Nậm Pung, dân Bát Xát đang chạy lên núi trong đêm"
ELSEWHERE = DAM.replace("Nậm Pung ở Bát Xát", "Cốc Ly ở Bắc Hà")
OTHER = "Quế bị cấm xuất khẩu từ tuần sau, thương lái ép giá còn 10 nghìn một cân"


@pytest.fixture(scope="session")
def model() -> Encoder:
    return encoder.load()


def hold(session: Session, text: str, why: HeldWhy = HeldWhy.WAVE) -> int:
    return make.arrival(session, text, state=ArrivalState.HELD, held_why=why).id


def opened(sessions: Sessions, model: Encoder) -> int:
    """Open a case for the dam, by a report that has its family."""
    with sessions.begin() as session:
        first = make.arrival(session, DAM)
        sifting.sift(session, [first], Known(), at=AT)
    triage.run_one(sessions, model, at=AT)
    with sessions() as session:
        return session.scalars(select(Case.id)).one()


def near(sessions: Sessions, *arrivals: int) -> list[int | None]:
    with sessions() as session:
        return [session.get_one(Arrival, one).near_case_id for one in arrivals]


def compare(sessions: Sessions, model: Encoder) -> None:
    while resembling.compare_some(sessions, model):
        pass


def test_a_copy_is_shown_with_the_case_of_its_family(sessions: Sessions, model: Encoder) -> None:
    dam = opened(sessions, model)
    with sessions.begin() as session:
        held = [hold(session, text) for text in (f"{DAM} gấp", ELSEWHERE, OTHER)]
        held.append(hold(session, f"{DAM} ngay", HeldWhy.BAIT))
        waiting, normal = sifting.held_some(session, Known(), at=AT)
        resembling.attach(session, waiting, normal)
        assert len({one.family_id for one in waiting if one.text != OTHER}) == 1
    assert near(sessions, *held) == [dam, None, None, None]


def test_what_was_held_before_is_shown_with_a_case_that_opens(sessions: Sessions, model: Encoder) -> None:
    with sessions.begin() as session:
        held = [hold(session, f"{DAM} gấp", HeldWhy.NO_PROOF), hold(session, ELSEWHERE)]
        first = make.arrival(session, DAM)
        rows = session.scalars(select(Arrival)).all()
        sifting.sift(session, rows, Known(), at=AT)
        assert first.family_id is not None
    triage.run_one(sessions, model, at=AT)
    with sessions() as session:
        dam = session.scalars(select(Case.id)).one()
    assert near(sessions, *held) == [dam, None]


def test_what_was_held_before_is_shown_with_a_case_that_one_of_its_family_joins(
    sessions: Sessions, model: Encoder
) -> None:
    with sessions.begin() as session:
        make.arrival(session, DAM)  # in calm: it has no family
    triage.run_one(sessions, model, at=AT)
    with sessions.begin() as session:
        held = hold(session, f"{DAM} gấp")
        joins = make.arrival(session, DAM.replace("ngay ", "")).id
        sifting.sift(session, [session.get_one(Arrival, one) for one in (held, joins)], Known(), at=AT)
    triage.run_one(sessions, model, at=AT)
    with sessions() as session:
        joined = session.get_one(Arrival, joins)
        assert joined.joined is Joined.NEAR
    assert near(sessions, held) == [joined.case_id]


def test_other_words_for_it_are_found_by_meaning(sessions: Sessions, model: Encoder) -> None:
    dam = opened(sessions, model)
    with sessions.begin() as session:
        held = [hold(session, text) for text in (RETOLD, f"{RETOLD} nhé", OTHER)]
        sifting.held_some(session, Known(), at=AT)
    compare(sessions, model)
    assert near(sessions, *held) == [dam, dam, None]
    with sessions() as session:
        first = session.get_one(Arrival, held[0])
        assert (first.compared_to, first.attempts, first.state) == (dam, 0, ArrivalState.HELD)


def test_it_is_compared_again_only_with_a_newer_case(sessions: Sessions, model: Encoder) -> None:
    opened(sessions, model)
    with sessions.begin() as session:
        hold(session, OTHER)
        sifting.held_some(session, Known(), at=AT)
    assert resembling.compare_some(sessions, model)
    assert not resembling.compare_some(sessions, model)
    with sessions.begin() as session:
        make.case(session)
    assert resembling.compare_some(sessions, model)


def test_a_text_that_kills_the_process_is_not_compared_for_ever(
    sessions: Sessions, model: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise SystemExit

    with sessions.begin() as session:
        make.case(session)
        held = hold(session, OTHER)
        sifting.held_some(session, Known(), at=AT)
    with monkeypatch.context() as patched:
        patched.setattr("verify.resembling._compare", die)
        for _ in range(3):
            with sessions.begin() as session:
                make.case(session)
            with pytest.raises(SystemExit):
                resembling.compare_some(sessions, model)
        with sessions.begin() as session:
            make.case(session)
        assert not resembling.compare_some(sessions, model)
    with sessions.begin() as session:  # it is still there for a person
        letting.let_in(session, held, by=None, at=AT)


def test_nothing_but_what_is_held_is_touched(session: Session) -> None:
    dam = make.case(session)
    waits = make.arrival(session, f"{DAM} gấp")
    sifting.sift(session, [waits], Known(), at=AT)
    resembling.gather(session, dam.id, waits.family_id, Side.of(normalise(DAM)))
    resembling.gather(session, dam.id, None, Side.of(normalise(DAM)))
    session.expire_all()
    assert waits.near_case_id is None
