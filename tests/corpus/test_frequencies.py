import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from corpus import frequencies
from corpus.frequencies import Frequencies
from tests import factories as make


def test_the_rarest_terms_are_asked_first_and_weigh_most() -> None:
    common = Frequencies({"nguoidan": 0.2, "vodap": 0.004}, 0.002, 10_000)
    asked = common.rarest(["nguoidan", "vodap", "nampung"])
    assert [term for term, _ in asked] == ["nampung", "vodap", "nguoidan"]
    assert [weight for _, weight in asked] == sorted((weight for _, weight in asked), reverse=True)


def test_few_texts_are_looked_at_unless_all_terms_are_common() -> None:
    common = Frequencies({f"t{i}": 0.01 for i in range(9)}, 0.001, 1_000_000)
    assert len(common.rarest([f"t{i}" for i in range(9)])) == 3
    assert len(common.rarest([f"rare{i}" for i in range(4)])) == 4
    assert len(Frequencies({}, 0.001, 0).rarest([f"rare{i}" for i in range(90)])) == 64


def test_the_server_knows_after_analyze(session: Session) -> None:
    assert frequencies.read(session).shares == {}
    for number in range(4):
        make.passage(session, f"Đập Nậm Pung đã vỡ {number}", claim_id=make.claim(session).id)
    session.execute(text("SET LOCAL ROLE NONE"))  # only the owner may; the server does it by itself
    session.execute(text("ANALYZE passages"))
    known = frequencies.read(session)
    assert known.shares["nampung"] == pytest.approx(1.0)
    assert known.texts == 4
