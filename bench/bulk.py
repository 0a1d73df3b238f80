"""A process of its own that matches many texts when told to go: `match.bulk_per_s`."""

import json
import sys

from sqlalchemy.orm import Session

from app.engine import make_engine
from bench import texts
from corpus import encoder, search
from corpus.text import normalise
from models import ConfirmedClaim

TEXTS = 500


def main() -> None:
    """Say "ready", wait for a line, match, and say as JSON how many texts there were and were found."""
    engine, model = make_engine(sys.argv[1], name="kiemtin bench bulk"), encoder.load()
    asked, known = texts.disturbed(TEXTS, seed=int(sys.argv[2])), texts.claims()
    with Session(engine) as session:
        search.bulk(
            session, [normalise("Đập thủy điện đã vỡ trong đêm")], model
        )  # loads what is compared with
        print("ready", flush=True)
        sys.stdin.readline()
        found = search.bulk(session, [normalise(words) for _, words in asked], model, limit=1)
        best = [session.get_one(ConfirmedClaim, one[0].owner_id).claim if one else "" for one in found]
    engine.dispose()
    first = sum(known[index] == claim for (index, _), claim in zip(asked, best, strict=True))
    print(json.dumps({"texts": len(asked), "first": first}), flush=True)


if __name__ == "__main__":
    main()
