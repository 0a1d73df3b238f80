from datetime import date

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from corpus import passages
from corpus.text import normalise
from intake import similar
from models import ConfirmedClaim, Passage, Rating
from tests import factories as make

DAM = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ vì hoàn lưu bão số 3, người dân phải chạy lũ ngay."
OTHERS = (
    "Đập thủy điện Trung Sơn (Quan Hóa, Thanh Hóa) đã vỡ, dân Co Lương chạy hết.",
    "Trẻ em bị bắt cóc lấy nội tạng ở Sa Pa.",
    "Từ tháng 7 người dân phải đổi căn cước nếu không sẽ bị phạt.",
)


def known(session: Session, text: str, **values: object) -> ConfirmedClaim:
    claim = make.claim(session, text, **values)
    session.execute(insert(Passage).values(claim_id=claim.id, **passages.values(normalise(text))))
    return claim


@pytest.fixture
def dam(session: Session) -> ConfirmedClaim:
    for text in OTHERS:
        known(session, text)
    return known(session, DAM, concluded_on=date(2024, 9, 9))


@pytest.mark.parametrize(
    "text",
    [
        DAM,
        "đập thủy điện nậm pung vỡ rồi, bà con chạy lũ ngay",
        "dap thuy dien nam pung o bat xat da vo",
        "Tối qua tôi đọc trong nhóm chat rằng đập thủy điện Nậm Pung ở Bát Xát đã vỡ, có đúng không ạ?",
    ],
)
def test_the_same_rumour_in_other_words_is_found(session: Session, dam: ConfirmedClaim, text: str) -> None:
    found = similar.conclusions(session, text)
    assert [one.claim for one in found] == [dam.claim]
    assert found[0].rating is Rating.FALSE
    assert found[0].concluded_by == ("UBND huyện Bát Xát",)
    assert (found[0].link, found[0].own) == ("https://example.org/bai-viet", False)


@pytest.mark.usefixtures("dam")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "đập",
        "Giá vàng hôm nay tăng mạnh tại các tiệm ở trung tâm thành phố",
        "Trường học ở Sa Pa cho học sinh nghỉ vì rét đậm",
        "!!! 😡 \0 \ud800",
        "' | '' & \\ :*",
    ],
)
def test_noise_finds_nothing(session: Session, text: str) -> None:
    assert similar.conclusions(session, text) == []


def test_a_long_text_is_no_burden(session: Session, dam: ConfirmedClaim) -> None:
    found = similar.conclusions(session, DAM + " Xin mọi người cẩn thận." * 40_000)
    assert [one.claim for one in found] == [dam.claim]


def test_retired_claims_are_not_shown(session: Session, dam: ConfirmedClaim) -> None:
    dam.retired_at = make.AT
    session.flush()
    assert similar.conclusions(session, DAM) == []


def test_no_more_than_three_are_shown_and_only_web_links(session: Session) -> None:
    for number in range(5):
        known(session, f"{DAM} Lần {number}.", sources=[{"url": "javascript:alert(1)"}, "?"])
    found = similar.conclusions(session, DAM)
    assert len(found) == similar.SHOWN
    assert {one.link for one in found} == {""}
