"""Bringing a rota into the shift plans of its agents: all of it or nothing."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import BadInput, Faults
from orchestrator.identity.changes import Who
from orchestrator.queueing.presence import NoSuchAgent
from orchestrator.queueing.roster import agent_named
from orchestrator.queueing.rota_files import Rota, with_dates
from orchestrator.queueing.shift_plans import ShiftDocument, written
from orchestrator.queueing.shifts import NoSuchShifts, save_shifts, shifts_of


@dataclass(frozen=True, slots=True)
class Change:
    """What a rota changes of one agent's plan. `dates` that differ from what was planned, in order."""

    agent: str
    dates: tuple[date, ...]
    before: ShiftDocument | None
    after: ShiftDocument


async def changes_of(session: AsyncSession, rota: Rota, *, zone: str | None) -> list[Change]:
    """Return what `rota` would change, by agent. `zone` is that of agents without a plan yet. Raises `BadInput`."""
    faults, found = Faults(), list[Change]()
    for agent in sorted(rota):
        with faults:
            before = await _plan_of(session, agent)
            after = with_dates(before or _new_plan(agent, zone), rota[agent])
            dates = tuple(sorted(day for day in rota[agent] if before is None or before.days.get(day) != after.days[day]))
            found.append(Change(agent, dates, before, after))
    faults.settle()
    return [change for change in found if change.dates]


async def bring_in(session: AsyncSession, changes: list[Change], *, who: Who, now: datetime) -> None:
    """Save what `changes_of` has found."""
    for change in changes:
        await save_shifts(session, change.agent, written(change.after).encode(), who=who, now=now)


async def _plan_of(session: AsyncSession, agent: str) -> ShiftDocument | None:
    try:
        await agent_named(session, agent)
        return (await shifts_of(session, agent)).plan.document
    except NoSuchAgent:
        raise BadInput(
            f"there is no agent {agent!r}", field="agent", fix="write the name as `ringback agent list` does"
        ) from None
    except NoSuchShifts:
        return None


def _new_plan(agent: str, zone: str | None) -> ShiftDocument:
    if zone is None:
        raise BadInput(f"{agent} has no shift plan yet, so no zone", field="zone", fix="give --zone, such as Asia/Jerusalem")
    return ShiftDocument(shifts=agent, zone=zone)
