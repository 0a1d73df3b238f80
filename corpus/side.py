"""One text of a pair in the forms that are compared."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt

from corpus.lexical import TEXT_LIMIT
from corpus.naming import names
from corpus.sino_vietnamese import spoken
from corpus.text import NormalText


@dataclass(frozen=True, eq=False)
class Side:
    """One text of a pair in the forms that are compared. `vector` is None while the encoder has not run.

    A query has the vector of a text that asks, a candidate that of a text to be found. `turned` is the one of
    the other role, where two reports are compared both ways.
    """

    canonical: str
    folded: str
    keys: tuple[str, ...]
    lang: str
    places: frozenset[str] = frozenset()  # commune codes
    vector: npt.NDArray[np.float32] | None = None
    turned: npt.NDArray[np.float32] | None = None
    stored_names: frozenset[str] | None = None  # `names` as a database row has them; None: not known yet
    mended: str | None = None  # `folded` without slips of typing; None: none were looked for

    @classmethod
    def of(
        cls,
        text: NormalText,
        vector: npt.NDArray[np.float32] | None = None,
        places: Collection[str] = (),
        mended: str | None = None,
    ) -> Self:
        """Return the side made of a normal text, its vector, the communes it names and its mended words."""
        return cls(
            text.canonical, text.folded, text.keys, text.lang, frozenset(places), vector, mended=mended
        )

    @cached_property
    def names(self) -> frozenset[str]:
        """The folded words of the proper names."""
        return frozenset(names(self.canonical)) if self.stored_names is None else self.stored_names

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The values of the numbers, without their units."""
        return frozenset(key.split(":")[1] for key in self.keys if key.startswith("num:"))

    @cached_property
    def dates(self) -> frozenset[str]:
        """The keys of the dates."""
        return frozenset(key for key in self.keys if key.startswith("date:"))

    @cached_property
    def words(self) -> int:
        """How many words are compared."""
        return self.compared.count(" ") + 1

    @cached_property
    def compared(self) -> str:
        """The beginning of the folded text, by whose letters it is compared; Chinese read aloud."""
        return self._beginning(self.folded)

    @cached_property
    def worded(self) -> str:
        """The same, mended, by whose words it is compared: one wrong letter makes another word."""
        return self.compared if self.mended is None else self._beginning(self.mended)

    def _beginning(self, folded: str) -> str:
        return spoken(folded[:TEXT_LIMIT], self.lang)[:TEXT_LIMIT]
