import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import NotFound, Officer, Relation
from tests import factories as make
from tests.factories import AT
from verify import beside

Diary = Callable[[int], list[tuple[str, dict[str, Any]]]]
REASONS = {
    "relation": "variant",
    "shared": [{"left": [0, 6], "right": [0, 6]}],
    "differences": [
        {"kind": "number", "left": ["12"], "right": ["30"], "left_spans": [[7, 9]], "right_spans": [[7, 9]]}
    ],
    "fired": ["char"],
    "denial": None,
}


def test_reasons_are_copied_into_the_diary_in_the_words_of_both(
    session: Session, hoa: Officer, diary: Diary
) -> None:
    case, claim = make.case(session), make.claim(session)
    ours = make.passage(session, "Vỡ đập 12 nhà", case_id=case.id)
    theirs = make.passage(session, "Vỡ đập 30 nhà", claim_id=claim.id)
    pair = f"{ours.fingerprint}:{theirs.fingerprint}"
    match = make.match(
        session,
        case,
        claim,
        relation=Relation.VARIANT,
        reasons=REASONS,
        pair_fingerprint=hashlib.sha256(pair.encode()).hexdigest(),
    )
    beside.note(session, case, match.id, by=hoa, at=AT)
    [(action, detail)] = diary(case.id)
    assert action == "match.noted"
    assert detail["differences"] == [["number", "12", "30"]]
    assert (detail["relation"], detail["shared"]) == ("variant", ["Vỡ đập"])


def test_a_match_of_another_case_is_not_copied(session: Session, hoa: Officer) -> None:
    match = make.match(session, make.case(session), make.claim(session))
    with pytest.raises(NotFound):
        beside.note(session, make.case(session), match.id, by=hoa, at=AT)
