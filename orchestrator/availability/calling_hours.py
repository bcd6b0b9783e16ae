"""When a customer may be called where they are, which is nobody's business hours but theirs."""

from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from orchestrator.availability.hour_packs import PackHolidays, PackHours
from orchestrator.availability.hours import Day, Hours, common, spans
from orchestrator.availability.jewish_days import memorial_days
from orchestrator.availability.place_holidays import is_holiday
from orchestrator.availability.places import Region
from orchestrator.availability.windows import Intersection, LocalWindows, Narrowed, Remembered, Spans, Windows
from orchestrator.availability.zones import zone
from orchestrator.documents import read_document

_DAY = timedelta(days=1)


class CallingHoursDocument(Hours):
    """Allowed hours by weekday and date, in whatever zone the customer is. `source` and `reviewed` say where they are from."""

    calling_hours: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")] | None = None
    source: str | None = None
    reviewed: Day | None = None


class PlacedHours(Hours):
    """Hours of a country's pack as they hold in one place, whose public holidays count."""

    country: str
    state: str | None = None
    holidays: PackHolidays | None = None

    @classmethod
    def of(cls, hours: PackHours, place: Region) -> "PlacedHours":
        return cls(
            weekly=hours.weekly, days=hours.days, holidays=hours.holidays, country=place.country, state=place.state
        )  # fmt: skip


class CallingHours:
    """Allowed hours that can be asked for any zone."""

    def __init__(self, document: CallingHoursDocument | PlacedHours) -> None:
        self.document = document
        self._weekly, self._dated = document.weekly.by_weekday(), document.dated()
        self._known: dict[tuple[tuple[str, ...], timedelta], Windows] = {}

    def spans_on(self, day: date) -> Spans:
        """Return the allowed hours that begin on `day`: its own, else a holiday's, else the week's; eves narrow these."""
        if day in self._dated:
            return self._dated[day]
        weekly, document = self._weekly[day.weekday()], self.document
        if isinstance(document, CallingHoursDocument) or document.holidays is None:
            return weekly
        if is_holiday(day, document.country, document.state):
            return common(weekly, spans(document.holidays.hours))
        return _before_a_day(document, document.holidays, day, weekly)

    def at(self, zones: tuple[str, ...], margin: timedelta = timedelta(0)) -> Windows:
        """Return when it is allowed in every one of `zones` (at least one), narrowed by `margin` on both sides.

        Windows that touch are one before they are narrowed. Raises `UnknownZone`.
        """
        key = (zones, margin)
        if key not in self._known:
            parts = [LocalWindows(zone(name), self.spans_on) for name in zones]
            self._known[key] = Remembered(Intersection(*(Narrowed(part, margin) if margin else part for part in parts)))
        return self._known[key]


def _before_a_day(document: PlacedHours, holidays: PackHolidays, day: date, weekly: Spans) -> Spans:
    tomorrow = day + _DAY
    if holidays.eves is not None and is_holiday(tomorrow, document.country, document.state):
        weekly = common(weekly, spans(holidays.eves))
    if holidays.memorial_eves is not None and tomorrow in memorial_days(tomorrow.year):
        weekly = common(weekly, spans(holidays.memorial_eves))
    return weekly


def read_calling_hours(raw: bytes, *, name: str = "calling-hours") -> CallingHours:
    """Return the calling hours a YAML document describes. Raises `BadYaml` with field, place and fix."""
    return CallingHours(read_document(raw, CallingHoursDocument, name=name))
