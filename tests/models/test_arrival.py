"""What the table of arrivals refuses by itself."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Channel
from tests import factories as make


@pytest.mark.parametrize("channel", [Channel.FEED, Channel.EMAIL])
def test_the_database_knows_every_channel(session: Session, channel: Channel) -> None:
    assert make.arrival(session, channel=channel).channel is channel


def test_the_database_refuses_an_unknown_channel(session: Session) -> None:
    statement = text(
        "INSERT INTO arrivals (kind, channel, code_digest, content_digest, text, place_text, doubt, language,"
        " received_at, state, attempts, next_try_at, last_error, demo) VALUES"
        " ('report', 'carrier_pigeon', 'c', 'd', 'w', '', '', 'vi', now(), 'received', 0, now(), '', false)"
    )
    with pytest.raises(IntegrityError, match="ck_arrivals_channel"), session.begin_nested():
        session.execute(statement)
