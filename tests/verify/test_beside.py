import hashlib
from collections.abc import Callable
from typing import Any

import lxml.html
import pytest
from sqlalchemy.orm import Session, sessionmaker

from corpus import places
from corpus.reader import Opinion
from corpus.reasons import Read, explain
from corpus.side import Side
from corpus.text import normalise
from models import Case, NotFound, Officer, Relation
from tests import factories as make
from tests.factories import AT
from tests.verify.conftest import Desk
from verify import beside

Diary = Callable[[int], list[tuple[str, dict[str, Any]]]]
REASONS = {
    "relation": "variant",
    "shared": [{"left": [0, 6], "right": [0, 6]}],
    "differences": [
        {"kind": "number", "left": ["12"], "right": ["30"], "left_spans": [[7, 9]], "right_spans": [[7, 9]]}
    ],
    "fired": ["char"],
    "denial": None,
}


def test_reasons_are_copied_into_the_diary_in_the_words_of_both(
    session: Session, hoa: Officer, diary: Diary
) -> None:
    case, claim = make.case(session), make.claim(session)
    ours = make.passage(session, "Vỡ đập 12 nhà", case_id=case.id)
    theirs = make.passage(session, "Vỡ đập 30 nhà", claim_id=claim.id)
    pair = f"{ours.fingerprint}:{theirs.fingerprint}"
    match = make.match(
        session,
        case,
        claim,
        relation=Relation.VARIANT,
        reasons=REASONS,
        pair_fingerprint=hashlib.sha256(pair.encode()).hexdigest(),
    )
    beside.note(session, case, match.id, by=hoa, at=AT)
    [(action, detail)] = diary(case.id)
    assert action == "match.noted"
    assert detail["differences"] == [["number", "12", "30"]]
    assert (detail["relation"], detail["shared"]) == ("variant", ["Vỡ đập"])


def test_a_match_of_another_case_is_not_copied(session: Session, hoa: Officer) -> None:
    match = make.match(session, make.case(session), make.claim(session))
    with pytest.raises(NotFound):
        beside.note(session, make.case(session), match.id, by=hoa, at=AT)


def matched(session: Session, asked: str, known: str, read: Read | None = None) -> tuple[Case, int]:
    """Return a case with `asked` as its opening text, and its match with `known`, explained by the rules.

    `read` reads both where the rules have no word.
    """
    case, claim = make.case(session, statement=asked), make.claim(session, claim=known)
    ours = make.passage(session, asked, case_id=case.id)
    theirs = make.passage(session, known, claim_id=claim.id)
    mine, yours = (Side.of(one, None, places.keys(one.canonical)) for one in map(normalise, (asked, known)))
    why = explain(mine, yours, read=read)
    pair = f"{ours.fingerprint}:{theirs.fingerprint}"
    fingerprint = hashlib.sha256(pair.encode()).hexdigest()
    reasons = why.as_json() | {"fired": ["cosine"]}
    match = make.match(
        session, case, claim, relation=why.relation, reasons=reasons, pair_fingerprint=fingerprint
    )
    return case, match.id


def shown(page: str) -> tuple[str, list[str]]:
    """Return the words of the suggested claims, and those that are marked as different, in order."""
    section = lxml.html.fromstring(page).xpath("//section[@aria-labelledby='doi-chieu']")[0]
    marked = [one.text_content() for one in section.xpath(".//article//mark[@class='differ']")]
    words = " ".join(section.text_content().split())
    return words, [one.removeprefix("[khác:").removesuffix("]").strip() for one in marked]


def test_the_desk_marks_the_very_words_that_differ_and_says_so_in_vietnamese(
    desk: Desk, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as session:
        case, _ = matched(
            session, "Đập Nậm Pung ở Sa Pa vỡ vì bão số 5", "Đập Nậm Pung ở Bát Xát vỡ vì bão số 3"
        )
        address = f"/vu-viec/{case.id}"
    desk.as_("verifier")
    words, marked = shown(desk.get(address).text)
    assert marked == ["5", "3", "Sa Pa", "Bát Xát", "Sa Pa", "5", "Bát Xát", "3", "khác nhau"]
    assert "Biến thể: cùng lời, khác chi tiết" in words
    assert "Khác nhau: con số 5 / 3; địa danh Sa Pa / Bát Xát" in words
    assert "Lý do: gần nghĩa" in words


def test_the_desk_shows_the_words_by_which_a_report_denies(
    desk: Desk, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as session:
        case, _ = matched(
            session, "Công an bác bỏ tin vỡ đập Nậm Pung ở Bát Xát", "Vỡ đập Nậm Pung ở Bát Xát"
        )
        address = f"/vu-viec/{case.id}"
    desk.as_("verifier")
    words, _ = shown(desk.get(address).text)
    assert "Bác bỏ: nói rằng nội dung này không đúng" in words
    assert "Từ ngữ bác bỏ: “bác bỏ”" in words


def test_the_desk_says_what_reading_both_together_told_and_so_does_the_diary(
    desk: Desk, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as session:
        case, match = matched(
            session,
            "Xưởng giấy cạnh sông đóng cửa tới cuối tháng, thợ ở nhà",
            "Nhà máy giấy bên sông làm ba ca vì nhiều đơn hàng",
            lambda *_: Opinion(0.01, 0.97, 0.02, "r"),
        )
        address = f"/vu-viec/{case.id}"
    desk.as_("verifier")
    words, _ = shown(desk.get(address).text)
    assert "Máy đọc cả hai: có thể nói khác về cùng một việc" in words
    desk.post(f"{address}/doi-chieu/{match}/chep")
    diary = lxml.html.fromstring(desk.get(address).text).xpath("//aside")[0].text_content()
    assert "Máy đọc cả hai: có thể nói khác" in " ".join(diary.split())


def test_reasons_copied_at_the_desk_stand_in_the_diary_of_the_page(
    desk: Desk, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as session:
        case, match = matched(session, "Đập Nậm Pung vỡ, 12 nhà trôi", "Đập Nậm Pung vỡ, 30 nhà trôi")
        address = f"/vu-viec/{case.id}"
    desk.as_("verifier")
    assert desk.post(f"{address}/doi-chieu/{match}/chep").status_code == 303
    diary = lxml.html.fromstring(desk.get(address).text).xpath("//aside")[0].text_content()
    assert "Khác nhau: con số (12 / 30)" in " ".join(diary.split())
