"""How values read on a page: numbers, times and durations by language and zone, and text that cannot reorder its neighbours."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale, dates, numbers
from markupsafe import Markup, escape

from api.pages.languages import translations
from api.pages.sayings import in_language

# Overrides, embeddings and isolates reorder what follows them; control characters show nothing. Marks (U+200E, U+200F)
# belong to honest Hebrew and Arabic text and stay.
_UNRULY = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]")

# A page writes hundreds of numbers and times, of which most have been written before; each takes Babel some 30 µs, and a
# telephone number its library 100.
_remembered = lru_cache(maxsize=4096)


def tame(value: Any) -> Any:
    """Return what is printed for `value`: text without characters that would reorder or hide; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, Markup):  # what a translated text was filled with is in there, escaped and nothing more
        return Markup(_UNRULY.sub("", value))
    return _UNRULY.sub("", value) if isinstance(value, str) else value


def name(value: str) -> Markup:
    """Return a person's own words or name, kept apart from the direction of the text around it."""
    return Markup(f"<bdi>{escape(tame(value))}</bdi>")  # escaped on its own: `format` would take long


def tel(value: str | None) -> Markup:
    """Return a number as it is read aloud, always left to right; one that is masked or no number stays as it is."""
    if not value:
        return Markup("")
    return Markup('<bdi dir="ltr" class="tel">{}</bdi>').format(_spaced(value))


@_remembered
def _spaced(value: str) -> str:
    try:
        parsed = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return str(tame(value))
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@cache
def zone_of(zone: str) -> ZoneInfo:
    return ZoneInfo(zone)


def filters_of(locale: Locale) -> Mapping[str, Callable[..., Any]]:
    """Return the filters of one language. Instants are aware; `zone` is a name such as `Asia/Jerusalem`."""

    @_remembered
    def clock(moment: datetime, zone: str, *, seconds: bool = False) -> str:
        return dates.format_time(moment, "HH:mm:ss" if seconds else "HH:mm", tzinfo=zone_of(zone), locale=locale)

    @_remembered
    def day(moment: datetime, zone: str) -> str:
        return dates.format_skeleton("MMMEd", moment, tzinfo=zone_of(zone), locale=locale)

    def ago(moment: datetime, now: datetime | None = None) -> str:
        return dates.format_timedelta(moment - (now or datetime.now(UTC)), add_direction=True, locale=locale, threshold=0.95)

    @_remembered
    def span(length: timedelta) -> str:
        return dates.format_timedelta(length, format="short", threshold=0.95, locale=locale)

    @_remembered
    def number(value: float) -> str:
        return numbers.format_decimal(value, locale=locale)

    @_remembered
    def percent(share: float) -> str:
        return numbers.format_percent(share, locale=locale)

    def tongue(tag: str) -> str:
        primary = tag.replace("_", "-").partition("-")[0].lower()
        return locale.languages.get("he" if primary == "iw" else primary) or tag

    def said(text: str) -> Markup:
        return Markup(tame(in_language(text, translations(locale.language).gettext)))

    found: tuple[Callable[..., Any], ...] = (clock, day, ago, span, number, percent, tongue, tel, name, said)
    return {one.__name__: one for one in found}
