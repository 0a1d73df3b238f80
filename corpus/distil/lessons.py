"""What the student learns from: pairs of a text that asks and a text to be found, and single texts for noise.

Reads folders in the shared format (`corpus.jsonl.gz`, `queries.jsonl.gz`, `qrels.tsv.gz`), parallel sentences
(`sentences.jsonl.gz` with vi, en, zh), paraphrases (`pairs.jsonl.gz` with s1, s2) and plain texts.
"""

import gzip
import hashlib
import itertools
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from corpus.diacritics import readable
from corpus.distil import statements
from corpus.distil.noise import heaped, noised
from corpus.evaluation import headed
from corpus.text import normalise

ORIGINS = {
    "checkthat": "CLEF CheckThat! Lab 2020 T2, 2021 2A and 2B, 2022 2A: training and development parts",
    "english, chinese": "NTREX-128 (CC BY-SA 4.0): parallel news sentences in English, Chinese, Vietnamese",
    "news, vi": "titles and leads of online news (vietnews); no stated licence, nothing of it is here",
    "paraphrase, vi_vnpara": "vnPara; vi_claim2evidence: ViHallu-type claims; vi_lexnorm: ViLexNorm",
    "vi_news_clusters": "KTLAB-200 news clusters",
    "reports, claims": "this project's confirmed claims, and reports written for development",
    "statements": "invented claims with what says the same, another thing or speaks of another event",
    "text_vi": "Vietnamese statutes (not subject to copyright), VFND, UD_Vietnamese-VTB, NTREX-128",
}
LONGEST = 400  # characters of a text that lessons use
_HEARD = 240  # characters of a single text: noise is learnt as well from its beginning, in half the time
_MOST = 12_000  # texts to be found in one kind of pairs, so that all of a shelf can be encoded beforehand
_BESIDE = 10_000  # texts on a shelf that answer nothing learnt here
_CHANGED = 2  # contradictions of a statement that are to find it as well
_KEPT_BACK = 7  # one query in seven is never learnt from


def kept_back(key: str) -> bool:
    """Return whether the pair of that key is never learnt from: one in seven."""
    return hashlib.sha256(key.encode()).digest()[0] % _KEPT_BACK == 0


def key_of(query_id: str) -> str:
    """Return the key of a query's pairs; the same tweet has other ids in other years' sets."""
    return query_id.removeprefix("tr-").removeprefix("dev-")


@dataclass
class Lessons:
    """`pairs[name]` holds (asking, found); `texts` what noise is put on; `held` the pairs kept back.

    `beside[name]` holds what else stands on the shelf on which those pairs are searched.
    """

    pairs: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    held: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    texts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    beside: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, key: str, asking: str, found: str) -> None:
        """Keep a pair, or keep it back: which of both follows from `key` alone."""
        where = self.held if kept_back(key) else self.pairs
        where[name].append((asking[:LONGEST], found[:LONGEST]))

    def shelf(self, name: str) -> list[str]:
        """Return the texts, as the service encodes them, on which the pairs of `name` are searched."""
        texts = [found for _, found in self.pairs[name]]
        return list(dict.fromkeys(map(ready, [*texts, *self.beside[name]])))


@dataclass(frozen=True)
class Batch:
    """Texts that ask, texts that were meant, and the roles under which each side is encoded.

    `right` has all texts of the shelf that answer each one that asks; without it there is no shelf.
    """

    name: str
    asking: list[str]
    meant: list[str]
    asks_as: str
    meant_as: str
    right: list[list[str]] = field(default_factory=list)


def gathered(folder: Path) -> Lessons:
    """Return the lessons found under `folder`, in a fixed order."""
    lessons = Lessons()
    for path in sorted((folder / "retrieval").iterdir()):
        if (path / "queries.jsonl.gz").exists():
            _asked(lessons, path)
        if (path / "sentences.jsonl.gz").exists():
            for row in rows(path / "sentences.jsonl.gz"):
                lessons.add("english", "en" + row["id"], row["en"], row["vi"])
                lessons.add("chinese", "zh" + row["id"], row["zh"], row["vi"])
        if (path / "pairs.jsonl.gz").exists():
            _paired(lessons, path)
    _news(lessons, folder / "retrieval" / "vi_distractors")
    _reports(lessons, folder)
    _invented(lessons)
    lessons.texts["vi"] += [row["text"] for row in rows(folder / "text_vi" / "sentences.jsonl.gz")][::3]
    _shortened(lessons)
    return lessons


def _shortened(lessons: Lessons) -> None:
    for name, found in lessons.pairs.items():
        random.Random(name).shuffle(found)
        kept = set(itertools.islice(dict.fromkeys(meant for _, meant in found), _MOST))
        lessons.pairs[name] = [pair for pair in found if pair[1] in kept]
    for name, texts in lessons.beside.items():
        lessons.beside[name] = [text[:LONGEST] for text in texts[:: max(1, len(texts) // _BESIDE)]]


def _asked(lessons: Lessons, path: Path) -> None:
    corpus = {row["id"]: row for row in rows(path / "corpus.jsonl.gz")}
    queries = {row["id"]: row["text"] for row in rows(path / "queries.jsonl.gz")}
    name = path.name
    for line in gzip.decompress((path / "qrels.tsv.gz").read_bytes()).decode("utf-8").splitlines():
        asking, found = line.split()[:2]
        if asking in queries and found in corpus:
            lessons.add(name, key_of(asking), queries[asking], headed(corpus[found]))
    lessons.beside[name] += map(headed, corpus.values())
    titled = [row for row in corpus.values() if row.get("title")]
    if titled:
        lessons.texts["en"] += [row["text"][:LONGEST] for row in titled[::4]]
        for row in titled[::2]:
            lessons.pairs["titles_en"].append((row["title"], row["text"][:LONGEST]))


def _paired(lessons: Lessons, path: Path) -> None:
    """Add paraphrases but those that a query of the same set that is kept back has, too."""
    held = {text for pair in lessons.held[path.name] for text in pair}
    for number, row in enumerate(rows(path / "pairs.jsonl.gz")):
        if row.get("label", 1) and not held & {row["s1"][:LONGEST], row["s2"][:LONGEST]}:
            lessons.add("paraphrase", f"pp{number}", row["s1"], row["s2"])


def _news(lessons: Lessons, path: Path) -> None:
    titles = {row["id"]: row["text"] for row in rows(path / "vietnews_titles.jsonl.gz")}
    for row in rows(path / "vietnews_leads_40k.jsonl.gz"):
        if row["id"] in titles:
            lessons.add("news", row["id"], titles[row["id"]], row["text"])
    lessons.texts["vi"] += list(titles.values())[::3]
    lessons.beside["reports"] += titles.values()


def _reports(lessons: Lessons, folder: Path) -> None:
    claims = {}
    for line in (folder / "confirmed_claims.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        claims[row["id"]] = row["claim"]
        lessons.texts["claims"].append(row["claim"])
    for line in (folder / "reports_dev.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        lessons.add("reports", row["case_id"], row["text"], claims[row["case_id"]])


def _invented(lessons: Lessons) -> None:
    for one in statements.stored():
        for asking in one.told:
            lessons.add("told", one.claim, asking, one.claim)
        for asking in (*one.stated, *one.changed[:_CHANGED]):
            lessons.add("statements", one.claim, asking, one.claim)
        lessons.beside["statements"] += one.apart
        lessons.beside["told"].append(one.claim)
    headlines = lessons.beside["reports"]  # of these half as many as a shelf takes
    for kind in ("statements", "told"):
        lessons.beside[kind] += headlines[:: max(1, len(headlines) // _BESIDE * 2)]


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a compressed file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


_SHARES = {
    "news": 16,
    "english": 9,
    "chinese": 12,
    "titles_en": 5,
    "reports": 4,
    "statements": 70,
    "told": 90,
    "paraphrase": 4,
    "checkthat2020_t2_en": 6,
    "checkthat2021_2a_en": 4,
    "checkthat2022_2a_en": 6,
    "checkthat2021_2b_en": 6,
    "vi_claim2evidence": 5,
    "vi_news_clusters": 4,
    "vi_lexnorm_realnoise": 4,
    "vi_vietnews_title2lead": 4,
    "vi_handmade_claims": 2,
    "vi_vnpara": 2,
}
_NOISE, _PAIRS = 0.3, 0.58  # of all batches; the rest keeps the found side where it is
_HEAPED = 0.5  # share of noised texts that have everything wrong at once
ABROAD = ("english", "chinese", "titles_en", "checkthat")  # people there mistype less than our noise does
_KINDS = {"vi": 70, "claims": 6, "en": 24}


def batches(lessons: Lessons, *, size: int, seed: int) -> Iterator[Batch]:
    """Yield batches without end, the same ones for the same seed."""
    rng = random.Random(seed)
    names = [name for name in _SHARES if lessons.pairs.get(name)]
    shares = [_SHARES[name] for name in names]
    answers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in names:
        for asks, found in lessons.pairs[name]:
            answers[name, asks].append(found)
    kinds = [kind for kind in _KINDS if lessons.texts.get(kind)]
    while True:
        draw = rng.random()
        if draw < _PAIRS:
            name = rng.choices(names, shares)[0]
            drawn = rng.choices(lessons.pairs[name], k=size)
            asking = [prepared(text, rng, noisy=_noisy(name, text)) for text, _ in drawn]
            right = [list(map(ready, answers[name, text])) for text, _ in drawn]
            yield Batch(name, asking, [ready(found) for _, found in drawn], "query", "passage", right)
            continue
        kind = rng.choices(kinds, [_KINDS[kind] for kind in kinds])[0]
        texts = [text[:_HEARD] for text in rng.choices(lessons.texts[kind], k=size)]
        clean = [ready(text) for text in texts]
        if draw < _PAIRS + _NOISE:
            yield Batch(
                "noise_" + kind, [prepared(text, rng, noisy=1) for text in texts], clean, "query", "query"
            )
        else:
            yield Batch("kept_" + kind, clean, clean, "passage", "passage")


def _noisy(name: str, text: str) -> float:
    """Return how likely noise is put on `text`, which asks in pairs of that name."""
    abroad = name.startswith(ABROAD) or (name == "told" and normalise(text).lang != "vi")
    return 0.15 if abroad else 0.5


def prepared(text: str, rng: random.Random, *, noisy: float) -> str:
    """Return a text as the encoder gets it from a report: noised that likely, then mostly repaired."""
    if rng.random() < noisy:
        text = heaped(text, rng) if rng.random() < _HEAPED else noised(text, rng)
        if rng.random() < 0.25:
            return text
    return ready(text)


@lru_cache(maxsize=200_000)  # what is to be found comes again and again
def ready(text: str) -> str:
    """Return the form of `text` that the service encodes."""
    normal = normalise(text)
    return readable(normal.canonical, normal.lang) or text
