"""Makes sets for `kiemtin evaluate` out of others: `python -m bench.composing KIND DATA OUT`.

KIND is `reports`: development reports, with and without an answer, against the confirmed claims among all
headlines of `vi_distractors`; or `citizens`: likewise, reports by other hands on those claims on which the
encoder learnt no report (`bench/data/reports.jsonl`); or `citizens-fresh`, `citizens-third`,
`citizens-fourth` and `citizens-fifth`: still others, with such that nothing answers (`reports_fresh.jsonl`
and so on); or `citizens-together`: all of these; or `noise`: headlines and paraphrases of news, each
disturbed in every way of `bench.noise`; or an exam of `bench.stated`: what says the same as its statements
against their claims among headlines, and other events without an answer. DATA is a folder of sets as `kiemtin
train` reads it.
With the KIND `kept` it is one set, of which those answered queries remain that the encoder never learnt from.
What is written to OUT is text of third parties and stays out of this repository.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Final

from bench import noise, stated
from corpus.distil import lessons
from corpus.evaluation import Collection, Question, read
from corpus.lines import rows

_DRAWN: Final = 150  # queries of each set that are disturbed
_HAYSTACK: Final = 4_923  # texts to be found or not, as many as the noises were first tried on
_TOLD: Final = ("lightly reworded", "reworded", "post", "terse")
_EVERY: Final = 10  # headlines, of which one stands among the statements
_FOLLOWING: Final = ("vi_vnpara", "vi_news_clusters")
ANEW: Final = ("fresh", "third", "fourth", "fifth")  # sets of reports by other hands after the first

Set = tuple[Mapping[str, str], list[Question]]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in rows(path) if line.strip()]


def reports(data: Path) -> Set:
    """Return reports against confirmed claims among headlines; groups are the language and the style."""
    return _reported(data, _lines(data / "reports_dev.jsonl"))


def citizens(data: Path) -> Set:
    """Return the same of reports on claims of whose reports the encoder never learnt."""
    return _reported(data, _by_other_hands("reports"))


def citizens_anew(data: Path, name: str) -> Set:
    """Return the same of reports by still other hands, those that nothing answers among them."""
    return _reported(data, _by_other_hands(f"reports_{name}"), none=[])


def citizens_together(data: Path) -> Set:
    """Return the same of all reports by other hands: enough of them to judge probabilities by."""
    names = ["reports", *(f"reports_{name}" for name in ANEW)]
    return _reported(data, [row for name in names for row in _by_other_hands(name)])


def _by_other_hands(name: str) -> list[dict[str, Any]]:
    told = resources.files("bench").joinpath(f"data/{name}.jsonl").read_text("utf-8").splitlines()
    return [{"id": f"{name}-{number}", **json.loads(row)} for number, row in enumerate(told)]


def _reported(
    data: Path, told: Iterable[Mapping[str, Any]], none: Iterable[Mapping[str, Any]] | None = None
) -> Set:
    corpus = {row["id"]: row["claim"] for row in _lines(data / "confirmed_claims.jsonl")}
    titles = _lines(data / "retrieval" / "vi_distractors" / "vietnews_titles.jsonl")
    corpus |= {f"title-{row['id']}": row["text"] for row in titles}
    others = _lines(data / "reports_no_match_dev.jsonl") if none is None else none
    return corpus, [_question(row) for row in [*told, *others]]


def _question(row: Mapping[str, Any]) -> Question:
    answer = row.get("case_id")
    group = f"{row['lang']} {row['style']}" if answer else f"none {row['lang']}"
    return Question(row["text"], group, frozenset({answer} if answer else ()), id=row["id"])


def disturbed(data: Path) -> Set:
    """Return queries of two Vietnamese sets in every kind of noise, which is their group."""
    corpus: dict[str, str] = {}
    asked: list[Question] = []
    for name in _FOLLOWING:
        known = read(data / "retrieval" / name)
        corpus |= known.corpus
        asked += _drawn(known)
    others = [
        *_lines(data / "retrieval" / "vi_social_news" / "posts.jsonl"),
        *_lines(data / "retrieval" / "vi_distractors" / "vietnews_leads_40k.jsonl"),
    ]
    corpus |= {f"other-{i}": row["text"] for i, row in enumerate(others[: _HAYSTACK - len(corpus)])}
    return corpus, [
        Question(noise.disturb(one.text, kind, 1), kind, one.answers, one.exclude, f"{kind}:{one.id}")
        for kind in noise.KINDS
        for one in asked
    ]


def kept_back(data: Path) -> Set:
    """Return a set with those of its answered queries that the encoder never learnt from."""
    known = read(data)
    kept = [one for one in known.questions if one.answers and lessons.kept_back(lessons.key_of(one.id))]
    return known.corpus, kept


def told(data: Path, exam: str) -> Set:
    """Return texts of four kinds against the statements of an exam, and others that tell none of these."""
    corpus, asked = {}, list[Question]()
    for number, one in enumerate(stated.stored(exam)):
        corpus[f"s{number}"] = one.claim
        said = {**dict(zip(_TOLD, one.same, strict=True)), "none": one.apart[-1]}
        asked += [
            Question(text, kind, frozenset() if kind == "none" else {f"s{number}"}, id=f"{kind}{number}")
            for kind, text in said.items()
        ]
    titles = _lines(data / "retrieval" / "vi_distractors" / "vietnews_titles.jsonl")[::_EVERY]
    return corpus | {f"title-{row['id']}": row["text"] for row in titles}, asked


def _drawn(known: Collection) -> list[Question]:
    answered = [one for one in known.questions if one.answers]
    return sorted(answered, key=lambda one: hashlib.sha256(one.id.encode()).hexdigest())[:_DRAWN]


def write(made: Set, folder: Path) -> None:
    """Write a set in the form that `corpus.evaluation.read` reads."""
    corpus, asked = made
    folder.mkdir(parents=True, exist_ok=True)
    queries = [{"id": one.id, "text": one.text, "group": one.group, "exclude": one.exclude} for one in asked]
    answers = [f"{one.id}\t{answer}" for one in asked for answer in sorted(one.answers)]
    texts = ({"id": name, "text": words} for name, words in corpus.items())
    _write(folder / "corpus.jsonl", map(json.dumps, texts))
    _write(folder / "queries.jsonl", map(json.dumps, queries))
    _write(folder / "qrels.tsv", answers)


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


_KINDS: Final[dict[str, Callable[[Path], Set]]] = {
    "reports": reports,
    "citizens": citizens,
    **{f"citizens-{name}": partial(citizens_anew, name=name) for name in ANEW},
    "citizens-together": citizens_together,
    "noise": disturbed,
    "kept": kept_back,
    **{exam: partial(told, exam=exam) for exam in stated.EXAMS},
}


def main() -> None:
    """Write the set that the arguments name."""
    kind, data, folder = sys.argv[1:]
    write(_KINDS[kind](Path(data)), Path(folder))


if __name__ == "__main__":
    main()
