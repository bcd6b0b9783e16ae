"""Calls at the carrier: which to stop, which to ask about, which leg to dial next, and when to give one up."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, func, select

from orchestrator.escalations.calls import abandon, attempt_changed
from orchestrator.escalations.case import Case
from orchestrator.escalations.instructions import DialLeg, Instruction, Settle, Stop
from orchestrator.escalations.lifecycle import end_call
from orchestrator.escalations.plan import Result
from orchestrator.escalations.switched_off import waiting_at_carrier
from orchestrator.escalations.talks import after_call, back_to_agent, wrap
from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.telephony.attempts import AGENT_FIRST, NOW, end, look_again_at, wants_stop
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Leg

_LEGS_AT_MOST = 3  # legs to the customer while one agent is on the line
_BETWEEN_LEGS = timedelta(seconds=2)
_BEYOND_RINGING = timedelta(seconds=15)
_NEWS = timedelta(seconds=30)  # what was heard of a call longer ago than this is asked again before anybody is called on it


async def mind_calls(case: Case) -> Instruction | None:
    """Return what the calls need now; None where they need nothing, with the time to look again as an alarm."""
    for attempt in [each for each in case.attempts if each.state is AttemptState.PREPARED]:
        if (instruction := await _mind_unsubmitted(case, attempt)) is not None:
            return instruction
    if (wanted := _stop_unwanted(case) or await _hold_queued(case) or ask_silent(case, since=_NEWS)) is not None:
        return wanted
    for attempt in case.attempts:
        await _give_up(case, attempt)
    return await _next_leg(case)


def wind_up_calls(case: Case) -> Instruction | None:
    """Return what brings the calls of a closed case to their end; None where that is only a matter of time."""
    return _stop_unwanted(case) or ask_silent(case)


def _stop_unwanted(case: Case) -> Stop | None:
    stopping = [each for each in case.attempts if wants_stop(each) and _may_ask(case, each)]
    _looked_at(case, stopping)
    return Stop(tuple(each.id for each in stopping)) if stopping else None


def ask_silent(case: Case, *, since: timedelta = timedelta(0)) -> Settle | None:
    """Return the calls to ask about, nothing having been heard of them for too long, and for `since` at least.

    A slow carrier or a slow machine may owe answers at every look: asking comes after all else there is to do.
    """
    due = [each for each in case.attempts if (at := look_again_at(each, case.patience)) is not None and at <= case.now]
    silent = [each for each in due if (each.looked_at or each.prepared_at) + since <= case.now]
    _looked_at(case, silent)
    for attempt in case.attempts:
        case.wake(look_again_at(attempt, case.patience))
    return Settle(attempts=tuple(each.id for each in silent)) if silent else None


async def _hold_queued(case: Case) -> Settle | None:
    """Ask about calls in the carrier's queue that a kill switch covers: settling cancels those that wait there still."""
    waiting = await waiting_at_carrier(case.session, case.escalation, case.attempts)
    asked = [each for each in waiting if each.looked_at is None or each.looked_at + case.patience.poll <= case.now]
    _looked_at(case, asked)
    return Settle(attempts=tuple(each.id for each in asked)) if asked else None


def _looked_at(case: Case, attempts: Sequence[AttemptRow]) -> None:
    for attempt in attempts:
        attempt.looked_at = case.now
        case.session.add(attempt)


def _may_ask(case: Case, attempt: AttemptRow) -> bool:
    asked, wanted = attempt.looked_at, attempt.cancel_requested_at
    return asked is None or wanted is None or asked < wanted or asked + case.patience.poll <= case.now


async def _mind_unsubmitted(case: Case, attempt: AttemptRow) -> Instruction | None:
    """A prepared attempt whose submission was lost: submit it, unless the gates were looked at too long ago."""
    mine = case.task is not None and case.task.id == attempt.task_id and attempt.task_id is not None
    if mine and attempt.task_id is not None and case.now < attempt.prepared_at + case.patience.submit:
        return dial(case, attempt.request, attempt.leg, attempt.task_id)
    end(attempt, Ending.NOT_PLACED, case.now)
    case.session.add(attempt)
    await _follow(case, attempt)
    return None


async def _follow(case: Case, attempt: AttemptRow) -> None:
    await attempt_changed(
        case.session, case.customer, case.escalation, case.task, attempt, now=case.now, settings=case.settings
    )
    await case.refresh()


async def _give_up(case: Case, attempt: AttemptRow) -> None:
    """Let agents and customers go who wait for a leg that does not come."""
    task = case.task
    if task is None or task.id != attempt.task_id or task.state is not TaskState.DIALING:
        return
    limit = case.settings.ring_timeout + _BEYOND_RINGING
    doubted = attempt.state is AttemptState.UNKNOWN and _past(case, attempt.unknown_since, limit)
    waits = attempt.leg is Leg.CUSTOMER and attempt.pressed == NOW and attempt.joined_at is None
    if doubted:
        await _leave_unknown(case, task, attempt)
    elif waits and attempt.state is AttemptState.CONNECTED and _past(case, attempt.answered_at, 2 * limit):
        await abandon(case.session, case.customer, case.escalation, attempt, now=case.now, settings=case.settings)
    else:
        return
    await case.refresh()


def _past(case: Case, since: datetime | None, limit: timedelta) -> bool:
    """Tell whether `limit` has passed since; look again when it has. What lies behind wakes nobody."""
    if since is None:
        return False
    if case.now < since + limit:
        case.wake(since + limit)
        return False
    return True


async def _leave_unknown(case: Case, task: TaskRow, attempt: AttemptRow) -> None:
    """Nobody can say whether this call rings. Its number stays blocked; whoever waits for it is let go."""
    session, escalation, now = case.session, case.escalation, case.now
    if attempt.leg is Leg.AGENT:
        await back_to_agent(session, escalation, task, attempt, now=now)
    elif attempt.flow != AGENT_FIRST:
        await after_call(session, case.customer, escalation, task, Result.UNKNOWN, now=now, settings=case.settings, hint=False)
    else:
        for other in case.attempts:
            if other.leg is Leg.AGENT:
                end_call(session, other, now=now)
        await wrap(session, escalation, task, suggested=Result.UNKNOWN, now=now)


async def _next_leg(case: Case) -> Instruction | None:
    task = case.task
    if task is None or task.state is not TaskState.DIALING or case.escalation.pending is not None:
        return None
    mine = [each for each in case.attempts if each.task_id == task.id and each.cancel_requested_at is None]
    if len(mine) != 1 or mine[0].state is not AttemptState.CONNECTED or mine[0].joined_at is not None:
        return None
    waiting = mine[0]
    if waiting.leg is Leg.AGENT and waiting.flow == AGENT_FIRST:
        return await _customer_leg(case, task, waiting)
    if waiting.leg is Leg.CUSTOMER and waiting.pressed == NOW and not await _made(case, f"{waiting.id}:agent"):
        return dial(case, f"{waiting.id}:agent", Leg.AGENT, task.id)
    return None


async def _customer_leg(case: Case, task: TaskRow, agent_leg: AttemptRow) -> Instruction | None:
    prefix = f"{agent_leg.id}:customer:"
    query = select(func.count(), func.max(AttemptRow.ended_at)).where(col(AttemptRow.request).startswith(prefix))
    made, last = (await case.session.exec(query)).one()
    if made >= _LEGS_AT_MOST:
        end_call(case.session, agent_leg, now=case.now)
        await wrap(case.session, case.escalation, task, suggested=Result.NOT_PLACED, now=case.now)
        await case.refresh()
        return _stop_unwanted(case)
    if last is not None and case.now < last + _BETWEEN_LEGS:
        case.wake(last + _BETWEEN_LEGS)
        return None
    return dial(case, f"{prefix}{made}", Leg.CUSTOMER, task.id)


async def _made(case: Case, request: str) -> bool:
    found = await case.session.exec(select(AttemptRow.id).where(AttemptRow.request == request))
    return found.first() is not None


async def first_leg(case: Case, task_id: UUID, leg: Leg) -> DialLeg:
    """Return the request for the first leg of a task's next call."""
    query = select(func.count()).where(AttemptRow.task_id == task_id, AttemptRow.leg == leg)
    made = (await case.session.exec(query)).one()
    return dial(case, f"{task_id}:{made}:{leg.value}", leg, task_id)


def dial(case: Case, request: str, leg: Leg, task_id: UUID) -> DialLeg:
    """Return the instruction to dial a leg, and to look again when its call should have left the carrier's queue."""
    return DialLeg(request, leg, task_id, quiet_until=min([case.now + case.patience.queued, *case.alarms]))
