"""Every word of the citizen's pages exists in every language, and every refusal has a sentence."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import intake
from corpus import places
from intake.tracking import Stage
from models import ClosedReason, Field, Rating, SeenWhere

ROOM = Path(intake.__file__).parent
LOCALES = ROOM.parent / "app" / "locale"
DESK = '{% extends "desk.html" %}'  # officers read Vietnamese
SENTENCE = re.compile(r"_\(\s*'((?:[^'\\]|\\.)*)'\s*\)")
KEYS = [
    *(f"chain.{stage}" for stage in Stage),
    *(f"closed.{reason}.public" for reason in ClosedReason),
    *(f"{kind}.{value}" for kind, values in (("field", Field), ("seen", SeenWhere)) for value in values),
    *(f"rating.{rating}" for rating in Rating),
]


def catalogue(lang: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted((LOCALES / lang).glob("*.po")):
        with path.open("rb") as source:
            found |= {str(entry.id): str(entry.string) for entry in read_po(source) if entry.id}
    return found


def sentences() -> set[str]:
    pages = (path.read_text("utf-8") for path in sorted(ROOM.glob("templates/**/*.html")))
    return {found for page in pages for found in SENTENCE.findall(page)}


def refusals() -> set[str]:
    code = "\n".join(path.read_text("utf-8") for path in sorted(ROOM.glob("*.py")))
    return set(re.findall(r'\bcode="([a-z-]+)"', code)) | {"input"}


def test_the_pages_have_words_at_all() -> None:
    assert len(sentences()) > 80
    assert {"code-unknown", "code-taken", "contact-consent", "text-wordless"} <= refusals()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_sentence_is_translated(lang: str) -> None:
    words = catalogue(lang)
    assert [found for found in sorted(sentences()) if not words.get(found)] == []


@pytest.mark.parametrize("lang", ["vi", "en", "zh"])
def test_every_refusal_and_every_key_has_words(lang: str) -> None:
    words = catalogue(lang)
    keys = [*(f"refusal.{code}" for code in refusals()), *KEYS]
    assert [key for key in keys if not words.get(key)] == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_translations_keep_the_gaps_that_are_filled_in(lang: str) -> None:
    words = catalogue(lang)
    gap = re.compile(r"%\(\w+\)s")
    assert [one for one in sentences() if set(gap.findall(one)) != set(gap.findall(words[one]))] == []


def test_no_text_of_a_page_escapes_the_catalogue() -> None:
    marked = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", re.DOTALL)
    left = {
        path.name: found
        for path in ROOM.glob("templates/**/*.html")
        if DESK not in (page := path.read_text("utf-8"))
        and (found := re.findall(r"[^\W\d_]{2,}", marked.sub(" ", page)))
    }
    assert left == {}


def test_the_example_places_of_the_form_are_real() -> None:
    assert places.find("xã Y Tý")
    assert places.suggest("Sa Pa")
    assert len(places.suggest("huyện Văn Chấn")) > 1


def test_officers_read_in_words_why_an_address_was_not_read() -> None:
    code = "\n".join((ROOM / name).read_text("utf-8") for name in ("addresses.py", "fetch.py"))
    said = set(re.findall(r'(?:Refused|Unreached)\("([a-z ]+)"', code))
    assert len(said) > 10
    known = catalogue("vi")
    assert [reason for reason in sorted(said) if f"source.said.{reason}" not in known] == []
