"""Workers that sift, join, hold and compare until nothing is due: processes that die by SIGKILL.

Arguments: the database, the moment, and functions ("joining.place"), in each of which a worker dies after its
first statement to the database ("": in none). The last workers, two at once, come to their end.
"""

import inspect
import os
import signal
import sys
from datetime import datetime, timedelta

from sqlalchemy import event
from sqlalchemy.orm import sessionmaker

from app.engine import make_engine
from corpus import encoder
from verify import budget, resembling, triage
from verify.sieve import Sieve


def work(url: str, at: datetime, dies_in: str) -> None:
    """Work until nothing is due, or die in the middle of it."""
    budget.CROWD, budget.RUSH = 16, 6  # type: ignore[misc]  # a small centre
    engine = make_engine(url, name="killed")

    def die(*_: object) -> None:
        frame = inspect.currentframe()
        while frame is not None:
            if f"{frame.f_globals['__name__'].rpartition('.')[2]}.{frame.f_code.co_name}" == dies_in:
                os.kill(os.getpid(), signal.SIGKILL)
            frame = frame.f_back

    if dies_in:
        event.listen(engine, "after_cursor_execute", die)
    sessions = sessionmaker(engine, expire_on_commit=False)
    model, sieve = encoder.load(), Sieve()
    while (
        sieve.run(sessions, at=at)
        | triage.run_one(sessions, model, at=at, sieve=sieve)
        | resembling.compare_some(sessions, model)
    ):
        pass


def start(url: str, at: datetime, dies_in: str = "") -> int:
    """Start a worker and return the id of its process."""
    child = os.fork()  # before anything of the encoder runs here
    if child == 0:
        work(url, at, dies_in)
        os._exit(0)
    return child


def main(url: str, moment: str, *deaths: str) -> None:
    """Let one after another die, then two at once live."""
    at = datetime.fromisoformat(moment)
    for turn, dies_in in enumerate(deaths):
        _, status = os.waitpid(start(url, at + turn * timedelta(seconds=61), dies_in), 0)
        assert status == (signal.SIGKILL if dies_in else 0), dies_in
    last = at + len(deaths) * timedelta(seconds=61)  # what was interrupted is due again
    for child in [start(url, last) for _ in range(2)]:
        _, status = os.waitpid(child, 0)
        assert status == 0, status


if __name__ == "__main__":
    main(*sys.argv[1:])
