"""Which reports join by themselves: stars around the opening text, never chains; the rest is for people."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from corpus import encoder
from corpus.encoder import Encoder
from corpus.search import Hit
from models import Arrival, Band, CaseState, Joined, Passage, Relation, Twin
from tests import factories as make
from tests.verify.conftest import Desk
from verify import dedupe, triage
from verify.dedupe import Decision

OPENING = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, bà con vùng hạ du chạy ngay lên chỗ cao"
LESS = "Đập thủy điện Nậm Pung đã vỡ, bà con vùng hạ du chạy ngay lên chỗ cao"
ELSEWHERE = "Đập thủy điện Nậm Pung ở Sa Pa đã vỡ, bà con vùng hạ du chạy ngay lên chỗ cao"


@pytest.fixture(scope="module")
def model() -> Encoder:
    return encoder.load()


@pytest.fixture
def take(sessions: sessionmaker[Session], model: Encoder) -> Callable[[str], Arrival]:
    """Send a report and triage it."""

    def _take(text: str) -> Arrival:
        with sessions.begin() as session:
            arrival = make.arrival(session, text)
            triage.triage(session, arrival, model, at=make.AT)
        with sessions() as session:
            return session.get_one(Arrival, arrival.id)

    return _take


def test_what_is_near_a_joiner_but_not_the_opening_opens_a_case_of_its_own(
    sessions: sessionmaker[Session], take: Callable[[str], Arrival], desk: Desk
) -> None:
    opening, joiner, other = take(OPENING), take(LESS), take(ELSEWHERE)
    assert (joiner.case_id, joiner.joined) == (opening.case_id, Joined.NEAR)
    assert other.case_id != opening.case_id
    with sessions() as session:
        of_case = select(func.count()).select_from(Passage).where(Passage.case_id == opening.case_id)
        assert session.scalar(of_case) == 1  # only the opening text is compared with later ones
        twin = session.scalars(select(Twin)).one()
    assert (twin.case_id, twin.older_id, twin.relation) == (other.case_id, opening.case_id, Relation.VARIANT)
    desk.as_("verifier")
    page = desk.get(f"/vu-viec/{other.case_id}").text
    assert "Vụ việc có thể trùng" in page
    assert "Hai chuyện khác nhau" in page


def hit(relation: Relation, overlap: float, probability: float, band: Band | None = Band.STRONG) -> Hit:
    return Hit(1, probability, band, relation, overlap, {}, {}, "r", "f")


@pytest.mark.parametrize(
    ("found", "state", "decision"),
    [
        (hit(Relation.SAME, 0.9, 0.5), CaseState.PUBLISHED, Decision.JOIN_NEAR),
        (hit(Relation.SAME, 0.5, 0.99), CaseState.OPEN, Decision.JOIN_SIMILAR),
        (hit(Relation.SAME, 0.5, 0.99), CaseState.PUBLISHED, Decision.SUGGEST),
        (hit(Relation.VARIANT, 0.99, 0.99), CaseState.OPEN, Decision.SUGGEST),
        (hit(Relation.DENIAL, 0.99, 0.99), CaseState.OPEN, Decision.SUGGEST),
        (hit(Relation.OTHER, 0.99, 0.99), CaseState.OPEN, Decision.SUGGEST),
        (hit(Relation.OTHER, 0.2, 0.01, None), CaseState.OPEN, Decision.IGNORE),
    ],
)
def test_only_the_same_words_join_by_themselves(found: Hit, state: CaseState, decision: Decision) -> None:
    assert dedupe.decide(found, state) is decision
