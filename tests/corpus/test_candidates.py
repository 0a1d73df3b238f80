"""Candidates: what each of the three lists brings, and what must never be brought."""

import numpy as np
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from corpus import candidates, frequencies
from corpus.candidates import Asked
from corpus.frequencies import Frequencies
from corpus.text import normalise
from models import ConfirmedClaim, Passage
from models.passage import DIMENSION
from tests import factories as make

DAM = "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, 12 người chết"


def unit(place: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.eye(DIMENSION, dtype=np.float32)[place]


def known(session: Session, words: str, place: int | None = None) -> Passage:
    made = make.passage(session, words, claim_id=make.claim(session, words).id)
    made.embedding = None if place is None else unit(place)
    session.flush()
    return made


def owners(session: Session, words: str, place: int | None = None) -> set[int]:
    (found,) = candidates.find(
        session, [Asked(normalise(words), None if place is None else unit(place))], "claim"
    )
    return {one.owner_id for one in found}


def test_words_find_a_text_without_a_vector(session: Session) -> None:
    dam, _ = known(session, DAM), known(session, "Giá xăng tăng từ 15 giờ")
    assert owners(session, "nghe noi dap nam pung vo") == {dam.claim_id}


def test_a_chinese_report_finds_a_text_by_its_words_read_aloud(session: Session) -> None:
    taken = known(session, "Học sinh tiểu học ở TP Trà Vinh bị bắt cóc sau giờ tan học.")
    known(session, "Giá xăng tăng từ 15 giờ")
    assert owners(session, "茶荣市家长群里说有孩子被人绑架带走了") == {taken.claim_id}


def test_a_vietnamese_report_finds_a_chinese_text_likewise(session: Session) -> None:
    told = known(session, "茶榮市家長群裡說有孩子被人綁架帶走了")
    assert owners(session, "Nghe nói ở Trà Vinh có đứa nhỏ bị bắt cóc") == {told.claim_id}


def test_meaning_finds_a_text_without_a_shared_word(session: Session) -> None:
    dam = known(session, DAM, 7)
    assert owners(session, "The reservoir burst last night", 7) == {dam.claim_id}


def test_many_texts_are_walked_through_by_the_index(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frequencies, "of", lambda _: Frequencies({}, 0.001, 1_000_000))
    dam, gone = known(session, DAM, 7), known(session, "Giá xăng tăng từ 15 giờ", 7)
    retired = update(ConfirmedClaim).where(ConfirmedClaim.id == gone.claim_id)
    session.execute(retired.values(retired_at=make.AT))
    assert owners(session, "The reservoir burst last night", 7) == {dam.claim_id}


def test_a_long_number_alone_finds_a_text(session: Session) -> None:
    account = known(session, "Chuyển tiền ủng hộ vào tài khoản 0123456789012 của bà Hoa")
    assert owners(session, "ai gui tien cho 0123456789012 chua") == {account.claim_id}


def test_a_side_has_all_that_is_compared(session: Session) -> None:
    made = known(session, DAM, 3)
    ((found,),) = candidates.find(session, [Asked(normalise(DAM), None)], "claim")
    form = normalise(DAM)
    assert (found.side.canonical, found.side.folded, found.fingerprint) == (
        form.canonical,
        form.folded,
        made.fingerprint,
    )
    assert found.side.keys == form.keys
    assert found.side.names == {"nam", "pung", "bat", "xat"}
    assert "bat xat" in found.side.places
    assert found.side.vector is not None
    assert found.side.vector.tolist() == unit(3).tolist()


def test_retired_claims_and_the_texts_of_cases_stay_out(session: Session) -> None:
    made = known(session, DAM, 3)
    make.passage(session, DAM, case_id=make.case(session).id)
    session.execute(
        update(ConfirmedClaim).where(ConfirmedClaim.id == made.claim_id).values(retired_at=make.AT)
    )
    assert owners(session, DAM, 3) == set()
    ((only,),) = candidates.find(session, [Asked(normalise(DAM), None)], "case")
    assert only.side.canonical == normalise(DAM).canonical


def test_several_texts_get_their_own_candidates(session: Session) -> None:
    dam, price = known(session, DAM, 1), known(session, "Giá xăng tăng từ 15 giờ hôm nay", 2)
    asked = [Asked(normalise("gia xang tang tu 15 gio"), unit(300)), Asked(normalise("…"), None)]
    asked.append(Asked(normalise("dap thuy dien nam pung"), None))
    found = candidates.find(session, asked, "claim")
    assert price.claim_id in {one.owner_id for one in found[0]}
    assert [one.owner_id for one in found[1]] == []
    assert [one.owner_id for one in found[2]] == [dam.claim_id]
    assert candidates.find(session, [], "claim") == []


def test_words_that_mean_something_to_the_query_language_are_only_words(session: Session) -> None:
    made = known(session, "a'b & !c | (d) <-> :* \\\\ vỡ đập rồi")
    assert made.claim_id in owners(session, "a'b & !c | (d) <-> :* \\\\ vỡ đập rồi")


def test_pairs_of_rare_words_are_asked_before_those_of_common_ones(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Statistics of a million texts do not list most pairs; only as many are asked as the limit allows."""
    monkeypatch.setattr(frequencies, "of", lambda _: Frequencies({}, 0.003, 1_000_000))
    dam = known(session, "Đập Nậm Pung vỡ")
    assert owners(session, "mọi người ơi cho hỏi có phải là đập nậm pung đã vỡ rồi không vậy ạ") == {
        dam.claim_id
    }


def test_fewer_are_brought_where_fewer_are_asked_for(session: Session) -> None:
    for number in range(6):
        known(session, f"{DAM} lần {number}", 1)
    asked = [Asked(normalise(DAM), unit(1)), Asked(normalise("Giá xăng tăng"), unit(1))]
    assert [len(found) for found in candidates.find(session, asked, "claim")] == [6, 6]
    assert [len(found) for found in candidates.find(session, asked, "claim", depth=1)] == [2, 1]


def test_several_texts_are_asked_together_among_many(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frequencies, "of", lambda _: Frequencies({}, 0.001, 1_000_000))
    dam, price = known(session, DAM, 1), known(session, "Giá xăng tăng từ 15 giờ hôm nay", 2)
    asked = [Asked(normalise("…"), unit(1)), Asked(normalise("…"), unit(2))]
    alone = [candidates.find(session, [one], "claim")[0] for one in asked]
    together = candidates.find(session, asked, "claim")
    owners_of = [[one.owner_id for one in found] for found in together]
    assert (
        owners_of
        == [[one.owner_id for one in found] for found in alone]
        == [[dam.claim_id, price.claim_id]] * 2
    )
