"""Every router of the pages. A new page is added here, and to `navigation.py` where the menu leads to it."""

from fastapi import APIRouter

from api.pages import assets, choices, reference
from api.pages.account import me, oidc, second_factor, sign_in
from api.pages.availability.calendar import router as calendar_router
from api.pages.availability.calendar_closing import router as calendar_closing_router
from api.pages.availability.calendar_editing import router as calendar_editing_router
from api.pages.availability.calendar_files import router as calendar_files_router
from api.pages.availability.calendar_retiring import router as calendar_retiring_router
from api.pages.availability.calendars import router as calendars_router
from api.pages.availability.calling_hours import router as calling_hours_router
from api.pages.availability.limits import router as limits_router
from api.pages.availability.outlook import router as outlook_router
from api.pages.availability.permissions import router as permissions_router
from api.pages.availability.registries import router as registries_router
from api.pages.availability.shifts import router as shifts_router
from api.pages.availability.staffing import router as staffing_router
from api.pages.console.router import ROUTERS as CONSOLE
from api.pages.desk import actions, ending, page
from api.pages.events.refused import router as refused_router
from api.pages.events.types import router as types_router
from api.pages.rules.alarms import router as alarms_router
from api.pages.rules.backtest import router as backtest_router
from api.pages.rules.comparison import router as comparison_router
from api.pages.rules.list import router as rules_router
from api.pages.rules.rule import router as rule_router
from api.pages.settings import agents, channels, people, person, person_access, queues, scripts, templates

PAGES: tuple[APIRouter, ...] = (
    assets.router,
    choices.router,
    reference.router,
    sign_in.router,
    second_factor.router,
    oidc.router,
    me.router,
    people.router,
    person.router,
    person_access.router,
    queues.router,
    agents.router,
    channels.router,
    scripts.router,
    templates.router,
    types_router,
    refused_router,
    rules_router,
    comparison_router,
    rule_router,
    backtest_router,
    alarms_router,
    calendars_router,
    calling_hours_router,
    limits_router,
    outlook_router,
    registries_router,
    permissions_router,
    calendar_router,
    calendar_closing_router,
    calendar_editing_router,
    calendar_files_router,
    calendar_retiring_router,
    staffing_router,
    shifts_router,
    *CONSOLE,
    page.router,
    actions.router,
    ending.router,
)
