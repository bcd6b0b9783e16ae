"""The task of an escalation: offered, lost, called from, wrapped up; each look brings it on as far as it can go."""

from typing import assert_never

from orchestrator.availability.purposes import Medium
from orchestrator.availability.verdicts import Go, Wait
from orchestrator.escalations.carrying import first_leg
from orchestrator.escalations.case import Case
from orchestrator.escalations.dispositions import complete
from orchestrator.escalations.instructions import Instruction
from orchestrator.escalations.look import Occasion, look
from orchestrator.escalations.outcome import Disposition
from orchestrator.escalations.plan import Result
from orchestrator.escalations.records import move
from orchestrator.escalations.standstill import not_dialed
from orchestrator.escalations.states import State
from orchestrator.escalations.talks import BY_SERVER, after_call, wrap
from orchestrator.queueing.offers import employ, lease_lost, look_again_at, offer
from orchestrator.queueing.tables import TaskKind, TaskRow, TaskState
from orchestrator.queueing.wrapping import wrap_ends
from orchestrator.telephony.tables import Leg


async def mind_task(case: Case) -> Instruction | None:
    """Return what the task needs now; None where it waits (an alarm says until when) or is over (`case.task` is None)."""
    task = case.task
    if task is None:
        return None
    match task.state:
        case TaskState.QUEUED:
            return await _queued(case, task)
        case TaskState.RESERVED:
            return await _reserved(case, task)
        case TaskState.ASSIGNED:
            return await _assigned(case, task)
        case TaskState.DIALING | TaskState.CONNECTED:
            return await _calling(case, task)
        case TaskState.WRAPPING:
            return await _wrapping(case, task)
        case TaskState.DONE | TaskState.WITHDRAWN:
            return None
        case _:
            assert_never(task.state)


async def _queued(case: Case, task: TaskRow) -> Instruction | None:
    """Bring what is most urgent to agents: a callback is offered, for a call an agent is held. Is it this one's turn?"""
    if case.escalation.state is not State.QUEUED:
        move(case.session, case.escalation, State.QUEUED, now=case.now)
    if task.not_before is not None and task.not_before > case.now:
        case.wake(task.not_before)
        return None
    # The task is locked by us: whatever it becomes in here, its row in hand shows it.
    await offer(case.session, task.queue, now=case.now, settings=case.settings)
    if task.state is TaskState.QUEUED:
        case.wake(await look_again_at(case.session, task, now=case.now))
    elif task.kind is TaskKind.CALL:
        return await _reserved(case, task)
    else:
        case.wake(task.lease_until)
    return None


async def _reserved(case: Case, task: TaskRow) -> Instruction | None:
    """An offer waits for its answer; for a call whose agent is held, the customer's phone is to ring."""
    if await lease_lost(case.session, task, now=case.now, settings=case.settings):
        return await _queued(case, task)
    case.wake(task.lease_until)
    if task.kind is TaskKind.CALLBACK:
        return None
    move(case.session, case.escalation, State.RESERVED, now=case.now)
    return await first_leg(case, task.id, Leg.CUSTOMER)


async def _assigned(case: Case, task: TaskRow) -> Instruction | None:
    """An agent has it: their phone is to ring when they ask for it, if the gates still allow the call."""
    if await lease_lost(case.session, task, now=case.now, settings=case.settings):
        move(case.session, case.escalation, State.QUEUED, now=case.now, reason="lease_lost")
        return await _queued(case, task)
    if case.escalation.state is not State.ASSIGNED:
        move(case.session, case.escalation, State.ASSIGNED, now=case.now)
    case.wake(task.lease_until)
    if task.call_requested_at is None:
        return None
    decision = await look(
        case.session,
        case.customer,
        case.escalation,
        medium=Medium.VOICE_PERSON,
        occasion=Occasion.CALL,
        now=case.now,
        settings=case.settings,
    )
    if isinstance(decision, Go):
        return await first_leg(case, task.id, Leg.AGENT)
    await not_dialed(
        case.session,
        case.customer,
        case.escalation,
        task,
        reasons=[code.value for code in decision.reasons],
        until=decision.until if isinstance(decision, Wait) else None,
        now=case.now,
        hint=False,
    )
    await case.refresh()
    return None


async def _calling(case: Case, task: TaskRow) -> Instruction | None:
    """A call is under way, and its webhooks move it; without any call left, its end was learned in another way."""
    if any(each.task_id == task.id for each in case.attempts):
        return None
    if task.state is TaskState.CONNECTED or task.kind is TaskKind.CALLBACK:
        suggested = None if task.state is TaskState.CONNECTED else Result.FAILED
        await wrap(case.session, case.escalation, task, suggested=suggested, now=case.now)
        return await _wrapping(case, task)
    await after_call(
        case.session, case.customer, case.escalation, task, Result.FAILED, now=case.now, settings=case.settings, hint=False
    )
    await case.refresh()
    return None


async def _wrapping(case: Case, task: TaskRow) -> Instruction | None:
    """The agent writes down what came of it; after the limit the server does, with what the call itself showed."""
    limit = wrap_ends(task, case.settings) or case.now
    case.wake(limit)
    if case.now < limit:
        return None
    await complete(
        case.session,
        case.customer,
        case.escalation,
        task,
        disposition=task.suggested or Disposition.NOT_STATED.value,
        notes=None,
        now=case.now,
        by=BY_SERVER,
        hint=False,
    )
    await employ(case.session, [task.agent_id], now=case.now, settings=case.settings)
    await case.refresh()
    return None
