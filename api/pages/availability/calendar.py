"""One calendar on the console: its week and its year, dates of its own, and emergency closes."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.availability.calendar_forms import FAULTS, DayForm, field_of, typed_date, typed_end
from api.pages.availability.calendar_view import shown, special, week_of, weekday_names, year_of
from api.pages.console.now import Supervising, Watching
from api.pages.frame import page
from api.pages.languages import language_of, locale_of
from api.pages.people import ProtectedForm, Role, Viewer
from api.transactions import Repeatable
from orchestrator.availability.calendars import closure
from orchestrator.errors import BadInput
from orchestrator.queueing.calendar_list import CalendarStanding, calendar_standings
from orchestrator.queueing.calendar_versions import CalendarStale, NoSuchCalendar, tag_of
from orchestrator.queueing.hours import close_calendar, end_closure, save_calendar
from orchestrator.queueing.seen import Seen

CALENDARS = "/console/availability/calendars"
router = APIRouter(prefix=CALENDARS, route_class=Repeatable)

Line = Annotated[str, Form(max_length=4000)]
Asked = Annotated[str, Query(max_length=10)]


@router.get("/{calendar}")
async def show_calendar(
    request: Request,
    calendar: str,
    viewer: Watching,
    session: Session,
    database: DatabaseDep,
    day: Asked = "",
    year: Asked = "",
) -> Response:
    now = await database.clock.now(session)
    known = await standing_of(session, calendar, now)
    chosen = _asked(day)
    form = DayForm() if chosen is None else _of_day(known, chosen)
    return await _page(request, viewer, known, now, chosen=chosen, year=year, form=form)


@router.post("/{calendar}/days", dependencies=[ProtectedForm])
async def change_day(
    request: Request,
    calendar: str,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    day: Line = "",
    kind: Line = "",
    hours: Line = "",
    reason: Line = "",
    seen: Line = "",
) -> Response:
    now, form = await database.clock.now(session), DayForm(day.strip(), kind, hours, reason)
    known = await standing_of(session, calendar, now)
    try:
        text, why = form.applied(known.row.document).encode(), f"{form.day}: {form.reason.strip()}"
        tag = Seen(seen)
        await save_calendar(session, calendar, text, seen=tag, who=viewer, now=now, settings=settings, reason=why)
    except BadInput as refused:
        return await _page(request, viewer, known, now, chosen=_asked(form.day), form=form, status=422, refused=refused)
    except CalendarStale:
        return await _page(request, viewer, known, now, chosen=_asked(form.day), form=form, status=412, stale=True)
    return RedirectResponse(f"{CALENDARS}/{calendar}?day={form.day}", 303)


@router.post("/{calendar}/closures", dependencies=[ProtectedForm])
async def close_now(
    request: Request,
    calendar: str,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    because: Line = "",
    until: Line = "",
) -> Response:
    now = await database.clock.now(session)
    known, reason = await standing_of(session, calendar, now), because.strip()
    try:
        if not 0 < len(reason) <= 200:
            raise BadInput("there is no such reason", field="because")
        ends = typed_end(until, known.zone, now=now)
    except BadInput as refused:
        typed = {"because": because, "until": until}
        return await _page(request, viewer, known, now, status=422, close=typed, close_fault=refused.field)
    await close_calendar(
        session,
        calendar,
        starts_at=None,
        ends_at=ends,
        reason=reason,
        author=viewer.login,
        who=viewer,
        now=now,
        settings=settings,
    )
    return RedirectResponse(f"{CALENDARS}/{calendar}", 303)


@router.post("/{calendar}/closures/{closure_id}/end", dependencies=[ProtectedForm])
async def open_again(
    calendar: str, closure_id: UUID, viewer: Supervising, session: Session, database: DatabaseDep, settings: SettingsDep
) -> Response:
    now = await database.clock.now(session)
    await end_closure(session, calendar, closure_id, who=viewer, now=now, settings=settings)
    return RedirectResponse(f"{CALENDARS}/{calendar}", 303)


async def standing_of(session: AsyncSession, name: str, now: datetime) -> CalendarStanding:
    """Return how a calendar stands. Raises `NoSuchCalendar`."""
    found = [] if "\0" in name else await calendar_standings(session, now=now, names=[name])
    if not found:
        raise NoSuchCalendar("there is no such calendar")
    return found[0]


def _asked(text: str) -> date | None:
    try:
        return typed_date(text)
    except BadInput:
        return None


def _of_day(known: CalendarStanding, day: date) -> DayForm:
    own = known.calendar.document.days.get(day)
    if own is None:
        return DayForm(day.isoformat(), "closed", "")
    return DayForm(day.isoformat(), "hours" if own else "closed", ", ".join(own))


async def _page(
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
