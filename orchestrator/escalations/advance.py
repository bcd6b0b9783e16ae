"""The heart: an escalation is looked at under its locks, brought on as far as it goes, and its process told what comes next.

Called when the process starts, at every hint and at every timer. It reads the rows, never what anybody said about them, and
doing it twice does nothing twice.
"""

from datetime import timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.carrying import ask_silent, mind_calls, wind_up_calls
from orchestrator.escalations.case import Case, Rules, load
from orchestrator.escalations.forbidden_topics import set_aside
from orchestrator.escalations.instructions import Closed, Instruction, Wait
from orchestrator.escalations.lifecycle import close
from orchestrator.escalations.messaging import mind_message
from orchestrator.escalations.moments import expire
from orchestrator.escalations.owing import mind_messages, mind_promises
from orchestrator.escalations.records import under_way
from orchestrator.escalations.replan import follow_lead
from orchestrator.escalations.states import HELD_BACK, State
from orchestrator.escalations.stepping import take_step
from orchestrator.escalations.tasking import mind_task
from orchestrator.queueing.news import News, What, tell
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock
from orchestrator.storage.outbox import unhint_escalation

_ROUNDS = 12  # far more than one look can begin: a step, its task, its end
_SOON = timedelta(seconds=1)


async def advance(session: AsyncSession, escalation_id: UUID, *, clock: Clock, rules: Rules, settings: Settings) -> Instruction:
    """Bring the escalation on and return what its process does next; `Closed(None)` where there is no such row."""
    case = await load(session, escalation_id, clock=clock, rules=rules, settings=settings)
    if case is None:
        return Closed(None)
    before = _held_for(case)
    instruction = await _bring_on(case)
    await session.flush()
    if _held_for(case) not in (None, before):
        await tell(session, News(What.HELD))
    await unhint_escalation(session, escalation_id)
    return instruction


async def _bring_on(case: Case) -> Instruction:
    for _ in range(_ROUNDS):
        case.alarms.clear()
        instruction = await _look(case)
        if instruction is not None:
            return instruction
        await case.refresh()
    return Wait(case.now + _SOON)


async def _look(case: Case) -> Instruction | None:
    """Return the instruction, or None where something changed that has to be looked at."""
    if case.escalation.state is State.CLOSED:
        return await _wind_down(case)
    await _end_what_is_over(case)
    if _is_closed(case):
        return None
    if (asked := await mind_calls(case)) is not None:
        return asked
    if _is_closed(case):
        return None
    await mind_promises(case)
    if case.task is not None:
        return await _with_task(case)
    if (owed := await mind_messages(case)) is not None:
        return owed
    begun = await take_step(case)
    if begun and case.task is not None:
        return await _with_task(case)  # it is new: nothing of it has to be read again
    return None if begun else ask_silent(case) or _wait(case)


async def _with_task(case: Case) -> Instruction | None:
    if (wanted := await mind_task(case)) is not None:
        return wanted
    if case.task is None or _is_closed(case):
        return None
    return await mind_messages(case) or ask_silent(case) or _wait(case)


def _held_for(case: Case) -> tuple[str, tuple[str, ...]] | None:
    """Return why the case is held back before it becomes a task; None where it is not."""
    row = case.escalation
    return (row.state.value, tuple(row.reasons)) if row.state in HELD_BACK else None


def _is_closed(case: Case) -> bool:
    return case.escalation.state is State.CLOSED


async def _end_what_is_over(case: Case) -> None:
    row, session = case.escalation, case.session
    if row.pending is not None and case.task is None and not under_way(case.attempts):
        await close(session, case.customer, row, row.pending, now=case.now, hint=False)
        return
    standing = await expire(session, case.customer, row, now=case.now, hint=False)
    case.moments = await set_aside(session, case.customer, row, standing, now=case.now)
    if len(case.moments) < len(standing) and await follow_lead(session, row, now=case.now, moments=case.moments):
        await case.refresh()
    if row.pending is None:
        for moment in case.moments:
            case.wake(moment.expires_at)


async def _wind_down(case: Case) -> Instruction:
    """The row is closed; the process goes on until its last words are out and no call of it is left at the carrier."""
    await mind_message(case)
    if (owed := wind_up_calls(case) or await mind_messages(case)) is not None:
        return owed
    if case.attempts or case.alarms:
        return Wait(min(case.alarms, default=None))
    return Closed(case.escalation.outcome)


def _wait(case: Case) -> Instruction:
    """Wait until the earliest of what was found to come; what lies behind already is looked at again soon."""
    until = min(case.alarms, default=None)
    return Wait(until if until is None else max(until, case.now + timedelta(milliseconds=100)))
