"""The same picture joins its case; the same layout with other words does not; words alone never join."""

from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app.keys import Keys
from bench import sights
from corpus import encoder
from intake import drawing, pictures
from models import Arrival, ArrivalState, Case, Joined, Picture, PictureKey, Twin
from tests import factories as make
from verify import same_picture, triage

Sessions = sessionmaker[Session]
AT = make.AT
RUMOUR = "Khẩn: cầu Cốc Lếu vừa bị sập lúc 5 giờ ngày 20/8, mọi người tránh xa và báo cho người thân ngay"


@pytest.fixture(scope="session")
def model() -> encoder.Encoder:
    return encoder.load()


class Desk:
    """Sends reports with pictures and runs the worker's lines of work, as they stand in app/worker.py."""

    def __init__(self, sessions: Sessions, keys: Keys, model: encoder.Encoder) -> None:
        self.sessions, self.keys, self.model, self.at = sessions, keys, model, AT

    def send(self, *images: Image.Image, text: str = "") -> int:
        sent = [pictures.check(sights.encoded(image, quality=90)) for image in images]
        self.at += timedelta(minutes=10)
        with self.sessions.begin() as session:
            arrival = make.arrival(
                session, text, pictures=len(sent), received_at=self.at, next_try_at=self.at
            )
            pictures.keep(session, arrival, sent, key=self.keys.contact, at=self.at)
            return arrival.id

    def draw(self) -> None:
        while drawing.run_one(self.sessions, self.keys.contact, at=self.at):
            pass

    def work(self) -> None:
        self.draw()
        while triage.run_one(self.sessions, self.model, at=self.at):
            pass

    def report(self, *images: Image.Image, text: str = "") -> tuple[int | None, Joined | None]:
        number = self.send(*images, text=text)
        self.work()
        with self.sessions() as session:
            arrival = session.get_one(Arrival, number)
            return arrival.case_id, arrival.joined


@pytest.fixture
def desk(sessions: Sessions, keys: Keys, model: encoder.Encoder) -> Desk:
    return Desk(sessions, keys, model)


def changed(image: Image.Image, name: str) -> Image.Image:
    return sights.CHANGES[name](image, sights.seeded(5))


def count(sessions: Sessions, record: type[Any]) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(record)) or 0


def test_a_screenshot_saved_again_with_a_banner_joins_the_first(desk: Desk, sessions: Sessions) -> None:
    shot = sights.post(sights.seeded(1), RUMOUR)
    case, how = desk.report(shot)
    assert how is Joined.OPENED
    with sessions() as session:
        assert "Cốc Lếu" in session.get_one(Case, case).statement
    assert desk.report(changed(shot, "banner, half, quality 40")) == (case, Joined.PICTURE)
    assert desk.report(changed(shot, "cropped up to 4 %"), text="Có thật không?") == (case, Joined.PICTURE)
    assert desk.report(shot) == (case, Joined.PICTURE)
    with sessions() as session:
        centre = session.scalars(select(PictureKey.picture_id).distinct()).all()
        assert list(centre) == [session.scalar(select(func.min(Picture.id)))]


def test_the_same_layout_with_other_words_opens_its_own_case(desk: Desk) -> None:
    first, _how = desk.report(sights.card(sights.seeded(1), RUMOUR))
    for other in (RUMOUR.replace("Cốc Lếu", "Kim Thành"), RUMOUR.replace("5 giờ", "19 giờ")):
        case, how = desk.report(sights.card(sights.seeded(1), other))
        assert (case != first, how) == (True, Joined.OPENED)


def test_words_in_a_picture_suggest_and_never_join(desk: Desk, sessions: Sessions) -> None:
    typed = _typed(desk, RUMOUR)
    case, how = desk.report(sights.notice(sights.seeded(3), RUMOUR))
    assert (case != typed, how) == (True, Joined.OPENED)
    again = _typed(desk, RUMOUR.replace("Khẩn: ", "") + " nhé bà con ơi")
    assert again == typed  # joins the typed one, never the picture's
    with sessions() as session:
        pair = session.scalars(select(Twin)).one()
        assert (pair.case_id, pair.older_id) == (case, typed)


def _typed(desk: Desk, text: str) -> int:
    desk.at += timedelta(minutes=10)
    with desk.sessions.begin() as session:
        number = make.arrival(session, text, received_at=desk.at, next_try_at=desk.at).id
    desk.work()
    with desk.sessions() as session:
        case = session.get_one(Arrival, number).case_id
        assert case is not None
        return case


def test_a_bare_photograph_under_two_statements_is_for_a_person(desk: Desk, sessions: Sessions) -> None:
    photo = sights.photo(sights.seeded(7))
    first, _how = desk.report(photo, text="Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, nước tràn xuống hạ lưu")
    other = changed(photo, "half the size")
    second, how = desk.report(other, text="Trường tiểu học Y Tý bị cháy lớn đêm qua, nhiều trẻ bị thương")
    assert (second != first, how) == (True, Joined.OPENED)
    with sessions() as session:
        pair = session.scalars(select(Twin).where(Twin.ranker == "picture")).one()
        assert (pair.case_id, pair.older_id, pair.signals["picture"] > 0.9) == (second, first, True)
    assert desk.report(changed(photo, "brighter"), text="Ảnh này có thật không?")[1] is Joined.PICTURE


def test_reports_wait_for_their_pictures_and_no_longer(desk: Desk, sessions: Sessions) -> None:
    number = desk.send(sights.card(sights.seeded(2)), text=RUMOUR)
    assert not triage.run_one(sessions, desk.model, at=desk.at)
    drawing.run_one(sessions, b"A" * 43 + b"=", at=desk.at)  # another key: it cannot be opened
    assert triage.run_one(sessions, desk.model, at=desk.at)
    with sessions() as session:
        assert session.get_one(Arrival, number).state is ArrivalState.TRIAGED


def test_a_picture_without_words_opens_a_case_that_says_so(desk: Desk, sessions: Sessions) -> None:
    case, how = desk.report(Image.new("RGB", (300, 200), "gray"))
    assert how is Joined.OPENED
    with sessions() as session:
        assert session.get_one(Case, case).statement == "Phản ánh bằng ảnh, chưa đọc được chữ"
    assert desk.report(Image.new("RGB", (300, 200), "navy"))[1] is Joined.OPENED  # another blank one
    assert count(sessions, PictureKey) == 0


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        (RUMOUR, RUMOUR + " XEM NGAY KẺO XÓA", True),
        (RUMOUR, RUMOUR.replace("tránh", "trành").replace("người", "nguời"), True),
        (RUMOUR, RUMOUR.replace("5 giờ", "7 giờ"), False),
        (
            RUMOUR,
            "Khẩn: đập Nậm Pung đã vỡ, giá xăng tăng gấp đôi từ mai, ai có nhà ở đó gọi điện nhé",
            False,
        ),
        ("TIN NÓNG", RUMOUR, True),
        ("", "", True),
    ],
)
def test_words_agree(one: str, other: str, *, agree: bool) -> None:
    assert same_picture.words_agree(one, other) is agree


def test_two_witnesses_of_one_digit(desk: Desk) -> None:
    """Another digit is another picture, in a small copy too; a smaller copy of the first is the first."""
    notice = sights.notice(sights.seeded(3), RUMOUR)
    first, _how = desk.report(notice)
    other = changed(sights.notice(sights.seeded(3), RUMOUR.replace("5 giờ", "6 giờ")), "half the size")
    case, how = desk.report(other)
    assert (case != first, how) == (True, Joined.OPENED)
    assert desk.report(changed(notice, "a third, quality 25")) == (first, Joined.PICTURE)


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [("lúc 5 giờ", "luc 5 gio", True), ("lúc 5 giờ", "lúc 6 giờ", False), ("cầu sập", "chợ cháy", True)],
)
def test_numbers_agree(one: str, other: str, *, agree: bool) -> None:
    assert same_picture.numbers_agree(one, other) is agree


def test_words_repeat() -> None:
    assert same_picture.words_repeat(RUMOUR, "XEM NGAY " + RUMOUR)
    assert not same_picture.words_repeat(
        RUMOUR, RUMOUR.replace("bị sập lúc 5 giờ ngày 20/8", "đóng cửa, nghỉ học")
    )
