"""What a report may contain, and how typed words become one."""

import enum
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel

from app.web import plain
from corpus import places
from intake import codes
from intake.pictures import Looked, Sent
from models import Field, Invalid, SeenWhere
from models.arrival import CONTACT_LIMIT, DOUBT_LIMIT, PIECES, TEXT_LIMIT, URL_LIMIT

PLACE_LIMIT: Final = 200  # characters
NO_COMMUNE: Final = "none"  # chosen among the suggestions: the reporter does not know which
EARLIEST: Final = date(2000, 1, 1)  # what somebody claims to have seen before that is a slip of the keyboard
_EMAIL: Final = re.compile(r"[^\s@<>\"',;:()\[\]\\]{1,64}@[\w-]+(\.[\w-]+)+")
_PHONE: Final = re.compile(r"\+?[\d\s().-]+")
_PHONE_DIGITS: Final = range(8, 16)
_HOST: Final = re.compile(r"[\w-]+(\.[\w-]+)+\.?(:\d{1,5})?(/\S*)?")
_LINK_ALONE: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_DAY_FORMATS: Final = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")

E = TypeVar("E", bound=enum.Enum)


class Typed(BaseModel):
    """The citizen's form as it was typed; every field is text and may be empty."""

    text: str = ""
    url: str = ""
    seen_where: str = ""
    seen_on: str = ""
    place: str = ""
    place_code: str = ""
    field: str = ""
    doubt: str = ""
    more: list[str] = []  # further pieces sent together: a text or a link each
    contact: str = ""
    consent: str = ""
    code: str = ""

    def shown(self, **changes: str) -> dict[str, Any]:
        """Return every field for showing again, without the characters that no page may carry."""
        typed = {**self.model_dump(exclude={"more"}), **changes}
        shown = {name: "".join(filter(_printable, value)) for name, value in typed.items()}
        return {**shown, "more": ["".join(filter(_printable, piece)) for piece in self.more[: PIECES - 1]]}


@dataclass(frozen=True)
class Piece:
    """A further piece of a report: a text, or a link alone."""

    text: str = ""
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report that may be received: checked, in NFC, with its bare tracking code."""

    code: str
    text: str = ""
    url: str | None = None
    seen_where: SeenWhere | None = None
    seen_on: date | None = None
    place_code: str | None = None
    place_text: str = ""
    field: Field | None = None
    doubt: str = ""
    more: tuple[Piece, ...] = ()
    contact: str = ""
    language: str = "vi"
    pictures: Sequence[Sent] = ()


class Refused(Exception):  # noqa: N818  an answer, not a fault
    """The report cannot be received as typed. `errors` holds every reason, in the order of the form."""

    def __init__(self, errors: list[Invalid]) -> None:
        super().__init__(", ".join(error.code for error in errors))
        self.errors = errors


def _printable(char: str) -> bool:
    return char in "\n\t\r" or unicodedata.category(char) not in {"Cc", "Cs"}


def check(
    typed: Typed,
    *,
    today: date,
    language: str = "vi",
    seen: Looked = ((), ()),
) -> Report:
    """Return the report that `typed` makes; `today` is the day at the centre.

    `seen` are the pictures sent along, as `pictures.look` returns them; with one of them a report needs
    neither text nor link. Raises Refused with one Invalid per field that needs mending.
    """
    sent, unfit = seen
    if not typed.url.strip() and _LINK_ALONE.fullmatch(typed.text.strip()):
        typed = typed.model_copy(update={"url": typed.text.strip(), "text": ""})
    values: dict[str, Any] = {}
    errors: list[Invalid] = []
    for name, read in _READERS.items():
        try:
            values[name] = read(typed)
        except Invalid as refusal:
            if (sent or unfit) and refusal.code in {"content-missing", "text-wordless"}:
                values[name] = typed.text.strip()  # the picture says it
            else:
                errors.append(refusal)
    errors += unfit
    if values.get("seen_on"):
        errors += _out_of_time(values["seen_on"], today)
    if errors:
        raise Refused(errors)
    place = values.pop("place")
    return Report(**values, place_code=place[0], place_text=place[1], language=language, pictures=sent)


def _clean(field: str, value: str, limit: int) -> str:
    """Return `value` without outer blanks, in NFC; refuse what is too long or no text."""
    if len(value) <= 4 * limit:  # more cannot shrink below the limit by composing marks
        try:
            value = plain(value).strip()
        except ValueError as broken:
            raise Invalid("characters that are no text", code="unprintable", field=field) from broken
    if len(value) > limit:
        raise Invalid(f"more than {limit} characters", code="too-long", field=field)
    return value


def _text(typed: Typed) -> str:
    text = _clean("text", typed.text, TEXT_LIMIT)
    if typed.url.strip():
        return text
    if not text:
        raise Invalid("neither text nor link", code="content-missing", field="text")
    if not any(unicodedata.category(char)[0] in "LN" for char in text):
        raise Invalid("a text without a single word", code="text-wordless", field="text")
    return text


def _url(typed: Typed) -> str | None:
    url = _clean("url", typed.url, URL_LIMIT)
    if not url:
        return None
    if _HOST.fullmatch(url):
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        named = "." in (parts.hostname or "") and parts.port != 0 and parts.username is None
        whole = named and parts.scheme.lower() in {"http", "https"}
    except ValueError:  # a broken port or bracket
        whole = False
    if not whole or any(char.isspace() for char in url) or len(url) > URL_LIMIT:
        raise Invalid("not a web address", code="url-invalid", field="url")
    return url


def _day(typed: Typed) -> date | None:
    day = _clean("seen_on", typed.seen_on, 40)
    if not day:
        return None
    for form in _DAY_FORMATS:
        try:
            return datetime.strptime(day, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    raise Invalid("not a day", code="date-invalid", field="seen_on")


def _out_of_time(day: date, today: date) -> list[Invalid]:
    if day > today:
        return [Invalid("seen in the future", code="seen-in-future", field="seen_on")]
    if day < EARLIEST:
        return [Invalid("seen before 2000", code="seen-too-early", field="seen_on")]
    return []


def _place(typed: Typed) -> tuple[str | None, str]:
    """Return the commune's code if it is known, and the place in the citizen's own words."""
    words = " ".join(_clean("place", typed.place, PLACE_LIMIT).split())
    if typed.place_code == NO_COMMUNE:
        return None, words
    if typed.place_code:
        if places.by_code(typed.place_code) is None:
            raise Invalid("no such commune", code="choice-unknown", field="place")
        return typed.place_code, words
    found = places.find(words) if words else None
    return (None if found is None else found.code), words


def _doubt(typed: Typed) -> str:
    return _clean("doubt", typed.doubt, DOUBT_LIMIT)


def _more(typed: Typed) -> tuple[Piece, ...]:
    """Return the further pieces; what repeats an earlier one is sent once."""
    first = Piece(typed.text.strip(), typed.url.strip() or None)
    pieces = dict.fromkeys(_piece(words) for words in typed.more if words.strip())
    pieces.pop(first, None)
    if len(pieces) >= PIECES:
        raise Invalid(f"more than {PIECES} pieces", code="pieces-too-many", field="more")
    return tuple(pieces)


def _piece(words: str) -> Piece:
    try:
        if _LINK_ALONE.fullmatch(words.strip()):
            return Piece(url=_url(Typed(url=words.strip())))
        return Piece(text=_text(Typed(text=words)))
    except Invalid as refusal:
        raise Invalid(str(refusal), code=refusal.code, field="more") from refusal


def _contact(typed: Typed) -> str:
    contact = _clean("contact", typed.contact, CONTACT_LIMIT)
    if not contact:
        return ""
    is_phone = _PHONE.fullmatch(contact) and sum(c.isdigit() for c in contact) in _PHONE_DIGITS
    if "\n" in contact or not (is_phone or _EMAIL.fullmatch(contact)):
        raise Invalid("neither e-mail nor phone number", code="contact-invalid", field="contact")
    if not typed.consent:
        raise Invalid("contact without consent", code="contact-consent", field="consent")
    return contact


def _code(typed: Typed) -> str:
    if not typed.code.strip():
        raise Invalid("no tracking code", code="code-missing", field="code")
    return codes.normalise(typed.code)


def _one_of(enumeration: type[E], field: str) -> Callable[[Typed], E | None]:
    def read(typed: Typed) -> E | None:
        value = getattr(typed, field)
        try:
            return enumeration(value) if value else None
        except ValueError as unknown:
            raise Invalid("not among the choices", code="choice-unknown", field=field) from unknown

    return read


_READERS: Final[Mapping[str, Callable[[Typed], object]]] = {
    "text": _text,
    "url": _url,
    "seen_where": _one_of(SeenWhere, "seen_where"),
    "seen_on": _day,
    "place": _place,
    "field": _one_of(Field, "field"),
    "doubt": _doubt,
    "more": _more,
    "contact": _contact,
    "code": _code,
}
