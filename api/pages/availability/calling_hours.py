"""Calling hours by country and state: what holds for which contact, where that is from, and when it was reviewed."""

from typing import NamedTuple

from babel import Locale, dates
from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.dependencies import Now
from api.pages.availability.calendars import AVAILABILITY
from api.pages.availability.week_lines import week_lines
from api.pages.console.now import Watching
from api.pages.frame import page
from api.pages.languages import language_of, locale_of
from api.transactions import Repeatable
from orchestrator.availability.hour_packs import Basis
from orchestrator.availability.hours_book import default_book
from orchestrator.availability.hours_listing import ListedFile, ListedHours, listing
from orchestrator.availability.purposes import Medium, Purpose

router = APIRouter(prefix=f"{AVAILABILITY}/calling-hours", route_class=Repeatable)


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


PURPOSES = {
    Purpose.REQUESTED_CALLBACK: _("Calls that were asked for"),
    Purpose.SERVICE: _("Service"),
    Purpose.MARKETING: _("Marketing"),
}
MEDIA = {
    Medium.VOICE_PERSON: _("calls by a person"),
    Medium.VOICE_RECORDED: _("calls that open with a recording"),
    Medium.SMS: _("text messages"),
}
BASES = {Basis.LAW: _("Law"), Basis.GUIDE: _("Guide of the trade"), Basis.PRODUCT: _("Our default")}
STATES = {"FL": _("Florida"), "OK": _("Oklahoma"), "TX": _("Texas")}


class Placed(NamedTuple):
    """A file under the name of its country in the reader's language, and its date of review as it is written there."""

    file: ListedFile
    country: str | None
    reviewed: str

    @property
    def own(self) -> list[ListedHours]:
        """Return the hours it states itself."""
        return [hours for hours in self.file.hours if hours.weekly is not None]

    @property
    def by_default(self) -> bool:
        return len(self.own) < len(self.file.hours)

    @property
    def rows(self) -> int:
        return len(self.own) + self.by_default if self.own else len(self.file.hours)


@router.get("")
async def show_calling_hours(request: Request, viewer: Watching, now: Now) -> Response:
    locale = locale_of(language_of(request, viewer.locale))
    files = listing(default_book(), today=now.date())
    default = next((file for file in files if file.place is None), None)
    placed = [_placed(file, locale) for file in files if file.place is not None]
    return page(
        request,
        "availability/calling_hours.html",
        viewer=viewer,
        default=None if default is None else _placed(default, locale),
        files=sorted(placed, key=lambda each: (each.country or "", each.file.name)),
        overdue=[each for each in files if each.overdue],
        lines=lambda hours: _lines(hours, locale),
        purposes=PURPOSES,
        media=MEDIA,
        bases=BASES,
        states=STATES,
    )


def _placed(file: ListedFile, locale: Locale) -> Placed:
    country = None if file.place is None else str(locale.territories.get(file.place.country, file.place.country))
    return Placed(file, country, dates.format_date(file.reviewed, "medium", locale=locale))


def _lines(hours: ListedHours, locale: Locale) -> object:
    return None if hours.weekly is None else week_lines(hours.weekly, locale)
