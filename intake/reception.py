"""What the open doors look at beside the report itself: proof, bait, fill time, crowd, pressure."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from sqlalchemy.orm import Session

from app import web
from intake import gate, networks, proofs, stamps
from intake.forms import Typed
from models import HeldWhy


class Posted(Typed):
    """The citizen's form as it was posted, with what only programs fill in."""

    website: str = ""  # the bait: no person sees it
    served: str = ""  # the stamp of the form
    proof: str = ""


@dataclass
class Porter:
    """What one web process remembers for the doors; it hangs on `app.state.porter`."""

    gauge: gate.Gauge
    crowds: networks.Crowds


class TooMany(Exception):  # noqa: N818  an answer, not a fault
    """Far more came from this network than people send. `wait`: seconds until the counts begin anew."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait


@dataclass(frozen=True)
class Weighed:
    """How the report is to be received."""

    held_why: HeldWhy | None
    proven: bool


def porter() -> Porter:
    """Return a porter who remembers nothing yet."""
    return Porter(gate.Gauge(), networks.Crowds())


def weigh(request: Request, session: Session, posted: Posted, *, at: datetime) -> Weighed:
    """Count the report, spend its proof and return how it is to be received. Raises TooMany.

    Called once for a report that may be stored, within the transaction that stores it.
    """
    house, here = web.house(request), _porter(request)
    crowd = here.crowds.count(None if request.client is None else request.client.host)
    proof = proofs.read(posted.proof, house.code_key, at=at)
    if crowd > networks.REFUSED * (1 if proof is None else gate.PROVEN_CROWD):
        raise TooMany(here.crowds.seconds_left())
    proven = proof is not None and proofs.spend(session, proof)
    sending = gate.Sending(
        proven=proven,
        baited=bool(posted.website.strip()),
        taken=stamps.since(posted.served, house.code_key, at=at),
        crowd=crowd,
    )
    return Weighed(gate.hold(sending, pressure=here.gauge.read(session, at=at)), proven)


def fresh_challenge(request: Request, session: Session, *, at: datetime) -> dict[str, object]:
    """Return a challenge that suits the present pressure."""
    pressure = _porter(request).gauge.read(session, at=at)
    return proofs.challenge(web.house(request).code_key, pressure=pressure, at=at)


def _porter(request: Request) -> Porter:
    found: Porter = request.app.state.porter
    return found
