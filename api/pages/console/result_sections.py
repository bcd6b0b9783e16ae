"""The parts of the page of results: what each counts, beside what the others do not look at."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.console.period import Period
from orchestrator.escalations.states import PromiseState
from orchestrator.insights.agent_results import agent_results
from orchestrator.insights.attempt_results import attempt_results
from orchestrator.insights.broken_promises import broken_promises
from orchestrator.insights.day_results import all_waited, day_results
from orchestrator.insights.funnel import Funnel, funnels
from orchestrator.insights.not_called import BEFORE_DIALING, UNDER_WAY, latest_not_called
from orchestrator.insights.partner_results import partner_results
from orchestrator.insights.placing import Stage
from orchestrator.insights.plan_results import plan_results, plans_by_rule
from orchestrator.insights.promise_results import by_rule, promise_results
from orchestrator.insights.worth_results import worth_by_rule, worth_results
from orchestrator.storage.database import Database

Known = dict[str, Any]  # what a part's template is given
Found = TypeVar("Found")

_STATES = [state for state in PromiseState if state not in (PromiseState.WRITTEN, PromiseState.UNSAID)]
_LATEST = 50  # of a list that a file holds whole


class Section(StrEnum):
    """The parts, in the order they are read. Each is a template `console/parts/results_<section>.html`."""

    MOMENTS = "moments"
    WORTH = "worth"
    PLANS = "plans"
    PROMISES = "promises"
    DAYS = "days"
    ATTEMPTS = "attempts"
    AGENTS = "agents"
    PARTNERS = "partners"


async def counted(section: Section, database: Database, days: Period, *, zone: str) -> Known:
    """Return what one part shows of these days, which are those of `zone`."""
    return await _COUNTS[section](database, days, zone)


async def all_counted(database: Database, days: Period, *, zone: str) -> Known:
    """Return what all parts show: counted side by side, as none waits for another."""
    parts = await asyncio.gather(*(counted(section, database, days, zone=zone) for section in Section))
    return {name: value for part in parts for name, value in part.items()}


async def _asked(database: Database, ask: Callable[[AsyncSession], Awaitable[Found]]) -> Found:
    async with database.transaction() as session:
        return await ask(session)


async def _moments(database: Database, days: Period, _: str) -> Known:
    found, uncalled = await asyncio.gather(
        _asked(database, lambda session: funnels(session, since=days.since, until=days.until)),
        latest_not_called(database, since=days.since, until=days.until, limit=_LATEST),
    )
    count = sum(_before_dialing(each) for each in found)
    return {"stages": list(Stage), "funnels": found, "uncalled": uncalled, "uncalled_count": count}


def _before_dialing(funnel: Funnel) -> int:
    return sum(loss.number for loss in funnel.losses if loss.stage in BEFORE_DIALING and loss.reason != UNDER_WAY)


async def _worth(database: Database, days: Period, _: str) -> Known:
    judged = await _asked(database, lambda session: worth_results(session, since=days.since, until=days.until))
    return {"worth": worth_by_rule(judged)}


async def _plans(database: Database, days: Period, _: str) -> Known:
    found = await _asked(database, lambda session: plan_results(session, since=days.since, until=days.until))
    return {"parted": plans_by_rule(found)}


async def _promises(database: Database, days: Period, _: str) -> Known:
    async with database.transaction() as session:
        promised = await promise_results(session, since=days.since, until=days.until)
        broken = await broken_promises(session, since=days.since, until=days.until, limit=_LATEST)
    count = sum(each.number for each in promised if each.state is PromiseState.BROKEN)
    return {"promises": by_rule(promised), "promise_states": _STATES, "broken": broken, "broken_count": count}


async def _days(database: Database, days: Period, zone: str) -> Known:
    each_day = await _asked(database, lambda session: day_results(session, since=days.since, until=days.until, zone=zone))
    return {"each_day": each_day, "waited": all_waited(each_day)}


async def _attempts(database: Database, days: Period, zone: str) -> Known:
    hours = await _asked(database, lambda session: attempt_results(session, since=days.since, until=days.until, zone=zone))
    return {"hours": hours, "results": list(dict.fromkeys(result for hour in hours for result in sorted(hour.results)))}


async def _agents(database: Database, days: Period, _: str) -> Known:
    return {"agents": await _asked(database, lambda session: agent_results(session, since=days.since, until=days.until))}


async def _partners(database: Database, days: Period, _: str) -> Known:
    found = await _asked(database, lambda session: partner_results(session, since=days.since, until=days.until))
    return {"partners": found}


_COUNTS: dict[Section, Callable[[Database, Period, str], Awaitable[Known]]] = {
    Section.MOMENTS: _moments,
    Section.WORTH: _worth,
    Section.PLANS: _plans,
    Section.PROMISES: _promises,
    Section.DAYS: _days,
    Section.ATTEMPTS: _attempts,
    Section.AGENTS: _agents,
    Section.PARTNERS: _partners,
}
