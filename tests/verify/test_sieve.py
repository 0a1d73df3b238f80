"""Triage in a flood: copies make one case, two workers keep one budget, honest reports get through.

With the real encoder. In calm times nothing is held.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from bench import noise, texts
from corpus import encoder
from corpus.encoder import Encoder
from models import Arrival, ArrivalState, Case, Channel, HeldWhy, Joined
from tests import factories as make
from tests.factories import AT
from verify import budget, letting, triage
from verify.sieve import Sieve

Sessions = sessionmaker[Session]
NOW = AT + timedelta(minutes=5)
DAM = (
    "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, nước đang tràn về xuôi, "
    "bà con vùng hạ du chạy ngay lên chỗ cao, đã có 12 người mất tích"
)
OTHER_DAM = DAM.replace("Nậm Pung ở Bát Xát", "Cốc Ly ở Bắc Hà")
KINDS = [
    "none", "no_marks", "lower", "teencode", "typos", "typos_no_marks", "telex", "taken_apart", "shouted",
    "chatter", "look_alikes", "ocr", "nfd", "all",
]  # fmt: skip


@pytest.fixture(scope="session")
def model() -> Encoder:
    return encoder.load()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small centre: pressure begins early, so that the tests need not send hundreds."""
    monkeypatch.setattr(budget, "CROWD", 16)
    monkeypatch.setattr(budget, "RUSH", 6)


def send(sessions: Sessions, *reports: str, **values: object) -> list[int]:
    with sessions.begin() as session:
        return [make.arrival(session, text, **{"proven": True, **values}).id for text in reports]


def run(sessions: Sessions, model: Encoder, sieve: Sieve | None = None) -> None:
    sieve = sieve or Sieve()
    while sieve.run(sessions, at=NOW) | triage.run_one(sessions, model, at=NOW, sieve=sieve):
        pass


def states(sessions: Sessions) -> Counter[str]:
    with sessions() as session:
        return Counter(session.scalars(select(Arrival.state)))


def cases(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count(Case.id))) or 0


def copies(text: str, count: int) -> list[str]:
    return [noise.disturb(text, KINDS[seed % len(KINDS)], seed) for seed in range(count)]


def test_calm_reports_are_never_held(sessions: Sessions, model: Encoder) -> None:
    send(sessions, *texts.texts(budget.RUSH - 1), proven=False)
    run(sessions, model)
    assert states(sessions) == {ArrivalState.TRIAGED: budget.RUSH - 1}
    with sessions() as session:
        assert session.scalar(select(func.count(Arrival.telling))) == 0


def test_many_edited_copies_make_one_case(sessions: Sessions, model: Encoder) -> None:
    send(sessions, *copies(DAM, 84))
    run(sessions, model)
    assert cases(sessions) == 1
    found = states(sessions)
    assert found[ArrivalState.TRIAGED] >= 70
    assert found[ArrivalState.TRIAGED] + found[ArrivalState.HELD] == 84


def test_a_copy_with_destroyed_names_opens_no_case_and_another_dam_in_the_same_words_does(
    sessions: Sessions, model: Encoder
) -> None:
    send(sessions, *copies(DAM, 42))
    run(sessions, model)
    (held,) = send(
        sessions,
        "Ad ơi kiểm tra giúp em với, Dap huy dien Nam ung i Batt Cat da vo, nc dag trsn vve xuoi, ba ccon"
        " vung hs du chay mgya len cho ccso đọc xong ngủ không nổi",
    )
    (other,) = send(sessions, OTHER_DAM)
    run(sessions, model)
    with sessions() as session:
        dam = session.scalars(select(Case).where(Case.arrivals > 1)).one()
        broken, said = session.get_one(Arrival, held), session.get_one(Arrival, other)
        assert (broken.state, broken.near_case_id) == (ArrivalState.HELD, dam.id)
        assert said.case_id not in {None, dam.id}


def test_two_dams_make_two_cases_and_nothing_crosses(sessions: Sessions, model: Encoder) -> None:
    mixed = [text for pair in zip(copies(DAM, 42), copies(OTHER_DAM, 42), strict=True) for text in pair]
    ids = send(sessions, *mixed)
    run(sessions, model)
    assert cases(sessions) == 2
    with sessions() as session:
        where = dict(session.execute(select(Arrival.id, Arrival.case_id)).all())
    first, second = ({where[one] for one in ids[start::2]} - {None} for start in (0, 1))
    assert len(first) == len(second) == 1
    assert first != second


def test_a_flood_opens_no_more_than_its_budget(sessions: Sessions, model: Encoder) -> None:
    send(sessions, *texts.texts(40))
    run(sessions, model, Sieve(10))
    assert cases(sessions) <= 10
    assert states(sessions)[ArrivalState.HELD] >= 30
    with sessions() as session:
        why = session.scalars(select(Arrival.held_why).where(Arrival.state == "held").distinct()).all()
    assert why == [HeldWhy.WAVE]


def test_two_workers_keep_one_budget(sessions: Sessions, model: Encoder) -> None:
    told = [f"{text} ở Bát Xát, Lào Cai" for text in texts.texts(20, words=(20, 40))]
    send(sessions, *told)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: run(sessions, model, Sieve(6)), range(2)))
    assert budget.SHARES[budget.Share.TELLING] * 6 // budget.CASES <= cases(sessions) <= 6
    assert states(sessions)[ArrivalState.RECEIVED] == 0


def test_honest_reports_are_not_starved_by_templates_with_place_names(
    sessions: Sessions, model: Encoder
) -> None:
    places = ["Bát Xát", "Bắc Hà", "Sa Pa", "Văn Chấn", "Mường Khương", "Si Ma Cai", "Văn Bàn", "Trạm Tấu"]
    junk = [
        f"Tin nóng: vừa xảy ra {what} tại xã {place} tỉnh Lào Cai, {n} người thiệt mạng, chia sẻ gấp giúp nhé"
        for n, place in enumerate(places)
        for what in ("vỡ đập", "cháy chợ", "sập cầu")
    ]
    send(sessions, *junk)
    honest = send(
        sessions,
        "Cầu Cốc Lếu ở thành phố Lào Cai nứt một nhịp, người ta bảo cấm xe từ sáng nay, có đúng không?",
        "Trường tiểu học ở xã Bát Xát bắt phụ huynh nộp 3 triệu đồng mỗi em tiền làm sân bóng",
        "Chợ phiên Bắc Hà tuần này nghỉ vì có người bán gà bệnh, ai cũng đồn vậy",
        "Hồ Thác Bà xả lũ khẩn cấp đêm nay, dân ven sông Chảy phải dọn đồ",
    )
    run(sessions, model)
    with sessions() as session:
        found = session.scalars(select(Arrival.state).where(Arrival.id.in_(honest))).all()
    assert set(found) == {ArrivalState.TRIAGED}
    assert cases(sessions) <= len(honest) + budget.RUSH + budget.OF_FAMILY


@pytest.mark.parametrize("channel", [Channel.FEED, Channel.HOTLINE])
def test_what_the_centre_takes_itself_is_never_held(
    sessions: Sessions, model: Encoder, channel: Channel
) -> None:
    send(sessions, *texts.texts(18))
    values: dict[str, object] = {"channel": channel}
    if channel is Channel.HOTLINE:
        with sessions.begin() as session:
            values["taken_by_id"] = make.officer(session).id
    else:
        values |= {"kind": "article", "code_digest": None}
    [mine] = send(sessions, "Bà cụ ở xã Y Tý gọi điện báo có người lạ thu mua căn cước", **values)
    run(sessions, model)
    with sessions() as session:
        assert session.get_one(Arrival, mine).joined is Joined.OPENED


def test_demonstration_data_are_no_flood(sessions: Sessions, model: Encoder) -> None:
    send(sessions, *texts.texts(18), demo=True, proven=False)
    mine = send(sessions, "Xin hỏi tin này có đúng hay không", proven=False)
    run(sessions, model)
    assert states(sessions) == {ArrivalState.TRIAGED: 18 + len(mine)}


def test_what_an_officer_lets_in_opens_its_case(sessions: Sessions, model: Encoder) -> None:
    send(sessions, *texts.texts(18))
    run(sessions, model, Sieve(4))
    with sessions.begin() as session:
        held = session.scalars(select(Arrival).where(Arrival.state == "held").order_by(Arrival.id)).first()
        assert held is not None
        letting.let_in(session, held.id, by=make.officer(session), at=NOW)
    run(sessions, model)
    with sessions() as session:
        assert session.get_one(Arrival, held.id).joined is Joined.OPENED


def test_a_setting_switches_it_off(sessions: Sessions, model: Encoder) -> None:
    send(sessions, *texts.texts(18), proven=False)
    run(sessions, model, Sieve(0))
    assert states(sessions) == {ArrivalState.TRIAGED: 18}


def test_a_failing_sieve_does_not_stop_triage(
    sessions: Sessions, model: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> bool:
        raise RuntimeError("broken")

    send(sessions, DAM)
    sieve = Sieve()
    monkeypatch.setattr(sieve, "_press", fail)
    run(sessions, model, sieve)
    assert states(sessions) == {ArrivalState.TRIAGED: 1}


def test_a_worker_that_dies_in_the_middle_loses_nothing(
    sessions: Sessions, model: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> int:
        raise SystemExit

    send(sessions, DAM, *texts.texts(20))
    with monkeypatch.context() as patched:
        patched.setattr("verify.sieve.hold_all", die)
        with pytest.raises(SystemExit):
            Sieve().run(sessions, at=NOW)
    with sessions() as session:
        assert session.scalar(select(func.count(Arrival.telling))) == 0
    assert states(sessions) == {ArrivalState.RECEIVED: 21}
    run(sessions, model)
    assert ArrivalState.RECEIVED not in states(sessions)


def test_what_is_held_beside_a_known_case_is_shown_with_it(sessions: Sessions, model: Encoder) -> None:
    send(sessions, DAM)
    run(sessions, model)
    send(sessions, *texts.texts(40))
    retold = "Nghe nói đập thủy điện Nậm Pung Bát Xát vỡ rồi, nước tràn về xuôi, đã có tới 40 người mất tích"
    (held,) = send(sessions, retold)
    run(sessions, model, Sieve(1))
    with sessions() as session:
        arrival = session.get_one(Arrival, held)
        dam = session.scalars(select(Case).where(Case.statement == DAM)).one()
        assert (arrival.state, arrival.near_case_id) == (ArrivalState.HELD, dam.id)
