"""Has this picture come before? Finds the case of its first copy, or a pair for a person to look at.

Stars, never chains: only the pictures of the report that gave a case its first picture are compared.
The pictures decide together with what stands in them; words alone never join, and a bare photograph
under two different statements is for a person to judge.
"""

import enum
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import LCSseq, Levenshtein
from sqlalchemy import BigInteger, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, BIT, insert
from sqlalchemy.orm import Session, undefer

from corpus import closely, likeness
from corpus.syllables import is_folded_syllable
from corpus.text import fold, normalise
from models import Arrival, Case, Picture, PictureKey, PictureView, ViewSize

# `make bench` prints recall and false joins; why these: docs/decisions/0009-the-same-picture.md.
# On pictures of our own the least alike window of a copy with words in it correlates 0.77 and more with its
# like, that of a picture in which one digit is another at most 0.78, where letters are tiny 0.85; of one
# with another word at most 0.5.
SAME_STROKES: Final = 0.88  # all windows as alike as this: one picture, whatever was read
NEAR_STROKES: Final = 0.80  # as this: one picture unless another number was read
LIKE_STROKES: Final = 0.72  # as this: one picture unless another word was read
EDGE: Final = 0.05  # of the height: where a banner may lie on what was cropped off
BLEMISHED: Final = 0.01  # share of windows that may be other in a picture without words
SAME_BLOCKS: Final = 0.05  # of the small grey copy, where there are too few windows to tell
LIKE_BLOCKS: Final = 0.15  # up to here a person is shown the pair
LOOKED_BLOCKS: Final = 0.4  # up to here the pages are compared: brightening costs many blocks, not a stroke
_WINDOWS: Final = 30  # with something in them
RANKER: Final = "picture"  # of the pairs that rest on it
COVERS, INSIDE = 0.8, 0.5  # shares of the smaller and of the larger picture that lie on each other
SPEAKS: Final = 5  # words in a picture from which it says what is claimed
_LOOKED_AT: Final = 5  # candidates that are compared block by block
_MISREAD: Final = 75  # of 100: likeness of two readings of one word
_OTHER: Final = 50  # below it they are two words
_WORD: Final = 3  # letters from which it is a word and not a smudge
_LOST: Final = 0.25  # share of the shorter reading that the longer may lack
_REPEATED: Final = 0.8  # share of the shorter reading that stands in the longer
_STATEMENT: Final = 8  # words from which a report says something beside its picture


@dataclass(frozen=True)
class Found:
    """An earlier picture like one of the report's."""

    case_id: int
    mine: int  # ids of the two pictures
    other: int
    differs: float  # share of their blocks that are not the same
    sure: bool  # the report may join; else a person is shown the pair

    def scored(self, encoder: str) -> dict[str, object]:
        """Return the columns of a suggested pair that rest on the picture."""
        pair = hashlib.sha256(f"picture:{self.mine}:{self.other}".encode()).hexdigest()
        return {
            "probability": round(1 - self.differs, 4),
            "band": "likely",
            "relation": "same",
            "signals": {"picture": round(1 - self.differs, 3)},
            "reasons": {"relation": "same", "shared": [], "differences": [], "fired": ["picture"]},
            "ranker": RANKER,
            "encoder": encoder,
            "pair_fingerprint": pair,
        }


def find(session: Session, arrival: Arrival) -> Found | None:
    """Return the best earlier picture, a sure one first; None without any."""
    best: Found | None = None
    for mine in _drawn(session, arrival.id):
        for other in candidates(session, mine):
            found = _pair(session, arrival, mine, other)
            if found is not None and (
                best is None or (found.sure, -found.differs) > (best.sure, -best.differs)
            ):
                best = found
    return best


def index(session: Session, arrival: Arrival, case_id: int) -> None:
    """Let the pictures of `arrival` be found, unless its case has such pictures already."""
    has = session.scalar(
        select(PictureKey.picture_id)
        .join(Picture, Picture.id == PictureKey.picture_id)
        .join(Arrival, Arrival.id == Picture.arrival_id)
        .where(Arrival.case_id == case_id)
        .limit(1)
    )
    if has is not None:
        return
    for one in _drawn(session, arrival.id):
        hashes = likeness.stored_windows(likeness.unpacked(one.grey or b"")).hashes
        rows = [
            {"picture_id": one.id, "key": int(key), "hash": int(full)}
            for keys, full in zip(likeness.keys(hashes), hashes.view("int64"), strict=True)
            for key in keys
        ]
        if rows:
            session.execute(insert(PictureKey).on_conflict_do_nothing(), rows)


def _drawn(session: Session, arrival_id: int) -> list[Picture]:
    return list(
        session.scalars(
            select(Picture)
            .where(Picture.arrival_id == arrival_id, Picture.grey.is_not(None))
            .options(undefer(Picture.grey))
            .order_by(Picture.position)
        )
    )


def candidates(session: Session, mine: Picture) -> list[Picture]:
    """Return the earlier pictures with the most windows in common, the same file first."""
    asked = likeness.asking_windows(likeness.unpacked(mine.grey or b"")).hashes
    keys = likeness.keys(asked).ravel()
    order = keys.argsort()  # thousands of keys in the order of the index: each page of it is read once
    question = (
        func.unnest(
            cast(keys[order].tolist(), ARRAY(BigInteger)),
            cast(asked.view("int64").repeat(likeness.BANDS)[order].tolist(), ARRAY(BigInteger)),
        )
        .table_valued("key", "hash")
        .render_derived(name="asked")
    )
    differ = func.bit_count(cast(PictureKey.hash.op("#")(literal_column("asked.hash")), BIT(64)))
    rows = session.execute(
        select(PictureKey.picture_id)
        .select_from(question)
        .join(PictureKey, PictureKey.key == literal_column("asked.key"))
        .where(differ <= likeness.NEAR)
        .group_by(PictureKey.picture_id)
        .order_by(func.count().desc(), PictureKey.picture_id)
        .limit(_LOOKED_AT)
    )
    same_file = session.scalars(
        select(Picture.id)
        .join(Arrival, Arrival.id == Picture.arrival_id)
        .where(Picture.sha256 == mine.sha256, Picture.id != mine.id, Arrival.case_id.is_not(None))
        .order_by(Picture.id)
        .limit(1)
    )
    wanted = dict.fromkeys([*same_file, *(row.picture_id for row in rows)])
    found = {
        one.id: one
        for one in session.scalars(
            select(Picture).where(Picture.id.in_(wanted)).options(undefer(Picture.grey))
        )
    }
    return [found[key] for key in wanted if found[key].arrival_id != mine.arrival_id]


def _page(session: Session, picture: Picture) -> bytes:
    """Return the redrawn page: bytes of our own, which this process may decode."""
    return session.scalars(
        select(PictureView.content).where(
            PictureView.picture_id == picture.id, PictureView.which == ViewSize.PAGE
        )
    ).one()


def _pair(session: Session, arrival: Arrival, mine: Picture, other: Picture) -> Found | None:
    first = session.get_one(Arrival, other.arrival_id)
    if first.case_id is None or mine.grey is None or other.grey is None:
        return None
    if mine.sha256 == other.sha256:
        measured, how = likeness.Likeness(1.0, 1.0, 0.0), Alike.SAME
    else:
        greys = likeness.unpacked(mine.grey), likeness.unpacked(other.grey)
        measured = likeness.compare(*greys)
        pages = {one.id: _page(session, one) for one in (mine, other)}
        how = alike(measured, greys, (pages[mine.id], pages[other.id]), lambda: (mine.said, other.said))
    if how is Alike.OTHER:
        return None
    same = how is Alike.SAME
    said = min(len(one.said.split()) for one in (mine, other))
    two_statements = all(
        normalise(one.text).informative and len(one.text.split()) >= _STATEMENT for one in (arrival, first)
    )
    sure = same and (said >= SPEAKS or not two_statements)
    return Found(first.case_id, mine.id, other.id, measured.differs, sure)


class Alike(enum.Enum):
    """What two pictures are to each other."""

    SAME = enum.auto()
    LIKE = enum.auto()  # for a person to look at
    OTHER = enum.auto()


def alike(
    measured: likeness.Likeness,
    greys: tuple[likeness.Grey, likeness.Grey],
    pages: tuple[bytes, bytes],
    words: Callable[[], tuple[str, str]],
) -> Alike:
    """Return what two pictures are that lie on each other as `measured` says.

    Pixels and words are two witnesses. Strokes that are the same at the size of letters suffice; where
    encoding or a banner leave a doubt, the words read in both must say the same, too.
    """
    if measured.covers < COVERS or measured.inside < INSIDE or measured.differs > LOOKED_BLOCKS:
        return Alike.OTHER
    (high, wide), (high_other, wide_other) = (grey.shape for grey in greys)
    found = closely.strokes(*pages, measured.way, ((wide, high), (wide_other, high_other)))
    if _same(measured, found, words):
        return Alike.SAME
    near = measured.differs <= LIKE_BLOCKS or (
        found.windows >= _WINDOWS and found.other(LIKE_STROKES) <= LIKE_BLOCKS
    )
    return Alike.LIKE if near else Alike.OTHER


def _same(measured: likeness.Likeness, found: closely.Strokes, words: Callable[[], tuple[str, str]]) -> bool:
    if found.windows < _WINDOWS:
        return measured.differs <= SAME_BLOCKS and words_agree(*words())
    if found.worst() >= SAME_STROKES:
        return True
    if found.worst() >= NEAR_STROKES:
        return numbers_agree(*words())
    if found.worst() >= LIKE_STROKES:
        return words_agree(*words())
    if found.worst(EDGE) >= LIKE_STROKES:
        return words_agree(*words()) and words_repeat(*words())
    silent = all(len(one.split()) < SPEAKS for one in words())
    return silent and measured.differs <= SAME_BLOCKS and found.other(LIKE_STROKES) <= BLEMISHED


def words_repeat(one: str, other: str) -> bool:
    """Return whether nearly all that was read in the picture that says less stands in the other, in order."""
    short, long = sorted((fold(one).split(), fold(other).split()), key=len)
    return len(short) < SPEAKS or LCSseq.similarity(short, long) >= _REPEATED * len(short)


def numbers_agree(one: str, other: str) -> bool:
    """Return whether no other number was read in one than in the other in the same spot."""
    short, long = sorted((fold(one).split(), fold(other).split()), key=len)
    return not any(
        _other_numbers(short[step.src_start : step.src_end], long[step.dest_start : step.dest_end])
        for step in Levenshtein.opcodes(short, long)
    )


def words_agree(one: str, other: str) -> bool:
    """Return whether two readings may be of one picture: nothing in the one contradicts the other.

    A banner adds words, a machine loses or misreads some; a rumour told of another place, day or number
    has another word, or another number, in the same spot.
    """
    short, long = sorted((fold(one).split(), fold(other).split()), key=len)
    if len(short) < SPEAKS:
        return True  # too little was read to tell
    for step in Levenshtein.opcodes(short, long):
        if step.tag == "replace" and _contradict(
            short[step.src_start : step.src_end], long[step.dest_start : step.dest_end]
        ):
            return False
    known = set(long)
    strange = [word for word in short if word not in known and len(word) > 1]
    lost = [
        one for one in strange if not process.extractOne(one, known, scorer=fuzz.ratio, score_cutoff=_MISREAD)
    ]
    return len(lost) <= _LOST * len(short)


def _other_numbers(here: list[str], there: list[str]) -> bool:
    numbers, others = ({word for word in side if word.isdigit()} for side in (here, there))
    return bool(numbers and others) and not (numbers <= others or others <= numbers)


def _contradict(here: list[str], there: list[str]) -> bool:
    if _other_numbers(here, there):
        return True
    # What is no syllable was misread: it says nothing about the other picture.
    words, beside = (
        [word for word in side if len(word) >= _WORD and is_folded_syllable(word)] for side in (here, there)
    )
    return any(
        beside and not process.extractOne(word, beside, scorer=fuzz.ratio, score_cutoff=_OTHER)
        for word in words
    )


def case_of(session: Session, found: Found) -> Case:
    """Return the case in which the earlier picture lies."""
    return session.get_one(Case, found.case_id)
