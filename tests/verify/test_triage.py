"""Triage with the real encoder: joins, opens, suggests, sets aside; never blocks, never doubles."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from corpus import encoder, passages, search
from corpus.encoder import Encoder
from corpus.text import normalise
from models import Arrival, ArrivalState, Band, Case, CaseState, Joined, Match, Passage, Twin
from tests import factories as make
from verify import joining, triage

Sessions = sessionmaker[Session]
AT = make.AT
LATER = AT + timedelta(hours=1)


@pytest.fixture(scope="session")
def model() -> Encoder:
    return encoder.load()


@pytest.fixture
def send(sessions: Sessions) -> Callable[..., int]:
    def _send(text: str, **values: object) -> int:
        with sessions.begin() as session:
            return make.arrival(session, text, **values).id

    return _send


def run(sessions: Sessions, model: Encoder) -> None:
    while triage.run_one(sessions, model, at=LATER):
        pass


def joined(sessions: Sessions, arrival_id: int) -> tuple[int | None, Joined | None]:
    with sessions() as session:
        found = session.get_one(Arrival, arrival_id)
        return found.case_id, found.joined


def test_the_first_report_opens_a_case(sessions: Sessions, model: Encoder, send: Callable[..., int]) -> None:
    arrival = send("Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, bà con chạy ngay")
    run(sessions, model)
    case_id, how = joined(sessions, arrival)
    with sessions() as session:
        case = session.get_one(Case, case_id)
        opening = session.scalars(select(Passage).where(Passage.case_id == case_id)).one()
        vectors = opening.embedding, opening.asking
    assert (how, case.state, case.arrivals) == (Joined.OPENED, CaseState.OPEN, 1)
    assert case.number.startswith("VV-2026-")
    assert None not in vectors
    assert not passages.encode_some(sessions, model)


def test_the_same_words_without_marks_join_exactly(
    sessions: Sessions, model: Encoder, send: Callable[..., int]
) -> None:
    first = send("Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, bà con chạy ngay!")
    second = send("dap thuy dien nam pung o bat xat da vo, ba con chay ngay")
    run(sessions, model)
    assert joined(sessions, second) == (joined(sessions, first)[0], Joined.EXACT)


def test_the_heading_of_a_case_paints_over_nothing(
    sessions: Sessions, model: Encoder, send: Callable[..., int]
) -> None:
    sent = "Đập \u202evỡ a" + "\u0301" * 5000
    arrival = send(sent)
    run(sessions, model)
    with sessions() as session:
        assert session.get_one(Case, joined(sessions, arrival)[0]).statement == "Đập vỡ a" + "\u0301" * 4
        assert session.get_one(Arrival, arrival).text == sent  # what was reported stays


def test_nearly_the_same_words_join(sessions: Sessions, model: Encoder, send: Callable[..., int]) -> None:
    first = send("Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, bà con vùng hạ du chạy ngay lên chỗ cao")
    second = send("dap thuy dien nam pung o bat xat da vo roi, ba con vung ha du chay ngay len cho cao nhe")
    run(sessions, model)
    assert joined(sessions, second) == (joined(sessions, first)[0], Joined.NEAR)


def test_two_different_dams_make_two_cases(
    sessions: Sessions, model: Encoder, send: Callable[..., int]
) -> None:
    first = send("Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, bà con vùng hạ du chạy ngay lên chỗ cao")
    second = send("Đập thủy điện Cốc Ly ở Bắc Hà đã vỡ, bà con vùng hạ du chạy ngay lên chỗ cao")
    run(sessions, model)
    assert joined(sessions, first)[0] != joined(sessions, second)[0]


def test_a_copy_whose_names_are_mistyped_resembles_its_case(
    sessions: Sessions, model: Encoder, send: Callable[..., int]
) -> None:
    told = "Đập thủy điện {} đã vỡ, nước đang tràn về xuôi, bà con vùng hạ du chạy ngay lên chỗ cao"
    first = send(told.format("Cốc Ly ở Bắc Hà"))
    send(told.format("Nậm Pung ở Bát Xát"))
    run(sessions, model)
    copy = normalise(
        "Chào ad, nhà em ở trên này thấy trong nhóm của xóm đăng rầm rộ là Dap thuy die Voc Ly o Bac Hs da"
        " vo, nc dg trann ve xuoi, ba con vung ha du chay ngay len cho cao Thế có đúng không ạ, em lo quá"
        " cảm ơn mọi người nhiều."
    )
    with sessions() as session:
        like = joining.like(session, copy, search.cases(session, search.Query.of(copy, model)))
        near = joining.resembled(like)
        assert joining.choose(session, like) is None
    assert near is not None
    assert near.id == joined(sessions, first)[0]
    # However unsure the ranker: names are mistyped, and but for some letters the case's text stands there.
    assert like[0].slip
    assert like[0].within
    unsure = replace(like[0], hit=replace(like[0].hit, band=Band.POSSIBLE), within=False)
    assert unsure.near
    assert not replace(unsure, slip=False).near
    unheard = replace(unsure, hit=replace(unsure.hit, band=None))
    assert not unheard.near
    assert replace(unheard, within=True).near


def test_a_known_claim_is_matched_with_reasons(
    sessions: Sessions, model: Encoder, send: Callable[..., int]
) -> None:
    with sessions.begin() as session:
        known = make.claim(session)
        passages.add(session, known.id, [normalise(known.claim)])
        other = make.claim(session, "Học sinh được nghỉ học cả tuần vì rét đậm.")
        passages.add(session, other.id, [normalise(other.claim)])
    while passages.encode_some(sessions, model):
        pass
    arrival = send("mọi người ơi dap nam pung bat xat vo that ha")
    run(sessions, model)
    with sessions() as session:
        best = session.scalars(
            select(Match).where(Match.case_id == joined(sessions, arrival)[0]).order_by(Match.position)
        ).first()
    assert best is not None
    assert best.claim_id == known.id
    assert best.reasons["shared"]


def test_a_new_claim_is_found_before_it_is_encoded(
    sessions: Sessions, model: Encoder, send: Callable[..., int]
) -> None:
    with sessions.begin() as session:
        known = make.claim(session)
        passages.add(session, known.id, [normalise(known.claim)])
    arrival = send("Đập thủy điện Nậm Pung ở Bát Xát đã vỡ rồi")
    run(sessions, model)
    with sessions() as session:
        found = session.scalars(select(Match.claim_id).where(Match.case_id == joined(sessions, arrival)[0]))
        assert list(found) == [known.id]


def test_a_poisoned_arrival_is_set_aside_and_blocks_nobody(
    sessions: Sessions, model: Encoder, send: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = send("độc hại " * 5), send("Học sinh toàn tỉnh được nghỉ học từ thứ hai")
    real = triage.triage

    def brittle(session: Session, arrival: Arrival, *rest: Encoder, **more: object) -> Case:
        if arrival.id == bad:
            raise ValueError("poison")
        return real(session, arrival, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(triage, "triage", brittle)
    for hour in range(1, 6):
        while triage.run_one(sessions, model, at=AT + timedelta(hours=hour)):
            pass
    with sessions() as session:
        found = session.get_one(Arrival, bad)
        assert (found.state, found.attempts) == (ArrivalState.SET_ASIDE, triage.ATTEMPTS)
        assert found.last_error == "ValueError: poison"
    assert joined(sessions, good)[0] is not None


def test_a_process_that_dies_every_time_does_not_block(
    sessions: Sessions, model: Encoder, send: Callable[..., int]
) -> None:
    arrival = send("Một nội dung làm tiến trình dừng hẳn", attempts=triage.ATTEMPTS)
    run(sessions, model)
    with sessions() as session:
        found = session.get_one(Arrival, arrival)
        assert (found.state, found.last_error) == (ArrivalState.SET_ASIDE, "Exhausted: ")


def test_the_same_text_at_once_makes_one_case(database: Engine, sessions: Sessions, model: Encoder) -> None:
    with sessions.begin() as session:
        for _ in range(40):
            make.arrival(session, "Cầu Kim Thành vừa sập, xe rơi xuống sông Hồng")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: run(sessions, model), range(4)))
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1
        assert session.scalars(select(Case.arrivals)).one() == 40
    assert database.pool.status()


def test_hostile_texts_are_triaged_like_any_other(
    sessions: Sessions, model: Encoder, send: Callable[..., int]
) -> None:
    texts = [
        "\ufdfa" * 1000,
        "a\u0301\u0323" * 1000,
        "\u200d" * 5000 + "x",
        "'; DROP TABLE cases; --",
        "🙂" * 50,
    ]
    arrivals = [send(text) for text in texts]
    run(sessions, model)
    assert all(joined(sessions, arrival)[0] for arrival in arrivals)


def test_a_close_story_is_suggested_as_a_twin(
    sessions: Sessions, model: Encoder, send: Callable[..., int]
) -> None:
    first = send("Trường tiểu học ở Bát Xát bắt mỗi học sinh nộp 3 triệu đồng làm sân bóng")
    second = send("Trường tiểu học ở Bát Xát bắt mỗi học sinh nộp 5 triệu đồng làm sân bóng")
    run(sessions, model)
    assert joined(sessions, first)[0] != joined(sessions, second)[0]
    with sessions() as session:
        pair = session.scalars(select(Twin)).one()
    assert (pair.case_id, pair.older_id) == (joined(sessions, second)[0], joined(sessions, first)[0])
