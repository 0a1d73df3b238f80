from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from models import ArrivalState, Conflict, NotFound, Officer
from tests import factories as make
from tests.factories import AT
from verify import arrivals


def test_a_report_set_aside_is_tried_again_once(session: Session, hoa: Officer) -> None:
    make.arrival(session)
    aside = make.arrival(session, state="set_aside", attempts=4, last_error="ValueError: x")
    assert arrivals.set_aside(session) == ([aside], 1)
    arrivals.retry(session, aside, by=hoa, at=AT + timedelta(hours=1))
    session.refresh(aside)
    assert (aside.state, aside.attempts, aside.last_error) == (ArrivalState.RECEIVED, 0, "")
    with pytest.raises(Conflict):
        arrivals.retry(session, aside, by=hoa, at=AT)


def test_no_such_report(session: Session) -> None:
    with pytest.raises(NotFound):
        arrivals.get(session, 2**63)
