"""Workers die by SIGKILL in the middle of a flood: nothing is lost, nothing is joined or counted twice."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from bench import texts
from models import Arrival, ArrivalState, AuditEntry, Case, HeldWhy, Joined
from tests import factories as make
from tests.factories import AT
from tests.verify.test_sieve import DAM, OTHER_DAM, copies

ROOT = Path(__file__).parent.parent.parent
DEATHS = (
    "families.place",  # sifting what the door held
    "triage._open",  # a case stands without its arrival
    "",  # what is due by now comes to its end
    "joining._join_all",  # copies moved, not counted
    "sieve.hold_all",
    "triage._claim",  # the attempt is counted, but not committed
    "joining.place",  # one moved, not counted
    "resembling._compare",
)
LATER = AT + timedelta(minutes=4)  # due when the fourth worker starts
RETOLD = "Trên nhóm đồn vỡ đập Nậm Pung, dân Bát Xát đang chạy lên núi trong đêm"


def test_killed_workers_lose_nothing_and_join_nothing_twice(
    sessions: sessionmaker[Session], database_url: str
) -> None:
    with sessions.begin() as session:
        sent = [make.arrival(session, DAM, proven=True).id]
        sent += [
            make.arrival(session, text, proven=True, next_try_at=LATER).id
            for text in (*copies(DAM, 36), *texts.texts(16), *copies(OTHER_DAM, 18), RETOLD)
        ]
        for text in (*copies(DAM, 8), *texts.texts(8, seed=5)):
            held = {"state": ArrivalState.HELD, "held_why": HeldWhy.NO_PROOF}
            sent.append(make.arrival(session, text, **held).id)
    moment = (AT + timedelta(minutes=1)).isoformat()
    subprocess.run(  # noqa: S603  our own script
        [sys.executable, "-m", "tests.verify.sieving", database_url, moment, *DEATHS],
        cwd=ROOT, check=True,
    )  # fmt: skip
    with sessions() as session:
        rows = session.scalars(select(Arrival).order_by(Arrival.id)).all()
        assert [one.id for one in rows] == sent
        assert {one.state for one in rows} == {ArrivalState.TRIAGED, ArrivalState.HELD}
        assert all(one.family_id is not None for one in rows)
        counted = select(Arrival.case_id, func.count()).where(Arrival.case_id.is_not(None))
        in_cases = dict(session.execute(counted.group_by(Arrival.case_id)).all())
        assert dict(session.execute(select(Case.id, Case.arrivals)).all()) == in_cases
        opened = [one.case_id or 0 for one in rows if one.joined is Joined.OPENED]
        told = session.scalars(select(AuditEntry.subject_id).where(AuditEntry.action == "case.opened")).all()
        assert sorted(told) == sorted(opened) == sorted(filter(None, in_cases))
        dams = session.scalars(select(Case).where(Case.statement.in_([DAM, OTHER_DAM]))).all()
        assert len(dams) <= 2
        assert sum(one.arrivals for one in dams) >= 30  # of 55 copies; the others are held
