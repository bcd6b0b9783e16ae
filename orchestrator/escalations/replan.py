"""Following the strongest moment: a change of it starts its plan over, but never under an agent's hands."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import MomentRow
from orchestrator.escalations import promises
from orchestrator.escalations.lead import strongest
from orchestrator.escalations.records import move, note, unsettled_attempts
from orchestrator.escalations.standing import live
from orchestrator.escalations.states import PromiseState, State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.queueing.tables import TaskState
from orchestrator.queueing.tasks import withdraw
from orchestrator.storage.locks import lock_active_task

_AT_WORK = (TaskState.ASSIGNED, TaskState.DIALING, TaskState.CONNECTED, TaskState.WRAPPING)


def take_lead(escalation: EscalationRow, moment: MomentRow, *, now: datetime) -> None:
    """Let `moment` give rule, plan, purpose, priority and the grace its customer is left alone for."""
    escalation.rule, escalation.version, escalation.plan = moment.rule, moment.version, moment.plan
    escalation.purpose, escalation.priority = moment.purpose, moment.priority
    escalation.step = escalation.tries = 0
    escalation.not_before = max(moment.at + moment.grace, now)


async def follow_lead(
    session: AsyncSession, escalation: EscalationRow, *, now: datetime, moments: Sequence[MomentRow] | None = None
) -> bool:
    """Re-plan from the strongest live moment if that is another rule's now; tell whether it was done.

    The same rule's newer version is no change: an open escalation keeps the version it started with. A task an agent has
    taken, or a call under way, is left to end first: `advance` asks again then. A promise that is open is worked off
    before the new plan begins. `moments` are the live ones, where they are known. Locks of customer and escalation are held.
    """
    lead = strongest(await live(session, escalation) if moments is None else moments)
    if lead is None or escalation.state is State.CLOSED or lead.rule == escalation.rule:
        return False
    task = await lock_active_task(session, escalation.id)
    if (task is not None and task.state in _AT_WORK) or await unsettled_attempts(session, escalation.id):
        return False
    if task is not None:
        await withdraw(session, task, reason="replanned", now=now)
    pause = escalation.not_before if escalation.tries or escalation.step else now
    take_lead(escalation, lead, now=max(now, pause))
    if any(row.state is PromiseState.OPEN for row in await promises.pending(session, escalation)):
        escalation.asked_at = escalation.asked_at or now
    session.add(escalation)
    note(session, escalation, "replanned", now=now, rule=lead.rule, version=lead.version)
    if escalation.state is not State.OPEN:
        move(session, escalation, State.WAITING, now=now)
    return True
