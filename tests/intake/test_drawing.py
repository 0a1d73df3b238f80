"""The job on pictures: what is accepted is drawn once, whatever dies on the way."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from app.keys import Keys
from intake import apart, drawing, pictures
from models import Arrival, Picture, PictureState, PictureView, ViewSize
from tests import factories as make
from tests.intake import hostile_pictures as hostile

Sessions = sessionmaker[Session]


def sent(sessions: Sessions, keys: Keys, at: datetime, *contents: bytes, **values: Any) -> int:
    """A report with pictures, committed. Returns the first picture's id."""
    with sessions.begin() as session:
        found, _wrong = pictures.look(map(hostile.as_file, contents))
        arrival = make.arrival(
            session, values.pop("text", ""), pictures=len(found), received_at=at, next_try_at=at, **values
        )
        pictures.keep(session, arrival, found, key=keys.contact, at=at)
        return session.scalars(select(Picture.id).order_by(Picture.id.desc())).all()[len(found) - 1]


def state(sessions: Sessions, picture_id: int) -> tuple[PictureState, int, str]:
    with sessions() as session:
        one = session.get_one(Picture, picture_id)
        return one.state, one.attempts, one.last_error


def views(sessions: Sessions) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(PictureView)) or 0


def test_each_picture_is_drawn_once(sessions: Sessions, keys: Keys, at: datetime) -> None:
    first = sent(sessions, keys, at, hostile.jpeg(), hostile.corpus()["webp-exif-xmp-icc"])
    assert [drawing.run_one(sessions, keys.contact, at=at) for _ in range(3)] == [True, True, False]
    with sessions() as session:
        one = session.get_one(Picture, first)
        assert (one.state, one.width, one.height) == (PictureState.DRAWN, 320, 240)
        for view in session.scalars(select(PictureView)):
            assert hostile.CANARY not in view.content
            assert view.content[8:12] == b"WEBP"
    assert views(sessions) == 4


def test_what_is_no_picture_is_settled_at_once(sessions: Sessions, keys: Keys, at: datetime) -> None:
    bad = sent(sessions, keys, at, hostile.corpus()["refuse-jpeg-cut"])
    assert drawing.run_one(sessions, keys.contact, at=at)
    assert state(sessions, bad)[0] is PictureState.UNREADABLE
    assert "broken" in state(sessions, bad)[2]
    assert not drawing.run_one(sessions, keys.contact, at=at + timedelta(hours=1))


def test_another_key_opens_nothing(sessions: Sessions, keys: Keys, at: datetime) -> None:
    one = sent(sessions, keys, at, hostile.jpeg())
    drawing.run_one(sessions, Fernet.generate_key(), at=at)
    assert state(sessions, one)[::2] == (PictureState.UNREADABLE, "sealed with another key")


class Killed(BaseException):
    """Stands for kill -9: nothing that follows in this process is done."""


@pytest.mark.parametrize("where", ["_original", "_drawn", "_keep"])
def test_a_process_killed_anywhere_loses_and_doubles_nothing(
    sessions: Sessions, keys: Keys, at: datetime, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = sent(sessions, keys, at, hostile.jpeg())
    done = getattr(drawing, where)

    def die(*args: Any, **kwargs: Any) -> None:
        done(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(drawing, where, die)
    with pytest.raises(Killed):
        drawing.run_one(sessions, keys.contact, at=at)
    monkeypatch.setattr(drawing, where, done)
    assert (state(sessions, one)[:2], views(sessions)) == ((PictureState.WAITING, 1), 0)
    assert not drawing.run_one(sessions, keys.contact, at=at)  # the lease holds
    assert drawing.run_one(sessions, keys.contact, at=at + drawing.LEASE)
    assert (state(sessions, one)[:2], views(sessions)) == ((PictureState.DRAWN, 2), 2)


def test_one_that_always_kills_is_given_up(
    sessions: Sessions, keys: Keys, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = sent(sessions, keys, at, hostile.jpeg())

    def crash(*_args: object, **_kwargs: object) -> None:
        raise apart.Refused("crash")

    monkeypatch.setattr(apart, "run", crash)
    runs = [drawing.run_one(sessions, keys.contact, at=at + timedelta(minutes=10 * n)) for n in range(4)]
    assert runs == [True, True, True, False]
    assert state(sessions, one) == (PictureState.UNREADABLE, 3, "Refused: crash")


def test_two_workers_never_take_the_same_picture(sessions: Sessions, keys: Keys, at: datetime) -> None:
    sent(sessions, keys, at, hostile.jpeg())
    with sessions.begin() as first, sessions.begin() as second:
        assert drawing._claim(first, at) is not None  # noqa: SLF001  the race itself
        assert drawing._claim(second, at) is None  # noqa: SLF001


def test_what_is_drawn_stays_as_drawn(sessions: Sessions, keys: Keys, at: datetime) -> None:
    one = sent(sessions, keys, at, hostile.jpeg())
    drawing.run_one(sessions, keys.contact, at=at)
    for change in (
        update(Picture).where(Picture.id == one).values(width=1),
        update(Picture).where(Picture.id == one).values(state=PictureState.WAITING, settled_at=None),
        update(PictureView).where(PictureView.which == ViewSize.SMALL).values(content=b"other"),
    ):
        with sessions() as session, pytest.raises(DBAPIError):
            session.execute(change)
    with sessions() as session:
        assert session.scalar(select(Arrival.pictures)) == 1
