"""Walking the plan: the answer to the last try, then the next step whose gates are open."""

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import assert_never

from orchestrator.availability.phones import BadPhone
from orchestrator.availability.verdicts import GateCode, Go, Refuse, Wait
from orchestrator.escalations import promises
from orchestrator.escalations.case import Case
from orchestrator.escalations.history import tried
from orchestrator.escalations.lifecycle import close
from orchestrator.escalations.look import Occasion, look
from orchestrator.escalations.opening import due_at
from orchestrator.escalations.plan import Again, Delays, Onward, PlanStep, Result, StepKind, follow
from orchestrator.escalations.records import move, note
from orchestrator.escalations.replan import follow_lead
from orchestrator.escalations.standstill import hold, only_the_medium, refuse
from orchestrator.escalations.states import Outcome, State
from orchestrator.escalations.writing import first_script, write
from orchestrator.queueing.order import let_go
from orchestrator.queueing.tables import QueueRow, TaskKind
from orchestrator.queueing.tasks import enqueue
from orchestrator.telephony.numbers import customer_number
from orchestrator.telephony.tables import Leg

_RELOOK = timedelta(minutes=1)
_STEPS_AT_ONCE = 50
_HOURS = {GateCode.BUSINESS_HOURS.value, GateCode.CALLING_HOURS.value, GateCode.REST.value}


class _Walk(Enum):
    BEGUN = auto()
    NEXT = auto()  # this step is not for this customer
    STOP = auto()  # it waits, or it is closed


async def take_step(case: Case) -> bool:
    """Go on with the plan of an escalation that has no task; tell whether something was begun that needs another look.

    False: it waits, with the reason and the time in its row.
    """
    await answer_result(case)
    await follow_lead(case.session, case.escalation, now=case.now, moments=case.moments)
    if _is_early(case) or _is_blocked(case):
        return False
    for _ in range(_STEPS_AT_ONCE):
        step = await _present_step(case)
        if step is None:
            await _plan_is_over(case)
            return True
        match await _try_step(case, step):
            case _Walk.NEXT:
                _go_past(case)
            case _Walk.BEGUN:
                return True
            case _Walk.STOP:
                return case.escalation.state is State.CLOSED
    return True


async def answer_result(case: Case) -> None:
    """Let the plan answer how the last try ended: again after a pause, or the next step."""
    row = case.escalation
    if row.result is None:
        return
    result, row.result = Result(row.result), None
    step = await _present_step(case)
    case.session.add(row)
    if step is None:
        return
    asked = row.asked_at is not None
    answer = follow(step, tries=0 if asked else row.tries, result=result)
    row.not_before = case.now + answer.delay
    match answer:
        case Again(counted=counted):
            row.tries += counted
        case Onward():
            row.asked_at = None
            if not asked:
                _go_past(case)
        case _:
            assert_never(answer)
    after = "again" if isinstance(answer, Again) else "onward"
    note(case.session, row, "try_ended", now=case.now, result=result.value, then=after, tries=row.tries, step=row.step)


def _go_past(case: Case) -> None:
    row = case.escalation
    row.step, row.tries, row.asked_at = row.step + 1, 0, None
    case.session.add(row)


async def _planned(case: Case) -> PlanStep | None:
    plan = await case.plan()
    return plan[case.escalation.step] if case.escalation.step < len(plan) else None


async def _present_step(case: Case) -> PlanStep | None:
    """Return the step to be taken; a callback the customer asked for in a call goes before the rest of the plan."""
    row, plan, step = case.escalation, await case.plan(), await _planned(case)
    if row.asked_at is None or (step is not None and step.kind is StepKind.CALLBACK):
        return step
    queue = next((each.queue for each in plan if each.queue is not None), row.queue)
    settings = case.settings
    delays = Delays(settings.no_answer_delay, settings.busy_delay, settings.machine_delay)
    return PlanStep(kind=StepKind.CALLBACK, delays=delays, queue=queue, script=first_script(plan))


def _is_early(case: Case) -> bool:
    row = case.escalation
    if case.now >= row.not_before:
        return False
    case.wake(row.not_before)
    hold(case.session, row, until=row.not_before, reasons=["grace" if row.state is State.OPEN else "pause"], now=case.now)
    return True


def _is_blocked(case: Case) -> bool:
    """Tell whether a call to the customer may still ring: nothing is begun until it has an ending."""
    open_legs = [each for each in case.attempts if each.leg is Leg.CUSTOMER]
    if not open_legs:
        return False
    until = case.now + case.settings.carrier_poll
    case.wake(until)
    hold(case.session, case.escalation, until=until, reasons=["unsettled_call"], now=case.now)
    return True


async def _plan_is_over(case: Case) -> None:
    reached_out = await tried(case.session, case.escalation.id)
    outcome = Outcome.UNREACHABLE if reached_out else Outcome.SUPPRESSED
    reasons = [] if reached_out else case.escalation.reasons
    await close(case.session, case.customer, case.escalation, outcome, now=case.now, reasons=reasons, hint=False)
    await case.refresh()


async def _try_step(case: Case, step: PlanStep) -> _Walk:
    row = case.escalation
    row.queue = step.queue or row.queue
    number = customer_number(case.customer.attributes, case.settings)
    if isinstance(number, BadPhone):
        return _stand(case, number.fault.value)
    case.queue = None if row.queue is None else await case.session.get(QueueRow, row.queue)
    if row.queue is not None and case.queue is None:
        return _stand(case, "no_such_queue")
    decision = await look(
        case.session,
        case.customer,
        row,
        medium=step.medium,
        occasion=Occasion.OPENED if row.state is State.OPEN else Occasion.WINDOW,
        now=case.now,
        settings=case.settings,
        promise=await _to_promise(case, step),
    )
    match decision:
        case Go():
            return await _begin(case, step)
        case Wait(until=until, reasons=reasons):
            if step.skip_when_closed and GateCode.BUSINESS_HOURS in reasons:
                return _Walk.NEXT
            case.wake(until)
            hold(case.session, row, until=until, reasons=[code.value for code in reasons], now=case.now)
            return _Walk.STOP
        case Refuse():
            if only_the_medium(decision):
                row.reasons = [code.value for code in decision.reasons]
                return _Walk.NEXT
            await refuse(
                case.session, case.customer, row, reasons=[code.value for code in decision.reasons], now=case.now, hint=False
            )
            await case.refresh()
            return _Walk.STOP
        case _:
            assert_never(decision)


def _stand(case: Case, reason: str) -> _Walk:
    """Wait for somebody to mend what the step needs: a number of the customer's, a queue of ours."""
    until = case.now + _RELOOK
    case.wake(until)
    hold(case.session, case.escalation, until=until, reasons=[reason], now=case.now)
    return _Walk.STOP


async def _begin(case: Case, step: PlanStep) -> _Walk:
    row, place_from = case.escalation, _place_from(case)
    row.reasons = []
    note(case.session, row, "step_started", now=case.now, step=row.step, kind=step.kind.value)
    if step.kind is StepKind.MESSAGE:
        await write(case, step)
        _go_past(case)
        return _Walk.BEGUN  # it is sent before the plan goes on
    if row.queue is None:
        raise AssertionError("a step with a person has a queue: its model sees to it")
    if step == await _planned(case):
        row.asked_at = None  # the plan's own callback is the one the customer asked for
    move(case.session, row, State.QUEUED, now=case.now)
    standing = await promises.standing(case.session, row)
    asked = step.tell is not None or row.asked_at is not None
    within = _within(case, step) or (case.settings.later_within if asked else None)
    due = await due_at(case.session, row.queue, within=within, now=case.now) if within else None
    case.task = await enqueue(
        case.session,
        row,
        kind=TaskKind.CALL if step.kind is StepKind.CALL else TaskKind.CALLBACK,
        queue=row.queue,
        step=row.step,
        priority=row.priority,
        language=_language(case),
        script=step.script,
        due_at=due if standing is None else standing.due_at,
        promised=standing is not None,
        place_from=place_from,
        now=case.now,
    )
    if step.tell == promises.SMS and standing is None and due is not None:
        await promises.promise_by_message(case.session, case.customer, row, due_at=due, now=case.now, settings=case.settings)
    return _Walk.BEGUN


async def _to_promise(case: Case, step: PlanStep) -> timedelta | None:
    """Return how soon the customer would be told that the call comes, did the step begin; None where nothing is told."""
    if step.tell != promises.SMS or await promises.standing(case.session, case.escalation) is not None:
        return None
    return _within(case, step) or case.settings.later_within


def _within(case: Case, step: PlanStep) -> timedelta | None:
    """Return how soon the step's person shall speak to the customer: as the rule says, else as the queue does."""
    if step.due is not None or step.kind is not StepKind.CALLBACK or case.queue is None:
        return step.due
    return case.queue.callback_within


def _place_from(case: Case) -> datetime:
    """Return when it counts as queued: now, but for one that hours have let go at a known instant."""
    row = case.escalation
    if row.wait_until is None or row.wait_until > case.now or not _HOURS & set(row.reasons):
        return case.now
    return let_go(row.wait_until, since=row.not_before)


def _language(case: Case) -> str | None:
    told = case.customer.attributes.get("language")
    return told if isinstance(told, str) and told else None
