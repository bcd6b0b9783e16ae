"""Where no call was worth it, the plan goes on at its first message. Its case is closed from the start: this is its process."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import select

from orchestrator.availability.phones import BadPhone
from orchestrator.availability.purposes import Medium
from orchestrator.availability.situation import Cooldown
from orchestrator.availability.verdicts import GateCode, Refuse, Wait
from orchestrator.detection.tables import MomentRow, MomentStatus
from orchestrator.escalations.case import Case
from orchestrator.escalations.instead import withdraw_messages
from orchestrator.escalations.look import Occasion, look
from orchestrator.escalations.plan import PlanStep, StepKind
from orchestrator.escalations.records import note
from orchestrator.escalations.states import Outcome
from orchestrator.escalations.writing import write
from orchestrator.telephony.numbers import customer_number
from orchestrator.telephony.tables import MessageRow, MessageState

CASE_OPEN = "case_open"  # a person calls, or did since: nothing is left to write about

# Another case of the customer that was open at any time since this one's moment was found.
_OPEN_SINCE = text("""
SELECT EXISTS (
  SELECT FROM escalations
  WHERE customer_id = :customer AND id <> :own AND (closed_at IS NULL OR (closed_at > :since AND closed_at > opened_at))
)
""")
# When the rule last led to this customer's phone, by a case or by a message like this one.
_LAST = text("""
SELECT max(at) FROM (
  SELECT at FROM moments
  WHERE customer_id = :customer AND rule = :rule AND mode = 'live' AND verdict = 'escalate' AND status <> 'withdrawn'
  UNION ALL
  SELECT submitted_at FROM messages WHERE customer_id = :customer AND rule = :rule AND escalation_id <> :own
) AS last
""")


async def mind_message(case: Case) -> None:
    """Write the message that is due, wait until it may go, or let it be; done twice, it writes one.

    The message is due until it is submitted: whatever ends it before takes it back.
    """
    moment = await _due(case)
    if moment is None:
        return
    message = await _message(case)
    if message is not None and message.state is not MessageState.PREPARED:
        _end(case, moment)
        return
    if case.now < case.escalation.not_before:
        case.wake(case.escalation.not_before)
        return
    step = await _first_message(case)
    why_not = await _why_not(case, message)
    if why_not is not None:
        await _let_be(case, moment, why_not)
    elif case.alarms and message is not None:
        await case.session.delete(message)  # its hour has passed unused: it is written anew when it may go
    elif not case.alarms and message is None:
        await write(case, step)
        note(case.session, case.escalation, "message_instead", now=case.now, step=case.escalation.step)


async def _due(case: Case) -> MomentRow | None:
    """Return the moment whose message is due; only a case that was closed as it was written has one."""
    row = case.escalation
    if row.outcome is not Outcome.SUPPRESSED or row.closed_at != row.opened_at:
        return None
    query = select(MomentRow).where(MomentRow.escalation_id == row.id, MomentRow.status == MomentStatus.MESSAGE_DUE)
    return (await case.session.exec(query)).first()


async def _message(case: Case) -> MessageRow | None:
    return (await case.session.exec(select(MessageRow).where(MessageRow.escalation_id == case.escalation.id))).first()


async def _first_message(case: Case) -> PlanStep:
    """Go to the plan's first message; the queue of the step before it gives the number that it comes from."""
    row, plan = case.escalation, await case.plan()
    row.step = next(index for index, step in enumerate(plan) if step.kind is StepKind.MESSAGE)
    row.queue = next((step.queue for step in reversed(plan[: row.step]) if step.queue is not None), None)
    case.session.add(row)
    return plan[row.step]


async def _why_not(case: Case, message: MessageRow | None) -> list[str] | None:
    """Return why it will never go, as codes; None where it may go now, or, with an alarm, later."""
    number = customer_number(case.customer.attributes, case.settings)
    if isinstance(number, BadPhone):
        return [number.fault.value]
    if await _open_since(case):
        return [CASE_OPEN]
    decision = await look(
        case.session,
        case.customer,
        case.escalation,
        medium=Medium.SMS,
        occasion=Occasion.INSTEAD,
        now=case.now,
        settings=case.settings,
        cooldown=await _cooldown(case),
        besides=None if message is None else message.id,
    )
    match decision:
        case Refuse(reasons=reasons):
            return [code.value for code in reasons]
        case Wait(until=until):
            case.wake(until)
    return None


async def _open_since(case: Case) -> bool:
    row = case.escalation
    values = {"customer": case.customer.id, "own": row.id, "since": row.opened_at}
    return bool((await (await case.session.connection()).execute(_OPEN_SINCE, values)).scalar_one())


async def _cooldown(case: Case) -> Cooldown | None:
    row = case.escalation
    length = (await case.rules.version(case.session, row.rule, row.version)).cooldown
    if length is None:
        return None
    values = {"customer": case.customer.id, "rule": row.rule, "own": row.id}
    last: datetime | None = (await (await case.session.connection()).execute(_LAST, values)).scalar_one()
    return None if last is None else Cooldown(last, length)


async def _let_be(case: Case, moment: MomentRow, reasons: list[str]) -> None:
    expired = GateCode.EXPIRED in reasons
    _end(case, moment, MomentStatus.EXPIRED if expired else MomentStatus.ENDED)
    await withdraw_messages(case.session, case.escalation, now=case.now)
    note(case.session, case.escalation, "message_not_sent", now=case.now, reasons=reasons)


def _end(case: Case, moment: MomentRow, status: MomentStatus = MomentStatus.ENDED) -> None:
    moment.status, moment.ended_at = status, case.now
    case.session.add(moment)
