"""What is typed about a calendar: a date of its own, the hours of the week, an emergency close, and what does not fit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from orchestrator.availability.calendar_text import WEEKDAYS, with_day, without_day
from orchestrator.availability.calendars import Calendar
from orchestrator.availability.local_time import LocalClock
from orchestrator.availability.zones import zone
from orchestrator.errors import BadInput

_LONGEST_REASON = 200


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


FAULTS = {
    "day": _("There is no such date. Give one from 1970 to 2100."),
    "kind": _("Choose what the date is."),
    "hours": _("Write hours such as 09:00-13:00, 16:00-20:00. They may not be empty nor overlap; 24:00 is an end."),
    "reason": _("Say why, in at most 200 characters."),
    "until": _("Give a time later than now that the clock there shows once, or leave it empty."),
    "name": _("Use letters, digits, dot, dash and underscore, at most 64. The name must be new."),
    "zone": _("Give a zone such as Asia/Jerusalem."),
    "country": _("No holidays are known for this country. Give its two letters, such as IL, or list the dates yourself."),
    "subdivision": _("No holidays are known for this part of the country. Leave it empty for the whole country."),
    "eves": _("Write hours such as 09:00-13:00, or leave it empty."),
    "document": _("The calendar does not fit yet; see what and where below."),
    "file": _("The file cannot be taken over; see why below."),
    **dict.fromkeys(WEEKDAYS, _("Write hours such as 09:00-13:00, 16:00-20:00, or leave it empty for a closed day.")),
}


@dataclass(frozen=True, slots=True)
class DayForm:
    """A date of its own as it was typed. `kind`: closed, hours, or plain, as the week and the holidays make it."""

    day: str = ""
    kind: str = ""
    hours: str = ""
    reason: str = ""

    def applied(self, text: str) -> str:
        """Return the calendar's text with this date. Raises `BadInput` by the form's field."""
        day = typed_date(self.day)
        if not 0 < len(self.reason.strip()) <= _LONGEST_REASON:
            raise BadInput("there is no such reason", field="reason")
        match self.kind:
            case "closed":
                return with_day(text, day, None)
            case "plain":
                return without_day(text, day)
            case "hours":
                if not (hours := listed_hours(self.hours)):
                    raise BadInput("there are no hours", field="hours")
                return with_day(text, day, hours)
            case _:
                raise BadInput("there is no such kind", field="kind")


@dataclass(frozen=True, slots=True)
class WeekForm:
    """The hours of the week as they were typed, by weekday, and the holidays."""

    hours: Mapping[str, str] = field(default_factory=dict)
    zone: str = ""
    country: str = ""
    subdivision: str = ""
    eves: str = ""

    @classmethod
    def of(cls, calendar: Calendar) -> "WeekForm":
        document = calendar.document
        hours = {day: ", ".join(getattr(document.weekly, day)) for day in WEEKDAYS}
        known = document.holidays
        if known is None or not known.closed:
            return cls(hours, document.zone)
        return cls(hours, document.zone, known.country, known.subdivision or "", ", ".join(known.eves or ()))

    def week(self) -> dict[str, list[str]]:
        return {day: listed_hours(typed) for day, typed in self.hours.items()}

    def holidays(self) -> dict[str, object] | None:
        """Return `holidays` as a document has it, None without a country."""
        if not self.country.strip():
            return None
        known: dict[str, object] = {"country": self.country.strip().upper()}
        if self.subdivision.strip():
            known["subdivision"] = self.subdivision.strip().upper()
        known["closed"] = True
        if eves := listed_hours(self.eves):
            known["eves"] = eves
        return known


def listed_hours(typed: str) -> list[str]:
    """Return the windows in what was typed, with commas, semicolons or lines between; any dash will do."""
    tidy = re.sub(r"\s*[-–—]\s*", "-", typed)
    parts = (re.sub(r"\b([0-9]):", r"0\1:", part.strip()) for part in re.split(r"[,;\n]", tidy))
    return [part for part in parts if part]


def typed_date(text: str) -> date:
    """Return a date that was typed. Raises `BadInput`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput("there is no such date", field="day") from None
    if not 1970 <= day.year <= 2100:
        raise BadInput("this date is out of reach", field="day")
    return day


def typed_end(text: str, zone_name: str, *, now: datetime) -> datetime | None:
    """Return the instant (aware UTC) at which the clock of a zone shows what was typed; None for nothing. Raises `BadInput`."""
    if not text.strip():
        return None
    try:
        local = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("there is no such time", field="until") from None
    if local.tzinfo is not None or not 1970 <= local.year <= 2100:
        raise BadInput("there is no such time", field="until")
    shows = LocalClock(zone(zone_name)).instants(local, local.replace(second=59, microsecond=999_999))
    if len(shows) != 1 or shows[0].start <= now:
        raise BadInput("the clock does not show this once, later than now", field="until")
    return shows[0].start


def field_of(refused: BadInput) -> str:
    """Return the form's field that a refused document speaks of."""
    path = refused.field or ""
    if path.startswith("weekly."):
        return path.removeprefix("weekly.").partition("[")[0]
    if path.startswith("days"):
        return "hours"
    if path.startswith("holidays."):
        return path.removeprefix("holidays.").partition("[")[0]
    return {"calendar": "name", "zone": "zone"}.get(path, path if path in FAULTS else "document")
