"""Families: near-identical texts find each other, others do not; several workers found one family once."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from bench import noise
from corpus.text import normalise
from models import Family
from tests import factories as make
from tests.factories import AT
from verify.families import ALIKE, KEPT, Known, Text, marks

DAM = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, nước tràn về, bà con vùng hạ du chạy ngay lên chỗ cao"
TEMPLATE = "Tin nóng: {} vừa xảy ra ở xã {}, {} người thiệt mạng, mọi người chia sẻ gấp cho người thân biết"


def alike(one: str, other: str) -> float:
    return float(np.mean(marks(normalise(one).folded) == marks(normalise(other).folded)))


@pytest.mark.parametrize("kind", ["no_marks", "teencode", "typos", "telex", "chatter", "ocr", "shouted"])
def test_disturbed_copies_are_one_family(kind: str) -> None:
    assert all(alike(DAM, noise.disturb(DAM, kind, seed)) >= ALIKE for seed in range(10))


def test_fillings_of_a_template_are_one_family() -> None:
    assert alike(TEMPLATE.format("vỡ đập", "Bát Xát", 3), TEMPLATE.format("cháy chợ", "Cốc Ly", 57)) >= ALIKE


def test_other_matters_are_other_families() -> None:
    assert alike(DAM, "Học sinh toàn tỉnh được nghỉ học từ thứ hai tuần sau vì rét đậm") < ALIKE / 2
    assert alike("", "x") < ALIKE


def place(session: Session, known: Known, *texts: str, at: object = AT) -> list[int]:
    made = [Text(make.arrival(session, text).id, normalise(text).folded) for text in texts]
    return [found.family for found in known.place(session, made, at=at).values()]  # type: ignore[arg-type]


def test_two_workers_know_one_family(sessions: sessionmaker[Session]) -> None:
    one, other = Known(), Known()
    with sessions.begin() as session:
        first = place(session, one, DAM, DAM.upper(), "Chợ phiên Bắc Hà tuần này nghỉ vì dịch cúm gà")
    assert first[0] == first[1] != first[2]
    with sessions.begin() as session:
        assert place(session, other, DAM + " nhé") == first[:1]
    with sessions() as session:
        assert session.scalar(select(func.count(Family.id))) == 2


def test_a_rollback_leaves_nothing_behind(sessions: sessionmaker[Session]) -> None:
    known = Known()
    with sessions() as session:
        place(session, known, DAM)
        session.rollback()
    with sessions.begin() as session:
        found = place(session, known, "Chợ phiên Bắc Hà tuần này nghỉ vì dịch cúm gà", DAM)
        assert session.scalars(select(Family.id).order_by(Family.id)).all() == found


def test_an_old_family_takes_no_new_members(sessions: sessionmaker[Session]) -> None:
    known = Known()
    with sessions.begin() as session:
        first = place(session, known, DAM)
    with sessions.begin() as session:
        assert place(session, known, DAM, at=AT + KEPT + timedelta(hours=1)) != first


def test_more_families_than_there_was_room_for(session: Session) -> None:
    known = Known(room=8)
    texts = [f"{number * 7919:x} {number:b} {chr(97 + number % 26) * 8}" for number in range(40)]
    assert len(set(place(session, known, *texts))) > 30
