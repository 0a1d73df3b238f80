"""A process of its own that looks for each text it is given until the text is known: `match.visible_s`."""

import sys
import time

from sqlalchemy.orm import Session

from app.engine import make_engine
from corpus import encoder, search
from corpus.text import normalise
from models import ConfirmedClaim


def main() -> None:
    """Read texts from stdin; say "asking" for each, then when (monotonic clock) it was found."""
    engine = make_engine(sys.argv[1], name="kiemtin bench finding")
    model = encoder.load()
    with Session(engine) as session:  # the first search of a process loads what it compares with
        search.claims(session, search.Query.of(normalise("Đập thủy điện đã vỡ trong đêm"), model))
    for line in sys.stdin:
        words = line.rstrip("\n")
        query = search.Query.of(normalise(words), model)
        print("asking", flush=True)
        while True:
            with Session(engine) as session:
                hits = search.claims(session, query, limit=3)
                if any(session.get_one(ConfirmedClaim, hit.owner_id).claim == words for hit in hits):
                    break
        print(time.monotonic(), flush=True)
    engine.dispose()


if __name__ == "__main__":
    main()
