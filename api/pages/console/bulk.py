"""What a supervisor orders for one task or many: each is a transaction of its own, so one that refuses stops no other."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.people import Viewer
from orchestrator.errors import BadInput, Conflict, NoSuch, OrchestratorError
from orchestrator.escalations.taking_back import Told
from orchestrator.queueing.moving import move_task, reassign_task
from orchestrator.queueing.supervising import requeue_task, withdraw_task
from orchestrator.settings import Settings
from orchestrator.storage.database import Database


class Action(StrEnum):
    REQUEUE = "requeue"
    MOVE = "move"
    REASSIGN = "reassign"
    WITHDRAW = "withdraw"


def _(text: str) -> str:
    """Mark a text for the catalogue; the page translates it."""
    return text


_WHY_NOT = {
    "queue": _("It is on this queue already, or the queue is gone. Choose another queue."),
    "agent": _("The agent lacks its queue, its language or a skill, or has it already. Choose another agent."),
}
_OTHERWISE = _("It is no longer there. Look at the list again.")


@dataclass(frozen=True, slots=True)
class Order:
    """The form as it was sent; `queue` and `agent` are where the tasks are to go."""

    action: str
    tasks: tuple[UUID, ...]
    reason: str
    queue: str
    agent: str
    tell: bool = True  # those whom a withdrawal takes a promised call from
    untold_because: str = ""

    @property
    def silent(self) -> str | None:
        """Why nobody is told; None where they are."""
        return None if self.tell else self.untold_because

    def unsaid(self) -> dict[str, str]:
        """Return what is asked for on the second page alone."""
        missing = not self.tell and not self.untold_because
        return {"untold_because": _("Say why they are not told: it is kept with each promise.")} if missing else {}

    def faults(self) -> dict[str, str]:
        """Return what to mend, by field."""
        found = {}
        if self.action not in set(Action):
            found["action"] = _("Choose what to do with the tasks.")
        if not self.tasks:
            found["task"] = _("Choose at least one task in the list.")
        if not self.reason:
            found["reason"] = _("Say why in a few words: it is kept with the case.")
        if self.action == Action.MOVE and not self.queue:
            found["to_queue"] = _("Choose the queue the tasks go to.")
        if self.action == Action.REASSIGN and _uuid(self.agent) is None:
            found["to_agent"] = _("Choose the agent who is to have the tasks.")
        return found


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of an order: how many were done, and why others were not, by task.

    `told` are the customers who hear that a promised call will not come, `untold` those to whom no message can go.
    """

    done: int
    faults: Mapping[str, str]
    refusals: Mapping[UUID, str]
    told: int = 0
    untold: int = 0

    @property
    def went_well(self) -> bool:
        return not self.faults and not self.refusals


async def carry_out(database: Database, settings: Settings, order: Order, viewer: Viewer) -> Answers:
    """Do what was ordered to each task, and write it in the audit with it; nothing at all where the form does not fit."""
    faults = order.faults()
    if faults:
        return Answers(0, faults, {})
    refusals: dict[UUID, str] = {}
    told: Counter[Told | None] = Counter()
    for task_id in dict.fromkeys(order.tasks):
        try:
            told[await _one(database, settings, order, task_id, viewer)] += 1
        except OrchestratorError as error:
            refusals[task_id] = _refusal(error)
    return Answers(told.total(), {}, refusals, told[Told.TOLD], told[Told.UNABLE])


async def _one(database: Database, settings: Settings, order: Order, task_id: UUID, viewer: Viewer) -> Told | None:
    return await database.run(lambda session: _apply(session, order, task_id, who=viewer, database=database, settings=settings))


def _refusal(error: OrchestratorError) -> str:
    """Return why a task was left as it is; what says nothing about the task is raised again."""
    match error:
        case BadInput():
            return _WHY_NOT.get(error.field or "", _OTHERWISE)
        case Conflict():
            return _("A call is under way, or the task is over. Wait until the call has ended, or leave it.")
        case NoSuch():
            return _OTHERWISE
        case _:
            raise error


async def _apply(
    session: AsyncSession, order: Order, task_id: UUID, *, who: Viewer, database: Database, settings: Settings
) -> Told | None:
    """Do it; return whether its customer is told that a promised call will not come, None where none was promised."""
    clock, reason = database.clock, order.reason
    match Action(order.action):
        case Action.REQUEUE:
            await requeue_task(session, task_id, reason=reason, who=who, clock=clock, settings=settings)
        case Action.MOVE:
            await move_task(session, task_id, queue=order.queue, reason=reason, who=who, clock=clock, settings=settings)
        case Action.REASSIGN:
            agent_id = UUID(order.agent)
            await reassign_task(session, task_id, agent_id=agent_id, reason=reason, who=who, clock=clock, settings=settings)
        case Action.WITHDRAW:
            silent = order.silent
            done = await withdraw_task(session, task_id, reason=reason, silent=silent, who=who, clock=clock, settings=settings)
            return None if done.taken_back is None else done.taken_back.told
        case _ as never:
            assert_never(never)
    return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
