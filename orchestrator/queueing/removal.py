"""A queue is removed only where nothing stands on it; otherwise its holds are told, so that they can be mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.rule_files import read_rule
from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.tables import RuleState
from orchestrator.errors import Conflict
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.identity.changes import Who, note_change
from orchestrator.queueing.roster import told_of_queue
from orchestrator.queueing.tables import AgentQueueRow, AgentRow, QueueRow, TaskRow, TaskState
from orchestrator.queueing.tasks import NoSuchQueue
from orchestrator.rule_life.listing import list_rules
from orchestrator.storage.clock import Clock

OVER = (TaskState.DONE, TaskState.WITHDRAWN)


class Hold(StrEnum):
    """What keeps a queue."""

    CASES = "cases"  # open ones that are meant for it
    RULES = "rules"  # published or paused ones whose steps name it
    AGENTS = "agents"
    PAST = "past"  # tasks that are over: results are counted by queue


@dataclass(frozen=True, slots=True)
class Held:
    """One hold: how many, and their names where they have any."""

    by: Hold
    number: int
    names: tuple[str, ...] = ()


class QueueInUse(Conflict):
    """The queue stays; `held` says by what, in the order in which it is best mended."""

    code = "queue_in_use"

    def __init__(self, name: str, held: Sequence[Held]) -> None:
        super().__init__(f"queue {name} is in use: {', '.join(each.by for each in held)}", fix="see what holds it")
        self.held = tuple(held)


async def remove_queue(session: AsyncSession, name: str, *, who: Who, clock: Clock) -> None:
    """Remove a queue that nothing stands on. Raises `NoSuchQueue`, `QueueInUse`."""
    queue = await session.get(QueueRow, name, with_for_update=True)  # so that no task is put on it meanwhile
    if queue is None:
        raise NoSuchQueue(f"no queue {name}")
    held = await holds(session, name)
    if held:
        raise QueueInUse(name, held)
    await session.delete(queue)
    now, before = await clock.now(session), told_of_queue(queue)
    await note_change(session, who=who, what="queue.removed", subject=name, before=before, after=None, now=now)


async def holds(session: AsyncSession, name: str) -> list[Held]:
    """Return what keeps the queue; nothing where it may go."""
    agents = select(AgentRow.name).join(AgentQueueRow).where(AgentQueueRow.queue == name).order_by(AgentRow.name)
    known = (
        Held(Hold.CASES, await _cases(session, name)),
        _named(Hold.RULES, await _rules(session, name)),
        _named(Hold.AGENTS, (await session.exec(agents)).all()),
        Held(Hold.PAST, await _tasks(session, name, over=True)),
    )
    return [each for each in known if each.number]


def _named(by: Hold, names: Sequence[str]) -> Held:
    return Held(by, len(names), tuple(names))


async def _cases(session: AsyncSession, name: str) -> int:
    open_ones = select(func.count()).where(EscalationRow.queue == name, col(EscalationRow.state) != State.CLOSED)
    return max((await session.exec(open_ones)).one(), await _tasks(session, name, over=False))


async def _tasks(session: AsyncSession, name: str, *, over: bool) -> int:
    in_state = col(TaskRow.state).in_(OVER) if over else col(TaskRow.state).not_in(OVER)
    return (await session.exec(select(func.count()).where(TaskRow.queue == name, in_state))).one()


async def _rules(session: AsyncSession, name: str) -> list[str]:
    running = [version for rule, version in await list_rules(session) if rule.state in (RuleState.PUBLISHED, RuleState.PAUSED)]
    return [version.rule for version in running if name in _queues_in(version.rule, version.document)]


@lru_cache(maxsize=256)
def _queues_in(rule: str, document: str) -> frozenset[str]:
    """Return the queues a stored version names; to read one takes longer than the whole page does."""
    return frozenset(queues_named(read_rule(document.encode(), name=rule).document))


def queues_named(document: RuleDocument) -> set[str]:
    """Return the queues that a rule's steps name."""
    found = [step.callback or step.call for _, step in document.every_step()]
    return {each.queue for each in found if each is not None}
