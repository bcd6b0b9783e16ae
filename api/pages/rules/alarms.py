"""A rule's alarms on the console: a supervisor takes one into their hands, and it says nothing for a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, Session
from api.pages.console.now import Supervising
from api.pages.people import ProtectedForm
from api.pages.rules.picture import Picture, picture
from api.rule_views import RuleName
from api.transactions import Repeatable
from orchestrator.errors import BadInput
from orchestrator.insights.rule_alarms import alarms_of, quiet
from orchestrator.insights.rule_quarters import last_day
from orchestrator.insights.rule_watch import watched_rules
from orchestrator.insights.tables import RuleAlarmRow
from orchestrator.settings import Settings

router = APIRouter(prefix="/console/rules", route_class=Repeatable)


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of how much a rule finds: its alarms, open and over, and its last day; None where it does not run."""

    open: Sequence[RuleAlarmRow]
    over: Sequence[RuleAlarmRow]
    picture: Picture | None


async def days_of(session: AsyncSession, settings: Settings, *, now: datetime) -> dict[str, Picture | None]:
    """Return the picture of the last day of every rule that runs, by name."""
    days = await last_day(session, await watched_rules(session, settings), now=now)
    return {rule: picture(hours) for rule, hours in days.items()}


async def watch_of(session: AsyncSession, rule: str, settings: Settings, *, now: datetime) -> Watch:
    alarms, watched = await alarms_of(session, rule), await watched_rules(session, settings, name=rule)
    days = await last_day(session, watched, now=now)
    return Watch(
        [each for each in alarms if each.over_at is None],
        [each for each in alarms if each.over_at is not None],
        picture(days.get(rule, ())),
    )


@router.post("/{name}/alarms/{alarm_id}", dependencies=[ProtectedForm])
async def take_alarm(
    name: RuleName,
    alarm_id: UUID,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    length: Annotated[str, Form(alias="quiet", max_length=20)] = "",
) -> Response:
    now = await database.clock.now(session)
    try:
        await quiet(session, name, alarm_id, length, who=viewer, now=now)
    except BadInput:  # the page offers what there is to choose; nothing else was typed
        return RedirectResponse(f"{router.prefix}/{name}?done=unsaid#alarms", 303)
    return RedirectResponse(f"{router.prefix}/{name}?done=alarm_seen", 303)
