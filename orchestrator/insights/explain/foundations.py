"""What calling hours and rest stood on, as sentences: which files, reviewed when, which zones, found how, which wish. Pure."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from babel import Locale, dates

from orchestrator.availability.preferences import WishState
from orchestrator.availability.zones import ZoneSource
from orchestrator.insights.explain.figures import Reader

_FILE = re.compile(r"([a-z0-9-]+)(?: (\d{4}-\d{2}-\d{2}))?")
_FROM: Mapping[ZoneSource, tuple[str, str]] = {
    ZoneSource.ADDRESS: ("from the address", "לפי הכתובת"),
    ZoneSource.ATTRIBUTE: ("as the customer's profile states", "כפי שמופיע בפרופיל הלקוח"),
    ZoneSource.STATE: ("all zones of the customer's state", "כל אזורי הזמן של המדינה בתוך הארץ"),
    ZoneSource.COUNTRY: ("all zones of the customer's country", "כל אזורי הזמן של ארץ הלקוח"),
    ZoneSource.NUMBER: ("from the phone number, so with an hour to spare", "לפי מספר הטלפון, ולכן בשוליים של שעה"),
}


_RESTS: Mapping[str, tuple[str, str]] = {
    "region": ("Sabbath and holidays are kept by the custom of the place.", "שבת וחג נשמרים כמנהג המקום."),
    "wish": ("The customer keeps Sabbath and holidays.", "הלקוח שומר שבת וחג."),
}
_WISHES: Mapping[WishState, tuple[str, str]] = {
    WishState.KEPT: ("The customer's own wish narrows them.", "הלקוח ביקש שעות מצומצמות יותר."),
    WishState.EMPTY: (
        "The hours the customer wishes for are empty, so they were left aside.",
        "השעות המבוקשות של הלקוח ריקות, ולכן לא הובאו בחשבון.",
    ),
    WishState.UNREADABLE: (
        "The hours the customer wishes for could not be read, so they were left aside.",
        "אי אפשר לקרוא את השעות המבוקשות של הלקוח, ולכן לא הובאו בחשבון.",
    ),
}


def foundation(figures: Mapping[str, Any], reader: Reader) -> str | None:
    """Return the sentence, or None for a verdict that keeps no foundation. Raises `ValueError` for one written otherwise."""
    told: list[str] = []
    if "rest_by" in figures:
        told.append(_RESTS[str(figures["rest_by"])][reader.is_hebrew])
    if "hours" in figures:
        files = ", ".join(_file(each, reader) for each in str(figures["hours"]).split(", "))
        told.append(f"לפי שעות הפנייה: {files}." if reader.is_hebrew else f"By the calling hours of {files}.")
    if "wish" in figures:
        told.append(_WISHES[WishState(figures["wish"])][reader.is_hebrew])
    if "zone_from" in figures:
        source = _FROM[ZoneSource(figures["zone_from"])][reader.is_hebrew]
        zones = f"\u2066{figures['zones']}\u2069"  # names of zones read left to right in any sentence
        told.append(f"אזור זמן: {zones} ({source})." if reader.is_hebrew else f"Zone: {figures['zones']} ({source}).")
    return " ".join(told) or None


def _file(text: str, reader: Reader) -> str:
    told = _FILE.fullmatch(text)
    if told is None:
        raise ValueError("no file")
    name = place_name(told[1], reader)
    if told[2] is None:
        return name
    day = dates.format_date(date.fromisoformat(told[2]), "medium", locale=reader.language.value)
    return f"{name} (נבדקו ב־{day})" if reader.is_hebrew else f"{name} (reviewed {day})"


def place_name(pack: str, reader: Reader) -> str:
    """Return what a file of hours is called: `us-fl` is Florida, United States; `default` the product's own."""
    if pack == "default":
        return "ברירת המחדל" if reader.is_hebrew else "the product's default"
    country, _, state = pack.upper().partition("-")
    name = str(Locale.parse(reader.language.value).territories.get(country, country))
    return name if not state else f"{_STATES.get(state, (state, state))[reader.is_hebrew]}, {name}"


_STATES: Mapping[str, tuple[str, str]] = {
    "FL": ("Florida", "פלורידה"),
    "OK": ("Oklahoma", "אוקלהומה"),
    "TX": ("Texas", "טקסס"),
}
