"""Calendars: a queue's business hours, on every date, with holidays, their eves, and dates that are different."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool, ValidationInfo
from pydantic_core import PydanticCustomError

from orchestrator.availability.holiday_dates import check_holiday_country, check_subdivision, holidays_in
from orchestrator.availability.hours import DayWindows, Document, Hours, common, spans
from orchestrator.availability.intervals import FOREVER, Interval, Intervals, difference, normalise, utc
from orchestrator.availability.windows import Difference, Fixed, LocalWindows, Remembered, Spans, Windows
from orchestrator.availability.zones import zone
from orchestrator.documents import read_document
from orchestrator.errors import BadInput

_DAY = timedelta(days=1)


def _known(check: str, value: str) -> str:
    try:
        return check_holiday_country(value) if check == "country" else zone(value).key
    except BadInput as error:
        raise PydanticCustomError(error.code, "{reason}", {"reason": error.detail, "fix": error.fix}) from None


ZoneName = Annotated[str, AfterValidator(lambda value: _known("zone", value))]
HolidayCountry = Annotated[str, AfterValidator(lambda value: _known("country", value))]


def _of_country(value: str | None, info: ValidationInfo) -> str | None:
    country = info.data.get("country")
    if value is None or country is None:  # a country that does not fit is told of itself
        return value
    try:
        return check_subdivision(country, value)
    except BadInput as error:
        raise PydanticCustomError(error.code, "{reason}", {"reason": error.detail, "fix": error.fix}) from None


class Holidays(Document):
    """The public holidays of `country`, or of a `subdivision` of it: closed, and `eves`, the hours of the days before."""

    country: HolidayCountry
    subdivision: Annotated[str | None, AfterValidator(_of_country)] = None
    closed: StrictBool = True
    eves: DayWindows | None = None


class CalendarDocument(Hours):
    """A calendar as people write it."""

    calendar: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    zone: ZoneName
    holidays: Holidays | None = None


class Calendar:
    """A calendar that can be asked. What a date has is computed once and kept."""

    def __init__(self, document: CalendarDocument) -> None:
        self.document = document
        self._weekly, self._dated = document.weekly.by_weekday(), document.dated()
        self._country = document.holidays.country if document.holidays and document.holidays.closed else None
        self._subdivision = document.holidays.subdivision if document.holidays else None
        eves = document.holidays.eves if document.holidays else None
        self._eves = None if eves is None else spans(eves)
        self._windows = LocalWindows(zone(document.zone), self.spans_on)
        self._open_times = Remembered(self._windows)

    @property
    def name(self) -> str:
        return self.document.calendar

    def spans_on(self, day: date) -> Spans:
        """Return what begins on the local date `day`: its override, else closed on a holiday, an eve, or the week's.

        An eve only narrows the week's windows of its date. It stays one where the holiday after it has an override.
        """
        if day in self._dated:
            return self._dated[day]
        if self._is_holiday(day):
            return ()
        weekly = self._weekly[day.weekday()]
        return common(weekly, self._eves) if self._eves is not None and self._is_holiday(day + _DAY) else weekly

    def open_times(self, closures: Iterable[Interval] = ()) -> Windows:
        """Return when it is open. `closures` are emergency closes: they cut whatever they meet, the night's tail too."""
        cut = tuple(closures)
        return Difference(self._open_times, Fixed(*cut)) if cut else self._open_times

    def date_at(self, instant: datetime) -> date:
        """Return the calendar's local date at `instant` (aware)."""
        return self._windows.date_at(utc(instant))

    def opening_on(self, day: date, closures: Intervals = ()) -> Intervals:
        """Return what begins on the local date `day`, closures cut out; it may run past midnight."""
        known = self._windows.on(day)
        return difference(known, normalise(closures)) if closures else known

    def _is_holiday(self, day: date) -> bool:
        return self._country is not None and day in holidays_in(self._country, day.year, self._subdivision)


def closure(start: datetime, end: datetime | None) -> Interval:
    """Return an emergency close from `start`, open-ended where `end` is None. Raises `NaiveTime`, `BadInput`."""
    begins, ends = utc(start), FOREVER if end is None else utc(end)
    if ends <= begins:
        raise BadInput("the close ends before it begins", field="ends_at", fix="let it end later, or leave the end out")
    return Interval(begins, ends)


def read_calendar(raw: bytes, *, name: str = "calendar") -> Calendar:
    """Return the calendar a YAML document describes. Raises `BadYaml` with field, place and fix; `name` is the file's."""
    return Calendar(read_document(raw, CalendarDocument, name=name))
