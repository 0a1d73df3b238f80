"""Words shown to people: Vietnamese is the source, English and Chinese are catalogues beside it.

Each room owns `app/locale/<lang>/<room>.po`. Two kinds of entries: sentences of templates (the key is
the Vietnamese sentence) and keys such as `rating.fake` or `refusal.same-officer`, which have their
words in `vi` as well.
"""

import datetime as dt
import gettext
import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES: Final[Mapping[str, str]] = {"vi": "Tiếng Việt", "en": "English", "zh": "中文"}
DEFAULT: Final = "vi"
_LOCALES: Final = {"vi": "vi_VN", "en": "en_GB", "zh": "zh_Hans_CN"}
# As Vietnamese offices write them; the CLDR forms put the year after a comma and seconds everywhere.
_VIETNAMESE: Final = {
    "long": "d 'tháng' M 'năm' y",
    "short": "dd/MM/y",
    "short time": "HH:mm dd/MM/y",
    "medium time": "HH:mm dd/MM/y",
}
_FOLDER: Final = Path(__file__).parent / "locale"


def _read(path: Path) -> gettext.GNUTranslations:
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def catalogue(lang: str) -> gettext.NullTranslations:
    """Return the merged catalogues of `lang`; what it lacks falls back to the Vietnamese words."""
    merged: gettext.NullTranslations = gettext.NullTranslations()
    for code in dict.fromkeys((lang, DEFAULT)):
        for path in sorted((_FOLDER / code).glob("*.po")):
            if isinstance(merged, gettext.GNUTranslations):
                merged.add_fallback(_read(path))
            else:
                merged = _read(path)
    return merged


def words(lang: str, key: str) -> str:
    """Return the words for `key` (a sentence of a template, or a key such as `rating.fake`)."""
    return catalogue(lang).gettext(key)


def has_words(lang: str, key: str) -> bool:
    """Return whether a catalogue of `lang` (or the Vietnamese fallback) knows `key`."""
    return words(lang, key) != key


class Formats:
    """Dates, times and numbers as people of a language write them, in the centre's time zone."""

    def __init__(self, lang: str, zone: ZoneInfo) -> None:
        self._locale = Locale.parse(_LOCALES[lang])
        self._patterns = _VIETNAMESE if lang == DEFAULT else {}
        self._zone = zone

    def date(self, value: dt.date | dt.datetime | None, form: str = "long") -> str:
        """Return the day of `value` in words; an empty string for None."""
        if value is None:
            return ""
        if isinstance(value, dt.datetime):
            value = value.astimezone(self._zone).date()
        return format_date(value, format=self._patterns.get(form, form), locale=self._locale)

    def datetime(self, value: dt.datetime | None, form: str = "medium") -> str:
        """Return day and time of the aware `value`; an empty string for None."""
        if value is None:
            return ""
        pattern = self._patterns.get(f"{form} time", form)
        return format_datetime(value, format=pattern, tzinfo=self._zone, locale=self._locale)

    def ago(self, value: dt.datetime | None, now: dt.datetime) -> str:
        """Return how long before `now` the aware `value` was, in words."""
        if value is None:
            return ""
        delta: dt.timedelta = value - now
        return format_timedelta(delta, add_direction=True, locale=self._locale)

    def number(self, value: float) -> str:
        """Return `value` with the separators of the language."""
        return format_decimal(value, locale=self._locale)
