"""Shift plans as supervisors change them, and who is planned for a queue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import BadInput, NoSuch, Stale, Unseen
from orchestrator.identity.changes import Who, note_change
from orchestrator.queueing.presence import lock_agent
from orchestrator.queueing.roster import agent_named, queues_of_agent
from orchestrator.queueing.saved_texts import since_seen
from orchestrator.queueing.seen import ANYTHING, Seen
from orchestrator.queueing.shift_plans import ShiftPlan, read_shifts
from orchestrator.queueing.shift_tables import ShiftPlanRow
from orchestrator.queueing.tables import AgentQueueRow, AgentRow
from orchestrator.storage.columns import Json


class NoSuchShifts(NoSuch):
    code = "no_such_shifts"


@dataclass(frozen=True, slots=True)
class Planned:
    """An agent's plan with its row. `queues` are those they serve and are planned for, by name."""

    agent: AgentRow
    row: ShiftPlanRow
    plan: ShiftPlan
    queues: tuple[str, ...]


class ShiftsUnseen(Unseen):
    def __init__(self) -> None:
        fix = "send the ETag of the plan as it was read; for an agent without one, If-None-Match: *"
        super().__init__("a shift plan is changed only by who says what they saw of it", fix=fix)


class ShiftsStale(Stale):
    code = "stale_shifts"


async def save_shifts(
    session: AsyncSession, name: str, document: bytes, *, who: Who, now: datetime, seen: Seen = ANYTHING
) -> ShiftPlanRow:
    """Save an agent's plan as its next version; the same again changes nothing.

    `seen` is what the author saw of the present one. Raises `BadInput`, `NoSuchAgent`, `ShiftsUnseen`, `ShiftsStale`.
    """
    plan = read_shifts(document)
    if plan.agent != name:
        raise BadInput("the document names another agent", field="shifts", fix=f"write shifts: {name}")
    agent = await lock_agent(session, (await agent_named(session, name)).id)
    await _check_queues(session, agent, plan)
    row, text = await _row_of(session, agent), document.decode("utf-8-sig")
    before = _told(row)
    await _check_seen(session, name, row, seen)
    if row is None:
        row = ShiftPlanRow(agent_id=agent.id, document=text, changed_at=now)
    elif row.document != text:
        row.document, row.version, row.changed_at = text, row.version + 1, now
    session.add(row)
    await session.flush()
    if before != (after := _told(row)):
        await note_change(session, who=who, what="shifts.saved", subject=name, before=before, after=after, now=now)
    return row


async def remove_shifts(session: AsyncSession, name: str, *, who: Who, now: datetime) -> None:
    """Plan the agent for nothing any more. Raises `NoSuchAgent`, `NoSuchShifts`."""
    agent = await lock_agent(session, (await agent_named(session, name)).id)
    row = await _row_of(session, agent)
    if row is None:
        raise NoSuchShifts(f"no shifts of {name}")
    await session.delete(row)
    await note_change(session, who=who, what="shifts.removed", subject=name, before=_told(row), after=None, now=now)


async def shifts_of(session: AsyncSession, name: str) -> Planned:
    """Return an agent's plan. Raises `NoSuchAgent`, `NoSuchShifts`."""
    agent = await agent_named(session, name)
    found = await _planned(session, [agent])
    if not found:
        raise NoSuchShifts(f"no shifts of {name}")
    return found[0]


async def all_shifts(session: AsyncSession) -> list[Planned]:
    """Return every plan there is, by the agent's name."""
    query = select(AgentRow).join(ShiftPlanRow, col(ShiftPlanRow.agent_id) == col(AgentRow.id)).order_by(AgentRow.name)
    return await _planned(session, (await session.exec(query)).all())


async def without_shifts(session: AsyncSession) -> Sequence[AgentRow]:
    """Return the agents who serve a queue and have no plan, by name."""
    serving, planned = select(AgentQueueRow.agent_id), select(ShiftPlanRow.agent_id)
    query = select(AgentRow).where(col(AgentRow.id).in_(serving), col(AgentRow.id).not_in(planned))
    return (await session.exec(query.order_by(AgentRow.name))).all()


async def planned_for(session: AsyncSession, queue: str) -> list[Planned]:
    """Return the plans of the agents who serve the queue and are planned for it, by name."""
    query = select(AgentRow).join(AgentQueueRow, col(AgentQueueRow.agent_id) == col(AgentRow.id))
    agents = (await session.exec(query.where(AgentQueueRow.queue == queue).order_by(AgentRow.name))).all()
    return [each for each in await _planned(session, agents) if queue in each.queues]


async def _planned(session: AsyncSession, agents: Sequence[AgentRow]) -> list[Planned]:
    ids = [agent.id for agent in agents]
    rows = (await session.exec(select(ShiftPlanRow).where(col(ShiftPlanRow.agent_id).in_(ids)))).all()
    by_agent = {row.agent_id: row for row in rows}
    served: dict[object, list[str]] = {}
    for each in (await session.exec(select(AgentQueueRow).where(col(AgentQueueRow.agent_id).in_(by_agent)))).all():
        served.setdefault(each.agent_id, []).append(each.queue)
    return [_known(agent, by_agent[agent.id], served.get(agent.id, ())) for agent in agents if agent.id in by_agent]


def _known(agent: AgentRow, row: ShiftPlanRow, served: Collection[str]) -> Planned:
    plan = parsed_plan(row.document)
    return Planned(agent, row, plan, tuple(sorted(queue for queue in served if plan.serves(queue))))


@lru_cache(maxsize=1024)
def parsed_plan(document: str) -> ShiftPlan:
    """Return the plan a stored document describes."""
    return read_shifts(document.encode())


async def _check_queues(session: AsyncSession, agent: AgentRow, plan: ShiftPlan) -> None:
    served = await queues_of_agent(session, agent.id)
    if other := sorted(set(plan.document.queues or ()) - set(served)):
        fix = f"choose among {', '.join(served)}" if served else "let the agent serve a queue first"
        raise BadInput(f"the agent does not serve {', '.join(other)}", field="queues", fix=fix)


async def _check_seen(session: AsyncSession, name: str, row: ShiftPlanRow | None, seen: Seen) -> None:
    if seen.tag is None and not seen.absent:
        raise ShiftsUnseen
    if row is None:
        if not seen.absent:
            raise NoSuchShifts(f"no shifts of {name}")
    elif not seen.fits(row.version):
        told = {"what": "shifts.saved", "subject": name, "named": f"shifts of {name}"}
        changed = await since_seen(session, seen, **told, version=row.version, text=row.document)
        raise ShiftsStale(f"the shifts of {name} were changed meanwhile", tag=tag_of(row), difference=changed)


def tag_of(row: ShiftPlanRow) -> str:
    """Return the plan's ETag."""
    return f'"{row.version}"'


async def _row_of(session: AsyncSession, agent: AgentRow) -> ShiftPlanRow | None:
    return await session.get(ShiftPlanRow, agent.id, populate_existing=True)


def _told(row: ShiftPlanRow | None) -> Json | None:
    return None if row is None else {"version": row.version, "document": row.document}
