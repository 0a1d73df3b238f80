"""The one normal form of a text: raw as sent, canonical for reading and encoding, folded for finding.

Every comparison in the house starts here. `normalise` takes any string whatever and never raises: input is
cut before anything expensive happens to it.
"""

import hashlib
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace

from corpus import repair, tokens
from corpus.keys import URL, keys, links
from corpus.sino_vietnamese import spoken
from corpus.syllables import fold, has_marks
from corpus.tokens import Count, Tally
from corpus.visible import visible

__all__ = ["NormalText", "fold", "normalise", "terms"]

_CANONICAL_LIMIT = 10_000  # characters kept, as many as a report may have
_ROUNDS = 8  # repairs settle in two or three
_WORD_LIMIT = 40  # characters of a folded word that go into an index term
_LEAST_WORDS, _LEAST_LETTERS = 3, 8
_SURELY_MARKED = 3  # syllables with Vietnamese marks that say which language somebody mistyped
_MISTYPED_SHARE = 0.35  # of such a text that reads as Vietnamese
_ALONE = 4  # texts of fewer words are also found by single words
_STEPS: tuple[tuple[Callable[[Tally], object], Callable[[str], str]], ...] = (
    (lambda counts: counts[Count.FOREIGN], repair.map_look_alikes),
    (lambda counts: counts[Count.SYMBOLS], repair.map_symbols),
    (lambda counts: counts.is_shouted, str.lower),
    (lambda counts: counts.has_pieces, repair.join_pieces),
    (lambda counts: counts[Count.TYPED], repair.type_marks),
    (lambda counts: counts[Count.CHAT], repair.expand_chat),
    (lambda counts: counts[Count.TONES], repair.place_tones),
    (lambda counts: counts[Count.SPELLING], repair.respell),
)


@dataclass(frozen=True)
class NormalText:
    """A text in the forms in which the house compares it."""

    canonical: str  # NFKC, repaired, without links and pictures; at most 10,000 characters
    folded: str  # the words of `canonical` without marks, case and punctuation
    fingerprint: str  # SHA-256 of the folded words and the links: equal for copies sent again
    pairs: tuple[str, ...]  # folded neighbours written together, for the index; Chinese read aloud
    keys: tuple[str, ...]  # links, numbers, dates, digests of long digit strings; see corpus.keys
    lang: str  # "vi", "en", "zh" or "other"
    noise: float  # share of Vietnamese syllables written without marks: about 0.25 in ordinary text
    informative: bool  # False: too little to compare by meaning; only `keys` and `fingerprint` count


def normalise(raw: str) -> NormalText:
    """Return the normal form of `raw`. Never raises; `normalise(n.canonical).canonical == n.canonical`."""
    text, counts = _seen(raw)
    urls = links(text) if counts[Count.LINKS] else []
    canonical, counts = _canonical(text, counts)
    folded = tokens.folded(canonical)
    lang = _language(canonical, counts)
    syllables = counts[Count.SYLLABLES]
    unmarked = syllables - counts[Count.MARKED_SYLLABLES]
    return NormalText(
        canonical=canonical,
        folded=folded,
        fingerprint=hashlib.sha256("\n".join([folded, *sorted(urls)]).encode()).hexdigest(),
        pairs=terms(folded, lang),
        keys=keys(canonical, urls, figures=counts[Count.FIGURES] > 0, words=counts[Count.NUMBER_WORDS] > 0),
        lang=lang,
        noise=unmarked / syllables if lang == "vi" and syllables else float(lang == "vi"),
        informative=_is_informative(folded, counts[Count.FOLDED_LETTERS], lang),
    )


def reading(normal: NormalText, words: str) -> NormalText:
    """Return `normal` as it is compared when its words are read as `words`; what identifies it stays."""
    folded = tokens.folded(words)
    if folded == normal.folded:
        return normal
    return replace(normal, folded=folded, pairs=terms(folded, normal.lang))


def terms(folded: str, lang: str) -> tuple[str, ...]:
    """Return the index terms of a folded text: neighbours written together, and words of short texts."""
    words = spoken(folded, lang).split()
    if words and max(map(len, words)) > _WORD_LIMIT:
        words = [word[:_WORD_LIMIT] for word in words]
    pairs = list(map(operator.add, words, words[1:]))
    return tuple(dict.fromkeys(pairs + words if len(words) < _ALONE else pairs))


def language(canonical: str) -> str:
    """Return "vi", "en", "zh" or "other" by script, Vietnamese syllables and English function words.

    Plain Latin letters that are not Vietnamese count as English, the likeliest guess here, and so do English
    words among Vietnamese names.
    """
    text = canonical[:_CANONICAL_LIMIT]
    return _language(text, tokens.tally(text))


def _language(text: str, counts: Tally) -> str:
    letters = counts[Count.LETTERS]
    if counts[Count.HAN] * 3 > letters:
        return "zh"
    marked = counts[Count.MARKED]
    english = counts.english_share >= repair.ENGLISH
    mistyped = counts[Count.MARKED_SYLLABLES] >= _SURELY_MARKED and not english
    enough = _MISTYPED_SHARE if mistyped else repair.VIETNAMESE_SHARE
    if counts.vietnamese_share >= enough and (marked or not english):
        return "en" if english and _has_marks_in_names_only(text) else "vi"
    return "en" if letters and (english or not counts[Count.BEYOND]) else "other"


def _has_marks_in_names_only(text: str) -> bool:
    """Whether some words of `text` begin small and none of these has Vietnamese marks."""
    small = [word for word in text.split() if word[0].islower()]
    return bool(small) and not any(map(has_marks, small))


def _seen(raw: str) -> tuple[str, Tally]:
    """Return what can be seen of `raw`, with its counts."""
    if len(raw) <= _CANONICAL_LIMIT:
        counts = tokens.tally(raw)
        if not counts[Count.UNCLEAN]:
            return raw, counts  # the usual case: every word is known to be seen as it is
    text = visible(raw)
    return text, tokens.tally(text)


def _canonical(text: str, counts: Tally) -> tuple[str, Tally]:
    """Repair until nothing changes; return the text with its counts."""
    for _ in range(_ROUNDS):
        before = text
        text, counts = _squeezed(text, counts)
        if not counts.is_clean:
            text, counts = _seen(_repaired(text, counts))
            text, counts = _squeezed(text, counts)
        if len(text) > _CANONICAL_LIMIT:
            text = text[:_CANONICAL_LIMIT].rpartition(" ")[0] or text[:_CANONICAL_LIMIT]
            counts = tokens.tally(text)
        if text == before:
            break
    return text, counts


def _squeezed(text: str, counts: Tally) -> tuple[str, Tally]:
    """Leave links out and write one blank between words."""
    if counts[Count.LINKS]:
        text = URL.sub(" ", text)
        counts = tokens.tally(text)
    return " ".join(text.split()), counts


def _repaired(text: str, counts: Tally) -> str:
    """Apply every repair once that may have something to do."""
    for may_change, step in _STEPS:
        if may_change(counts):
            before, text = text, step(text)
            if text != before:
                counts = tokens.tally(text)
    return text


def _is_informative(folded: str, letters: int, lang: str) -> bool:
    least = _LEAST_LETTERS // 2 if lang == "zh" else _LEAST_LETTERS
    return letters >= least and folded.count(" ") + 1 >= _LEAST_WORDS
