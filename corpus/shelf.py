"""The texts of one measured set in memory, found as the service finds candidates: by meaning and by words."""

from collections.abc import Collection as Names
from collections.abc import Sequence
from functools import cached_property

from corpus import places
from corpus.baselines import BM25, best
from corpus.candidates import DEPTH
from corpus.diacritics import readable
from corpus.encoder import Vectors
from corpus.evaluation import Collection
from corpus.meanings import Meanings
from corpus.side import Side
from corpus.sino_vietnamese import spoken
from corpus.text import NormalText, normalise


class Shelf:
    """The texts of one set, ready to be found. A text that a set has twice stands here once.

    `ids` and, as the encoder reads them, `read` are in one order, to which places point.
    """

    def __init__(self, known: Collection, meanings: Meanings) -> None:
        normal = {name: normalise(words) for name, words in known.corpus.items()}
        first: dict[str, str] = {}
        self._stands_as = {name: first.setdefault(one.fingerprint, name) for name, one in normal.items()}
        self.ids = list(first.values())
        self._normal = [normal[one] for one in self.ids]
        self.read = [readable(one.canonical, one.lang) for one in self._normal]
        self._vectors = meanings.of(self.read, is_query=False)
        self._sides: dict[int, Side] = {}

    @cached_property
    def words(self) -> BM25:
        """The counted words and pairs."""
        return BM25([_terms(one) for one in self._normal])

    def standing(self, names: Names[str]) -> frozenset[str]:
        """Return the ids under which texts stand here."""
        return frozenset(self._stands_as.get(name, name) for name in names)

    def side(self, place: int) -> Side:
        """Return a text as one side of pairs."""
        if place not in self._sides:
            text = self._normal[place]
            self._sides[place] = Side.of(text, self._vectors[place], places.keys(text.canonical))
        return self._sides[place]

    def near(self, text: NormalText, vector: Vectors, *without: Names[str]) -> list[list[int]]:
        """Return the places of the candidates that meaning and words find, as if each of `without` were gone.

        They come in the order of the corpus. A list is as long when its answer is gone as when it is there:
        its length must not tell.
        """
        (scores,) = self.words.scores([_terms(text)])
        depth = DEPTH + max(map(len, without))
        worded = [place for place in best(scores, depth).tolist() if scores[place] > 0]
        meant = best(self._vectors @ vector, depth).tolist()
        return [sorted({*self._kept(meant, gone), *self._kept(worded, gone)}) for gone in without]

    def _kept(self, places: Sequence[int], gone: Names[str]) -> list[int]:
        return [place for place in places if self.ids[place] not in gone][:DEPTH]


def _terms(text: NormalText) -> str:
    return " ".join([spoken(text.folded, text.lang), *text.pairs])
