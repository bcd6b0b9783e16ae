"""The page of one calendar, its week and its year, which several forms come back to."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Form, Request
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.availability.calendar_forms import FAULTS, DayForm, field_of
from api.pages.availability.calendar_view import shown, special, week_of, weekday_names, year_of
from api.pages.frame import page
from api.pages.languages import language_of, locale_of
from api.pages.people import Role, Viewer
from orchestrator.availability.calendars import closure
from orchestrator.errors import BadInput
from orchestrator.queueing.calendar_list import CalendarStanding, calendar_standings
from orchestrator.queueing.calendar_versions import NoSuchCalendar, tag_of

CALENDARS = "/console/availability/calendars"
Line = Annotated[str, Form(max_length=4000)]


async def standing_of(session: AsyncSession, name: str, now: datetime) -> CalendarStanding:
    """Return how a calendar stands. Raises `NoSuchCalendar`."""
    found = [] if "\0" in name else await calendar_standings(session, now=now, names=[name])
    if not found:
        raise NoSuchCalendar("there is no such calendar")
    return found[0]


def calendar_page(
    request: Request,
    viewer: Viewer,
    known: CalendarStanding,
    now: datetime,
    *,
    chosen: date | None = None,
    year: str = "",
    form: DayForm | None = None,
    status: int = 200,
    refused: BadInput | None = None,
    **told: Any,
) -> Response:
    """Return the page of a calendar: the week and the year around `chosen`, and what did not fit of a form."""
    locale = locale_of(language_of(request, viewer.locale))
    today = known.calendar.date_at(now)
    at, closures = chosen or today, tuple(closure(each.starts_at, each.ends_at) for each in known.closures)
    months = year_of(known.calendar, _year(year, at), today=today, locale=locale)
    fault = None if refused is None else field_of(refused)
    return page(
        request,
        "availability/calendar.html",
        viewer=viewer,
        status=status,
        known=known,
        at=now,
        week=week_of(known.calendar, at, today=today, locale=locale, closures=closures),
        months=months,
        year=_year(year, at),
        special=special(months),
        weekdays=weekday_names(locale),
        chosen=None if chosen is None else shown(known.calendar, chosen, today=today, locale=locale),
        form=form or DayForm(),
        tag=tag_of(known.row),
        words=FAULTS,
        may_change=viewer.may(Role.SUPERVISOR, Role.ADMIN),
        **{"stale": False, "close": {"because": "", "until": ""}, "close_fault": None, "fault": fault, **told},
    )


def _year(text: str, at: date) -> int:
    return int(text) if text.isascii() and text.isdigit() and 1970 <= int(text) <= 2100 else at.year
