"""What is spent of the budgets: counted from what went out and from what is about to, never kept beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, text
from sqlalchemy.types import Uuid
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.limits import BudgetRule, Costs, LimitsDocument, Period
from orchestrator.availability.periods import period_at
from orchestrator.availability.purposes import Medium
from orchestrator.availability.situation import Budget, BudgetKind, SwitchScope
from orchestrator.availability.zones import zone
from orchestrator.settings import Settings

# What is prepared has not gone out and surely will: it is spent in every period until it has. Each part finds its rows by an
# index; what never went out has no `submitted_at` and is given back.
_SPENT = text("""
SELECT queue, rule, at >= :hour AS this_hour, at >= :day AS this_day,
    count(*) FILTER (WHERE is_call) AS calls, count(*) FILTER (WHERE NOT is_call) AS messages
FROM (
    SELECT true AS is_call, queue, rule, submitted_at AS at
    FROM attempts WHERE leg = 'customer' AND submitted_at >= :since
    UNION ALL
    SELECT true, queue, rule, :now FROM attempts WHERE leg = 'customer' AND state = 'prepared' AND id IS DISTINCT FROM :besides
    UNION ALL
    SELECT false, queue, rule, submitted_at FROM messages WHERE submitted_at >= :since
    UNION ALL
    SELECT false, queue, rule, :now FROM messages WHERE state = 'prepared' AND id IS DISTINCT FROM :besides
) AS spent
GROUP BY 1, 2, 3, 4
""").bindparams(bindparam("besides", type_=Uuid))
_HOLD = text("SELECT FROM limits WHERE id = 1 FOR UPDATE")


@dataclass(frozen=True, slots=True)
class Spent:
    """How much of a budget is used in the period that lasts now. `spent` is a number of calls, or money."""

    rule: BudgetRule
    spent: float
    starts_at: datetime
    renews_at: datetime


async def spent(
    session: AsyncSession,
    budgets: Sequence[BudgetRule],
    costs: Costs,
    *,
    now: datetime,
    settings: Settings,
    besides: UUID | None = None,
) -> list[Spent]:
    """Return what is used of each of `budgets`, by one statement. `besides` is an attempt or message not to be counted."""
    if not budgets:
        return []
    clock = _clock(settings)
    hour, day = period_at(Period.HOUR, now, clock), period_at(Period.DAY, now, clock)
    since = min((day if each.per is Period.DAY else hour).start for each in budgets)
    values = {"hour": hour.start, "day": day.start, "since": since, "now": now, "besides": besides}
    rows = (await (await session.connection()).execute(_SPENT, values)).all()
    periods = {Period.HOUR: hour, Period.DAY: day}
    return [Spent(each, _spent_of(each, costs, rows), *periods[each.per]) for each in budgets]


async def budgets_on(
    session: AsyncSession,
    limits: LimitsDocument,
    *,
    queue: str | None,
    rule: str,
    medium: Medium,
    now: datetime,
    settings: Settings,
    besides: UUID | None = None,
) -> tuple[Budget, ...]:
    """Return the budgets that a contact of this rule on this queue would draw on, with what is used of them."""
    drawn = [each for each in limits.budgets if each.covers(queue=queue, rule=rule)]
    used = await spent(session, drawn, limits.costs, now=now, settings=settings, besides=besides)
    price = limits.costs.call if medium.is_voice else limits.costs.message
    return tuple(_budget(each, price) for each in used)


async def hold_budgets(session: AsyncSession) -> None:
    """Let nobody else spend until this transaction is over, or its savepoint is rolled back (docs/adr/031)."""
    await (await session.connection()).execute(_HOLD)


def _clock(settings: Settings) -> ZoneInfo:
    return zone(settings.centre_zone or "UTC")


def _spent_of(budget: BudgetRule, costs: Costs, rows: Sequence[Row[Any]]) -> float:
    counted = [
        row
        for row in rows
        if budget.covers(queue=row.queue, rule=row.rule) and (row.this_hour if budget.per is Period.HOUR else row.this_day)
    ]
    calls: int = sum(row.calls for row in counted)
    messages: int = sum(row.messages for row in counted)
    if budget.kind is BudgetKind.CALLS:
        return float(calls)
    return round(calls * costs.call + messages * costs.message, 6)


def _budget(used: Spent, price: float) -> Budget:
    rule = used.rule
    scope = SwitchScope.QUEUE if rule.queue else SwitchScope.RULE if rule.rule else SwitchScope.EVERYTHING
    cost = price if rule.kind is BudgetKind.MONEY else 1.0
    return Budget(rule.kind, used.spent, rule.limit, used.renews_at, cost=cost, scope=scope)
