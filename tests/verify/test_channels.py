from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models import Channel
from tests import factories as make
from verify import channels

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)  # a Wednesday


def test_weeks_begin_on_monday_at_the_centre(session: Session) -> None:
    midnight = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # Monday 00:00 in Lào Cai
    by = make.officer(session)
    first = make.arrival(session, received_at=midnight)
    make.arrival(session, received_at=midnight, piece_of=first.id, piece_no=2, code_digest=None)
    make.arrival(session, received_at=midnight, channel=Channel.HOTLINE, taken_by_id=by.id)
    make.arrival(session, received_at=midnight - timedelta(seconds=1))
    make.arrival(session, received_at=midnight, demo=True)
    make.arrival(session, received_at=midnight - timedelta(weeks=12))
    table = channels.weekly(session, now=NOW, zone=HERE)
    assert table.used == [Channel.WEB, Channel.HOTLINE]
    assert (len(table.weeks), table.weeks[0].monday) == (channels.WEEKS, date(2026, 11, 23))
    assert (table.weeks[0].by, table.weeks[0].pieces) == ({Channel.WEB: 1, Channel.HOTLINE: 1}, 3)
    assert (table.weeks[1].by, table.weeks[1].total) == ({Channel.WEB: 1}, 1)
    assert (table.sum(Channel.WEB), sum(week.total for week in table.weeks)) == (2, 3)
