"""The search as its callers see it, with a small encoder that counts words."""

import hashlib
import time
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from corpus import passages, ranker, reader, search
from corpus.diacritics import readable
from corpus.encoder import Description, Encoder, Vectors
from corpus.reader import Opinion
from corpus.text import normalise
from models import Passage
from models.passage import DIMENSION
from tests import factories as make

CLAIMS = (
    "Đập thủy điện Nậm Pung ở Bát Xát đã vỡ, nước tràn về thôn Bản Vược.",
    "Sữa học đường nhiễm chì làm ba mươi học sinh Sa Pa nhập viện.",
    "Ngân hàng sẽ khóa mọi tài khoản chưa nộp phí định danh trước ngày 1/7.",
)
REPORT = "mọi người ơi dap nam pung bat xat vo that ha"


def _embed(texts: list[str], _is_query: bool) -> Vectors:  # noqa: FBT001  the shape of Embed
    rows = np.full((len(texts), DIMENSION), 0.01, dtype=np.float32)
    for row, words in zip(rows, texts, strict=True):
        for word in normalise(words).folded.split():
            row[int(hashlib.sha256(word.encode()).hexdigest(), 16) % DIMENSION] += 1
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def model() -> Encoder:
    return Encoder(Description("counted", "1", DIMENSION), _embed)


@pytest.fixture
def ids(session: Session, model: Encoder) -> list[int]:
    made = [make.claim(session, words) for words in CLAIMS]
    for claim in made:
        form = normalise(claim.claim)
        passage = make.passage(session, claim.claim, claim_id=claim.id)
        passage.embedding = model.encode_passage([form.canonical])[0]
        passage.encoder = str(model.description)
    session.flush()
    return [claim.id for claim in made]


def test_the_nearest_claim_comes_first_with_reasons(session: Session, model: Encoder, ids: list[int]) -> None:
    best, *rest = search.claims(session, search.Query.of(normalise(REPORT), model), floor=False)
    assert best.owner_id == ids[0]
    assert best.reasons["shared"]
    assert all(best.probability >= one.probability for one in rest)
    assert set(best.signals) >= {"cosine", "partial", "names_missing"}


def test_ranking_takes_one_pass_of_the_encoder(session: Session, ids: list[int]) -> None:
    passes: list[bool] = []

    def counted(texts: list[str], is_query: bool) -> Vectors:  # noqa: FBT001  the shape of Embed
        passes.append(is_query)
        return _embed(texts, is_query)

    query = search.Query.of(normalise(REPORT), Encoder(Description("counted", "1", DIMENSION), counted))
    assert search.claims(session, query, floor=False)[0].owner_id == ids[0]
    assert passes == [True]
    assert query.passage_vector is not None
    assert query.passage_vector is query.passage_vector
    assert passes == [True, False]


def test_a_long_report_is_found_by_its_passage_which_the_reasons_point_at(
    session: Session, model: Encoder, ids: list[int]
) -> None:
    talk = "Em đọc trong nhóm thấy nhiều người chia sẻ lắm. Ai biết thì trả lời giúp em với ạ. "
    long = normalise(talk * 6 + "Nghe nói đập Nậm Pung ở Bát Xát đã vỡ, 40 nhà trôi. " + talk * 6)
    query = search.Query.of(long, model)
    best, *_ = search.claims(session, query, floor=False)
    alone, *_ = search.claims(session, search.Query(long, query.vector), floor=False)
    assert best.owner_id == ids[0]
    assert best.probability > alone.probability
    start, end = best.reasons["passage"]
    assert "đập Nậm Pung ở Bát Xát đã vỡ" in long.canonical[start:end]
    assert end - start < len(long.canonical) / 2
    words = [long.canonical[slice(*one["left"])] for one in best.reasons["shared"]]
    assert any("Nậm Pung ở Bát Xát đã vỡ" in one for one in words)
    assert all(start <= one["left"][0] and one["left"][1] <= end for one in best.reasons["shared"])


@pytest.mark.usefixtures("ids")
def test_what_one_of_many_passages_finds_counts_the_less_the_more_there_are(
    session: Session, model: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = ranker.load()
    unheard = replace(known, second=replace(known.second, least=1.0, most=0.0))
    monkeypatch.setattr(ranker, "load", lambda: unheard)
    talk = "Chào cả nhà, hôm nay trời mưa to nên ở nhà nấu cơm. "
    query = search.Query.of(normalise(talk * 4 + "Nghe nói đập Nậm Pung ở Bát Xát đã vỡ. " + talk * 4), model)
    best, *_ = search.claims(session, query, floor=False)
    alone = max(search.claims(session, part, floor=False)[0].probability for part in query.parts)
    odds = best.probability / (1 - best.probability)
    assert odds == pytest.approx(alone / (1 - alone) / len(query.parts) ** 2, rel=1e-6)
    assert best.signals["passages"] == len(query.parts) > 2
    short, *_ = search.claims(session, search.Query.of(normalise(REPORT), model), floor=False)
    assert "passages" not in short.signals


def test_cases_are_compared_with_the_whole_of_a_long_report(session: Session, model: Encoder) -> None:
    known = make.case(session)
    make.passage(session, CLAIMS[0], case_id=known.id)
    session.flush()
    long = normalise("Ai biết thì trả lời giúp em với ạ. " * 12 + CLAIMS[0])
    (hit,) = search.cases(session, search.Query.of(long, model))
    assert hit.reasons["passage"] is None


def test_cases_are_compared_both_ways_and_claims_one_way(session: Session, ids: list[int]) -> None:
    def by_role(texts: list[str], is_query: bool) -> Vectors:  # noqa: FBT001  the shape of Embed
        asks, found = np.eye(DIMENSION, dtype=np.float32)[:2]
        return np.tile(asks if is_query else (asks + found) / np.sqrt(2), (len(texts), 1))

    roles = Encoder(Description("roles", "1", DIMENSION), by_role)
    known = make.case(session)
    opening = make.passage(session, CLAIMS[0], case_id=known.id)
    session.flush()
    query = search.Query.of(normalise(REPORT), roles)

    def cosine() -> float:
        return search.cases(session, query)[0].signals["cosine"]

    (found, asking), *_ = passages.both_ways(roles, [CLAIMS[0]], [True])
    opening.embedding, opening.encoder = found, str(roles.description)
    session.flush()
    assert cosine() == pytest.approx(np.sqrt(0.5), abs=1e-3)
    opening.asking = np.eye(DIMENSION, dtype=np.float32)[2]  # another one, to tell the ways apart
    session.flush()
    assert cosine() == pytest.approx(np.sqrt(0.5) / 2, abs=1e-3)
    opening.asking = asking
    session.flush()
    assert cosine() == pytest.approx(np.sqrt(0.5), abs=1e-3)
    claim = session.get_one(Passage, session.scalar(select(Passage.id).where(Passage.claim_id == ids[0])))
    claim.embedding, claim.encoder = found, str(roles.description)
    session.flush()
    assert search.claims(session, query, floor=False)[0].signals["cosine"] == pytest.approx(
        np.sqrt(0.5), abs=1e-3
    )


def test_of_two_claims_in_the_same_words_the_older_comes_first(
    session: Session, model: Encoder, ids: list[int]
) -> None:
    for words in (CLAIMS[0].replace("Nậm Pung", "“Nậm Pung”"), CLAIMS[0].replace("vỡ", "'vỡ'")):
        twin = make.claim(session, words)
        passage = make.passage(session, words, claim_id=twin.id)
        form = normalise(words)
        passage.embedding = model.encode_passage([readable(form.canonical, form.lang)])[0]
        passage.encoder = str(model.description)
        ids.append(twin.id)
    session.flush()
    hits = search.claims(session, search.Query.of(normalise(REPORT), model), floor=False)
    assert [hit.owner_id for hit in hits[:3]] == [ids[0], *ids[3:]]
    assert hits[0].probability == pytest.approx(hits[2].probability)


def test_many_at_once_are_ranked_as_one_by_one(session: Session, model: Encoder, ids: list[int]) -> None:
    texts = [normalise(words) for words in (REPORT, "…", "sua hoc duong co chi", *CLAIMS)]
    found = search.bulk(session, texts, model)
    for normal, ranked in zip(texts, found, strict=True):
        hits = search.claims(session, search.Query.of(normal, model), floor=False)
        assert [(one.owner_id, one.band) for one in ranked] == [(one.owner_id, one.band) for one in hits]
        assert [one.probability for one in ranked] == pytest.approx([one.probability for one in hits])
    assert found[1] == []
    assert [one[0].owner_id for one in found[3:]] == ids


def test_a_claim_is_as_near_as_the_nearest_of_its_texts(
    session: Session, model: Encoder, ids: list[int]
) -> None:
    passages.add(session, ids[1], [normalise(REPORT)])
    best, *_ = search.claims(session, search.Query.of(normalise(REPORT), model))
    assert best.owner_id == ids[1]


@pytest.mark.parametrize(
    "hostile",
    [
        "\ufdfa" * 1000,
        "đập\0vỡ\0" * 400,
        "\ud800\udfff đập vỡ",
        "a" + "\u0301" * 20_000,
        "đập thủy điện vỡ rồi " * 50_000,
        "đập\u200d" * 100_000,
        "'&|!()<>:*\\ " * 5_000,
        "1" * 1_000_000,
        "một trăm hai nghìn linh " * 40_000,
        "1.000.000 triệu 2/9/2025 " * 40_000,
    ],
    ids=[
        *("ligature", "nul", "surrogates", "marks", "megabyte", "joiners", "operators", "digits"),
        *("words", "figures"),
    ],
)
def test_hostile_texts_take_bounded_time(
    session: Session, model: Encoder, ids: list[int], hostile: str
) -> None:
    began = time.thread_time()
    normal = normalise(hostile)
    search.claims(session, search.Query.of(normal, model), floor=False)
    search.bulk(session, [normal, normalise(REPORT)], model)
    assert time.thread_time() - began < 5
    make.passage(session, hostile, claim_id=ids[0])  # and it can be stored to be found itself
    best, *_ = search.claims(session, search.Query.of(normalise(REPORT), model), floor=False)
    assert best.owner_id == ids[0]


def test_the_floor_leaves_out_what_is_below_it_and_nothing_else(
    session: Session, model: Encoder, ids: list[int]
) -> None:
    query = search.Query.of(normalise(f"{REPORT} va sua hoc duong nhiem chi o sa pa"), model)
    every = search.claims(session, query, floor=False)
    assert len(every) == len(ids)
    assert search.claims(session, query) == [hit for hit in every if hit.band is not None]


class _Reader:
    """Thinks that only one text speaks of what is asked, and counts what it reads."""

    def __init__(self, right: str) -> None:
        self.right, self.pairs = right, list[tuple[str, str]]()

    def read(self, one: str, other: str) -> Opinion:
        self.pairs.append((one, other))
        return Opinion(0.9, 0.09, 0.01, "toy") if self.right in other else Opinion(0.001, 0.001, 0.998, "toy")


@pytest.fixture
def wary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every best be read, and an opinion count for more than all else."""
    second = ranker.SecondOpinion(0.0001, 1.0, 0.0, (0.2, -1.0, 0.5), 0.0)
    unsure = replace(ranker.load(), second=second)
    monkeypatch.setattr(ranker, "load", lambda: unsure)


@pytest.mark.usefixtures("ids")
def test_what_people_decided_moves_what_is_told_and_what_is_shown_but_no_order(
    session: Session, model: Encoder
) -> None:
    query = search.Query.of(normalise(REPORT), model)
    plain = search.answers(session, query, floor=False)
    high, low = (search.answers(session, query, floor=False, moved=one) for one in (3.0, -3.0))
    for one in (high, low):
        assert [hit.owner_id for hit in one.hits] == [hit.owner_id for hit in plain.hits]
        assert one.best is not None
        assert plain.best is not None
        assert one.best.probability == plain.best.probability == plain.hits[0].probability
    assert low.hits[0].probability < plain.hits[0].probability < high.hits[0].probability
    known = ranker.load()
    for moved, told in ((3.0, high), (-3.0, low)):
        shown = search.claims(session, query, moved=moved)
        assert [hit.owner_id for hit in shown] == [
            hit.owner_id for hit in told.hits if hit.probability >= known.floor
        ]
        assert [hit.band for hit in shown] == [known.band(hit.probability) for hit in shown]
        assert all("calibration" in hit.signals for hit in shown)


@pytest.mark.usefixtures("ids")
def test_what_is_too_far_to_be_shown_is_still_the_best(session: Session, model: Encoder) -> None:
    found = search.answers(session, search.Query.of(normalise("Giá vàng hôm nay ở chợ Sa Pa"), model))
    assert found.hits == []
    assert found.best is not None
    assert found.best.probability < ranker.load().floor


@pytest.mark.usefixtures("wary")
def test_what_is_read_moves_the_best_and_is_told(
    session: Session, model: Encoder, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    query = search.Query.of(normalise(f"{REPORT} va sua hoc duong nhiem chi o sa pa"), model)
    unread = search.claims(session, search.Query(query.normal, query.vector), floor=False)
    toy = _Reader("Sữa học đường")
    monkeypatch.setattr(reader, "load", lambda: toy)
    best, *rest = search.claims(session, query, floor=False)
    assert best.owner_id == ids[1]
    assert unread[0].owner_id != ids[1] or best.probability > unread[0].probability
    assert (best.signals["read_same"], best.signals["read_apart"]) == (0.9, 0.01)
    assert len(toy.pairs) == len(set(toy.pairs)) <= ranker.MOST_READ
    assert {one for one, _ in toy.pairs} == {query.readable}
    assert not any("read_same" in one.signals for one in unread)
    (near,) = search.bulk(session, [query.normal], model)
    assert [one.owner_id for one in near] == [best.owner_id, *(one.owner_id for one in rest)]


@pytest.mark.usefixtures("wary")
def test_what_speaks_of_another_matter_falls_below_the_floor(
    session: Session, model: Encoder, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "load", lambda: _Reader("no claim says this"))
    query = search.Query.of(normalise("Đập thủy điện Nậm Pung ở Bát Xát đã vỡ"), model)
    assert search.claims(session, search.Query(query.normal, query.vector))[0].owner_id == ids[0]
    assert search.claims(session, query) == []


@pytest.mark.usefixtures("wary")
def test_claims_in_the_same_words_stay_together_when_read(
    session: Session, model: Encoder, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = _Reader("no claim says this")
    monkeypatch.setattr(reader, "load", lambda: toy)
    twin = make.claim(session, CLAIMS[0])
    passage = make.passage(session, CLAIMS[0], claim_id=twin.id)
    passage.embedding = model.encode_passage([normalise(CLAIMS[0]).canonical])[0]
    passage.encoder = str(model.description)
    session.flush()
    hits = search.claims(session, search.Query.of(normalise(REPORT), model), floor=False)
    of = {hit.owner_id: hit.probability for hit in hits}
    assert of[ids[0]] == pytest.approx(of[twin.id])
    assert len(toy.pairs) == len(set(toy.pairs))
