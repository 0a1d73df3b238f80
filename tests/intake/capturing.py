"""A worker that captures until nothing is due: a process of its own, for tests that kill it.

Arguments: the database, the port of loopback that stands for the internet, the moment.
"""

import sys
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import sessionmaker

from app.engine import make_engine
from intake import capture, fetch
from tests.intake.servers import open_to

if __name__ == "__main__":
    url, port, moment = sys.argv[1:]
    sessions = sessionmaker(make_engine(url, name="killed"), expire_on_commit=False)
    get = partial(fetch.get, limits=open_to(int(port)))
    at = datetime.fromisoformat(moment)
    while capture.run_one(sessions, at=at, get=get):
        at += timedelta(seconds=30)  # the machine has rested
