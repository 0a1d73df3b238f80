"""A published conclusion is a confirmed claim at once."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Case, ConfirmedClaim, Joined, Passage, Rating
from publish import corrections
from tests import factories as make
from tests.publish.conftest import AT, amended, approved, issued


def entry(session: Session, number: str) -> ConfirmedClaim:
    return session.scalars(select(ConfirmedClaim).where(ConfirmedClaim.external_id == f"own:{number}")).one()


def texts(session: Session, claim: ConfirmedClaim) -> set[str]:
    return set(session.scalars(select(Passage.canonical).where(Passage.claim_id == claim.id)))


def test_claim_and_sure_wordings_enter(planned: Session) -> None:
    case = approved(planned)
    make.arrival(planned, "Nghe nói đập Nậm Pung vỡ to lắm", case_id=case.id, joined=Joined.SIMILAR)
    make.arrival(planned, "vo", case_id=case.id, joined=Joined.OFFICER)
    done = corrections.issue(planned, case, by=make.officer(planned, "publisher"), at=AT)
    claim = entry(planned, done.number)
    assert texts(planned, claim) == {"Đập thủy điện Nậm Pung đã vỡ.", "Đập thủy điện Nậm Pung vỡ rồi"}
    assert (claim.origin, claim.case_id, claim.concluded_by) == ("own", case.id, ["UBND xã Bát Xát"])


def test_true_and_unproven_are_conclusions_too(planned: Session) -> None:
    for rating in (Rating.TRUE, Rating.UNPROVEN):
        assert entry(planned, issued(planned, rating=rating, reason_code=None).number).rating is rating


def test_an_update_rewrites_and_a_withdrawal_retires(planned: Session) -> None:
    first = issued(planned)
    amended(planned, first, claim="Đập Cốc Ly đã vỡ hoàn toàn.", truth="Đập Cốc Ly an toàn.")
    claim = entry(planned, first.number)
    assert claim.truth == "Đập Cốc Ly an toàn."
    assert "Đập Cốc Ly đã vỡ hoàn toàn." in texts(planned, claim)
    assert "Đập thủy điện Nậm Pung đã vỡ." not in texts(planned, claim)
    amended(planned, first, withdraws=True)
    assert claim.retired_at == AT
    assert planned.get_one(Case, first.case_id).state == "published"
    amended(planned, first)
    assert claim.retired_at is None
