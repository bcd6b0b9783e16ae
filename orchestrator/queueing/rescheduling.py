"""A customer asks an agent to be called at another time: only an allowed one is taken, and then it is a promise."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.decisions import decide
from orchestrator.availability.intervals import utc
from orchestrator.availability.purposes import Medium
from orchestrator.availability.verdicts import Decision, GateCode, Go, Refuse, Wait, ends_by_word
from orchestrator.errors import BadInput
from orchestrator.escalations import promises
from orchestrator.escalations.look import Occasion, gather
from orchestrator.escalations.records import move, nudge
from orchestrator.escalations.states import State
from orchestrator.escalations.words import Text
from orchestrator.queueing.leases import check_state
from orchestrator.queueing.offers import offer_to
from orchestrator.queueing.slot_room import SLOT, hold_slots, slot_room
from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.queueing.tasks import requeue
from orchestrator.queueing.working import Hold, InHand, take_in_hand
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock

MARGIN = timedelta(minutes=15)  # a call agreed for a time is kept when it connects so soon after it
KEPT_FOR = timedelta(minutes=5)  # the agent who agreed it is offered it first
FARTHEST = timedelta(days=60)

# Whether anybody calls at all just now says nothing about another time.
_OF_NOW = frozenset({GateCode.KILL_SWITCH, GateCode.STAFFING, GateCode.BUDGET})
_LOOKED_FOR = timedelta(days=1)  # how far ahead a time with room is named
_SHUT = "the queue is closed until told otherwise: ask again once it is open"


class NotAllowedThen(BadInput):
    """No call may be made at that time, or nobody is free for it. `fix` names the next time, where there is one."""

    code = "not_allowed_then"


async def reschedule(
    session: AsyncSession, hold: Hold, *, at: datetime, clock: Clock, settings: Settings, notes: str | None = None
) -> TaskRow:
    """Put the task back for `at` (aware), kept for this agent at first. Raises `NotAllowedThen`, `BadInput`.

    `notes` stay with the task: whoever has it then goes on from them.
    """
    known = await take_in_hand(session, hold, clock=clock)
    check_state(known.task, TaskState.ASSIGNED, TaskState.WRAPPING)
    if not known.now < at <= known.now + FARTHEST:
        raise BadInput("the time is not in the next 60 days", field="at", fix="give a time that lies ahead")
    _check_allowed(await _allowed(session, known, at=at, settings=settings), at=at)
    await _check_room(session, known, at=at, settings=settings)
    known.task.notes = notes or known.task.notes
    await _put_back(session, known, at=at, settings=settings)
    await offer_to(session, known.agent, now=known.now, settings=settings)
    return known.task


def of_now(reasons: Iterable[GateCode]) -> bool:
    """Tell whether what holds a call now says nothing about another time."""
    return _OF_NOW.issuperset(reasons)


async def _allowed(session: AsyncSession, known: InHand, *, at: datetime, settings: Settings) -> Decision:
    situation = await gather(
        session,
        known.customer,
        known.escalation,
        medium=Medium.VOICE_PERSON,
        occasion=Occasion.CALL,
        now=known.now,
        settings=settings,
    )
    return decide(situation, at)


def _check_allowed(decision: Decision, *, at: datetime) -> None:
    match decision:
        case Go():
            return
        case Wait(until=until, reasons=reasons):
            if of_now(reasons):
                return
            fix = _SHUT if ends_by_word(decision) else f"the next allowed time is {until.isoformat().replace('+00:00', 'Z')}"
        case Refuse(reasons=reasons):
            fix = "no time is allowed: complete the task"
    raise NotAllowedThen(f"no call is allowed then: {', '.join(reasons)}", field="at", fix=fix)


async def _check_room(session: AsyncSession, known: InHand, *, at: datetime, settings: Settings) -> None:
    await hold_slots(session, known.task.queue)
    room = await slot_room(session, known.task, [at, at + _LOOKED_FOR], now=known.now, settings=settings)
    if room.at(at):
        return
    later = (utc(at) + number * SLOT for number in range(1, _LOOKED_FOR // SLOT + 1))
    free = next((each for each in later if room.at(each)), None)
    fix = "choose another time" if free is None else f"from {free.isoformat().replace('+00:00', 'Z')} on there is room"
    raise NotAllowedThen("no agent is free then: as many calls as the crew can make are promised", field="at", fix=fix)


async def _put_back(session: AsyncSession, known: InHand, *, at: datetime, settings: Settings) -> None:
    task, escalation, now = known.task, known.escalation, known.now
    await promises.release(session, escalation, cause="rescheduled", now=now)
    promise = await promises.promise_spoken(
        session, known.customer, escalation, text=Text.PROMISE, due_at=at + MARGIN, now=now, settings=settings
    )
    known.agent.idle_since = now
    await requeue(
        session,
        task,
        reason="rescheduled",
        not_before=at,
        preferred_agent=known.agent.id,
        preferred_until=at + KEPT_FOR,
        now=now,
    )
    task.due_at, task.promised = promise.due_at, True
    move(session, escalation, State.QUEUED, now=now, not_before=at.isoformat())
    await nudge(session, escalation, now=now)
