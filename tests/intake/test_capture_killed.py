"""A worker dies by SIGKILL wherever it may: no order is lost, and nothing is kept twice."""

import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from models import AuditEntry, Capture, CaptureState, Evidence, EvidenceKind, StoredCopy
from tests import factories as make
from tests.intake.servers import page, serving

ROOT = Path(__file__).parent.parent.parent
MOMENTS = (None, 0.0, 0.1, 0.3)  # seconds after the answer; None: before it


def test_killed_workers_lose_nothing_and_keep_nothing_twice(
    sessions: sessionmaker[Session], database_url: str, at: datetime
) -> None:
    killed: list[int] = []
    worker: subprocess.Popen[bytes] | None = None

    def kill() -> None:
        assert worker is not None
        worker.kill()  # nothing where it has ended

    def answer(request: BaseHTTPRequestHandler) -> None:
        number = int(request.path.strip("/"))
        first = number not in killed
        killed.append(number)
        delay = MOMENTS[number]
        if first and delay is None:
            kill()
        page(f"<p>Trang {number}</p>".encode())(request)
        if first and delay is not None:
            threading.Timer(delay, kill).start()

    with serving(answer) as port:
        with sessions.begin() as session:
            by = make.officer(session)
            case = make.taken_case(session, by)
            for number in range(len(MOMENTS)):
                url = f"http://127.0.0.1:{port}/{number}"
                cited = make.evidence(session, case, by, kind=EvidenceKind.URL, url=url, copy_id=None)
                session.add(Capture(evidence_id=cited.id, url=url, next_try_at=at))
        for turn in range(3 * len(MOMENTS)):
            moment = at + timedelta(hours=7 * turn)  # what was interrupted is due again
            worker = subprocess.Popen(  # noqa: S603  our own script
                [sys.executable, "-m", "tests.intake.capturing", database_url, str(port), moment.isoformat()],
                cwd=ROOT,
            )
            if worker.wait(60) == 0:
                break
        time.sleep(0.5)  # a late timer finds its worker gone
    with sessions() as session:
        assert set(session.scalars(select(Capture.state))) == {CaptureState.DONE}
        copies = select(StoredCopy.content).join(Evidence, Evidence.copy_id == StoredCopy.id)
        assert sorted(session.scalars(copies)) == [f"<p>Trang {n}</p>".encode() for n in range(len(MOMENTS))]
        captured = select(func.count()).where(AuditEntry.action == "evidence.captured")
        assert session.scalar(captured) == len(MOMENTS)
        archives = select(func.count()).where(StoredCopy.media_type == "application/warc")
        assert session.scalar(archives) == len(MOMENTS)
    assert len(killed) > len(MOMENTS)  # it was killed, and asked again
