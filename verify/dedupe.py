"""Is this the same story? Decides, from a scored pair, whether an arrival joins an open case.

Stars, never chains: an arrival is only ever compared with the opening text of a case, not with the
texts that joined it since.
"""

import enum

from corpus.search import Hit
from models import CaseState, Joined, Relation

# Among 214 written development reports no pair joined wrongly from a probability of 0.95 (`bench.joins`) or
# an overlap of 0.7 upwards. Both values leave a margin: a wrong join costs more than a click.
NEAR_OVERLAP = 0.85  # share of the longer text's folded words that both texts have, in order
SIMILAR_PROBABILITY = 0.97

OPEN_STATES = frozenset({CaseState.OPEN, CaseState.VERIFYING, CaseState.PROPOSED, CaseState.APPROVED})


class Decision(enum.StrEnum):
    """What to do with a scored pair of an arrival and a case."""

    JOIN_NEAR = Joined.NEAR.value
    JOIN_SIMILAR = Joined.SIMILAR.value
    SUGGEST = "suggest"  # open a case of its own and show the pair to a person
    IGNORE = "ignore"


JOINS = frozenset({Decision.JOIN_NEAR, Decision.JOIN_SIMILAR})


def decide(hit: Hit, state: CaseState, *, slip: bool = False) -> Decision:
    """Return what to do with `hit`, the best older case, which is in `state`.

    `slip`: all that differs are names that were mistyped (verify/mistyped.py).

    Nearly the same words join wherever the case stands, so that a new wave of a published rumour is
    answered at once. Other words join only an open case, and only without any difference that could
    make it another statement; all else is for a person to see.
    """
    if hit.relation is Relation.SAME or (slip and hit.relation is Relation.VARIANT):
        if hit.overlap >= NEAR_OVERLAP:
            return Decision.JOIN_NEAR
        if hit.probability >= SIMILAR_PROBABILITY and state in OPEN_STATES:
            return Decision.JOIN_SIMILAR
    return Decision.IGNORE if hit.band is None else Decision.SUGGEST
