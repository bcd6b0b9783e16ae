"""All rules on the console: what each is, whether it runs, and what it did today."""

import re
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import Now, Session, SettingsDep
from api.pages.console.now import Supervising, Watching
from api.pages.frame import page
from api.pages.languages import language_of
from api.pages.people import ProtectedForm, Role, Viewer
from api.pages.rules import words
from api.pages.rules.alarms import days_of
from api.transactions import Repeatable
from orchestrator.insights.rule_alarms import open_alarms
from orchestrator.insights.rule_days import RuleDay, rule_days
from orchestrator.rule_life.listing import list_rules
from orchestrator.rule_life.versions import latest_numbers, read_version
from orchestrator.settings import Settings

router = APIRouter(prefix="/console/rules", route_class=Repeatable)

_NAME = re.compile(r"[a-z0-9-]{1,64}")


@router.get("")
async def show_rules(request: Request, viewer: Watching, session: Session, settings: SettingsDep, now: Now) -> Response:
    return await _list(request, viewer, session, settings, now)


@router.post("", dependencies=[ProtectedForm])
async def name_rule(
    request: Request,
    viewer: Supervising,
    session: Session,
    settings: SettingsDep,
    now: Now,
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Lead to the page on which a rule of that name is written."""
    if _NAME.fullmatch(name.strip()):
        return RedirectResponse(f"{router.prefix}/{name.strip()}", 303)
    return await _list(request, viewer, session, settings, now, name=name, is_wrong=True)


async def _list(
    request: Request,
    viewer: Viewer,
    session: Session,
    settings: Settings,
    now: datetime,
    *,
    name: str = "",
    is_wrong: bool = False,
) -> Response:
    zone = ZoneInfo(viewer.zone)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    language, newest = language_of(request, viewer.locale), await latest_numbers(session)
    days, blank = await rule_days(session, since=midnight), RuleDay()
    rules = [
        (row, (await read_version(version)).rule.document.title_in(language), newest[row.name], days.get(row.name, blank))
        for row, version in await list_rules(session)
    ]
    return page(
        request,
        "rules/list.html",
        viewer=viewer,
        status=422 if is_wrong else 200,
        rules=rules,
        alarms=await open_alarms(session),
        pictures=await days_of(session, settings, now=now),
        words=words,
        name=name,
        is_wrong=is_wrong,
        may_change=viewer.may(Role.SUPERVISOR),
    )
