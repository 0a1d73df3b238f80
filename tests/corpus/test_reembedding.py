"""One encoder follows another: the old vectors serve to the last, then all change in one moment."""

from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from corpus import candidates, passages, reembedding, search
from corpus.candidates import Asked
from corpus.encoder import Description, Encoder, Vectors
from corpus.reembedding import Encoders
from corpus.text import normalise
from models import FreshVector, Passage, ServingEncoder
from models.passage import DIMENSION
from tests import factories as make

Sessions = sessionmaker[Session]
AT = make.AT
TEXTS = [f"Đập thủy điện số {number} ở Bát Xát đã vỡ trong đêm" for number in range(20)]
OTHER_WORDS = normalise("Reservoir burst without any shared term")


def made(name: str, place: int) -> Encoder:
    """An encoder for which all texts mean the same: the unit vector of `place`."""

    def embed(texts: list[str], _is_query: bool) -> Vectors:  # noqa: FBT001  the shape of Embed
        return np.tile(np.eye(DIMENSION, dtype=np.float32)[place], (len(texts), 1))

    return Encoder(Description(name, "1", DIMENSION), embed)


OLD, NEW = made("old", 1), made("new", 2)


def _gone(model: str) -> Encoder:
    raise FileNotFoundError(model)


@pytest.fixture
def filled(sessions: Sessions) -> Sessions:
    """Twenty claims, found and encoded by the old encoder, which serves."""
    with sessions.begin() as session:
        for words in TEXTS:
            make.passage(session, words, claim_id=make.claim(session, words).id)
    Encoders(sessions, lambda: OLD, model="old", load=_gone).serving(at=AT)
    while passages.encode_some(sessions, OLD):
        pass
    return sessions


def vectors_by(sessions: Sessions) -> set[str | None]:
    with sessions() as session:
        return set(session.scalars(select(Passage.encoder)))


def found_by_meaning(sessions: Sessions, encoder: Encoder) -> int:
    asked = Asked(OTHER_WORDS, encoder.encode_query([""])[0], str(encoder.description))
    with sessions() as session:
        return len(candidates.find(session, [asked], "claim")[0])


def following(sessions: Sessions, load: Callable[[str], Encoder] = lambda _: OLD) -> Encoders:
    return Encoders(sessions, lambda: NEW, model="new", load=load)


def test_the_first_encoder_serves(filled: Sessions) -> None:
    with filled() as session:
        row = session.scalars(select(ServingEncoder)).one()
    assert (row.name, row.model) == ("old@1", "old")
    assert not Encoders(filled, lambda: OLD, model="old", load=_gone).advance(at=AT)
    assert vectors_by(filled) == {"old@1"}


def test_the_old_vectors_serve_until_the_switch(filled: Sessions) -> None:
    encoders = following(filled)
    assert encoders.serving(at=AT) is OLD
    while vectors_by(filled) == {"old@1"}:
        assert found_by_meaning(filled, OLD) == candidates.DEPTH or found_by_meaning(filled, OLD) == len(
            TEXTS
        )
        assert found_by_meaning(filled, NEW) == 0
        assert encoders.advance(at=AT)
    assert vectors_by(filled) == {"new@1"}
    assert encoders.serving(at=AT) is NEW
    assert (found_by_meaning(filled, NEW), found_by_meaning(filled, OLD)) == (len(TEXTS), 0)
    assert not encoders.advance(at=AT)
    with filled() as session:
        assert session.scalars(select(FreshVector)).all() == []


def test_nobody_sees_a_switch_half_done(filled: Sessions) -> None:
    encoders = following(filled)
    for _ in range(2):
        encoders.advance(at=AT)
    with filled() as session:
        reembedding.switch(session, "new@1", "new", at=AT)
        assert vectors_by(filled) == {"old@1"}
        assert found_by_meaning(filled, OLD) == len(TEXTS)
        session.commit()
    assert vectors_by(filled) == {"new@1"}
    assert found_by_meaning(filled, NEW) == len(TEXTS)


def test_where_the_old_encoder_is_gone_words_serve(filled: Sessions) -> None:
    encoders = following(filled, _gone)
    assert encoders.serving(at=AT) is NEW
    query = search.Query.of(normalise(TEXTS[3]), NEW)
    with filled() as session:
        assert search.claims(session, query, floor=False)
    while encoders.advance(at=AT):
        pass
    assert found_by_meaning(filled, NEW) == len(TEXTS)


def test_what_changed_or_came_meanwhile_is_encoded_by_the_new_one(filled: Sessions) -> None:
    encoders = following(filled)
    assert encoders.advance(at=AT)
    with filled.begin() as session:
        changed = session.scalars(select(Passage.id).order_by(Passage.id)).first()
        session.execute(update(Passage).where(Passage.id == changed).values(canonical="Nay là chữ khác"))
        late = make.claim(session, "Một tin khác hẳn")
        passages.add(session, late.id, [normalise(late.claim)])
    assert passages.encode_some(filled, encoders.serving(at=AT))
    while encoders.advance(at=AT):
        pass
    with filled() as session:
        waiting = session.scalars(select(Passage.canonical).where(Passage.embedding.is_(None))).all()
    assert waiting == ["Nay là chữ khác"]
    assert passages.encode_some(filled, encoders.serving(at=AT))
    assert vectors_by(filled) == {"new@1"}


def test_a_third_encoder_starts_afresh(filled: Sessions) -> None:
    following(filled).advance(at=AT)
    third = Encoders(filled, lambda: made("third", 3), model="third", load=lambda _: OLD)
    while third.advance(at=AT):
        pass
    assert vectors_by(filled) == {"third@1"}


def test_vectors_left_behind_are_tidied_away(filled: Sessions) -> None:
    encoders = following(filled)
    while encoders.advance(at=AT):
        pass
    with filled.begin() as session:
        first = session.scalars(select(Passage.id)).first()
        session.execute(update(Passage).where(Passage.id == first).values(encoder="old@1"))
    following(filled).advance(at=AT)
    assert vectors_by(filled) == {"new@1", None}


def test_the_text_of_a_case_is_encoded_as_one_that_asks_too(filled: Sessions) -> None:
    with filled.begin() as session:
        case = make.passage(session, "Đập Cốc Ly đã vỡ", case_id=make.case(session).id).id
    assert passages.encode_some(filled, OLD)
    assert not passages.encode_some(filled, OLD)
    encoders = following(filled)
    while encoders.advance(at=AT):
        pass
    with filled() as session:
        rows = session.execute(select(Passage.id, Passage.encoder, Passage.asking)).all()
    assert {row.encoder for row in rows} == {"new@1"}
    assert [row.id for row in rows if row.asking is not None] == [case]
    (asking,) = [row.asking for row in rows if row.id == case]
    assert asking[2] == 1


def test_a_case_from_before_is_encoded_as_one_that_asks(filled: Sessions) -> None:
    with filled.begin() as session:
        old = make.passage(session, "Đập Cốc Ly đã vỡ", case_id=make.case(session).id)
        old.embedding, old.encoder = OLD.encode_passage([""])[0], "old@1"
    assert passages.encode_some(filled, OLD)
    with filled() as session:
        assert session.scalars(select(Passage.asking).where(Passage.case_id.is_not(None))).one() is not None


def test_a_claim_never_asks(filled: Sessions) -> None:
    vector = OLD.encode_query([""])[0]
    with pytest.raises(IntegrityError, match="asking_is_a_case"), filled.begin() as session:
        session.execute(update(Passage).values(asking=vector))
