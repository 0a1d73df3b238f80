"""What a row from elsewhere must be before it becomes a confirmed claim: clean text, links, dates, words.

Pure. Rows come from files that anybody may have written; whatever does not fit is refused with a code and a
sentence for the person who imports, never mended by guessing.
"""

import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import urlsplit

from corpus.syllables import fold

VERDICTS: Final = ("fake", "false", "true", "unproven", "outdated")
REASONS: Final = (
    "fabricated",
    "impersonation",
    "manipulated",
    "staged",
    "out_of_context",
    "misleading",
    "scam",
    "unfounded",
)
PRECISIONS: Final = ("day", "month", "year", "approx", "inferred_year", "unknown")

CLAIM_LIMIT: Final = 4_000  # characters
TEXT_LIMIT: Final = 20_000
NAME_LIMIT: Final = 500
URL_LIMIT: Final = 2_000
LIST_LIMIT: Final = 50  # sources, or bodies that refuted
EARLIEST: Final = date(1990, 1, 1)  # an earlier refutation of an online rumour is a typing error

_ROUNDS = 8  # markup inside escaped markup inside …; more is refused
_TAG = re.compile(
    r"<(/?)(a|abbr|b|big|blockquote|body|br|button|center|cite|code|dd|del|div|dl|dt|em|embed|figcaption|figure"
    r"|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|label|li|link|main|mark|meta|nav"
    r"|noscript|object|ol|p|pre|q|s|script|section|select|small|span|strike|strong|style|sub|sup|svg|table"
    r"|tbody|td|template|textarea|tfoot|th|thead|title|tr|u|ul|video|audio|math|base|article|aside)"
    r"(?=[\s/>])[^<>]*>|<[!?][^<>]*>",
    re.IGNORECASE,
)
_UNREAD = frozenset({"script", "style", "template"})  # elements whose content is not text for people
_INLINE = frozenset(
    {"a", "abbr", "b", "big", "cite", "code", "del", "em", "font", "i", "ins", "mark"}
) | frozenset({"q", "s", "small", "span", "strike", "strong", "sub", "sup", "u"})
# UTF-8 that somebody's program took for a one-byte code page.
_BROKEN = re.compile("áº[\u00a0-\u00bf]|á»[\u00a0-\u00bf\u2018-\u203a]|Ä‘|Æ°|Ã[\u00a0-\u00bf]|\ufffd")
_ISO = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ][0-9:.,]{4,20}\s?(?:Z|[+-]\d\d:?\d\d)?)?)?)?", re.ASCII)
_WRITTEN = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)


@dataclass(frozen=True)
class Source:
    """Where a refutation can be read. A paper document has a title and no address."""

    url: str | None
    title: str = ""


@dataclass(frozen=True)
class Claim:
    """A statement already concluded upon, in the form in which files carry it."""

    external_id: str
    claim: str
    verdict: str  # one of VERDICTS
    reason_code: str | None  # one of REASONS
    correction: str  # what is true; "" where the publisher does not say it in the file
    corrected_by: tuple[str, ...]
    date: date | None
    date_precision: str  # one of PRECISIONS; with "month" and "year" the date is the first day of it
    place: str
    topic: str  # one of the eight fields of content
    original_topic: str
    sources: tuple[Source, ...]
    language: str


@dataclass(frozen=True)
class Refused:
    """A line or element that was not taken: its number (0: the file as a whole), a code, a sentence."""

    number: int
    code: str
    detail: str


class RowRefused(ValueError):  # noqa: N818  a refusal is an answer, not a programming error
    """Raised inside this package only; readers turn it into `Refused`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


# --- text --------------------------------------------------------------------------------------------


def text(value: object, name: str, limit: int, *, required: bool = False) -> str:
    """Return `value` as one line of plain text: no markup, no controls, composed, blanks collapsed.

    Raises RowRefused: wrong-type, too-long, unprintable, encoding, markup, NAME-missing.
    """
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise RowRefused("wrong-type", f"{name} is not text")
    if len(value) > limit * 4:
        raise RowRefused("too-long", f"{name} has more than {limit} characters")
    _check_characters(value, name)
    plain = _without_markup(value, name)
    _check_characters(plain, name)  # &#…; may bring forth what was not there before
    plain = " ".join(plain.split())
    if len(plain) > limit:
        raise RowRefused("too-long", f"{name} has more than {limit} characters")
    if required and not any(char.isalnum() for char in plain):
        raise RowRefused(f"{name}-missing", f"{name} is empty")
    return plain


def _check_characters(value: str, name: str) -> None:
    if "\0" in value:
        raise RowRefused("unprintable", f"{name} contains a NUL character")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise RowRefused("encoding", f"{name} is not valid UTF-8")
    if _BROKEN.search(value):
        raise RowRefused("encoding", f"{name} was damaged by a wrong encoding before it came here")


def _without_markup(value: str, name: str) -> str:
    for _ in range(_ROUNDS):
        bare = html.unescape(_stripped(value)) if "<" in value or "&" in value else value
        if not bare.isprintable():
            bare = "".join(char for char in bare if char.isprintable() or char.isspace())
        bare = unicodedata.normalize("NFC", bare)
        if bare == value:
            return bare
        value = bare
    raise RowRefused("markup", f"{name} holds markup nested too deeply")


def _stripped(value: str) -> str:
    kept: list[str] = []
    at, closing = 0, ""
    for tag in _TAG.finditer(value):
        name = (tag.group(2) or "").lower()
        if not closing:
            kept += [value[at : tag.start()], "" if name in _INLINE else " "]
            closing = name if name in _UNREAD and not tag.group(1) else ""
        elif name == closing and tag.group(1):
            closing = ""
        at = tag.end()
    return "".join(kept) + ("" if closing else value[at:])


def names(values: object, name: str) -> tuple[str, ...]:
    """Return `values` (a list, or one text) as names, each once, empty ones left out."""
    listed = values if isinstance(values, list | tuple) else [values]
    if len(listed) > LIST_LIMIT:
        raise RowRefused("too-many", f"{name} has more than {LIST_LIMIT} entries")
    found = (text(one, name, NAME_LIMIT) for one in listed)
    return tuple(dict.fromkeys(one for one in found if one))


# --- links -------------------------------------------------------------------------------------------


def link(value: object) -> str | None:
    """Return `value` as a web address, or None when there is none. Raises RowRefused for any other scheme."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise RowRefused("wrong-type", "a link is not text")
    url = value.strip()
    _check_characters(url, "link")
    if len(url) > URL_LIMIT:
        raise RowRefused("too-long", f"a link has more than {URL_LIMIT} characters")
    if not url.isprintable() or re.search(r"[\s<>\"\\^`{}]", url):
        raise RowRefused("link", "a link contains characters that no address has")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise RowRefused("link", "a link cannot be read as an address") from None
    if parts.scheme.lower() not in {"http", "https"} or "." not in host.strip("."):
        raise RowRefused("link", "a link is not an http or https address of a named host")
    if "@" in parts.netloc:
        raise RowRefused("link", "a link carries a user name before its host")
    return url


def sources(found: Iterable[tuple[object, object]]) -> tuple[Source, ...]:
    """Return pairs of address and title as sources, each once. Raises RowRefused when there is none."""
    made: dict[Source, None] = {}
    for url, title in found:
        source = Source(link(url), text(title, "source", NAME_LIMIT))
        if source.url or source.title:
            made[source] = None
        if len(made) > LIST_LIMIT:
            raise RowRefused("too-many", f"there are more than {LIST_LIMIT} sources")
    if not made:
        raise RowRefused("source-missing", "no source says where the refutation can be read")
    return tuple(made)


# --- dates -------------------------------------------------------------------------------------------


def day(value: object, precision: object, today: date | None) -> tuple[date | None, str]:
    """Return a date and how exact it is. Read: "2024", "2024-09", "2024-09-11", with a time, "11/9/2024".

    Raises RowRefused: date-unreadable, date-insane (before 1990 or after tomorrow).
    """
    written = text(value, "date", NAME_LIMIT)
    stated = text(precision, "date_precision", NAME_LIMIT)
    if stated and stated not in PRECISIONS:
        raise RowRefused("precision-unknown", f"date_precision is none of {', '.join(PRECISIONS)}")
    if not written:
        return None, "unknown"
    iso, spoken = _ISO.fullmatch(written), _WRITTEN.fullmatch(written)
    if iso:
        year, month, number = iso.groups()
    elif spoken:
        number, month, year = spoken.groups()
    else:
        raise RowRefused("date-unreadable", "the date is not of a form that is read")
    try:
        found = date(int(year), int(month or 1), int(number or 1))
    except ValueError:
        raise RowRefused("date-unreadable", "the calendar has no such day") from None
    latest = (today or datetime.now(UTC).date()) + timedelta(days=1)  # somewhere it is tomorrow already
    if not EARLIEST <= found <= latest:
        raise RowRefused("date-insane", f"the date lies before {EARLIEST} or in the future")
    exact = "day" if number else "month" if month else "year"
    return found, stated if exact == "day" and stated else exact


# --- words of others ---------------------------------------------------------------------------------


@cache
def _words() -> tuple[dict[str, tuple[str, str | None]], dict[str, str]]:
    content: dict[str, Any] = json.loads(
        resources.files("corpus.data").joinpath("foreign_words.json").read_text("utf-8")
    )
    ratings = {
        fold(word): (row["verdict"], row["reason"]) for row in content["ratings"] for word in row["words"]
    }
    topics = {fold(word): topic for topic, words in content["topics"].items() for word in words}
    topics |= {fold(topic.replace("_", " ")): topic for topic in content["topics"]}
    return ratings, topics


def rating(value: object, reason: object = None) -> tuple[str, str | None]:
    """Return verdict and reason code for a printed rating and, where given, a reason code of ours.

    Raises RowRefused: rating-missing, rating-unknown, reason-unknown.
    """
    printed = text(value, "rating", NAME_LIMIT)
    if not printed:
        raise RowRefused("rating-missing", "no rating in words; numbers alone are not read")
    known = _words()[0].get(fold(printed.replace("_", " ")))
    if known is None:
        raise RowRefused("rating-unknown", f"the rating '{printed[:60]}' is not in the list of known ratings")
    verdict, implied = known
    stated = text(reason, "reason_code", NAME_LIMIT)
    if stated and stated not in REASONS:
        raise RowRefused("reason-unknown", f"reason_code is none of {', '.join(REASONS)}")
    return verdict, stated or implied


def topic(value: object, reason: str | None) -> tuple[str, str]:
    """Return the field of content for a printed topic, and the topic as printed."""
    printed = text(value, "topic", NAME_LIMIT)
    folded = fold(printed.replace("_", " "))
    if folded == "gia mao lua dao":  # one topic elsewhere, two fields here
        return ("tai_khoan_gia_mao" if reason == "impersonation" else "duong_link_lua_dao"), printed
    return _words()[1].get(folded, "linh_vuc_khac"), printed


def language(value: object, default: str) -> str:
    """Return the primary language subtag ("vi" of "vi-VN"), or `default` where none is given."""
    tag = text(value, "language", NAME_LIMIT).lower().replace("_", "-").partition("-")[0]
    if not tag:
        return default
    if not re.fullmatch(r"[a-z]{2,8}", tag):
        raise RowRefused("language", "the language is not a language tag")
    return tag


def identity(given: object, publisher: str, url: str | None, claim: str) -> str:
    """Return the given id, or one that is the same for the same publisher, address and claim."""
    stated = text(str(given) if isinstance(given, int) else given, "id", NAME_LIMIT)
    if stated:
        return stated
    digest = hashlib.sha256("\n".join((publisher, url or "", claim)).encode()).hexdigest()
    return f"sha256:{digest}"
