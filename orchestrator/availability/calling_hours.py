"""When a customer may be called where they are, which is nobody's business hours but theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import Field

from orchestrator.availability.hours import Day, Hours
from orchestrator.availability.purposes import Purpose
from orchestrator.availability.situation import Unplaced
from orchestrator.availability.windows import Intersection, LocalWindows, Narrowed, Remembered, Spans, Windows
from orchestrator.availability.zones import Place, zone
from orchestrator.documents import read_document


class CallingHoursDocument(Hours):
    """Allowed hours by weekday and date, in whatever zone the customer is. `source` and `reviewed` say where they are from."""

    calling_hours: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")] | None = None
    source: str | None = None
    reviewed: Day | None = None


class CallingHours:
    """Allowed hours that can be asked for any place."""

    def __init__(self, document: CallingHoursDocument) -> None:
        self.document = document
        self._weekly, self._dated = document.weekly.by_weekday(), document.dated()
        self._known: dict[tuple[tuple[str, ...], timedelta], Windows] = {}

    def spans_on(self, day: date) -> Spans:
        """Return the allowed hours that begin on `day`."""
        return self._dated[day] if day in self._dated else self._weekly[day.weekday()]

    def at(self, zones: tuple[str, ...], margin: timedelta = timedelta(0)) -> Windows:
        """Return when it is allowed in every one of `zones` (at least one), narrowed by `margin` on both sides.

        Windows that touch are one before they are narrowed. Raises `UnknownZone`.
        """
        key = (zones, margin)
        if key not in self._known:
            parts = [LocalWindows(zone(name), self.spans_on) for name in zones]
            self._known[key] = Remembered(Intersection(*(Narrowed(part, margin) if margin else part for part in parts)))
        return self._known[key]


@dataclass(frozen=True, slots=True)
class CallingHoursBook:
    """Which hours hold where: by country (ISO alpha-2) and purpose where a pack says so, else `default`."""

    default: CallingHours
    packs: Mapping[tuple[str, Purpose], CallingHours] = field(default_factory=dict)

    def hours_for(self, country: str | None, purpose: Purpose) -> CallingHours:
        known = None if country is None else self.packs.get((country.upper(), purpose))
        return self.default if known is None else known

    def allowed_times(self, place: Place | Unplaced, *, purpose: Purpose, country: str | None = None) -> Windows | Unplaced:
        """Return when a customer at `place` may be contacted; nowhere known, no time is known to be allowed."""
        if isinstance(place, Unplaced):
            return place
        return self.hours_for(country, purpose).at(place.zones, place.margin)


def read_calling_hours(raw: bytes, *, name: str = "calling-hours") -> CallingHours:
    """Return the calling hours a YAML document describes. Raises `BadYaml` with field, place and fix."""
    return CallingHours(read_document(raw, CallingHoursDocument, name=name))


@cache
def default_book() -> CallingHoursBook:
    """Return the hours we ship: a default for every country that has no pack of its own."""
    raw = resources.files("orchestrator.availability").joinpath("packs", "default.yaml").read_bytes()
    return CallingHoursBook(default=read_calling_hours(raw))
